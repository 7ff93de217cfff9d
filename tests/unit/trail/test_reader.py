"""Reading a trail, also while it is being written and published."""

import os
import shutil
import threading
import time
from pathlib import Path

import pytest

from beacon_audit.errors import TrailCorrupt, TrailError
from beacon_audit.trail import TrailReader, build_payload, read_trail
from beacon_audit.trail.cursor import JournalCursor
from beacon_audit.trail.entry import encode_entry
from beacon_audit.trail.frames import PayloadFile
from beacon_audit.trail.reader import journal_payload
from beacon_audit.trail.segment import list_segments
from harness.journal_bytes import journal
from harness.quick_storage import QuickStorage
from harness.trail import MakeFields, Trail

#: ``BEACON_AUDIT_THOROUGH=1`` follows a trail for longer.
ENTRIES = 40_000 if os.environ.get("BEACON_AUDIT_THOROUGH") else 4_000


def write(trail: Trail, *batches: list[bytes]) -> Path:
    """A trail of which nothing is published, with a journal of one segment with ``batches``."""
    trail.begin()
    path = trail.state / f"journal-{0:020d}.wal"
    path.write_bytes(b"".join(journal(*batches)))
    return path


def test_a_missing_directory_is_no_empty_trail(tmp_path: Path) -> None:
    with pytest.raises(TrailError, match="no audit trail at"):
        list(read_trail(tmp_path / "trail"))


def test_a_trail_without_a_checkpoint_was_deleted_and_is_no_empty_trail(trail: Trail) -> None:
    with pytest.raises(TrailCorrupt, match="checkpoint: missing, though every trail begins with one"):
        trail.entries()


def test_a_trail_that_never_had_a_writer_is_empty(trail: Trail) -> None:
    trail.begin()
    assert trail.entries() == []


@pytest.mark.parametrize("size", [1, 255, 256, 257, 600])
@pytest.mark.parametrize("published", [0.0, 0.5, 1.0])
def test_entries_come_from_bundles_and_the_journal_in_their_order(
    trail: Trail, make_fields: MakeFields, size: int, published: float
) -> None:
    trail.publish_s = 3600
    writer = trail.open(QuickStorage())
    for number in range(size):
        writer.submit(make_fields(identity=str(number)))
        if number == int(size * published):
            writer.publish()
    writer.submit(make_fields(identity="last")).result(10)

    assert [entry["id"] for entry in trail.entries()] == [*map(str, range(size)), "last"]
    assert [entry["index"] for entry in trail.entries()] == list(range(size + 1))


def test_a_follower_gets_each_entry_once_and_through_new_segments(trail: Trail, make_fields: MakeFields) -> None:
    trail.segment_bytes = 300
    writer = trail.open()
    writer.submit(make_fields("intent", "open")).result(10)  # which keeps the segments
    reader = TrailReader(trail.directory)
    seen: list[object] = []
    for number in range(12):
        writer.submit(make_fields(identity=str(number))).result(10)
        if number % 5 == 0:
            seen += [entry["id"] for entry in reader.poll()]
    seen += [entry["id"] for entry in reader.poll()]

    assert len(trail.segments()) > 3
    assert seen == ["open", *(str(number) for number in range(12))]
    assert list(reader.poll()) == []


def test_followers_see_every_entry_once_while_segments_disappear_under_them(
    trail: Trail, make_fields: MakeFields
) -> None:
    trail.segment_bytes = 400
    trail.publish_s = 0.001
    writer = trail.open(QuickStorage())
    written = threading.Event()
    oldest: set[str] = set()
    seen: list[object] = []

    def follow(pause: float) -> None:
        reader = TrailReader(trail.directory)
        indices: list[object] = []
        try:
            while not written.is_set():
                indices += [entry["index"] for entry in reader.poll()]
                oldest.update(path.name for path in trail.segments()[:1])
                time.sleep(pause)
            indices += [entry["index"] for entry in reader.poll()]
            seen.append(indices == list(range(ENTRIES)))
        except Exception as error:
            seen.append(error)

    threads = [threading.Thread(target=follow, args=(pause,)) for pause in (0, 0.0007, 0.011)]
    for thread in threads:
        thread.start()
    for number in range(ENTRIES):
        future = writer.submit(make_fields(identity=str(number)))
        if number % 7 == 0:
            future.result(10)
    future.result(10)
    written.set()
    for thread in threads:
        thread.join(30)

    assert seen == [True] * 3
    assert len(oldest) > 20  # segments did disappear


def test_a_reader_that_comes_between_a_checkpoint_and_the_deletion_of_its_segment_is_not_misled(
    trail: Trail, make_fields: MakeFields, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It lists a segment that is gone when it opens it, and the checkpoint is the one that it knows."""
    trail.publish_s = 3600
    writer = trail.open(QuickStorage())
    writer.submit(make_fields(identity="first")).result(10)
    writer.publish()
    only = list_segments(trail.state)
    listings = iter([only])
    trail.segments()[0].rename(trail.state / f"journal-{1:020d}.wal")
    trail.journal().write_bytes(b"")
    monkeypatch.setattr(
        "beacon_audit.trail.cursor.list_segments", lambda state: next(listings, None) or list_segments(state)
    )

    assert [entry["id"] for entry in trail.entries()] == ["first"]
    trail.opened.clear()
    writer._publisher.close(finish=False)


def test_a_journal_that_begins_too_late_is_corruption(trail: Trail, make_fields: MakeFields) -> None:
    journal = write(trail, [encode_entry(make_fields(), 0)])
    journal.rename(trail.state / f"journal-{5:020d}.wal")

    with pytest.raises(TrailCorrupt, match="expected the journal to go on after entry -1, found a later beginning"):
        trail.entries()


def test_an_unfinished_last_batch_is_left_for_later(trail: Trail, make_fields: MakeFields) -> None:
    first, second = (encode_entry(make_fields(identity=str(index)), index) for index in (0, 1))
    journal = write(trail, [first], [second])
    whole = journal.read_bytes()
    journal.write_bytes(whole[:-1])
    reader = TrailReader(trail.directory)

    assert [entry["id"] for entry in reader.poll()] == ["0"]
    assert list(reader.poll()) == []
    journal.write_bytes(whole)
    assert [entry["id"] for entry in reader.poll()] == ["1"]


def test_reading_changes_nothing(trail: Trail, make_fields: MakeFields) -> None:
    journal = write(trail, [encode_entry(make_fields(), 0)])
    with journal.open("ab") as file:
        file.write(b"\xffbat")
    before = journal.read_bytes()
    names = sorted(trail.directory.rglob("*"))

    assert len(trail.entries()) == 1
    assert journal.read_bytes() == before
    assert sorted(trail.directory.rglob("*")) == names


def test_damage_is_reported_by_file_and_offset_after_the_entries_before_it(
    trail: Trail, make_fields: MakeFields
) -> None:
    batches = [[encode_entry(make_fields(), index)] for index in range(3)]
    path = write(trail, *batches)
    data = bytearray(path.read_bytes())
    second = len(journal(batches[0])[0])
    data[second + 70] ^= 1
    path.write_bytes(data)

    entries = read_trail(trail.directory)

    assert next(entries)["index"] == 0
    with pytest.raises(TrailCorrupt, match=f"journal-.*: batch at byte {second}: its hash is wrong"):
        next(entries)


@pytest.mark.parametrize("index", [0, 2])
def test_an_entry_with_an_index_that_is_not_its_place_is_corruption(
    trail: Trail, make_fields: MakeFields, index: int
) -> None:
    write(trail, [encode_entry(make_fields(), 0)], [encode_entry(make_fields(), index)])

    with pytest.raises(TrailCorrupt, match=f"expected entry 1, came entry {index}"):
        trail.entries()


def test_a_batch_that_holds_no_entry_is_corruption(trail: Trail) -> None:
    write(trail, [b"not an entry".ljust(50, b".")])

    with pytest.raises(TrailCorrupt, match="batch at byte 0: trail entry: expected a JSON object"):
        trail.entries()


@pytest.mark.parametrize("size", [3, 300])
def test_a_missing_bundle_is_reported(trail: Trail, make_fields: MakeFields, size: int) -> None:
    writer = trail.open(QuickStorage())
    for _ in range(size):
        writer.submit(make_fields())
    writer.close()
    bundle = next(path for path in sorted((trail.directory / "tile/entries").rglob("*")) if path.is_file())
    bundle.unlink()

    with pytest.raises(TrailCorrupt, match=r"tile/entries/.*: missing"):
        trail.entries()


def test_what_is_published_can_be_read_without_the_journal(trail: Trail, make_fields: MakeFields) -> None:
    """A copy for an auditor may do without it. Its loss is found by who would go on from there, and by verify."""
    writer = trail.open()
    writer.submit(make_fields()).result(10)
    writer.close()
    shutil.rmtree(trail.state)

    assert trail.types() == ["refusal"]


def test_files_of_other_names_are_no_segments(trail: Trail, make_fields: MakeFields) -> None:
    write(trail, [encode_entry(make_fields(), 0)])
    for name in ("journal-1.wal", f"journal-{1:020d}.wal.bak", "notes.txt"):
        (trail.state / name).write_bytes(b"anything")

    assert len(trail.entries()) == 1


def test_a_payload_is_found_in_the_journal(trail: Trail, make_fields: MakeFields) -> None:
    payload = build_payload({"n": 1}, bytes(32), name="1.json.zst", date="2025-10-01")
    file = PayloadFile(payload.reference["file"], b"content")
    entry = encode_entry(make_fields(payload=payload.reference), 0)
    write(trail).write_bytes(journal(([entry], [file]))[0])

    assert journal_payload(trail.directory, file.file) == b"content"
    assert journal_payload(trail.directory, "2025-10-01/2.json.zst") is None


def test_a_cursor_in_the_middle_of_a_batch_begins_with_that_batch(trail: Trail, make_fields: MakeFields) -> None:
    entries = [encode_entry(make_fields(identity=str(index)), index) for index in range(6)]
    write(trail, entries[:2], entries[2:5], entries[5:])

    found = [batch.first_index for batch in JournalCursor(trail.state, 3).batches()]

    assert found[-2:] == [2, 5]
