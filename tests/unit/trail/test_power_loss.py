"""The power fails after any operation: only what was synced is certain to be there, and that is enough.

Every run is recorded once and then played back up to each of its operations, under all models of what happens to names
and bytes that were not synced (``harness.volatile_disk``). Trees that are the same are tried once. What matters most is
that no checkpoint is lost or contradicted that was handed out: somebody else holds it as an anchor.
"""

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from operator import itemgetter
from pathlib import Path

import pytest

from beacon_audit.trail import Storage
from harness.busy_trail import KEYS, Recording, busy_trail, live, recover_all, recover_and_live
from harness.promises import Promises, assert_not_called_tampered
from harness.quick_storage import QuickStorage
from harness.trail import Trail
from harness.volatile_disk import BYTES, NAMES, Bytes, Names, RecordedDisk, Tree, VolatileDisk, put

type Run = Callable[[Trail, Storage, Promises], object]

#: ``BEACON_AUDIT_THOROUGH=1`` tries what follows a kill at every operation, and not only at some.
THOROUGH = bool(os.environ.get("BEACON_AUDIT_THOROUGH"))


@dataclass
class Recorded:
    """A run in ``home``: its operations and what was promised meanwhile."""

    home: Path
    disk: RecordedDisk
    promises: Promises

    @classmethod
    def of(cls, run: Run, home: Path, promised: Promises) -> "Recorded":
        """``run`` in ``home``, where this was ``promised`` before."""
        disk = RecordedDisk()
        promises = Promises(lambda: disk.done, list(promised.acknowledged), list(promised.checkpoints))
        run(busy_trail(home), disk, promises)
        return cls(home, disk, promises)

    def failures(
        self, volatile: VolatileDisk, names: Sequence[Names] = NAMES, unsynced: Sequence[Bytes] = BYTES
    ) -> Iterator[tuple[int, Tree]]:
        """Every different tree that a power failure leaves, and the last moment at which it does."""
        found: dict[int, tuple[int, Tree]] = {}
        for moment in range(self.disk.done + 1):
            if moment:
                self.disk.operations[moment - 1](volatile)
            for one, other in product(names, unsynced):
                tree = volatile.survivors(one, other)
                found[hash(tuple(sorted(tree.items(), key=itemgetter(0))))] = moment, tree
        yield from found.values()


def start_and_live(trail: Trail, storage: Storage, promises: Promises) -> None:
    """The first moments of a trail."""
    trail.begin(storage)
    trail.on_checkpoint = promises.hand_out
    recording = Recording(trail, trail.open(storage), promises)
    recording.record("open", "open")
    recording.writer.publish()
    for number in range(3):
        recording.record("intent", f"{number}", body=True)
        recording.record("outcome", f"{number}", body=number == 1, state="sent")
        recording.writer.publish()
    recording.record("intent", "last", body=True)
    recording.writer.close()


def let_segments_pile_up(trail: Trail, storage: Storage, promises: Promises) -> None:
    """Several segments of the journal are published, and so deleted, at once."""
    trail.begin(storage)
    trail.on_checkpoint = promises.hand_out
    recording = Recording(trail, trail.open(storage), promises)
    recording.record("open", "open")
    recording.writer.publish()  # the first is published at once, the others when that is asked for
    for number in range(30):
        recording.record("refusal", f"{number}")
    assert len(list(trail.state.glob("*.wal"))) > 3
    recording.writer.publish()
    recording.writer.close()


def start_or_recover(trail: Trail, storage: Storage, promises: Promises) -> None:
    """What a new process does: `init` completes what was begun, `run` recovers."""
    trail.begin(storage)
    recover_and_live(trail, storage, promises)


def assert_recovers(tree: Tree, home: Path, promises: Promises, *, verify: bool = True) -> None:
    """The trail that is found after the power has come back starts, and keeps what was promised. ``verify``: nobody
    calls it tampered, neither before nor after."""
    put(tree, home)
    trail = busy_trail(home)
    if (trail.directory / "checkpoint").exists() and verify:
        assert_not_called_tampered(home, KEYS[0], [note for _, note in promises.checkpoints])
    if not (trail.directory / "checkpoint").exists():
        assert not promises.checkpoints  # `init` had not come back yet
    trail.begin(QuickStorage())
    recover_all(trail)
    promises.assert_kept(home, KEYS, verify=verify and THOROUGH)
    shutil.rmtree(home)


@pytest.fixture
def empty_home(scratch: Path) -> Path:
    home = scratch / "empty"
    (home / "trail").mkdir(parents=True)
    (home / "payloads").mkdir()
    return home


def test_a_trail_that_begins_survives_a_power_failure_at_any_moment(empty_home: Path, scratch: Path) -> None:
    home = scratch / "run"
    shutil.copytree(empty_home, home)
    recorded = Recorded.of(start_and_live, home, Promises())
    trees = list(recorded.failures(VolatileDisk(home, empty_home)))

    assert len(trees) > 80
    for moment, tree in trees:
        assert_recovers(tree, scratch / "after", recorded.promises.until(moment))


@pytest.mark.parametrize(("run", "left"), [(live, "crashed_home"), (recover_and_live, "torn_home")])
def test_a_busy_trail_survives_a_power_failure_at_any_moment(
    run: Run, left: str, scratch: Path, request: pytest.FixtureRequest
) -> None:
    crashed, promised = request.getfixturevalue(left)
    home = scratch / "run"
    shutil.copytree(crashed, home)
    recorded = Recorded.of(run, home, promised)
    trees = list(recorded.failures(VolatileDisk(home, crashed)))

    assert len(trees) > 80
    for moment, tree in trees:
        assert_recovers(tree, scratch / "after", recorded.promises.until(moment))


def test_segments_that_are_deleted_together_leave_no_gap(empty_home: Path, scratch: Path) -> None:
    home = scratch / "run"
    shutil.copytree(empty_home, home)
    recorded = Recorded.of(let_segments_pile_up, home, Promises())
    for moment, tree in recorded.failures(VolatileDisk(home, empty_home), ("newest",), ("kept",)):
        assert_recovers(tree, scratch / "after", recorded.promises.until(moment))


def test_a_power_failure_some_time_after_a_kill_is_survived(empty_home: Path, scratch: Path) -> None:
    """What the killed process had not synced yet, its successor must: it builds on it."""
    first = scratch / "first"
    shutil.copytree(empty_home, first)
    recorded = Recorded.of(start_and_live, first, Promises())
    for killed, after in enumerate(["", *recorded.disk.names]):
        # A name that was made and bytes that were written, and not synced, are the worst that a killed process leaves.
        if not THOROUGH and after not in ("make_directory", "write") and killed % 15:
            continue
        volatile = VolatileDisk(first, empty_home)
        for operation in recorded.disk.operations[:killed]:
            operation(volatile)
        second = scratch / f"second-{killed}"
        put(volatile.survivors("early", "kept"), second)
        volatile.root = second
        again = Recorded.of(start_or_recover, second, recorded.promises.until(killed))
        for moment, tree in again.failures(volatile, ("synced",), ("dropped",)):
            assert_recovers(tree, scratch / "after", again.promises.until(moment), verify=THOROUGH)
