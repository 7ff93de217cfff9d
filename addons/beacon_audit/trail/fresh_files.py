"""Files that appear whole or not at all, many at a time: written beside, synced, renamed, their directories synced.

`FreshFiles.write` returns when all of them are on stable storage under their names; a file that was there is replaced.
It raises `OSError`, or `TrailUnavailable` for a short write; then some may be there and others not, all of them whole.
"""

import re
from collections.abc import Sequence
from pathlib import Path

from beacon_audit.errors import TrailUnavailable
from beacon_audit.trail.regular_file import is_directory
from beacon_audit.trail.storage import Storage

#: So many files are open at a time.
_GROUP = 128
#: What files are called in the making: by their number, or as ``witnessed_file`` has it.
_OWN = re.compile(r"[0-9]+|checkpoint\.witnessed")


class FreshFiles:
    """Writes files below ``root`` by way of the directory ``making``, which must be on the same file system."""

    def __init__(self, root: Path, making: Path, storage: Storage) -> None:
        self._root = root
        self._making = making
        self._storage = storage
        #: Directories whose names are durable. What a process that died has made need not be.
        self._durable = {root}

    def clear(self) -> None:
        """Delete what a process that died left in the making. It may be a body that is to be gone for good one day.

        Only files of ours are deleted. Raises `TrailCorrupt` when the making is no directory.
        """
        if not is_directory(self._making):
            return
        left = [path for path in self._making.iterdir() if _OWN.fullmatch(path.name)]
        for path in left:
            self._storage.remove(path)
        if left:
            self._storage.sync_directory(self._making)

    def write(self, files: Sequence[tuple[Path, bytes]]) -> None:
        """Make ``files`` (absolute paths below ``root``, and contents) durable.

        Raises ``ValueError`` before anything is written when a path does not lie there.
        """
        for path, _ in files:
            if not path.is_relative_to(self._root) or path == self._root or ".." in path.parts:
                raise ValueError(f"{path}: expected a path below {self._root}")
        for start in range(0, len(files), _GROUP):
            self._write_group(files[start : start + _GROUP])
        for directory in dict.fromkeys(path.parent for path, _ in files):
            self._storage.sync_directory(directory)

    def _write_group(self, files: Sequence[tuple[Path, bytes]]) -> None:
        storage = self._storage
        self._make(self._making)
        fresh = [self._making / f"{number}" for number in range(len(files))]
        descriptors: list[int] = []
        try:
            for path, (_, content) in zip(fresh, files, strict=True):
                storage.remove(path)
                descriptors.append(storage.create(path))
                written = storage.write(descriptors[-1], content)
                if written != len(content):
                    raise TrailUnavailable(
                        f"{path}: expected to write {len(content)} bytes, wrote {written}; is the disk full?"
                    )
                storage.start_writeback(descriptors[-1])
            # All are written out before the first is waited for, so the file system commits them together.
            for descriptor in descriptors:
                storage.sync_data(descriptor)
        finally:
            for descriptor in descriptors:
                storage.close(descriptor)
        for directory in dict.fromkeys(target.parent for target, _ in files):
            self._make(directory)
        for source, (target, _) in zip(fresh, files, strict=True):
            storage.replace(source, target)

    def _make(self, directory: Path) -> None:
        """Let there be ``directory`` under a durable name, also when it was removed since the last time."""
        if directory == self._root:
            return
        self._make(directory.parent)
        if self._storage.make_directory(directory) or directory not in self._durable:
            self._storage.sync_directory(directory.parent)
            self._durable.add(directory)
