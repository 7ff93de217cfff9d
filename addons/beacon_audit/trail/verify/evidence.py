"""Reading files that somebody may have prepared: never through a symbolic link, never without a bound, never waiting.

What is asked for and does not exist raises `FileNotFoundError` (also when a directory on the way is none, or a link
that leads in a circle); what exists and is not a regular file raises `NotAFile`. Every other `OSError` is the reader's
trouble and passes.
"""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PIECE = 1024 * 1024
_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class NotAFile(Exception):
    """Something else stands where a regular file belongs; the text says what."""


def open_file(path: Path | str) -> int:
    """A descriptor of the regular file at ``path``, to be read."""
    with _nothing_without_a_way(path):
        # Looked at before it is opened: opening a device or a pipe may do or wait for something.
        _require_regular(os.lstat(path).st_mode)
        descriptor = os.open(path, _FLAGS)
    try:
        _require_regular(os.fstat(descriptor).st_mode)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def list_directory(path: Path | str) -> "list[os.DirEntry[str]]":
    """What is in the directory at ``path``, by name."""
    with _nothing_without_a_way(path), os.scandir(path) as found:
        return sorted(found, key=lambda entry: entry.name)


def read_file(path: Path | str, limit: int) -> bytes:
    """The content of the file at ``path``; of a longer one than ``limit`` bytes, the first ``limit + 1``."""
    descriptor = open_file(path)
    try:
        # Not more memory is asked for than the file says that it needs; it may have grown since.
        data = os.read(descriptor, min(limit, os.fstat(descriptor).st_size) + 1)
        if len(data) <= limit and (more := _rest(descriptor, limit + 1 - len(data))):
            return data + more
        return data
    finally:
        os.close(descriptor)


@contextmanager
def _nothing_without_a_way(path: Path | str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOTDIR, errno.ELOOP):
            raise
        raise FileNotFoundError(path) from None


def _rest(descriptor: int, limit: int) -> bytes:
    parts = []
    while limit > 0 and (part := os.read(descriptor, min(limit, _PIECE))):
        parts.append(part)
        limit -= len(part)
    return b"".join(parts)


def _require_regular(mode: int) -> None:
    if not stat.S_ISREG(mode):
        raise NotAFile(kind_of(mode))


def kind_of(mode: int) -> str:
    """What stands there, in words."""
    kinds = (
        (stat.S_ISLNK, "a symbolic link"),
        (stat.S_ISDIR, "a directory"),
        (stat.S_ISFIFO, "a named pipe"),
        (stat.S_ISSOCK, "a socket"),
    )
    return next((name for matches, name in kinds if matches(mode)), "a device")
