"""A pipe, or something else, in the place of a file: nobody waits for it, and the error says which file it was.

Without the defence these tests hang, and are ended by their time limit.
"""

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from beacon_audit.errors import TrailCorrupt, TrailError, TrailUnavailable
from beacon_audit.trail import check_payload, start_trail
from beacon_audit.trail.lock import lock_trail
from beacon_audit.trail.regular_file import read_regular
from beacon_audit.trail.storage import Storage
from harness.quick_storage import QuickStorage
from harness.trail import SIGNER, Trail

pytestmark = pytest.mark.timeout(60)

STARTED_FROM = [
    "trail/checkpoint", "trail/checkpoints.log", "trail/.state/journal-00000000000000000000.wal",
    "trail/tile/entries/000.p/3", "trail/tile/0/000.p/3", "trail/.state/lock",
]  # fmt: skip
READ_FROM = ["trail/checkpoint", "trail/tile/entries/000.p/3", "trail/tile/0/000.p/3"]


def listening(path: Path) -> None:
    # By a short name: those of sockets are bounded.
    with socket.socket(socket.AF_UNIX) as server:
        before = Path.cwd()
        os.chdir(path.parent)
        try:
            server.bind(path.name)
        finally:
            os.chdir(before)


def link(path: Path) -> None:
    copy = path.with_name("elsewhere")
    copy.write_bytes(b"anything")
    path.symlink_to(copy)


@pytest.fixture(params=[os.mkfifo, Path.mkdir, listening, link], ids=["pipe", "directory", "socket", "link"])
def make(request: pytest.FixtureRequest) -> Callable[[Path], None]:
    kind: Callable[[Path], None] = request.param
    return kind


@pytest.mark.parametrize("name", STARTED_FROM)
def test_a_start_refuses_what_is_no_file(published: Trail, name: str, make: Callable[[Path], None]) -> None:
    (published.home / name).unlink()
    make(published.home / name)

    with pytest.raises((TrailCorrupt, TrailUnavailable), match=Path(name).name):
        published.open(QuickStorage())


@pytest.mark.parametrize("name", READ_FROM)
def test_reading_the_log_refuses_it_too(published: Trail, name: str, make: Callable[[Path], None]) -> None:
    (published.home / name).unlink()
    make(published.home / name)

    with pytest.raises(TrailCorrupt, match=f"{name}: expected a regular file, found"):
        published.entries()


def test_a_payload_file_that_is_none_is_not_waited_for(published: Trail, make: Callable[[Path], None]) -> None:
    path = published.payloads / "2025-10-01/1.json.zst"
    path.unlink()
    make(path)

    with pytest.raises(TrailCorrupt, match=r"1\.json\.zst: expected a regular file, found"):
        check_payload(path, "sha256:" + "0" * 64)


@pytest.mark.parametrize("name", ["trail/checkpoint", "trail/tile/entries/000.p/3", "trail/tile/0/000.p/3"])
def test_a_file_that_is_as_long_as_the_disk_is_not_read(published: Trail, name: str) -> None:
    """It need not take room there."""
    os.truncate(published.home / name, 2**40)

    with pytest.raises(TrailCorrupt, match=f"{name}: expected"):
        published.open(QuickStorage())
    with pytest.raises(TrailCorrupt, match=f"{name}: expected at most"):
        published.entries()


def test_an_endless_log_of_checkpoints_is_read_from_its_end_only(published: Trail) -> None:
    os.truncate(published.directory / "checkpoints.log", 2**40)

    with pytest.raises(TrailCorrupt, match=r"checkpoints\.log: expected a signed checkpoint, found none"):
        published.open(QuickStorage())


def test_a_trail_is_not_begun_over_a_pipe(trail: Trail) -> None:
    os.mkfifo(trail.directory / "checkpoints.log")

    with pytest.raises(TrailError, match=r"checkpoints\.log: expected a regular file, found a named pipe"):
        start_trail(trail.directory, SIGNER)


def test_a_lock_that_is_a_pipe_is_none(tmp_path: Path) -> None:
    """A pipe can be locked, and whoever looks for a writer would see none."""
    os.mkfifo(tmp_path / "lock")
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - names, not paths

    with pytest.raises(TrailCorrupt, match="lock: expected a regular file"):
        lock_trail(tmp_path)
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208 - names, not paths


@pytest.mark.parametrize("read", [False, True])
def test_storage_appends_to_no_pipe(tmp_path: Path, read: bool) -> None:
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK) if read else None
    try:
        with pytest.raises(OSError, match="pipe"):
            Storage().open_append(tmp_path / "pipe")
    finally:
        if reader is not None:
            os.close(reader)


def test_a_file_is_read_up_to_its_limit_and_no_further(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"0123456789")

    assert read_regular(tmp_path / "file", 10) == b"0123456789"
    assert read_regular(tmp_path / "file", 10, start=7) == b"789"
    with pytest.raises(TrailCorrupt, match="file: expected at most 9 bytes, found more"):
        read_regular(tmp_path / "file", 9)
    with pytest.raises(FileNotFoundError):
        read_regular(tmp_path / "nothing", 9)


def test_what_replaces_a_file_at_the_last_moment_is_not_read_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"content")
    real = os.open

    def exchange(name: Path, flags: int, *more: int) -> int:
        path.unlink()
        os.mkfifo(path)
        return real(name, flags, *more)

    with monkeypatch.context() as patched:
        patched.setattr(os, "open", exchange)
        with pytest.raises(TrailCorrupt, match="expected a regular file, found a named pipe"):
            read_regular(path, 100)
