"""Every operation on files fails once: nothing is acknowledged that is not there, and nothing is tried again."""

import errno
import os
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path

import pytest

from beacon_audit.errors import TrailUnavailable
from beacon_audit.trail import Receipt, Storage, TrailWriter, build_payload, check_payload
from harness.faulty_storage import FaultyStorage
from harness.trail import MakeFields, Trail


def work(writer: TrailWriter, make_fields: MakeFields) -> list[Future[Receipt]]:
    """Six records with payloads, one after the other, until the writer refuses."""
    futures: list[Future[Receipt]] = []
    for number in range(6):
        payload = build_payload({"n": number}, bytes(32), name=f"{number}.json.zst", date=f"2025-10-0{number // 3 + 1}")
        try:
            futures.append(writer.submit(make_fields("intent", str(number), payload=payload.reference), payload))
        except TrailUnavailable:
            break
        futures[-1].exception(10)
    return futures


def run(trail: Trail, storage: FaultyStorage, make_fields: MakeFields) -> list[Receipt]:
    """Open, work and close on ``storage``; the receipts that were given."""
    try:
        writer = trail.open(storage)
    except TrailUnavailable:
        return []
    futures = work(writer, make_fields)
    if storage.failed:
        assert writer.poisoned is not None
        assert isinstance(futures[-1].exception(0), TrailUnavailable)
    try:
        writer.close()
    except TrailUnavailable:
        assert writer.poisoned is None
    return [future.result(0) for future in futures if future.exception(0) is None]


@pytest.mark.parametrize("error", [errno.EIO, errno.ENOSPC, None], ids=["eio", "enospc", "short-write"])
def test_whatever_fails_an_acknowledged_record_is_there_and_an_unwritten_one_is_not_acknowledged(
    trail: Trail, make_fields: MakeFields, tmp_path: Path, error: int | None
) -> None:
    trail.segment_bytes = 700
    failed: set[str] = set()
    for fail_at in range(1000):
        trail.home = tmp_path / f"{fail_at}"
        for directory in (trail.directory, trail.payloads):
            directory.mkdir(parents=True)
        storage = FaultyStorage(fail_at, error)

        receipts = run(trail, storage, make_fields)

        if storage.done <= fail_at:
            break
        failed |= {storage.failed} if storage.failed else set()
        trail.open().close()
        entries = trail.entries()
        assert [entries[receipt.index]["id"] for receipt in receipts] == [str(n) for n in range(len(receipts))]
        for receipt in receipts:
            reference = entries[receipt.index]["payload"]
            assert isinstance(reference, dict)
            check_payload(trail.payloads / reference["file"], reference["commitment"])

    expected = {"create", "write", "start_writeback", "sync_data", "sync_directory", "status", "replace", "remove"}
    assert failed == ({"write"} if error is None else expected | {"make_directory"})


@pytest.mark.parametrize("operation", ["write", "sync_data", "status"])
def test_nothing_is_tried_again_after_a_failure(trail: Trail, make_fields: MakeFields, operation: str) -> None:
    storage = FaultyStorage(-1, errno.EIO)
    writer = trail.open(storage)
    writer.submit(make_fields()).result(10)
    storage.fail_at = storage.done + ["write", "sync_data", "status"].index(operation)

    for _ in range(3):
        with pytest.raises(TrailUnavailable, match=r"cannot be written: .*Input/output error"):
            writer.submit(make_fields()).result(10)
    writer.close()

    assert storage.failed == operation
    assert storage.late == []


def test_everything_that_waits_fails_with_the_one_that_failed(trail: Trail, make_fields: MakeFields) -> None:
    class HeldBack(FaultyStorage):
        release = threading.Event()

        def sync_data(self, descriptor: int) -> None:
            assert self.release.wait(10)
            super().sync_data(descriptor)

    storage = HeldBack(-1, errno.EIO)
    writer = trail.open(storage)
    storage.fail_at = storage.done + 1
    futures = [writer.submit(make_fields()) for _ in range(40)]
    HeldBack.release.set()

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


@pytest.mark.parametrize("error", [errno.EIO, None], ids=["eio", "short-write"])
def test_no_descriptor_is_left_open_whatever_fails(
    trail: Trail, make_fields: MakeFields, tmp_path: Path, error: int | None
) -> None:
    trail.segment_bytes = 700
    for fail_at in range(1000):
        trail.home = tmp_path / f"{fail_at}"
        for directory in (trail.directory, trail.payloads):
            directory.mkdir(parents=True)
        trail.open().submit(make_fields("intent")).result(10)
        trail.opened.pop().close()
        storage = FaultyStorage(fail_at, error)

        run(trail, storage, make_fields)

        assert storage.held == 0
        if storage.done <= fail_at:
            break


def test_a_short_write_says_how_much_was_written(trail: Trail, make_fields: MakeFields) -> None:
    storage = FaultyStorage()
    writer = trail.open(storage)
    storage.fail_at = storage.done

    with pytest.raises(TrailUnavailable, match=r"journal-.*: expected to write [0-9]+ bytes, wrote [0-9]+"):
        writer.submit(make_fields()).result(10)


def remove(journal: Path) -> None:
    journal.unlink()


def replace_by_a_copy(journal: Path) -> None:
    copy = journal.with_suffix(".copy")
    copy.write_bytes(journal.read_bytes())
    copy.replace(journal)


def replace_by_one_as_long_as_it_will_be(journal: Path) -> None:
    copy = journal.with_suffix(".copy")
    copy.write_bytes(journal.read_bytes() * 2)
    copy.replace(journal)


def cut(journal: Path) -> None:
    os.truncate(journal, 10)


def append(journal: Path) -> None:
    with journal.open("ab") as file:
        file.write(b"x")


def move_away(journal: Path) -> None:
    journal.parent.rename(journal.parent.with_name("elsewhere"))


@pytest.mark.parametrize(
    "tamper", [remove, replace_by_a_copy, replace_by_one_as_long_as_it_will_be, cut, append, move_away]
)
def test_a_journal_that_is_not_left_alone_stops_the_writer(
    trail: Trail, make_fields: MakeFields, tamper: Callable[[Path], None]
) -> None:
    writer = trail.open()
    writer.submit(make_fields()).result(10)
    tamper(trail.journal())

    with pytest.raises(TrailUnavailable, match="audit trail cannot be written"):
        writer.submit(make_fields()).result(10)
    assert writer.poisoned is not None


def test_a_payload_file_is_never_overwritten(trail: Trail, make_fields: MakeFields) -> None:
    writer = trail.open()
    payload = build_payload({"n": 1}, bytes(32), name="01.json.zst", date="2025-10-01")
    writer.submit(make_fields(), payload).result(10)
    again = build_payload({"n": 2}, bytes(32), name="01.json.zst", date="2025-10-01")

    with pytest.raises(TrailUnavailable, match="File exists"):
        writer.submit(make_fields(), again).result(10)
    assert check_payload(trail.payloads / "2025-10-01/01.json.zst", payload.commitment) == b'{"n":1}'


def test_a_link_in_place_of_the_journal_is_not_followed(trail: Trail, tmp_path: Path) -> None:
    target = tmp_path / "elsewhere.wal"
    target.touch()
    trail.state.mkdir()
    (trail.state / f"journal-{0:020d}.wal").symlink_to(target)

    with pytest.raises(TrailUnavailable, match="symbolic links"):
        trail.open()
    assert target.read_bytes() == b""
