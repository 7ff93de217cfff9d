"""Files and directories that appear whole or not at all, closed to others from their first byte.

Whatever the umask: directories are 0700, files 0600 unless asked otherwise. Everything is synced to disk, with its
directory, before the call returns. Raises ``OSError``; ``FileExistsError`` when the name is taken.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def exclusive(directory: Path) -> Iterator[None]:
    """Holds an advisory lock on ``directory``, so that two ``init`` at once make one home and not two halves."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


#: User and group.
type Owner = tuple[int, int]


def create_directory(path: Path, owner: Owner | None = None) -> None:
    """Creates one directory, 0700, unless it is there; of ``owner``, if given."""
    try:
        path.mkdir(mode=0o700)
    except FileExistsError:
        return
    path.chmod(0o700)
    if owner is not None:
        os.chown(path, *owner, follow_symlinks=False)
    sync_directory(path.parent)


def create_file(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Writes ``content`` under a temporary name, syncs it, and gives it its name. The caller holds ``exclusive``."""
    if os.path.lexists(path):
        raise FileExistsError(f"{path} exists and is never overwritten")
    replace_file(path, content, mode)


def replace_file(path: Path, content: bytes, mode: int = 0o600, owner: Owner | None = None) -> None:
    """As ``create_file``, in the place of whatever has the name."""
    temporary = path.with_name(f".{path.name}.new")
    with suppress(FileNotFoundError):
        temporary.unlink()  # left by an init that was killed
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(descriptor, mode)
        if owner is not None:
            os.fchown(descriptor, *owner)
        file.write(content)
        file.flush()
        os.fsync(descriptor)
    temporary.rename(path)
    sync_directory(path.parent)


def sync_directory(path: Path) -> None:
    """Makes the names in ``path`` survive a power failure."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
