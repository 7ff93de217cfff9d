"""A file that only grows: what is durable when, and what stops it."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from beacon_audit.errors import TrailUnavailable
from beacon_audit.trail.append_file import AppendFile
from harness.faulty_storage import FaultyStorage


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "inside" / "file"


@pytest.fixture
def file(path: Path) -> AppendFile:
    path.parent.mkdir()
    file = AppendFile.create(path, FaultyStorage())
    file.append(b"0123456789")
    return file


def test_its_name_is_durable_first_then_every_byte(tmp_path: Path) -> None:
    storage = FaultyStorage()
    file = AppendFile.create(tmp_path / "file", storage)
    file.append(b"one")
    file.append(b"two")

    assert storage.operations == ["create", "sync_directory", *["write", "sync_data", "status"] * 2]
    assert (tmp_path / "file").read_bytes() == b"onetwo"


def test_it_is_continued_at_its_end(file: AppendFile, path: Path) -> None:
    file.close()
    again = AppendFile.resume(path, FaultyStorage(), 10)
    again.append(b"abc")

    assert path.read_bytes() == b"0123456789abc"
    assert again.size == 13


def test_a_file_that_is_there_is_not_created(file: AppendFile, path: Path) -> None:
    with pytest.raises(FileExistsError):
        AppendFile.create(path, FaultyStorage())
    assert path.read_bytes() == b"0123456789"


def test_a_link_is_followed_neither_to_a_new_file_nor_to_one_that_is_there(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "target")
    with pytest.raises(FileExistsError):
        AppendFile.create(tmp_path / "link", FaultyStorage())
    (tmp_path / "target").touch()
    with pytest.raises(OSError, match="symbolic link"):
        AppendFile.resume(tmp_path / "link", FaultyStorage(), 0)


def test_a_short_write_says_how_much_was_written(tmp_path: Path) -> None:
    storage = FaultyStorage(2)
    file = AppendFile.create(tmp_path / "file", storage)

    with pytest.raises(TrailUnavailable, match=r"file: expected to write 10 bytes, wrote 5"):
        file.append(b"0123456789")
    assert storage.late == []


@pytest.mark.parametrize("fail_at", [0, 1])
def test_a_file_that_cannot_be_created_leaves_no_descriptor_open(tmp_path: Path, fail_at: int) -> None:
    storage = FaultyStorage(fail_at, errno.EIO)
    with pytest.raises(OSError, match="Input/output error"):
        AppendFile.create(tmp_path / "file", storage)
    assert storage.held == 0


def remove(path: Path) -> None:
    path.unlink()


def replace_by_a_copy(path: Path) -> None:
    copy = path.with_suffix(".copy")
    copy.write_bytes(path.read_bytes())
    copy.replace(path)


def replace_by_one_as_long_as_it_will_be(path: Path) -> None:
    copy = path.with_suffix(".copy")
    copy.write_bytes(path.read_bytes() * 2)
    copy.replace(path)


def cut(path: Path) -> None:
    os.truncate(path, 3)


def append(path: Path) -> None:
    with path.open("ab") as other:
        other.write(b"x")


def move_away(path: Path) -> None:
    path.parent.rename(path.parent.with_name("elsewhere"))


@pytest.mark.parametrize(
    "tamper", [remove, replace_by_a_copy, replace_by_one_as_long_as_it_will_be, cut, append, move_away]
)
def test_a_file_that_is_not_left_alone_takes_nothing_more(
    file: AppendFile, path: Path, tamper: Callable[[Path], None]
) -> None:
    tamper(path)

    with pytest.raises((TrailUnavailable, FileNotFoundError)):
        file.append(b"0123456789")
