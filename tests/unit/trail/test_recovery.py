"""Starting again: after a crash at any byte, after damage, and after files have gone."""

import shutil

import pytest

from beacon_audit.errors import TrailCorrupt
from beacon_audit.trail import Receipt
from harness.faulty_storage import FaultyStorage
from harness.trail import MakeFields, Trail


def crash_with(trail: Trail, *batches: list[dict[str, object]]) -> None:
    """Write batches and leave the trail as a process does that died: no high-water note beyond the first batch."""
    writer = trail.open()
    for batch in batches:
        for future in [writer.submit(fields) for fields in batch]:
            future.result(10)
    note = (trail.state / "high-water").read_bytes()
    writer.close()
    (trail.state / "high-water").write_bytes(note)


def test_a_new_trail_starts_without_entries(trail: Trail) -> None:
    trail.open().close()

    assert trail.entries() == []


def test_a_trail_that_was_closed_in_order_is_continued_without_a_word(trail: Trail, make_fields: MakeFields) -> None:
    crash_with(trail, [make_fields("intent", "a")], [make_fields("outcome", "a")])

    assert trail.open().submit(make_fields("close")).result(10) == Receipt(2, 2)
    assert trail.types() == ["intent", "outcome", "close"]


def test_an_intent_without_outcome_gets_the_outcome_unknown(trail: Trail, make_fields: MakeFields) -> None:
    crash_with(
        trail,
        [make_fields("intent", "answered")],
        [make_fields("intent", "open"), make_fields("refusal", "refused")],
        [make_fields("outcome", "answered")],
    )

    trail.open().close()

    recovered, outcome = trail.entries()[4:]
    assert recovered == {
        "type": "recovered",
        "id": "made-0",
        "time": "2025-10-02T00:00:00Z",
        "index": 4,
        "dropped_bytes": 0,
        "file": None,
        "offset": None,
        "open_intents": 1,
    }
    assert (outcome["type"], outcome["id"], outcome["state"]) == ("outcome", "open", "unknown")
    assert outcome["reason"] == "the proxy stopped before the outcome was known"


def test_an_unknown_outcome_is_written_once(trail: Trail, make_fields: MakeFields) -> None:
    crash_with(trail, [make_fields("intent", "a")])
    for _ in range(3):
        trail.open().close()

    assert trail.types() == ["intent", "recovered", "outcome"]


def test_every_prefix_of_the_last_batch_is_cut_off_and_recorded(trail: Trail, make_fields: MakeFields) -> None:
    crash_with(trail, [make_fields("intent", "a")], [make_fields("outcome", "a")], [make_fields("intent", "b")])
    journal = trail.journal()
    whole = journal.read_bytes()
    start = whole.rindex(b"\xffbatch1\n")
    for length in range(1, len(whole) - start):
        journal.write_bytes(whole[: start + length])

        trail.open().close()

        entries = trail.entries()
        assert [entry["type"] for entry in entries] == ["intent", "outcome", "recovered"]
        assert entries[2] | {"id": ""} == {
            "type": "recovered",
            "id": "",
            "time": "2025-10-02T00:00:00Z",
            "index": 2,
            "dropped_bytes": length,
            "file": journal.name,
            "offset": start,
            "open_intents": 0,
        }
        (trail.state / "high-water").write_bytes(b"1\n")


def test_an_intent_whose_outcome_was_torn_is_unknown(trail: Trail, make_fields: MakeFields) -> None:
    crash_with(trail, [make_fields("intent", "a")], [make_fields("outcome", "a", state="sent")])
    journal = trail.journal()
    journal.write_bytes(journal.read_bytes()[:-1])

    trail.open().close()

    assert trail.types() == ["intent", "recovered", "outcome"]
    assert trail.entries()[2]["state"] == "unknown"


def test_damage_before_the_last_batch_is_refused_with_file_and_offset(trail: Trail, make_fields: MakeFields) -> None:
    crash_with(trail, [make_fields()], [make_fields()], [make_fields()])
    journal = trail.journal()
    data = bytearray(journal.read_bytes())
    second = data.index(b"\xffbatch1\n", 1)
    data[second + 70] ^= 1
    journal.write_bytes(data)

    with pytest.raises(TrailCorrupt, match=rf"{journal}: batch at byte {second}: its hash is wrong"):
        trail.open()
    assert journal.read_bytes() == data


def test_what_was_found_is_made_durable_before_anything_is_added(trail: Trail, make_fields: MakeFields) -> None:
    """Else a power failure could keep the next batch and lose the one before it, which reads as corruption."""
    crash_with(trail, [make_fields("intent")])
    storage = FaultyStorage()

    trail.open(storage)

    before = storage.operations[: storage.operations.index("write")]
    assert before[-4:] == ["open_append", "sync_data", "sync_directory", "open_append"]


def test_a_torn_batch_in_an_earlier_segment_is_refused(trail: Trail, make_fields: MakeFields) -> None:
    trail.segment_bytes = 1
    crash_with(trail, [make_fields()], [make_fields()])
    first = trail.state / f"journal-{0:020d}.wal"
    first.write_bytes(first.read_bytes()[:-1])

    with pytest.raises(TrailCorrupt, match=r"journal-0{20}\.wal: batch at byte 0"):
        trail.open()


@pytest.mark.parametrize("missing", [0, 1])
def test_a_missing_segment_is_refused(trail: Trail, make_fields: MakeFields, missing: int) -> None:
    trail.segment_bytes = 1
    crash_with(trail, [make_fields()], [make_fields()], [make_fields()])
    (trail.state / f"journal-{missing:020d}.wal").unlink()

    with pytest.raises(TrailCorrupt, match=f"expected a segment that starts with entry {missing} before it"):
        trail.open()


def test_a_deleted_journal_is_refused_rather_than_begun_anew(trail: Trail, make_fields: MakeFields) -> None:
    crash_with(trail, [make_fields()])
    trail.journal().unlink()

    with pytest.raises(TrailCorrupt, match="expected at least 1 entries, found 0"):
        trail.open()
    assert list(trail.state.glob("journal-*")) == []


def test_a_last_segment_that_was_deleted_after_a_crash_is_refused(trail: Trail, make_fields: MakeFields) -> None:
    trail.segment_bytes = 1
    writer = trail.open()
    for _ in range(3):
        writer.submit(make_fields()).result(10)
    # The writer is still at work: nothing was noted at its close.
    crashed = trail.home / "crashed"
    shutil.copytree(trail.directory, crashed / "trail")
    (crashed / "payloads").mkdir()
    writer.close()
    trail.home = crashed
    trail.journal().unlink()

    with pytest.raises(TrailCorrupt, match="expected at least 3 entries, found 2"):
        trail.open()


def test_a_last_batch_that_was_cut_after_a_close_is_refused(trail: Trail, make_fields: MakeFields) -> None:
    writer = trail.open()
    for _ in range(3):
        writer.submit(make_fields()).result(10)
    writer.close()
    journal = trail.journal()
    journal.write_bytes(journal.read_bytes()[:-1])

    with pytest.raises(TrailCorrupt, match="expected at least 3 entries, found 2"):
        trail.open()


@pytest.mark.parametrize("note", [b"", b"\n", b"many\n", b"-1\n", b"1" * 21, b"1\n\n"])
def test_a_high_water_note_that_is_no_number_is_refused(trail: Trail, make_fields: MakeFields, note: bytes) -> None:
    crash_with(trail, [make_fields()])
    (trail.state / "high-water").write_bytes(note)

    with pytest.raises(TrailCorrupt, match="high-water: expected a number of entries"):
        trail.open()


def test_a_segment_that_was_created_just_before_the_crash_is_used(trail: Trail, make_fields: MakeFields) -> None:
    crash_with(trail, [make_fields()])
    (trail.state / f"journal-{1:020d}.wal").touch(0o600)

    assert trail.open().submit(make_fields()).result(10) == Receipt(1, 1)
    assert trail.types() == ["refusal", "refusal"]


def test_a_great_many_open_intents_are_closed(
    trail: Trail, make_fields: MakeFields, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("beacon_audit.trail.writer.FRAMES_LIMIT", 70_000)
    crash_with(trail, [make_fields("intent", str(number)) for number in range(1000)])

    trail.open().close()

    assert trail.types() == ["intent"] * 1000 + ["recovered"] + ["outcome"] * 1000
    assert trail.entries()[1000]["open_intents"] == 1000
