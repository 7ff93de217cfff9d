"""Reading files of the trail: only regular ones, never through a symbolic link, never without a bound, never waiting.

Somebody may have put a pipe in the place of a file, of which reading waits for ever, or a file that is as long as the
disk. Raises `TrailCorrupt`, which names the path, for what is no regular file or longer than it can be; `OSError` for
what cannot be read, `FileNotFoundError` among them when there is nothing.
"""

import os
import stat
from pathlib import Path

from beacon_audit.errors import TrailCorrupt

_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def open_regular(path: Path) -> int:
    """A descriptor of the file at ``path``, to be read."""
    # Looked at before it is opened: opening a device may do something.
    _require_regular(path, path.lstat().st_mode)
    descriptor = os.open(path, _FLAGS)
    try:
        _require_regular(path, os.fstat(descriptor).st_mode)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def read_regular(path: Path, limit: int, *, start: int = 0) -> bytes:
    """What the file at ``path`` holds from the byte ``start`` on, of a file of at most ``limit`` bytes."""
    with os.fdopen(open_regular(path), "rb") as file:
        if file.seek(0, os.SEEK_END) > limit:
            raise TrailCorrupt(f"{path}: expected at most {limit} bytes, found more; {_KEEP}")
        file.seek(start)
        # A file that grows meanwhile is not read further than that either.
        # Not more than there is: a buffer of the size that is asked for is made first.
        return file.read(min(limit, os.fstat(file.fileno()).st_size + 1) - start)


def is_directory(path: Path) -> bool:
    """Whether there is a directory at ``path``. Raises `TrailCorrupt` for anything else, such as a link to one: what
    is written or deleted in it is somewhere else."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return False
    if not stat.S_ISDIR(mode):
        raise TrailCorrupt(f"{path}: expected a directory, found {_kind_of(mode)}; {_KEEP}")
    return True


def _require_regular(path: Path, mode: int) -> None:
    if not stat.S_ISREG(mode):
        raise TrailCorrupt(f"{path}: expected a regular file, found {_kind_of(mode)}; {_KEEP}")


def _kind_of(mode: int) -> str:
    kinds = ((stat.S_ISLNK, "a symbolic link"), (stat.S_ISDIR, "a directory"), (stat.S_ISFIFO, "a named pipe"))
    return next((name for matches, name in kinds if matches(mode)), "something else")


_KEEP = "somebody has changed the trail: keep the files as evidence, and restore it from a copy"
