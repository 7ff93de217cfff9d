"""The order of operations that makes a batch durable, and where one file of the journal ends."""

from pathlib import Path

import pytest

from beacon_audit.errors import TrailUnavailable
from beacon_audit.trail.batch import START
from beacon_audit.trail.committed import Committed
from beacon_audit.trail.frames import PayloadFile
from beacon_audit.trail.journal import Journal, Place
from beacon_audit.trail.journal_keys import JournalKeys
from beacon_audit.trail.segment import list_segments, segment_at
from harness.faulty_storage import FaultyStorage
from harness.journal_bytes import batches_of, end_of
from harness.journal_bytes import journal as encoded
from harness.trail import SIGNER

KEYS = JournalKeys.of([SIGNER], SIGNER)
NEW = Place(None, 0, START, KEYS)


def entry(text: str, kind: str = "refusal") -> Committed:
    return Committed(kind, text, text.encode().ljust(50, b"."))


def test_a_new_file_has_a_durable_name_before_it_has_a_batch(tmp_path: Path) -> None:
    storage = FaultyStorage()
    Journal(tmp_path, storage, NEW, 1000)

    assert storage.operations == ["create", "sync_directory"]


def test_a_batch_is_one_write_and_one_sync_and_a_look_at_the_file(tmp_path: Path) -> None:
    storage = FaultyStorage()
    journal = Journal(tmp_path, storage, NEW, 1000)
    journal.append([entry("first")])
    storage.operations.clear()

    assert journal.append([entry("second"), entry("third")], [PayloadFile("2025-10-01/1", b"body")]) == 1
    assert storage.operations == ["write", "sync_data", "status"]


def test_batches_follow_one_another_and_go_to_a_new_file_when_one_is_full(tmp_path: Path) -> None:
    journal = Journal(tmp_path, FaultyStorage(), NEW, 400)
    payload = PayloadFile("2025-10-01/1", b"body")
    contents = [[entry("one")], [entry("two")], [entry("three"), entry("four")], [entry("five")]]
    for items in contents:
        journal.append(items, [payload])

    first, second = (segment.path.read_bytes() for segment in list_segments(tmp_path))
    batches = encoded(*(([item.entry for item in items], [payload]) for items in contents))
    assert first == b"".join(batches[:2])
    assert second == b"".join(batches[2:])
    assert [segment.first_index for segment in list_segments(tmp_path)] == [0, 2]


def test_a_new_file_has_a_durable_name_before_the_full_one_is_closed(tmp_path: Path) -> None:
    storage = FaultyStorage()
    journal = Journal(tmp_path, storage, NEW, 1)
    journal.append([entry("one")])
    storage.operations.clear()
    journal.append([entry("two")])

    assert storage.operations == ["create", "sync_directory", "write", "sync_data", "status"]


def test_a_full_file_is_closed(tmp_path: Path) -> None:
    storage = FaultyStorage()
    journal = Journal(tmp_path, storage, NEW, 1)
    for text in ("one", "two", "three"):
        journal.append([entry(text)])

    assert storage.held == 1


def test_a_file_without_a_batch_is_used_rather_than_followed_by_another(tmp_path: Path) -> None:
    journal = Journal(tmp_path, FaultyStorage(), NEW, 1000)
    for _ in range(3):
        journal.start_segment()
    assert [segment.first_index for segment in list_segments(tmp_path)] == [0]
    journal.append([entry("one"), entry("two")])
    for _ in range(3):
        journal.start_segment()

    assert [segment.first_index for segment in list_segments(tmp_path)] == [0, 2]


def test_a_journal_is_continued_where_it_was_left(tmp_path: Path) -> None:
    journal = Journal(tmp_path, FaultyStorage(), NEW, 1000)
    journal.append([entry("one")])
    journal.close()
    (segment,) = list_segments(tmp_path)
    place = Place(segment, segment.path.stat().st_size, end_of(segment.path), KEYS)
    journal = Journal(tmp_path, FaultyStorage(), place, 1000)

    assert journal.append([entry("two")]) == 1
    assert segment.path.read_bytes() == b"".join(encoded([entry("one").entry], [entry("two").entry]))


def test_a_batch_says_which_intent_was_the_oldest_without_an_outcome(tmp_path: Path) -> None:
    journal = Journal(tmp_path, FaultyStorage(), NEW, 1_000_000)
    journal.append([entry("a", "intent"), entry("b", "intent")])
    journal.append([entry("c", "refusal"), entry("a", "outcome")])
    journal.append([entry("b", "outcome"), entry("d", "intent")])
    journal.append([entry("d", "outcome")])
    journal.append([entry("e", "refusal")])

    (segment,) = list_segments(tmp_path)
    assert [batch.open_index for batch in batches_of(segment.path.read_bytes())] == [0, 0, 1, 5, 7]


def test_a_journal_that_is_longer_than_its_durable_end_takes_nothing(tmp_path: Path) -> None:
    journal = Journal(tmp_path, FaultyStorage(), NEW, 1000)
    journal.append([entry("one")])
    (segment,) = list_segments(tmp_path)
    journal = Journal(tmp_path, FaultyStorage(), Place(segment, 10, end_of(segment.path), KEYS), 1000)

    with pytest.raises(TrailUnavailable, match="something else changes this file"):
        journal.append([entry("two")])


def test_a_journal_does_not_go_into_a_file_that_is_there_already(tmp_path: Path) -> None:
    segment_at(tmp_path, 0).path.write_bytes(b"whatever")

    with pytest.raises(FileExistsError):
        Journal(tmp_path, FaultyStorage(), NEW, 1000)
