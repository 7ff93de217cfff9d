"""The operations on files that the durability of the trail rests on, one method each.

Everything that writes takes a `Storage`, so that a test can let any single operation fail. Nothing here retries and
nothing swallows an `OSError`: what a failure means is decided by the caller. Files are created 0600 and directories
0700, a symbolic link in place of a file or directory is never followed, and no child process inherits a descriptor.
"""

import errno
import os
import stat
from pathlib import Path

# Linux has fdatasync; where it is missing (macOS), fsync promises at least as much.
_sync_data = getattr(os, "fdatasync", os.fsync)

_ALWAYS = os.O_CLOEXEC | os.O_NOFOLLOW


class Storage:
    """The real thing. Paths are absolute; sizes and offsets count bytes; every method may raise `OSError`."""

    def open_append(self, path: Path) -> int:
        """A descriptor that writes at the end of the existing file ``path``, which is a regular one."""
        # A pipe would be waited for until somebody reads from it.
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_NONBLOCK | _ALWAYS)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise OSError(errno.EINVAL, "expected a regular file, found something else", str(path))
        return descriptor

    def create(self, path: Path) -> int:
        """A descriptor that writes the new file ``path``; it is an error when anything is there already."""
        return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | _ALWAYS, 0o600)

    def write(self, descriptor: int, data: bytes) -> int:
        """One write; the number of bytes that were taken, which may be fewer than given."""
        return os.write(descriptor, data)

    def start_writeback(self, descriptor: int) -> None:
        """Ask the kernel to begin writing out the file without waiting for it.

        Before `sync_data` of many new files this lets the file system allocate the blocks of all of them in one
        transaction of its own journal. It is advice: durability comes from `sync_data` alone.
        """
        if hasattr(os, "posix_fadvise"):
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)

    def sync_data(self, descriptor: int) -> None:
        """Return when the bytes and the size of the file are on stable storage."""
        _sync_data(descriptor)

    def sync_directory(self, path: Path) -> None:
        """Return when the names in the directory ``path`` are on stable storage."""
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | _ALWAYS)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def truncate(self, descriptor: int, size: int) -> None:
        os.ftruncate(descriptor, size)

    def status(self, path: Path) -> os.stat_result:
        """What is at ``path`` now, without following a symbolic link."""
        return path.lstat()

    def replace(self, source: Path, target: Path) -> None:
        source.replace(target)

    def remove(self, path: Path) -> None:
        path.unlink(missing_ok=True)

    def remove_directory(self, path: Path) -> None:
        """Remove an empty directory."""
        path.rmdir()

    def make_directory(self, path: Path) -> bool:
        """True when the directory was created, false when there was one. A link to a directory is none."""
        try:
            path.mkdir(mode=0o700)
        except FileExistsError:
            if not stat.S_ISDIR(path.lstat().st_mode):
                raise NotADirectoryError(errno.ENOTDIR, "expected a directory, found something else", path) from None
            return False
        return True

    def close(self, descriptor: int) -> None:
        os.close(descriptor)
