"""Writing payload files so that they are durable before the entries that name them.

`PayloadStore.write` takes the payloads of one batch and returns when all of them, and the directories that name them,
are on stable storage. It raises `OSError` when one is not. A file that was left without an entry by a crash is
harmless: nothing refers to it, and it is deleted with its day.
"""

from collections.abc import Sequence
from pathlib import Path

import zstandard

from beacon_audit.errors import TrailUnavailable
from beacon_audit.trail.payload_files import Payload
from beacon_audit.trail.storage import Storage

_LEVEL = 1


class PayloadStore:
    """The directory ``root`` (``HOME/payloads``). Not safe for threads; the trail has one writer."""

    def __init__(self, root: Path, storage: Storage) -> None:
        self._root = root
        self._storage = storage
        self._compressor = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True)

    def write(self, payloads: Sequence[Payload]) -> None:
        """Make ``payloads`` durable. None of the names may exist."""
        storage = self._storage
        directories = {date: self._root / date for date in {payload.date for payload in payloads}}
        created = [path for path in directories.values() if storage.make_directory(path)]
        descriptors: list[int] = []
        try:
            for payload in payloads:
                path = directories[payload.date] / payload.name
                descriptors.append(storage.create(path))
                self._fill(descriptors[-1], path, payload.content)
            # All are written out before the first is waited for, so the file system commits them together.
            for descriptor in descriptors:
                storage.sync_data(descriptor)
        finally:
            for descriptor in descriptors:
                storage.close(descriptor)
        for path in directories.values():
            storage.sync_directory(path)
        if created:
            storage.sync_directory(self._root)

    def _fill(self, descriptor: int, path: Path, content: bytes) -> None:
        data = self._compressor.compress(content)
        written = self._storage.write(descriptor, data)
        if written != len(data):
            raise TrailUnavailable(f"{path}: expected to write {len(data)} bytes, wrote {written}; is the disk full?")
        self._storage.start_writeback(descriptor)
