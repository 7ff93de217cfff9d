"""The lock that keeps a trail to one writer: ``flock`` on ``.state/lock``.

The kernel takes it back when the process dies, however it dies, so there is never a stale lock to clear away.
Somebody who verifies takes it for an instant to see whether a writer is at work, so it is asked for more than once.
"""

import fcntl
import os
import stat
import time
from pathlib import Path

from beacon_audit.errors import TrailCorrupt, TrailLocked

_PATIENCE_SECONDS = 0.5


def lock_trail(state: Path) -> int:
    """Take the lock of the trail whose state directory is ``state``; close the descriptor to give it back.

    Raises `TrailLocked` when another writer has it, `TrailCorrupt` when it is no file, and `OSError`.
    """
    path = state / "lock"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise TrailCorrupt(f"{path}: expected a regular file, found something else; move it away")
    if not _locked(descriptor):
        os.close(descriptor)
        raise TrailLocked(
            f"{path}: another process writes to this trail; stop it first, or give this one a home of its own"
        )
    return descriptor


def _locked(descriptor: int) -> bool:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        else:
            return True
