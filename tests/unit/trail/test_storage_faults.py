"""Every operation on files fails once: nothing is lost that was promised, and nothing is tried again.

``BEACON_AUDIT_THOROUGH=1`` tries every error at every operation; otherwise running out of space, which the writer takes
for an error like any other, is tried at every eleventh.
"""

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from beacon_audit.errors import TrailCorrupt, TrailUnavailable
from beacon_audit.trail import Receipt, Storage, TrailWriter
from harness.busy_trail import KEYS, busy_trail, live, recover_all, recover_and_live
from harness.faulty_storage import FaultyStorage
from harness.held_storage import HeldStorage
from harness.promises import Promises, assert_not_called_tampered
from harness.trail import MakeFields, Trail

type Run = Callable[[Trail, Storage, Promises], object]

STEP = 1 if os.environ.get("BEACON_AUDIT_THOROUGH") else 11


def live_with_a_fault(run: Run, trail: Trail, storage: FaultyStorage, promises: Promises) -> None:
    """Go on until the fault, then try everything again."""
    try:
        run(trail, storage, promises)
    except TrailUnavailable:
        for writer in trail.opened:
            assert_does_nothing_more(writer)
    except OSError:
        # The deletion of payload files is interrupted, and the writer is well.
        trail.opened[-1].close()


def assert_does_nothing_more(writer: TrailWriter) -> None:
    assert writer.poisoned is not None
    with pytest.raises(TrailUnavailable):
        writer.submit({"type": "heartbeat", "id": "late", "time": "2025-10-03T00:00:00Z"})
    for again in (writer.publish, writer.close):
        with suppress(TrailUnavailable):
            again()


def operations(run: Run, home: Path, crashed: Path) -> list[str]:
    """The names of all operations of a run."""
    shutil.copytree(crashed, home)
    storage = FaultyStorage()
    run(busy_trail(home), storage, Promises())
    return storage.operations


def places(names: list[str], error: int | None) -> Iterator[int]:
    """The numbers of the operations that are to fail."""
    for number, name in enumerate(names):
        if name == "write" if error is None else error == errno.EIO or number % STEP == 0:
            yield number


@pytest.mark.parametrize("error", [errno.EIO, errno.ENOSPC, None], ids=["eio", "enospc", "short-write"])
@pytest.mark.parametrize(("run", "left"), [(live, "crashed_home"), (recover_and_live, "torn_home")])
def test_whatever_fails_every_promise_is_kept_and_nothing_is_tried_again(
    run: Run, left: str, error: int | None, scratch: Path, request: pytest.FixtureRequest
) -> None:
    crashed, promised = request.getfixturevalue(left)
    failed: set[str] = set()
    for fail_at in places(operations(run, scratch / "whole", crashed), error):
        home = scratch / f"{fail_at}"
        shutil.copytree(crashed, home)
        promises = promised.until(0)
        storage = FaultyStorage(fail_at, error)
        trail = busy_trail(home)

        live_with_a_fault(run, trail, storage, promises)

        assert storage.failed is not None
        assert storage.late == [], f"after {storage.failed} at {fail_at}"
        assert storage.held == 0
        failed.add(storage.failed)
        assert_not_called_tampered(home, KEYS[0], [note for _, note in promises.checkpoints])
        recover_all(trail)
        promises.assert_kept(home, KEYS, verify=fail_at % STEP == 0)
        shutil.rmtree(home)

    if error == errno.EIO and run is live:
        assert failed == {
            "create", "open_append", "write", "start_writeback", "sync_data", "sync_directory", "status", "replace",
            "remove", "remove_directory", "make_directory", "truncate",
        }  # fmt: skip


@pytest.mark.parametrize("operation", ["write", "sync_data", "status"])
def test_nothing_is_tried_again_after_a_failure(trail: Trail, make_fields: MakeFields, operation: str) -> None:
    storage = FaultyStorage(-1, errno.EIO)
    writer = trail.open(storage)
    writer.submit(make_fields()).result(10)
    writer.publish()
    storage.fail_at = storage.done + ["write", "sync_data", "status"].index(operation)

    for _ in range(3):
        with pytest.raises(TrailUnavailable, match=r"cannot be written: .*Input/output error"):
            writer.submit(make_fields()).result(10)
    writer.close()

    assert storage.failed == operation
    assert storage.late == []


def test_everything_that_waits_fails_with_the_one_that_failed(trail: Trail, make_fields: MakeFields) -> None:
    storage = HeldStorage()
    writer = trail.open(storage)
    hold = storage.hold("sync_data", "journal-")
    futures = [writer.submit(make_fields()) for _ in range(40)]
    hold.wait()
    hold.let_go(errno.EIO)

    assert all(isinstance(future.exception(10), TrailUnavailable) for future in futures)
    assert writer.poisoned is not None


def test_a_fault_of_our_own_poisons_the_writer_too(trail: Trail, make_fields: MakeFields) -> None:
    class Broken(Storage):
        def write(self, descriptor: int, data: bytes) -> int:
            return super().write(descriptor, data) // 0

    writer = trail.open(Broken())
    with pytest.raises(TrailUnavailable, match="ZeroDivisionError"):
        writer.submit(make_fields()).result(10)
    with pytest.raises(TrailUnavailable, match="until the proxy is restarted"):
        writer.submit(make_fields())


def test_a_writer_that_was_poisoned_gives_the_lock_back(trail: Trail, make_fields: MakeFields) -> None:
    storage = FaultyStorage(-1, errno.ENOSPC)
    writer = trail.open(storage)
    storage.fail_at = storage.done
    assert writer.submit(make_fields()).exception(10) is not None
    writer.close()

    assert trail.open().submit(make_fields()).result(10) == Receipt(0, 0)


@pytest.mark.parametrize("file", ["journal", "checkpoints.log"])
def test_a_file_of_the_trail_that_is_not_left_alone_stops_the_writer(
    trail: Trail, make_fields: MakeFields, file: str
) -> None:
    """See test_append_file for what can be done to it."""
    trail.publish_s = 0
    writer = trail.open()
    writer.submit(make_fields()).result(10)
    writer.publish()
    path = trail.journal() if file == "journal" else trail.directory / file
    copy = path.with_name("copy")
    copy.write_bytes(path.read_bytes())
    copy.replace(path)

    with suppress(TrailUnavailable):
        writer.submit(make_fields()).result(10)
        writer.publish()
    assert "another file has taken its place" in str(writer.poisoned)


def test_a_link_in_place_of_the_journal_is_not_followed(trail: Trail, tmp_path: Path) -> None:
    target = tmp_path / "elsewhere.wal"
    target.touch()
    trail.begin()
    (trail.state / f"journal-{0:020d}.wal").symlink_to(target)

    with pytest.raises(TrailCorrupt, match="symbolic link"):
        trail.open()
    assert target.read_bytes() == b""
