"""Whether somebody writes to a trail now: asked of the kernel, without taking the trail from anybody."""

import fcntl
import os
from pathlib import Path

from beacon_audit.trail.segment import STATE
from beacon_audit.trail.verify.evidence import NotAFile, open_file


def writer_at_work(directory: Path) -> bool:
    """Whether the lock of the trail in ``directory`` is held. No lock file: nobody has ever written here."""
    try:
        descriptor = open_file(directory / STATE / "lock")
    except (FileNotFoundError, NotAFile):
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)  # which also gives the lock back
    return False
