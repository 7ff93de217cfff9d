"""A file that only grows, and of which every byte is durable before the call that wrote it returns.

`AppendFile.append` returns only when the bytes are on stable storage, in a file that is still the one at its path and
is as long as it should be. Whatever else happens raises (`OSError`, or `TrailUnavailable` for what the operating system
does not call an error), and the file must not be used after that: a failed sync may have dropped the bytes while the
next one succeeds, so nothing is ever tried again. Not safe for threads.
"""

import os
from pathlib import Path
from typing import Self

from beacon_audit.errors import TrailUnavailable
from beacon_audit.trail.storage import Storage


class AppendFile:
    """The open file at ``path``, ``size`` bytes long."""

    def __init__(self, path: Path, storage: Storage, descriptor: int, size: int) -> None:
        self._path = path
        self._storage = storage
        self._descriptor = descriptor
        self.size = size
        status = os.fstat(descriptor)
        self._identity = (status.st_dev, status.st_ino)

    @classmethod
    def create(cls, path: Path, storage: Storage) -> Self:
        """A new, empty file whose name is durable."""
        descriptor = storage.create(path)
        try:
            storage.sync_directory(path.parent)
        except BaseException:
            storage.close(descriptor)
            raise
        return cls(path, storage, descriptor, 0)

    @classmethod
    def resume(cls, path: Path, storage: Storage, size: int) -> Self:
        """The existing file at ``path``, which is ``size`` bytes long."""
        return cls(path, storage, storage.open_append(path), size)

    def append(self, data: bytes) -> None:
        """Add ``data``, durably."""
        written = self._storage.write(self._descriptor, data)
        if written != len(data):
            raise TrailUnavailable(f"{self._path}: expected to write {len(data)} bytes, wrote {written}; is it full?")
        self._storage.sync_data(self._descriptor)
        self.size += len(data)
        self._check_in_place()

    def close(self) -> None:
        self._storage.close(self._descriptor)

    def _check_in_place(self) -> None:
        """A file that was removed, replaced, cut or written by another would take records that nobody will find."""
        status = self._storage.status(self._path)
        if (status.st_dev, status.st_ino) != self._identity:
            raise TrailUnavailable(
                f"{self._path}: another file has taken its place; do not move the files of the trail"
            )
        if status.st_size != self.size:
            raise TrailUnavailable(
                f"{self._path}: expected {self.size} bytes, found {status.st_size}; something else changes this file"
            )
