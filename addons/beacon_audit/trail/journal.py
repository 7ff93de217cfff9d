"""The writing end of the journal: one batch, one write, one sync, and then it is durable or it raises.

`Journal.append` returns only when the batch is on stable storage, in a file that is still the one at its path and is
as long as it should be. Whatever else happens raises (`OSError`, or `TrailUnavailable` for what the operating system
does not call an error), and the journal must not be used after that: a failed sync may have dropped the bytes while
the next one succeeds, so nothing is ever tried again.

Not safe for threads; the trail has one writer.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from beacon_audit.errors import TrailUnavailable
from beacon_audit.trail.batch import encode_batch
from beacon_audit.trail.high_water import note_high_water
from beacon_audit.trail.segment import Segment, segment_at
from beacon_audit.trail.storage import Storage


@dataclass(frozen=True, slots=True)
class Place:
    """Where writing goes on. ``segment`` is ``None`` before the first segment exists; ``size`` counts its bytes."""

    segment: Segment | None
    size: int
    next_index: int
    next_batch: int


class Journal:
    """The journal in the directory ``state``, to be continued at ``place``, which must be its durable end."""

    def __init__(self, state: Path, storage: Storage, place: Place, segment_bytes: int) -> None:
        self._state = state
        self._storage = storage
        self._segment_bytes = segment_bytes
        self._next_index = place.next_index
        self._next_batch = place.next_batch
        self._note_due = True
        if place.segment is None:
            self._start_segment()
        else:
            self._use(place.segment.path, storage.open_append(place.segment.path), place.size)

    def append(self, entries: Sequence[bytes]) -> int:
        """Make ``entries`` durable as one batch; its number. Their indices continue those before."""
        if self._size >= self._segment_bytes:
            full = self._descriptor
            self._start_segment()
            self._storage.close(full)
        number = self._next_batch
        data = encode_batch(number, entries)
        written = self._storage.write(self._descriptor, data)
        if written != len(data):
            raise TrailUnavailable(f"{self._path}: expected to write {len(data)} bytes, wrote {written}; is it full?")
        self._storage.sync_data(self._descriptor)
        self._size += len(data)
        self._check_in_place()
        self._next_index += len(entries)
        self._next_batch += 1
        if self._note_due:
            note_high_water(self._state, self._next_index, self._storage)
            self._note_due = False
        return number

    def close(self, *, note: bool) -> None:
        """Give the file back; with ``note``, record first how many entries there are."""
        try:
            if note:
                note_high_water(self._state, self._next_index, self._storage)
        finally:
            self._storage.close(self._descriptor)

    def _start_segment(self) -> None:
        path = segment_at(self._state, self._next_index).path
        descriptor = self._storage.create(path)
        try:
            self._storage.sync_directory(self._state)
        except BaseException:
            self._storage.close(descriptor)
            raise
        self._use(path, descriptor, 0)
        self._note_due = True

    def _use(self, path: Path, descriptor: int, size: int) -> None:
        self._path, self._descriptor, self._size = path, descriptor, size
        status = os.fstat(descriptor)
        self._identity = (status.st_dev, status.st_ino)

    def _check_in_place(self) -> None:
        """A journal that was removed, replaced, cut or written by another would take entries nobody will find."""
        status = self._storage.status(self._path)
        if (status.st_dev, status.st_ino) != self._identity:
            raise TrailUnavailable(f"{self._path}: another file has taken the place of the journal; do not move it")
        if status.st_size != self._size:
            raise TrailUnavailable(
                f"{self._path}: expected {self._size} bytes, found {status.st_size}; something else changes the journal"
            )
