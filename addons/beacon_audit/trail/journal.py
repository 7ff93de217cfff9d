"""The writing end of the journal: one batch, one write, one sync, and then it is durable or it raises.

What can go wrong, and what it means, is said in ``append_file``. Not safe for threads; the trail has one writer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from beacon_audit.trail.append_file import AppendFile
from beacon_audit.trail.batch import PayloadFile, encode_batch
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
        if place.segment is None:
            self._file = AppendFile.create(segment_at(state, place.next_index).path, storage)
        else:
            self._file = AppendFile.resume(place.segment.path, storage, place.size)

    def append(self, entries: Sequence[bytes], payloads: Sequence[PayloadFile] = ()) -> int:
        """Make ``entries`` and their payload files durable as one batch; its number. Indices continue those before."""
        if self._file.size >= self._segment_bytes:
            self.start_segment()
        number = self._next_batch
        self._file.append(encode_batch(number, entries, payloads))
        self._next_index += len(entries)
        self._next_batch += 1
        return number

    def start_segment(self) -> None:
        """Let the next batch begin a new file, so that those before can be deleted once they are published."""
        if self._file.size == 0:
            return
        full = self._file
        self._file = AppendFile.create(segment_at(self._state, self._next_index).path, self._storage)
        full.close()

    def close(self) -> None:
        """Give the file back."""
        self._file.close()
