"""Reading the journal from its first entry on, as far as it is whole, and going on from there later.

A `JournalCursor` checks what a reader can: every hash, that batches and entries are numbered without a gap, that no
segment is missing, and that there are no fewer entries than the high-water note says. An unfinished batch at the very
end is no error (a writer may be at work, or has crashed): reading stops before it and `torn` describes it. Any other
damage raises `TrailCorrupt` with the file and the offset of the batch. Nothing is written.
"""

from collections.abc import Iterator
from pathlib import Path

from beacon_audit.errors import TrailCorrupt
from beacon_audit.trail.batch import Batch, Stop, iter_batches
from beacon_audit.trail.entry import decode_entry
from beacon_audit.trail.high_water import read_high_water
from beacon_audit.trail.segment import Segment, list_segments


class JournalCursor:
    """A place in the journal of the directory ``state``: after every batch that was read so far.

    ``segment`` is the file it stands in (``None``: the journal has none yet) and ``offset`` the byte in it;
    ``next_index`` and ``next_batch`` are the numbers that come next. ``torn`` is the unfinished batch at the end, if
    the last reading met one.
    """

    def __init__(self, state: Path) -> None:
        self._state = state
        self.segment: Segment | None = None
        self.offset = 0
        self.next_index = 0
        self.next_batch = 0
        self.torn: Stop | None = None

    def entries(self) -> Iterator[dict[str, object]]:
        """The entries that were not read yet. Call again later for those that have been added since.

        The place moves on batch by batch: entries of a batch that was not read to its end come again.
        """
        # The note before the journal: a live writer adds to the journal first.
        noted = read_high_water(self._state)
        self.torn = None
        segments = [s for s in list_segments(self._state) if self.segment is None or s >= self.segment]
        for position, segment in enumerate(segments):
            self._enter(segment)
            yield from self._read(segment, is_last=position == len(segments) - 1)
        if self.next_index < noted:
            raise TrailCorrupt(
                f"{self._state}: expected at least {noted} entries, found {self.next_index}; a file of the journal was "
                "removed or cut: restore it from a copy, or keep what is left as evidence and start with a new home"
            )

    def _enter(self, segment: Segment) -> None:
        if segment == self.segment:
            return
        if segment.first_index != self.next_index:
            raise TrailCorrupt(
                f"{segment.path}: expected a segment that starts with entry {self.next_index} before it; "
                "restore the missing file from a copy"
            )
        self.segment, self.offset = segment, 0

    def _read(self, segment: Segment, *, is_last: bool) -> Iterator[dict[str, object]]:
        with segment.path.open("rb") as file:
            start = file.seek(self.offset)
            data = file.read()
        for item in iter_batches(data, self.next_batch):
            if isinstance(item, Batch):
                yield from self._decode(segment, start, item)
                self.offset = start + item.end
                self.next_index += len(item.entries)
                self.next_batch += 1
            elif item.kind == "corrupt" or (item.kind == "torn" and not is_last):
                raise _damage(segment, start + item.offset, item.reason)
            elif item.kind == "torn":
                self.torn = Stop("torn", start + item.offset, item.reason)

    def _decode(self, segment: Segment, start: int, batch: Batch) -> Iterator[dict[str, object]]:
        for index, data in enumerate(batch.entries, self.next_index):
            try:
                entry = decode_entry(data)
            except TrailCorrupt as error:
                raise _damage(segment, start + batch.offset, str(error)) from None
            if entry["index"] != index:
                raise _damage(segment, start + batch.offset, f"expected entry {index}, came entry {entry['index']}")
            yield entry


def _damage(segment: Segment, offset: int, reason: str) -> TrailCorrupt:
    return TrailCorrupt(
        f"{segment.path}: batch at byte {offset}: {reason}; a crash cannot explain this: keep the files as evidence "
        "and restore the trail from a copy"
    )
