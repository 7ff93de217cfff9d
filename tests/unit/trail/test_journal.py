"""The order of operations that makes a batch durable, and where one file of the journal ends."""

from pathlib import Path

import pytest

from beacon_audit.errors import TrailUnavailable
from beacon_audit.trail.batch import PayloadFile, encode_batch
from beacon_audit.trail.journal import Journal, Place
from beacon_audit.trail.segment import list_segments, segment_at
from harness.faulty_storage import FaultyStorage

NEW = Place(None, 0, 0, 0)


def test_a_new_file_has_a_durable_name_before_it_has_a_batch(tmp_path: Path) -> None:
    storage = FaultyStorage()
    Journal(tmp_path, storage, NEW, 1000)

    assert storage.operations == ["create", "sync_directory"]


def test_a_batch_is_one_write_and_one_sync_and_a_look_at_the_file(tmp_path: Path) -> None:
    storage = FaultyStorage()
    journal = Journal(tmp_path, storage, NEW, 1000)
    journal.append([b"first"])
    storage.operations.clear()

    assert journal.append([b"second", b"third"], [PayloadFile("2025-10-01/1", b"body")]) == 1
    assert storage.operations == ["write", "sync_data", "status"]


def test_batches_follow_one_another_and_go_to_a_new_file_when_one_is_full(tmp_path: Path) -> None:
    journal = Journal(tmp_path, FaultyStorage(), NEW, 100)
    payload = PayloadFile("2025-10-01/1", b"body")
    for entries in ([b"one"], [b"two"], [b"three", b"four"], [b"five"]):
        journal.append(entries, [payload])

    first, second = (segment.path.read_bytes() for segment in list_segments(tmp_path))
    assert first == encode_batch(0, [b"one"], [payload]) + encode_batch(1, [b"two"], [payload])
    assert second == encode_batch(2, [b"three", b"four"], [payload]) + encode_batch(3, [b"five"], [payload])
    assert [segment.first_index for segment in list_segments(tmp_path)] == [0, 2]


def test_a_new_file_has_a_durable_name_before_the_full_one_is_closed(tmp_path: Path) -> None:
    storage = FaultyStorage()
    journal = Journal(tmp_path, storage, NEW, 1)
    journal.append([b"one"])
    storage.operations.clear()
    journal.append([b"two"])

    assert storage.operations == ["create", "sync_directory", "write", "sync_data", "status"]


def test_a_full_file_is_closed(tmp_path: Path) -> None:
    storage = FaultyStorage()
    journal = Journal(tmp_path, storage, NEW, 1)
    for entry in (b"one", b"two", b"three"):
        journal.append([entry])

    assert storage.held == 1


def test_a_file_without_a_batch_is_used_rather_than_followed_by_another(tmp_path: Path) -> None:
    journal = Journal(tmp_path, FaultyStorage(), NEW, 1000)
    for _ in range(3):
        journal.start_segment()
    assert [segment.first_index for segment in list_segments(tmp_path)] == [0]
    journal.append([b"one", b"two"])
    for _ in range(3):
        journal.start_segment()

    assert [segment.first_index for segment in list_segments(tmp_path)] == [0, 2]


def test_a_journal_is_continued_where_it_was_left(tmp_path: Path) -> None:
    journal = Journal(tmp_path, FaultyStorage(), NEW, 1000)
    journal.append([b"one"])
    journal.close()
    (segment,) = list_segments(tmp_path)
    journal = Journal(tmp_path, FaultyStorage(), Place(segment, segment.path.stat().st_size, 1, 1), 1000)

    assert journal.append([b"two"]) == 1
    assert segment.path.read_bytes() == encode_batch(0, [b"one"]) + encode_batch(1, [b"two"])


def test_a_journal_that_is_longer_than_its_durable_end_takes_nothing(tmp_path: Path) -> None:
    journal = Journal(tmp_path, FaultyStorage(), NEW, 1000)
    journal.append([b"one"])
    (segment,) = list_segments(tmp_path)
    journal = Journal(tmp_path, FaultyStorage(), Place(segment, 10, 1, 1), 1000)

    with pytest.raises(TrailUnavailable, match="something else changes this file"):
        journal.append([b"two"])


def test_a_journal_does_not_go_into_a_file_that_is_there_already(tmp_path: Path) -> None:
    segment_at(tmp_path, 0).path.write_bytes(b"whatever")

    with pytest.raises(FileExistsError):
        Journal(tmp_path, FaultyStorage(), NEW, 1000)
