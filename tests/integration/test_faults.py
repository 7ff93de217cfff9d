"""A trail that cannot be written: the client gets 503, Beacon gets nothing, and the operator hears why."""

import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from beacon_audit.cli.exit_status import FINE, INCOMPLETE
from beacon_audit.demo.answers import Behaviour
from harness.client import Answer
from harness.rig import Rig, eventually, limit_file_size, running_rig
from harness.usage_reports import LICENSE, recorded_number

DEADLINE_S = 0.3


def assert_stays_in(rig: Rig, answer: Answer, why: str) -> None:
    """Refused with 503 and the reason, and Beacon was not even dialled."""
    assert answer.status == 503
    assert why in answer.json()["reason"]
    assert rig.beacon.connections == 0
    assert why in rig.proxy.stderr
    assert LICENSE not in rig.proxy.stderr


def assert_not_ready(rig: Rig, why: str) -> None:
    status, reason = rig.readiness()
    assert status == 503
    assert why in reason


def test_write_that_is_cut_short_keeps_everything_in_until_a_restart(tmp_path: Path) -> None:
    with running_rig(tmp_path) as rig:
        limit_file_size(rig, room=100)
        assert_stays_in(rig, rig.send(1), "the audit trail cannot be written")
        assert_stays_in(rig, rig.send(2), "nothing is recorded until the proxy is restarted")
        assert_not_ready(rig, "the audit trail cannot be written")

        rig.restart()
        assert [entry["dropped_bytes"] for entry in rig.proxy.entries("recovered")] == [100]
        assert rig.readiness() == (200, "recording")
        assert rig.send(3).status == 200
        assert len(rig.proxy.entries("intent")) == 1


def test_end_that_cannot_be_recorded_is_told_by_the_exit_status(tmp_path: Path) -> None:
    with running_rig(tmp_path) as rig:
        assert rig.send(1).status == 200
        limit_file_size(rig, room=100)
        assert rig.proxy.stop() == INCOMPLETE
        assert "the end of this run could not be recorded" in rig.proxy.stderr
        assert rig.proxy.entries("close") == []
        rig.proxy.start()
        assert rig.proxy.stop() == FINE
        assert [entry["type"] for entry in rig.proxy.entries()][-1] == "close"


@contextmanager
def home_of_its_own(directory: Path, options: str) -> Iterator[Path]:
    """A home on a file system of its own, as small as ``options`` say."""
    home = directory / "home"
    home.mkdir(mode=0o700)
    if os.geteuid() != 0:
        pytest.skip("only root can mount a file system that is small enough to fill")
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"{options},mode=700", "tmpfs", home], capture_output=True)
    if mounted.returncode != 0:
        pytest.skip("mounting a tmpfs is not permitted here, even for root")
    try:
        yield home
    finally:
        subprocess.run(["umount", home], check=True)


def make_files(directory: Path, count: int) -> None:
    for number in range(count):
        (directory / str(number)).touch()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    with home_of_its_own(tmp_path, "size=256k") as home:
        yield home


@pytest.fixture
def few_inodes(tmp_path: Path) -> Iterator[Path]:
    with home_of_its_own(tmp_path, "size=64m,nr_inodes=200") as home:
        yield home


def test_file_system_without_inodes_keeps_everything_in_until_a_restart(tmp_path: Path, few_inodes: Path) -> None:
    with running_rig(tmp_path) as rig:
        assert rig.send(0).status == 200
        fillers = few_inodes / "fillers"
        fillers.mkdir()
        with pytest.raises(OSError, match="No space left"):
            make_files(fillers, 200)
        answers = [rig.send(number) for number in range(1, 30)]
        eventually(lambda: rig.readiness()[0] == 503)  # what is recorded cannot be published any more
        assert rig.send(30).status == 503
        # The trail may fail between an intent and its outcome: that answer is withheld, and says that it was sent.
        sent = 1 + sum(answer.status == 200 or "sent" in answer.json() for answer in answers)
        assert len(rig.beacon.requests) == sent
        shutil.rmtree(fillers)

        rig.restart()
        assert rig.send(31).status == 200
        assert len(rig.proxy.entries("intent")) == sent + 1


def test_home_that_cannot_be_written_is_said_at_the_start(tmp_path: Path, small_disk: Path) -> None:
    with running_rig(tmp_path) as rig:
        rig.proxy.stop()
        subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
        with pytest.raises(AssertionError, match="Read-only file system"):
            rig.proxy.start()
        subprocess.run(["mount", "-o", "remount,rw", small_disk], check=True)
        rig.proxy.start()
        assert rig.send(1).status == 200


def test_full_disk_keeps_everything_in_until_a_restart(tmp_path: Path, small_disk: Path) -> None:
    with running_rig(tmp_path) as rig:
        filler = small_disk / "filler"
        with pytest.raises(OSError, match="No space left"):
            filler.write_bytes(bytes(1024 * 1024))
        # A page of the journal that is there already takes some records; each of them is durable.
        answers = [rig.send(number) for number in range(30)]
        sent = [answer.status for answer in answers].count(200)
        assert [answer.status for answer in answers] == [200] * sent + [503] * (30 - sent)
        assert sent < 30
        assert len(rig.beacon.requests) == sent
        assert_not_ready(rig, "the audit trail cannot be written")
        filler.unlink()
        # What is on the disk is not known any more, so room alone does not help.
        assert "nothing is recorded until the proxy is restarted" in rig.send(31).json()["reason"]
        assert len(rig.beacon.requests) == sent

        rig.restart()
        assert rig.send(32).status == 200
        assert len(rig.proxy.entries("intent")) == sent + 1


def test_removed_journal_keeps_everything_in(tmp_path: Path) -> None:
    with running_rig(tmp_path) as rig:
        rig.journal.unlink()
        assert_stays_in(rig, rig.send(1), "No such file or directory")
        assert_stays_in(rig, rig.send(2), "nothing is recorded until the proxy is restarted")
        assert_not_ready(rig, "No such file or directory")
        assert rig.proxy.stop() == INCOMPLETE
        with pytest.raises(AssertionError, match="expected the journal that goes on after entry"):
            rig.proxy.start()


def test_journal_that_another_file_replaces_keeps_everything_in(tmp_path: Path) -> None:
    with running_rig(tmp_path) as rig:
        copy = tmp_path / "copy"
        copy.write_bytes(rig.journal.read_bytes())
        copy.rename(rig.journal)
        assert_stays_in(rig, rig.send(1), "another file has taken its place")
        assert_not_ready(rig, "another file has taken its place")


def test_full_queue_keeps_requests_in(tmp_path: Path) -> None:
    with running_rig(tmp_path, fault="stuck-disk", limits={"commit_deadline_s": 1}) as rig:
        rig.switch.touch()
        with ThreadPoolExecutor(6) as clients:
            answers = list(clients.map(rig.send, range(6)))
        assert [answer.status for answer in answers] == [503] * 6
        reasons = [answer.json()["reason"] for answer in answers]
        # What is being written and the two that wait miss the deadline; the others are turned away at once.
        late = sum("not durable within 1 s" in reason for reason in reasons)
        turned_away = sum("2 entries wait to be recorded already" in reason for reason in reasons)
        assert turned_away > 0
        assert late + turned_away == 6
        assert rig.beacon.connections == 0
        assert "2 entries wait to be recorded already" in rig.proxy.stderr

        rig.switch.unlink()
        eventually(lambda: len(rig.proxy.entries("intent")) == late)
        assert rig.send(7).status == 200
        rig.restart()
        assert {entry["id"] for entry in rig.proxy.entries("intent")} == {key for key, _ in rig.outcomes()}
        assert len(rig.outcomes()) == late + 1
        assert [state for _, state in rig.outcomes()].count("sent") == 1
        assert len(rig.beacon.requests) == 1


def test_record_that_is_durable_too_late_is_followed_by_not_sent(tmp_path: Path) -> None:
    with running_rig(tmp_path, fault="slow-disk", limits={"commit_deadline_s": DEADLINE_S}) as rig:
        rig.switch.touch()
        assert_stays_in(rig, rig.send(1), "the record was not durable within 0.3 s")
        rig.switch.unlink()
        eventually(lambda: rig.proxy.entries("outcome"))
        (intent,) = rig.proxy.entries("intent")
        assert recorded_number(rig.proxy.home, intent) == 1
        assert rig.outcomes() == [(intent["id"], "not_sent")]
        # That the disk was slow once is no lasting state.
        assert rig.readiness() == (200, "recording")
        assert rig.send(2).status == 200
        assert [state for _, state in rig.outcomes()] == ["not_sent", "sent"]


def test_response_is_withheld_when_its_outcome_cannot_be_written(tmp_path: Path) -> None:
    with running_rig(tmp_path, behaviour=Behaviour(delay_s=0.5)) as rig:

        def fill_up() -> None:
            eventually(lambda: rig.beacon.requests)
            limit_file_size(rig, room=0)

        filling = threading.Thread(target=fill_up)
        filling.start()
        answer = rig.send(1)
        filling.join()
        assert answer.status == 503
        assert answer.json()["sent"] is True  # it would be wrong to call another try safe
        assert b"inserted_count" not in answer.body
        assert_not_ready(rig, "the audit trail cannot be written")
        assert len(rig.beacon.requests) == 1

        rig.restart()
        (intent,) = rig.proxy.entries("intent")
        assert rig.outcomes() == [(intent["id"], "unknown")]
