"""Reading the journal from an entry on, as far as it is whole, and going on from there later.

A `JournalCursor` checks what a reader can: every hash, that batches and entries are numbered without a gap, that no
segment is missing in between, and, before it reads, that there is not more than a writer leaves. An unfinished batch
at the very end is no error (a writer may be at work, or has crashed): reading stops before it and `torn` describes it.
Any other damage raises `TrailCorrupt` with the file and the offset of the batch. Nothing is written.

The writer deletes segments from the front once their entries are published. A reader that comes too late for one gets
`JournalMoved` and finds the entries in the bundles.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from beacon_audit.errors import TrailCorrupt
from beacon_audit.trail.batch import Batch, Next, Stop, iter_batches
from beacon_audit.trail.entry import decode_entry
from beacon_audit.trail.frames import PayloadFile
from beacon_audit.trail.regular_file import read_regular
from beacon_audit.trail.segment import JOURNAL_LIMIT, SEGMENT_LIMIT, Segment, list_segments


class JournalMoved(Exception):
    """The journal does not hold the next entry any more; it has been published."""


@dataclass(frozen=True, slots=True)
class JournalBatch:
    """A whole batch, at the byte ``offset`` of its segment. ``fields`` are its entries decoded."""

    batch: Batch
    offset: int
    fields: tuple[dict[str, object], ...]

    @property
    def first_index(self) -> int:
        """The index of the first of its entries."""
        return self.batch.place.first

    @property
    def entries(self) -> tuple[bytes, ...]:
        return self.batch.entries

    @property
    def payloads(self) -> tuple[PayloadFile, ...]:
        return self.batch.payloads


class JournalCursor:
    """A place in the journal of the directory ``state``: after every batch that was read so far.

    ``segment`` is the file it stands in (``None``: nothing was read yet) and ``offset`` the byte in it; ``next_index``
    and ``next_batch`` are the numbers that come next. ``torn`` is the unfinished batch at the end, if the last reading
    met one.
    """

    def __init__(self, state: Path, start: int | None = None) -> None:
        """Before the entry ``start``; without it, before whatever the journal begins with."""
        self._state = state
        self._start = start
        self.segment: Segment | None = None
        self.offset = 0
        self.next_index = start or 0
        self.next_batch: Next | None = None
        self.torn: Stop | None = None

    def batches(self) -> Iterator[JournalBatch]:
        """The batches that were not read yet. Call again later for those that have been added since.

        The first one may begin before the entry ``start``. Raises `JournalMoved` and `TrailCorrupt`.
        """
        self.torn = None
        segments = self._segments()
        for position, segment in enumerate(segments):
            self._enter(segment)
            yield from self._read(segment, is_last=position == len(segments) - 1)

    def _segments(self) -> list[Segment]:
        """Those still to be read: the one that holds the next entry and all behind it."""
        found = list_segments(self._state)
        self._check_length(found)
        if self.segment is None and self._start is None:
            return found
        here = self.segment.first_index if self.segment and self.segment in found else self.next_index
        before = [segment for segment in found if segment.first_index <= here]
        if found and not before:
            raise JournalMoved
        return before[-1:] + found[len(before) :]

    def _check_length(self, segments: list[Segment]) -> None:
        """No more than a writer can leave is read: files can be made large without taking room on the disk."""
        length = 0
        for segment in segments:
            with suppress(FileNotFoundError):
                length += segment.path.lstat().st_size
        if length > JOURNAL_LIMIT:
            raise TrailCorrupt(
                f"{self._state}: expected at most {JOURNAL_LIMIT} bytes of journal, found {length}; somebody has "
                "changed it: keep the files as evidence, and restore the trail from a copy"
            )

    def _enter(self, segment: Segment) -> None:
        if segment == self.segment:
            return
        if self.segment is None:
            self.next_index = segment.first_index
        elif segment.first_index != self.next_index:
            raise TrailCorrupt(
                f"{segment.path}: expected a segment that starts with entry {self.next_index} before it; "
                "restore the missing file from a copy"
            )
        self.segment, self.offset = segment, 0

    def _read(self, segment: Segment, *, is_last: bool) -> Iterator[JournalBatch]:
        try:
            data = read_regular(segment.path, SEGMENT_LIMIT, start=self.offset)
        except FileNotFoundError:
            raise JournalMoved from None
        start = self.offset
        for item in iter_batches(data, self.next_batch):
            if isinstance(item, Batch):
                batch = self._decode(segment, start + item.offset, item)
                self.offset = start + item.end
                self.next_index += len(item.entries)
                self.next_batch = item.next
                yield batch
            elif item.kind == "corrupt" or (item.kind == "torn" and not is_last):
                raise damage(segment, start + item.offset, item.reason)
            elif item.kind == "torn":
                self.torn = Stop("torn", start + item.offset, item.reason)

    def _decode(self, segment: Segment, offset: int, batch: Batch) -> JournalBatch:
        if batch.place.first != self.next_index:
            raise damage(segment, offset, f"expected entry {self.next_index}, came entry {batch.place.first}")
        fields = []
        for index, data in enumerate(batch.entries, self.next_index):
            try:
                fields.append(decode_entry(data))
            except TrailCorrupt as error:
                raise damage(segment, offset, str(error)) from None
            if fields[-1]["index"] != index:
                raise damage(segment, offset, f"expected entry {index}, came entry {fields[-1]['index']}")
        return JournalBatch(batch, offset, tuple(fields))


def damage(segment: Segment, offset: int, reason: str) -> TrailCorrupt:
    """The error for damage in the batch at ``offset`` of a segment that no crash can have left."""
    return TrailCorrupt(
        f"{segment.path}: batch at byte {offset}: {reason}; a crash cannot explain this: keep the files as evidence, "
        "look at them with `beacon-audit verify` and `beacon-audit log`, and restore the trail from a copy"
    )
