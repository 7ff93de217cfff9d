"""The writer as its caller sees it: receipts, order, refusals, and one writer at a time."""

import asyncio
import json
import stat
import threading
from pathlib import Path

import pytest

from beacon_audit.errors import TrailError, TrailLocked, TrailUnavailable
from beacon_audit.trail import Receipt, Storage, TrailWriter, build_payload, check_payload
from beacon_audit.trail.key_change import key_change_fields
from beacon_audit.trail.payload_files import check_content
from beacon_audit.trail.reader import journal_payload
from harness.held_storage import HeldStorage, Hold
from harness.promises import assert_sound
from harness.trail import NEXT_SIGNER, SIGNER, MakeFields, Trail


def slow(trail: Trail) -> tuple[TrailWriter, Hold]:
    """A writer of which every sync of the journal waits."""
    storage = HeldStorage()
    writer = trail.open(storage)
    return writer, storage.hold("sync_data", "journal-")


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
    writer, hold = slow(trail)
    first = writer.submit(make_fields())
    hold.wait()
    later = [writer.submit(make_fields()) for _ in range(50)]
    hold.let_go()

    assert first.result(10).batch == 0
    assert {future.result(10).batch for future in later} == {1}


def test_nothing_is_acknowledged_before_the_sync(trail: Trail, make_fields: MakeFields) -> None:
    writer, hold = slow(trail)
    future = writer.submit(make_fields())
    hold.wait()

    assert not future.done()
    hold.let_go()
    assert future.result(10) == Receipt(0, 0)


def test_a_full_queue_refuses_at_once(trail: Trail, make_fields: MakeFields) -> None:
    trail.queue_limit = 3
    writer, hold = slow(trail)
    futures = [writer.submit(make_fields())]
    hold.wait()
    futures += [writer.submit(make_fields()) for _ in range(3)]

    with pytest.raises(TrailUnavailable, match="3 entries wait to be recorded already"):
        writer.submit(make_fields())

    hold.let_go()
    assert [future.result(10).index for future in futures] == [0, 1, 2, 3]
    assert writer.submit(make_fields()).result(10).index == 4


def test_cancelling_a_future_neither_loses_the_entry_nor_stops_the_writer(
    trail: Trail, make_fields: MakeFields
) -> None:
    writer, hold = slow(trail)

    async def give_up() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.wrap_future(writer.submit(make_fields(identity="late"))), 0.01)

    asyncio.run(give_up())
    hold.let_go()

    assert writer.submit(make_fields()).result(10).index == 1
    assert [entry["id"] for entry in trail.entries()] == ["late", "01"]


def test_fields_that_make_no_entry_are_refused_and_leave_no_gap(trail: Trail, make_fields: MakeFields) -> None:
    writer = trail.open()
    with pytest.raises(TrailError, match="at most 65000 bytes"):
        writer.submit(make_fields(reason="x" * 70_000))
    with pytest.raises(TrailError, match="type"):
        writer.submit({})
    with pytest.raises(TrailError, match="expected a time"):
        writer.submit(make_fields(time="yesterday"))

    assert writer.poisoned is None
    assert writer.submit(make_fields()).result(10).index == 0


def test_a_payload_file_that_does_not_fit_its_entry_is_refused(
    trail: Trail, make_fields: MakeFields, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a start after a crash would refuse what this writer wrote."""
    writer = trail.open()
    payload = build_payload({"n": 1}, bytes(32), name="1.json.zst", date="2025-10-01")
    other = build_payload({"n": 2}, bytes(32), name="1.json.zst", date="2025-10-01")
    for named, given in ((None, payload), (payload, None), (other, payload)):
        with pytest.raises(TrailError, match="to name the payload file that comes with it"):
            writer.submit(make_fields(payload=named.reference if named else None), given)
    monkeypatch.setattr("beacon_audit.trail.writer.CONTENT_LIMIT", len(payload.content) - 1)
    with pytest.raises(TrailError, match="payload file: expected at most"):
        writer.submit(make_fields(payload=payload.reference), payload)

    assert writer.submit(make_fields()).result(10).index == 0


def test_fields_that_change_after_submit_are_recorded_as_they_were(trail: Trail, make_fields: MakeFields) -> None:
    writer, hold = slow(trail)
    fields = make_fields(reason="before")
    future = writer.submit(fields)
    fields["reason"] = "after"
    hold.let_go()
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
    writer, hold = slow(trail)
    futures = [writer.submit(make_fields(reason="x" * 64_000)) for _ in range(600)]
    hold.let_go()
    writer.close()

    assert [future.result(0).index for future in futures] == list(range(600))
    assert len({future.result(0).batch for future in futures}) >= 3
    assert len(trail.entries()) == 600


def test_too_much_that_waits_to_be_published_refuses_at_once(
    trail: Trail, make_fields: MakeFields, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("beacon_audit.trail.writer._BACKLOG_BYTES", 1000)
    storage = HeldStorage()
    writer = trail.open(storage)
    hold = storage.hold("create", "/new/")
    payload = build_payload({"n": "x"}, bytes(range(32)), name="1.json.zst", date="2025-10-01")

    def fill() -> None:
        for _ in range(100):
            writer.submit(make_fields(payload=payload.reference), payload).result(10)

    with pytest.raises(TrailUnavailable, match="too much waits to be published already"):
        fill()
    hold.let_go()
    writer.publish()

    assert writer.submit(make_fields()).result(10)


def test_what_is_not_signed_for_long_lets_no_request_leave(
    trail: Trail, make_fields: MakeFields, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In that time whoever can write HOME could remove it. What became of others is recorded all the same."""
    monkeypatch.setattr("beacon_audit.trail.writer._LATE_SECONDS", 0.05)
    trail.publish_s = 0.05
    storage = HeldStorage()
    writer = trail.open(storage)
    hold = storage.hold("create", "/new/")
    intent = make_fields("intent")

    def go_on() -> None:
        while True:
            writer.submit(intent).result(10)

    with pytest.raises(TrailUnavailable, match="has not been signed for"):
        go_on()
    outcome = {**make_fields("outcome"), "id": intent["id"], "state": "sent"}
    assert writer.submit(outcome).result(10)
    assert writer.poisoned is None
    hold.let_go()
    writer.publish()

    assert writer.submit(make_fields("intent")).result(10)


def test_a_segment_that_is_full_is_followed_by_one_named_after_its_first_entry(
    trail: Trail, make_fields: MakeFields
) -> None:
    trail.segment_bytes, trail.publish_s = 700, 3600
    writer = trail.open()
    for _ in range(9):
        writer.submit(make_fields()).result(10)

    names = [path.name for path in trail.segments()]
    assert names == [f"journal-{number:020d}.wal" for number in (0, 4, 8)]
    writer.close()
    assert [entry["index"] for entry in trail.entries()] == list(range(9))


def test_segments_are_deleted_once_they_are_published(trail: Trail, make_fields: MakeFields) -> None:
    trail.segment_bytes, trail.publish_s = 700, 3600
    writer = trail.open()
    writer.submit(make_fields()).result(10)
    writer.publish()
    for _ in range(8):
        writer.submit(make_fields()).result(10)
    assert len(trail.segments()) == 3

    writer.publish()

    assert [path.name for path in trail.segments()] == [f"journal-{8:020d}.wal"]


def test_segments_go_although_an_older_intent_is_open(trail: Trail, make_fields: MakeFields) -> None:
    """A client can keep an exchange open for as long as it likes, and bodies lie in the segments behind its intent."""
    trail.segment_bytes = 1
    writer = trail.open()
    for kind, identity in (("intent", "a"), ("refusal", "r"), ("intent", "b"), ("outcome", "a"), ("refusal", "s")):
        writer.submit(make_fields(kind, identity)).result(10)
    writer.publish()

    assert trail.segments() == [trail.state / f"journal-{4:020d}.wal"]


def test_the_segment_of_the_last_published_entry_stays_until_the_next_entry_is_published(
    trail: Trail, make_fields: MakeFields
) -> None:
    """A new segment alone says nothing about what was before it."""
    trail.publish_s = 3600
    writer = trail.open()
    writer.submit(make_fields()).result(10)
    writer.publish()
    writer.close()
    writer = trail.open()
    writer.publish()
    assert [path.name for path in trail.segments()] == [f"journal-{number:020d}.wal" for number in (0, 1)]

    writer.submit(make_fields()).result(10)
    writer.publish()
    assert trail.segments() == [trail.state / f"journal-{1:020d}.wal"]


def test_a_segment_is_not_deleted_for_one_of_which_the_first_batch_may_yet_be_lost(
    trail: Trail, make_fields: MakeFields
) -> None:
    storage = HeldStorage()
    trail.segment_bytes = 1
    writer = trail.open(storage)
    publishing = storage.hold("create", "/new/")
    writer.submit(make_fields()).result(10)
    writing = storage.hold("write", f"journal-{1:020d}")
    writer.submit(make_fields())
    writing.wait()
    publishing.let_go()
    writer.publish()

    assert [path.name for path in trail.segments()] == [f"journal-{number:020d}.wal" for number in (0, 1)]
    writing.let_go()


def test_a_new_day_begins_a_new_segment(trail: Trail, make_fields: MakeFields) -> None:
    """So that no body stays in the journal for long after its file was deleted."""
    writer = trail.open()
    trail.time = "2025-10-02T23:59:59Z"
    for _ in range(2):
        writer.submit(make_fields()).result(10)
    writer.publish()
    trail.time = "2025-10-03T00:00:00Z"
    for _ in range(2):
        writer.submit(make_fields()).result(10)
    writer.publish()

    assert trail.segments() == [trail.state / f"journal-{2:020d}.wal"]


def test_a_start_begins_a_new_segment(trail: Trail, make_fields: MakeFields) -> None:
    for number in range(3):
        writer = trail.open()
        writer.submit(make_fields()).result(10)
        writer.close()
        assert trail.journal() == trail.state / f"journal-{number:020d}.wal"


def test_files_and_directories_are_for_their_owner_only(trail: Trail, make_fields: MakeFields) -> None:
    payload = build_payload({}, bytes(32), name="01.json.zst", date="2025-10-01")
    writer = trail.open()
    for _ in range(300):
        writer.submit(make_fields(payload=payload.reference), payload)
    writer.close()

    made = [*trail.directory.rglob("*"), *trail.payloads.rglob("*")]
    assert len(made) > 15
    for path in made:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_a_payload_is_in_the_journal_when_the_receipt_is_there_and_in_its_file_when_it_is_published(
    trail: Trail, make_fields: MakeFields
) -> None:
    storage = HeldStorage()
    writer = trail.open(storage)
    hold = storage.hold("replace", "01.json.zst")
    payload = build_payload({"n": 1}, bytes(32), name="01.json.zst", date="2025-10-01")
    writer.submit(make_fields(payload=payload.reference), payload).result(10)
    hold.wait()

    content = journal_payload(trail.directory, payload.reference["file"])
    assert content is not None
    assert check_content(content, payload.commitment, "journal") == b'{"n":1}'
    hold.let_go()
    writer.publish()
    assert check_payload(trail.payloads / payload.reference["file"], payload.commitment) == b'{"n":1}'


def test_recording_goes_on_when_the_day_of_the_payloads_was_removed(trail: Trail, make_fields: MakeFields) -> None:
    writer = trail.open()
    for number in (1, 2):
        payload = build_payload({}, bytes(32), name=f"{number}.json.zst", date="2025-10-01")
        writer.submit(make_fields(payload=payload.reference), payload).result(10)
        writer.publish()
        (trail.payloads / payload.date / payload.name).unlink()
        (trail.payloads / payload.date).rmdir()

    assert writer.poisoned is None


def test_a_change_to_a_key_that_the_writer_does_not_have_is_not_recorded(trail: Trail, make_fields: MakeFields) -> None:
    """It could neither sign what follows nor prove that this was its own."""
    fields = key_change_fields(SIGNER, NEXT_SIGNER, "test")
    writer = trail.open()

    with pytest.raises(TrailUnavailable, match="expected a change from the key in force to the next one"):
        writer.submit(make_fields("key-change", **fields)).result(10)
    writer.close()
    assert trail.types() == []
    trail.next_signer = NEXT_SIGNER
    trail.open().submit(make_fields("key-change", **fields)).result(10)
    trail.opened[-1].publish()
    assert trail.opened[-1].vkey == NEXT_SIGNER.vkey


def test_every_checkpoint_is_handed_out_once_and_in_order(trail: Trail, make_fields: MakeFields) -> None:
    seen: list[bytes] = []
    trail.on_checkpoint = seen.append
    trail.publish_s = 0.001
    writer = trail.open()
    for number in range(300):
        writer.submit(make_fields()).result(10)
        if number % 50 == 0:
            writer.publish()
    writer.close()

    lines = (trail.directory / "checkpoints.log").read_bytes().splitlines()
    assert [json.loads(line).encode() for line in lines[1:]] == seen
    assert len(seen) > 5
    assert len(assert_sound(trail.directory, [SIGNER.verifier])) == 300
