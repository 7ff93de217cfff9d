"""The zip of a bundle: the same for the same content, whole or not there, never in the place of another file."""

import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from beacon_audit.errors import UsageError
from beacon_audit.review.evidence.archive import Archive


def _write(path: Path) -> bytes:
    with Archive(path) as archive:
        archive.add("b", b"content" * 100)
        archive.add("a/b", iter([b"in ", b"pieces"]))
    return path.read_bytes()


def test_same_content_gives_the_same_bytes(tmp_path: Path) -> None:
    assert _write(tmp_path / "one.zip") == _write(tmp_path / "two.zip")


def test_files_are_there_in_the_order_in_which_they_came(tmp_path: Path) -> None:
    _write(tmp_path / "one.zip")
    with zipfile.ZipFile(tmp_path / "one.zip") as archive:
        assert archive.namelist() == ["b", "a/b"]
        assert archive.read("a/b") == b"in pieces"
        assert {member.date_time for member in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_only_its_owner_can_read_it(tmp_path: Path) -> None:
    _write(tmp_path / "one.zip")
    assert (tmp_path / "one.zip").stat().st_mode & 0o777 == 0o600


def test_file_that_is_there_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "one.zip").write_bytes(b"evidence")
    with pytest.raises(UsageError, match="not overwritten"), Archive(tmp_path / "one.zip"):
        pytest.fail("it was opened")
    assert [path.name for path in tmp_path.iterdir()] == ["one.zip"]
    assert (tmp_path / "one.zip").read_bytes() == b"evidence"


def test_file_that_appears_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "one.zip").__enter__()
    (tmp_path / "one.zip").write_bytes(b"evidence")
    with pytest.raises(UsageError, match="not overwritten"):
        archive.__exit__(None, None, None)
    assert (tmp_path / "one.zip").read_bytes() == b"evidence"
    assert [path.name for path in tmp_path.iterdir()] == ["one.zip"]


def test_dangling_link_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "one.zip").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UsageError), Archive(tmp_path / "one.zip"):
        pytest.fail("it was opened")
    assert not (tmp_path / "elsewhere").exists()


def test_failure_leaves_nothing(tmp_path: Path) -> None:
    def broken() -> Iterator[bytes]:
        yield b"content"
        raise RuntimeError

    with pytest.raises(RuntimeError), Archive(tmp_path / "one.zip") as archive:
        archive.add("a", broken())
    assert list(tmp_path.iterdir()) == []


def test_full_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"), Archive(tmp_path / "one.zip") as archive:
        archive.add("a", b"content")
    assert list(tmp_path.iterdir()) == []


def test_second_file_of_a_name_is_left_out(tmp_path: Path) -> None:
    with Archive(tmp_path / "one.zip") as archive:
        archive.add("a", b"first")
        archive.add("a", b"second")
    with zipfile.ZipFile(tmp_path / "one.zip") as made:
        assert (made.namelist(), made.read("a")) == (["a"], b"first")
