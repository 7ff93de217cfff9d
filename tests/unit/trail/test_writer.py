"""The writer as its caller sees it: receipts, order, refusals, and one writer at a time."""

import asyncio
import stat
import threading
from pathlib import Path

import pytest

from beacon_audit.errors import TrailError, TrailLocked, TrailUnavailable
from beacon_audit.trail import Receipt, Storage, build_payload, check_payload
from harness.trail import MakeFields, Trail


class SlowStorage(Storage):
    """Holds every sync of data back until it is told to go on."""

    def __init__(self) -> None:
        self.waiting = threading.Event()
        self.go_on = threading.Event()

    def sync_data(self, descriptor: int) -> None:
        self.waiting.set()
        assert self.go_on.wait(10)
        super().sync_data(descriptor)


def test_a_receipt_names_index_and_batch(trail: Trail, make_fields: MakeFields) -> None:
    writer = trail.open()

    assert writer.submit(make_fields()).result(10) == Receipt(0, 0)
    assert writer.submit(make_fields()).result(10) == Receipt(1, 1)


def test_an_entry_can_be_read_as_soon_as_its_receipt_is_there(trail: Trail, make_fields: MakeFields) -> None:
    writer = trail.open()
    for number in range(20):
        writer.submit(make_fields(identity=str(number))).result(10)
        assert [entry["id"] for entry in trail.entries()] == [str(n) for n in range(number + 1)]


def test_entries_get_their_index_in_the_order_in_which_they_came(trail: Trail, make_fields: MakeFields) -> None:
    writer = trail.open()
    futures = [writer.submit(make_fields(identity=str(number))) for number in range(500)]
    writer.close()

    assert [future.result(0).index for future in futures] == list(range(500))
    assert [(entry["id"], entry["index"]) for entry in trail.entries()] == [(str(n), n) for n in range(500)]


def test_entries_from_many_threads_all_arrive_once(trail: Trail, make_fields: MakeFields) -> None:
    writer = trail.open()

    def add(name: int) -> None:
        for number in range(100):
            writer.submit(make_fields(identity=f"{name}-{number}"))

    threads = [threading.Thread(target=add, args=(name,)) for name in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    writer.close()

    expected = sorted(f"{name}-{number}" for name in range(8) for number in range(100))
    assert sorted(str(entry["id"]) for entry in trail.entries()) == expected


def test_what_waits_is_committed_as_one_batch(trail: Trail, make_fields: MakeFields) -> None:
    slow = SlowStorage()
    writer = trail.open(slow)
    first = writer.submit(make_fields())
    assert slow.waiting.wait(10)
    later = [writer.submit(make_fields()) for _ in range(50)]
    slow.go_on.set()

    assert first.result(10).batch == 0
    assert {future.result(10).batch for future in later} == {1}


def test_nothing_is_acknowledged_before_the_sync(trail: Trail, make_fields: MakeFields) -> None:
    slow = SlowStorage()
    future = trail.open(slow).submit(make_fields())
    assert slow.waiting.wait(10)

    assert not future.done()
    slow.go_on.set()
    assert future.result(10) == Receipt(0, 0)


def test_a_full_queue_refuses_at_once(trail: Trail, make_fields: MakeFields) -> None:
    trail.queue_limit = 3
    slow = SlowStorage()
    writer = trail.open(slow)
    futures = [writer.submit(make_fields())]
    assert slow.waiting.wait(10)
    futures += [writer.submit(make_fields()) for _ in range(3)]

    with pytest.raises(TrailUnavailable, match="3 entries wait to be recorded already"):
        writer.submit(make_fields())

    slow.go_on.set()
    assert [future.result(10).index for future in futures] == [0, 1, 2, 3]
    assert writer.submit(make_fields()).result(10).index == 4


def test_cancelling_a_future_neither_loses_the_entry_nor_stops_the_writer(
    trail: Trail, make_fields: MakeFields
) -> None:
    slow = SlowStorage()
    writer = trail.open(slow)

    async def give_up() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.wrap_future(writer.submit(make_fields(identity="late"))), 0.01)

    asyncio.run(give_up())
    slow.go_on.set()

    assert writer.submit(make_fields()).result(10).index == 1
    assert [entry["id"] for entry in trail.entries()] == ["late", "01"]


def test_fields_that_make_no_entry_are_refused_and_leave_no_gap(trail: Trail, make_fields: MakeFields) -> None:
    writer = trail.open()
    with pytest.raises(TrailError, match="at most 65000 bytes"):
        writer.submit(make_fields(reason="x" * 70_000))
    with pytest.raises(TrailError, match="type"):
        writer.submit({})

    assert writer.poisoned is None
    assert writer.submit(make_fields()).result(10).index == 0


def test_fields_that_change_after_submit_are_recorded_as_they_were(trail: Trail, make_fields: MakeFields) -> None:
    slow = SlowStorage()
    writer = trail.open(slow)
    fields = make_fields(reason="before")
    future = writer.submit(fields)
    fields["reason"] = "after"
    slow.go_on.set()
    future.result(10)

    assert trail.entries()[0]["reason"] == "before"


def test_a_closed_writer_takes_nothing_and_can_be_closed_again(trail: Trail, make_fields: MakeFields) -> None:
    writer = trail.open()
    writer.close()
    writer.close()

    with pytest.raises(TrailUnavailable, match="closed"):
        writer.submit(make_fields())


def test_a_second_writer_is_refused_until_the_first_is_closed(trail: Trail, make_fields: MakeFields) -> None:
    first = trail.open()
    with pytest.raises(TrailLocked, match="another process writes to this trail"):
        trail.open()
    first.submit(make_fields()).result(10)
    first.close()

    assert trail.open().submit(make_fields()).result(10) == Receipt(1, 1)


def test_a_writer_that_could_not_open_leaves_the_lock_free(trail: Trail) -> None:
    class Failing(Storage):
        def create(self, path: Path) -> int:
            raise OSError(28, "No space left on device", str(path))

    with pytest.raises(TrailUnavailable, match=r"cannot be opened: .*No space left"):
        trail.open(Failing())
    trail.open()


def test_more_than_one_batch_can_hold_is_split(trail: Trail, make_fields: MakeFields) -> None:
    slow = SlowStorage()
    writer = trail.open(slow)
    futures = [writer.submit(make_fields(reason="x" * 64_000)) for _ in range(600)]
    slow.go_on.set()
    writer.close()

    assert [future.result(0).index for future in futures] == list(range(600))
    assert len({future.result(0).batch for future in futures}) >= 3
    assert len(trail.entries()) == 600


def test_a_segment_that_is_full_is_followed_by_one_named_after_its_first_entry(
    trail: Trail, make_fields: MakeFields
) -> None:
    trail.segment_bytes = 400
    writer = trail.open()
    for _ in range(9):
        writer.submit(make_fields()).result(10)
    writer.close()

    names = sorted(path.name for path in trail.state.glob("journal-*"))
    assert names[0] == f"journal-{0:020d}.wal"
    assert len(names) == 3
    assert [entry["index"] for entry in trail.entries()] == list(range(9))
    assert trail.open().submit(make_fields()).result(10) == Receipt(9, 9)


def test_files_and_directories_are_for_their_owner_only(trail: Trail, make_fields: MakeFields) -> None:
    payload = build_payload({}, bytes(32), name="01.json.zst", date="2025-10-01")
    writer = trail.open()
    writer.submit(make_fields(), payload).result(10)
    writer.close()

    made = [*trail.directory.rglob("*"), *trail.payloads.rglob("*")]
    assert len(made) == 6
    for path in made:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_a_payload_file_is_there_and_fits_when_the_receipt_is(trail: Trail, make_fields: MakeFields) -> None:
    writer = trail.open()
    payloads = [build_payload({"n": n}, bytes(32), name=f"{n}.json.zst", date=f"2025-10-0{n}") for n in (1, 2)]
    futures = [writer.submit(make_fields(payload=payload.reference), payload) for payload in payloads]
    for future in futures:
        future.result(10)

    for entry, n in zip(trail.entries(), (1, 2), strict=True):
        reference = entry["payload"]
        assert isinstance(reference, dict)
        assert check_payload(trail.payloads / reference["file"], reference["commitment"]) == b'{"n":%d}' % n


def test_recording_goes_on_when_the_day_of_the_payloads_was_removed(trail: Trail, make_fields: MakeFields) -> None:
    writer = trail.open()
    for number in (1, 2):
        payload = build_payload({}, bytes(32), name=f"{number}.json.zst", date="2025-10-01")
        writer.submit(make_fields(), payload).result(10)
        (trail.payloads / payload.date / payload.name).unlink()
        (trail.payloads / payload.date).rmdir()

    assert writer.poisoned is None
