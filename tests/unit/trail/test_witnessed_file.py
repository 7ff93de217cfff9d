"""The witnessed checkpoint is replaced whole and durably, or not at all."""

import errno
from pathlib import Path

import pytest

from beacon_audit.errors import TrailUnavailable
from beacon_audit.trail.verify.layout import Stray, walk
from beacon_audit.trail.witnessed_file import WITNESSED, write_witnessed
from harness.faulty_storage import FaultyStorage


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    (tmp_path / ".state").mkdir()
    write_witnessed(tmp_path, b"before", FaultyStorage())
    return tmp_path


def test_it_is_written_beside_synced_and_renamed(directory: Path) -> None:
    storage = FaultyStorage()
    write_witnessed(directory, b"after", storage)
    assert (directory / WITNESSED).read_bytes() == b"after"
    assert (directory / WITNESSED).stat().st_mode & 0o777 == 0o600
    assert storage.operations == [
        "make_directory", "remove", "create", "write", "sync_data", "replace", "sync_directory",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("operation", "error"),
    [(3, None), *((number, error) for number in range(7) for error in (errno.EIO, errno.ENOSPC))],
)
def test_whatever_fails_there_is_a_whole_one_and_the_next_is_written(
    operation: int, error: int | None, directory: Path
) -> None:
    storage = FaultyStorage(operation, error)
    with pytest.raises((OSError, TrailUnavailable)):
        write_witnessed(directory, b"failed", storage)
    assert (directory / WITNESSED).read_bytes() == (b"failed" if operation == 6 else b"before")
    assert storage.held == 0
    write_witnessed(directory, b"after", storage)
    assert (directory / WITNESSED).read_bytes() == b"after"


def test_what_a_crash_leaves_is_part_of_a_trail_and_in_nobodys_way(directory: Path) -> None:
    with pytest.raises(OSError, match="Input/output"):
        write_witnessed(directory, b"failed", FaultyStorage(4, errno.EIO))
    assert [path.name for path in (directory / ".state" / "new").iterdir()] == [WITNESSED]
    assert [found for found in walk(directory) if isinstance(found, Stray)] == []
    write_witnessed(directory, b"after", FaultyStorage())


def test_link_in_its_place_is_not_followed(directory: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_bytes(b"other")
    for place in (directory / WITNESSED, directory / ".state" / "new" / WITNESSED):
        place.unlink(missing_ok=True)
        place.symlink_to(tmp_path / "elsewhere")
    write_witnessed(directory, b"after", FaultyStorage())
    assert (tmp_path / "elsewhere").read_bytes() == b"other"
    assert not (directory / WITNESSED).is_symlink()
