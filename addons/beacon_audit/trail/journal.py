"""The writing end of the journal: one batch, one write, one sync, and then it is durable or it raises.

What can go wrong, and what it means, is said in ``append_file``; and `TrailCorrupt` for a change to a key that is not
at hand, before anything is written. Not safe for threads; the trail has one writer.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from beacon_audit.trail.append_file import AppendFile
from beacon_audit.trail.batch import Next, encode_batch
from beacon_audit.trail.committed import Committed
from beacon_audit.trail.frames import PayloadFile
from beacon_audit.trail.journal_keys import JournalKeys
from beacon_audit.trail.open_intents import OpenIntents
from beacon_audit.trail.segment import Segment, segment_at
from beacon_audit.trail.storage import Storage


@dataclass(frozen=True, slots=True)
class Place:
    """Where writing goes on. ``segment`` is ``None`` before the first segment exists; ``size`` counts its bytes.
    ``intents`` are open there, and ``keys`` in force."""

    segment: Segment | None
    size: int
    next: Next
    keys: JournalKeys
    intents: OpenIntents = field(default_factory=OpenIntents)


class Journal:
    """The journal in the directory ``state``, to be continued at ``place``, which must be its durable end."""

    def __init__(self, state: Path, storage: Storage, place: Place, segment_bytes: int) -> None:
        self._state = state
        self._storage = storage
        self._segment_bytes = segment_bytes
        self._next = place.next
        self._keys = place.keys
        self._intents = place.intents
        if place.segment is None:
            self._file = AppendFile.create(segment_at(state, place.next.first).path, storage)
        else:
            self._file = AppendFile.resume(place.segment.path, storage, place.size)

    def append(self, items: Sequence[Committed], payloads: Sequence[PayloadFile] = ()) -> int:
        """Make entries and their payload files durable as one batch; its number. Indices continue those before."""
        if self._file.size >= self._segment_bytes:
            self.start_segment()
        place, keys = self._next, self._keys.after(items)
        open_index = self._intents.oldest(place.first)
        batch, following = encode_batch(place, open_index, [item.entry for item in items], payloads, keys.mac)
        self._file.append(batch)
        self._intents.follow(items, place.first)
        self._next, self._keys = following, keys
        return place.number

    def start_segment(self) -> None:
        """Let the next batch begin a new file, so that those before can be deleted once they are published."""
        if self._file.size == 0:
            return
        full = self._file
        self._file = AppendFile.create(segment_at(self._state, self._next.first).path, self._storage)
        full.close()

    def close(self) -> None:
        """Give the file back."""
        self._file.close()
