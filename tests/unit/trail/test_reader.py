"""Reading a trail, also while it is being written."""

from pathlib import Path

import pytest

from beacon_audit.errors import TrailCorrupt, TrailError
from beacon_audit.trail import TrailReader, read_trail
from beacon_audit.trail.batch import encode_batch
from beacon_audit.trail.entry import encode_entry
from harness.trail import MakeFields, Trail


def write(trail: Trail, *batches: list[bytes]) -> Path:
    """A journal of one segment with ``batches``."""
    trail.state.mkdir(exist_ok=True)
    path = trail.state / f"journal-{0:020d}.wal"
    path.write_bytes(b"".join(encode_batch(number, batch) for number, batch in enumerate(batches)))
    return path


def test_a_missing_directory_is_no_empty_trail(tmp_path: Path) -> None:
    with pytest.raises(TrailError, match="no audit trail at"):
        list(read_trail(tmp_path / "trail"))


def test_a_trail_that_never_had_a_writer_is_empty(trail: Trail) -> None:
    assert trail.entries() == []


def test_a_follower_gets_each_entry_once_and_through_new_segments(trail: Trail, make_fields: MakeFields) -> None:
    trail.segment_bytes = 300
    writer = trail.open()
    reader = TrailReader(trail.directory)
    seen: list[object] = []
    for number in range(12):
        writer.submit(make_fields(identity=str(number))).result(10)
        if number % 5 == 0:
            seen += [entry["id"] for entry in reader.poll()]
    seen += [entry["id"] for entry in reader.poll()]

    assert len(list(trail.state.glob("journal-*"))) > 3
    assert seen == [str(number) for number in range(12)]
    assert list(reader.poll()) == []


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

    assert len(trail.entries()) == 1
    assert journal.read_bytes() == before
    assert [path.name for path in trail.state.iterdir()] == [journal.name]


def test_damage_is_reported_by_file_and_offset_after_the_entries_before_it(
    trail: Trail, make_fields: MakeFields
) -> None:
    batches = [[encode_entry(make_fields(), index)] for index in range(3)]
    journal = write(trail, *batches)
    data = bytearray(journal.read_bytes())
    second = len(encode_batch(0, batches[0]))
    data[second + 60] ^= 1
    journal.write_bytes(data)

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
    write(trail, [b"not an entry"])

    with pytest.raises(TrailCorrupt, match="batch at byte 0: trail entry: expected a JSON object"):
        trail.entries()


def test_a_reader_notices_that_the_journal_was_deleted(trail: Trail, make_fields: MakeFields) -> None:
    writer = trail.open()
    writer.submit(make_fields()).result(10)
    writer.close()
    trail.journal().unlink()

    with pytest.raises(TrailCorrupt, match="expected at least 1 entries, found 0"):
        trail.entries()


def test_files_of_other_names_are_no_segments(trail: Trail, make_fields: MakeFields) -> None:
    write(trail, [encode_entry(make_fields(), 0)])
    for name in ("journal-1.wal", f"journal-{1:020d}.wal.bak", "notes.txt"):
        (trail.state / name).write_bytes(b"anything")

    assert len(trail.entries()) == 1
