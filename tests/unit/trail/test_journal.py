"""The order of operations that makes a batch durable."""

from pathlib import Path

import pytest

from beacon_audit.errors import TrailUnavailable
from beacon_audit.trail.batch import encode_batch
from beacon_audit.trail.journal import Journal, Place
from beacon_audit.trail.segment import list_segments
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

    assert journal.append([b"second", b"third"]) == 1
    assert storage.operations == ["write", "sync_data", "status"]


def test_the_high_water_is_noted_only_after_the_batch_is_durable(tmp_path: Path) -> None:
    storage = FaultyStorage()
    journal = Journal(tmp_path, storage, NEW, 1000)
    storage.operations.clear()
    journal.append([b"first"])

    assert storage.operations[:3] == ["write", "sync_data", "status"]
    assert storage.operations[3:] == ["remove", "create", "write", "sync_data", "replace", "sync_directory"]
    assert (tmp_path / "high-water").read_bytes() == b"00000000000000000001\n"


def test_batches_follow_one_another_and_go_to_a_new_file_when_one_is_full(tmp_path: Path) -> None:
    journal = Journal(tmp_path, FaultyStorage(), NEW, 100)
    for entry in (b"one", b"two", b"three"):
        journal.append([entry])

    assert (tmp_path / f"journal-{0:020d}.wal").read_bytes() == encode_batch(0, [b"one"]) + encode_batch(1, [b"two"])
    assert (tmp_path / f"journal-{2:020d}.wal").read_bytes() == encode_batch(2, [b"three"])


def test_a_full_file_is_closed(tmp_path: Path) -> None:
    storage = FaultyStorage()
    journal = Journal(tmp_path, storage, NEW, 1)
    for entry in (b"one", b"two", b"three"):
        journal.append([entry])

    assert storage.held == 1


def test_a_journal_is_continued_where_it_was_left(tmp_path: Path) -> None:
    journal = Journal(tmp_path, FaultyStorage(), NEW, 1000)
    journal.append([b"one"])
    journal.close(note=True)
    (segment,) = list_segments(tmp_path)
    journal = Journal(tmp_path, FaultyStorage(), Place(segment, segment.path.stat().st_size, 1, 1), 1000)

    assert journal.append([b"two"]) == 1
    assert segment.path.read_bytes() == encode_batch(0, [b"one"]) + encode_batch(1, [b"two"])


def test_a_journal_that_is_longer_than_its_durable_end_takes_nothing(tmp_path: Path) -> None:
    journal = Journal(tmp_path, FaultyStorage(), NEW, 1000)
    journal.append([b"one"])
    (segment,) = list_segments(tmp_path)
    journal = Journal(tmp_path, FaultyStorage(), Place(segment, 10, 1, 1), 1000)

    with pytest.raises(TrailUnavailable, match="something else changes the journal"):
        journal.append([b"two"])
