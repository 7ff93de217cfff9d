"""One writer at a time, and a verifier that only looks is not in its way."""

import fcntl
import multiprocessing
import os
import threading
import time
from pathlib import Path

import pytest

from beacon_audit.errors import TrailLocked
from beacon_audit.trail.lock import lock_trail


def test_a_lock_is_held_until_its_descriptor_is_closed(tmp_path: Path) -> None:
    held = lock_trail(tmp_path)
    begin = time.monotonic()
    with pytest.raises(TrailLocked, match="lock: another process writes to this trail; stop it first"):
        lock_trail(tmp_path)
    assert time.monotonic() - begin < 5
    os.close(held)

    os.close(lock_trail(tmp_path))


def test_a_refused_lock_leaves_no_descriptor_open(tmp_path: Path) -> None:
    held = lock_trail(tmp_path)
    before = len(list(Path("/proc/self/fd").iterdir()))
    with pytest.raises(TrailLocked):
        lock_trail(tmp_path)
    assert len(list(Path("/proc/self/fd").iterdir())) == before
    os.close(held)


def test_somebody_who_looks_for_an_instant_does_not_keep_a_writer_from_starting(tmp_path: Path) -> None:
    looking = os.open(tmp_path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(looking, fcntl.LOCK_SH)
    timer = threading.Timer(0.1, os.close, (looking,))
    timer.start()

    os.close(lock_trail(tmp_path))
    timer.join()


def _lock_and_die(state: Path) -> None:
    lock_trail(state)
    os.kill(os.getpid(), 9)


def test_the_lock_of_a_process_that_died_is_free(tmp_path: Path) -> None:
    process = multiprocessing.get_context("spawn").Process(target=_lock_and_die, args=(tmp_path,))
    process.start()
    process.join(30)

    assert process.exitcode == -9
    os.close(lock_trail(tmp_path))


def test_a_lock_file_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic link"):
        lock_trail(tmp_path)
    assert not (tmp_path / "elsewhere").exists()
