"""Files that appear whole or not at all: in which order, and what of them a crash can leave."""

import errno
import stat
from pathlib import Path

import pytest

from beacon_audit.errors import TrailUnavailable
from beacon_audit.trail.fresh_files import FreshFiles
from harness.faulty_storage import FaultyStorage


def fresh(root: Path, storage: FaultyStorage) -> FreshFiles:
    return FreshFiles(root, root / ".new", storage)


def names(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_files_are_synced_before_they_get_their_names_and_names_after_that(tmp_path: Path) -> None:
    storage = FaultyStorage()
    files = fresh(tmp_path, storage)
    files.write([(tmp_path / "day" / "one", b"1"), (tmp_path / "day" / "two", b"2")])

    assert storage.operations == [
        "make_directory", "sync_directory",  # .new
        "remove", "create", "write", "start_writeback", "remove", "create", "write", "start_writeback",
        "sync_data", "sync_data",
        "make_directory", "sync_directory",  # day
        "replace", "replace",
        "sync_directory",
    ]  # fmt: skip
    assert names(tmp_path) == {"day/one": b"1", "day/two": b"2"}
    assert storage.held == 0


def test_a_directory_that_was_there_is_not_taken_for_a_durable_one(tmp_path: Path) -> None:
    """A process that was killed may have made it and not synced its name."""
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / ".new").mkdir()
    storage = FaultyStorage()
    files = fresh(tmp_path, storage)
    files.write([(tmp_path / "a" / "b" / "one", b"1")])

    before = storage.operations[: storage.operations.index("replace")]
    assert before.count("sync_directory") == 3  # the names of .new, a and b
    storage.operations.clear()
    files.write([(tmp_path / "a" / "b" / "two", b"2")])
    assert storage.operations.count("sync_directory") == 1


def test_a_directory_that_was_removed_meanwhile_is_made_again(tmp_path: Path) -> None:
    storage = FaultyStorage()
    files = fresh(tmp_path, storage)
    for _ in range(2):
        files.write([(tmp_path / "day" / "one", b"1")])
        (tmp_path / "day" / "one").unlink()
        (tmp_path / "day").rmdir()
        (tmp_path / ".new").rmdir()


def test_a_file_is_replaced_as_a_whole(tmp_path: Path) -> None:
    files = fresh(tmp_path, FaultyStorage())
    for content in (b"long before", b"after"):
        files.write([(tmp_path / "one", content)])
        assert names(tmp_path) == {"one": content}


def test_more_files_than_may_be_open_at_a_time_are_written_in_groups(tmp_path: Path) -> None:
    most = 0

    class Counting(FaultyStorage):
        def create(self, path: Path) -> int:
            nonlocal most
            descriptor = super().create(path)
            most = max(most, self.held)
            return descriptor

    fresh(tmp_path, Counting()).write([(tmp_path / f"{number}", b"%d" % number) for number in range(300)])

    assert most == 128
    assert names(tmp_path) == {f"{number}": b"%d" % number for number in range(300)}


def test_what_was_left_in_the_making_is_cleared_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / ".new").mkdir()
    (tmp_path / ".new" / "57").write_bytes(b"left over")
    (tmp_path / "file").write_bytes(b"kept")
    storage = FaultyStorage()
    fresh(tmp_path, storage).clear()

    assert names(tmp_path) == {"file": b"kept"}
    assert storage.operations == ["remove", "sync_directory"]


def test_clearing_where_nothing_was_ever_made_does_nothing(tmp_path: Path) -> None:
    storage = FaultyStorage()
    fresh(tmp_path, storage).clear()

    assert storage.operations == []


def test_what_lies_in_the_way_in_the_making_is_not_written_into(tmp_path: Path) -> None:
    (tmp_path / ".new").mkdir()
    (tmp_path / "elsewhere").write_bytes(b"kept")
    (tmp_path / ".new" / "0").symlink_to(tmp_path / "elsewhere")
    fresh(tmp_path, FaultyStorage()).write([(tmp_path / "one", b"1")])

    assert names(tmp_path) == {"elsewhere": b"kept", "one": b"1"}
    assert not (tmp_path / "one").is_symlink()


@pytest.mark.parametrize("path", ["..", "../elsewhere", "a/../../elsewhere", "a/../b", "/elsewhere", ""])
def test_a_path_that_is_not_below_the_root_is_refused_before_anything_is_written(tmp_path: Path, path: str) -> None:
    root = tmp_path / "root"
    root.mkdir()
    storage = FaultyStorage()
    with pytest.raises(ValueError, match="expected a path below"):
        fresh(root, storage).write([(root / "fine", b"1"), (root / path, b"2")])

    assert storage.operations == []
    assert list(tmp_path.iterdir()) == [root]


@pytest.mark.parametrize("error", [errno.EIO, None])
def test_whatever_fails_files_are_there_whole_or_not_at_all_and_no_descriptor_is_left(
    tmp_path: Path, error: int | None
) -> None:
    failures = 0
    for fail_at in range(100):
        root = tmp_path / f"{fail_at}"
        root.mkdir()
        storage = FaultyStorage(fail_at, error)
        try:
            fresh(root, storage).write([(root / "day" / name, b"content") for name in ("one", "two", "three")])
        except (OSError, TrailUnavailable):
            failures += 1
        assert set((names(root / "day") if (root / "day").exists() else {}).values()) <= {b"content"}
        assert storage.held == 0
        assert storage.late == []
    assert failures == (3 if error is None else 23)


def test_files_and_directories_are_for_their_owner_only(tmp_path: Path) -> None:
    fresh(tmp_path, FaultyStorage()).write([(tmp_path / "day" / "one", b"1")])

    for path in tmp_path.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path
