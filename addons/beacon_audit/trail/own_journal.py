"""What a start finds in the journal, taken only where it can be proved to be of this writer.

Whoever can write the journal's files could else have the next start sign what he wrote. Entries that a checkpoint
covers must be the published ones. A batch behind the checkpoint must have a MAC by the key that was in force behind it,
and hold entries as this writer spells them; so must all batches from the last change of keys on. Of what is before that
the key may be gone: it lies below the checkpoint, so nothing is taken from it.

`OwnJournal.take` and `OwnJournal.finish` raise `TrailCorrupt` with the file and the offset of the batch.
"""

from collections.abc import Callable

from beacon_audit.errors import TrailCorrupt
from beacon_audit.trail.committed import Committed, fields_of
from beacon_audit.trail.cursor import JournalBatch, damage
from beacon_audit.trail.entry_form import check_written, named_payload
from beacon_audit.trail.frames import PayloadFile
from beacon_audit.trail.journal_keys import JournalKeys
from beacon_audit.trail.merkle import leaf_hash
from beacon_audit.trail.payload_files import check_content
from beacon_audit.trail.segment import Segment

_FOREIGN = "its MAC is not by the key of this home, so its writer is unknown"


class OwnJournal:
    """The journal of a log of which ``size`` entries are published. ``keys`` has the one in force there;
    ``published_leaf`` gives the hash of a published entry."""

    def __init__(self, size: int, keys: JournalKeys, published_leaf: Callable[[int], bytes]) -> None:
        self._size = size
        self._published_leaf = published_leaf
        self._published_keys = keys
        #: Batches below the checkpoint with a MAC by the key that is in force at the checkpoint.
        self._covered: list[tuple[Segment, int, bytes, bytes]] = []
        #: In force behind what was taken.
        self.keys = keys
        #: An intent that was open at the checkpoint is not older than the entry with this index.
        self.open_from = size
        #: What is not published.
        self.committed: list[Committed] = []
        self.payloads: list[PayloadFile] = []

    def take(self, batch: JournalBatch, segment: Segment) -> None:
        """The batch that comes next in the journal, in ``segment``."""
        items = [fields_of(fields, entry) for fields, entry in zip(batch.fields, batch.entries, strict=True)]
        if batch.batch.next.first > self._size:
            self._prove(batch, segment, items)
            self.payloads += batch.payloads
        else:
            if any(item.kind == "key-change" for item in items):
                self._covered.clear()
            self._covered.append((segment, batch.offset, batch.batch.sealed, batch.batch.mac))
        for index, item in enumerate(items, batch.first_index):
            if index >= self._size:
                self.committed.append(item)
            elif leaf_hash(item.entry) != self._published_leaf(index):
                raise TrailCorrupt(
                    f"{segment.path}: entry {index} is not the entry {index} that was published; "
                    "keep the files as evidence and restore the trail from a copy"
                )
        if batch.first_index <= self._size:
            self.open_from = batch.batch.open_index

    def finish(self) -> None:
        """Everything is taken."""
        for segment, offset, sealed, mac in self._covered:
            if not self._published_keys.proves(sealed, mac):
                raise damage(segment, offset, _FOREIGN)

    def _prove(self, batch: JournalBatch, segment: Segment, items: list[Committed]) -> None:
        try:
            self.keys = self.keys.after(items)
        except TrailCorrupt as error:
            raise damage(segment, batch.offset, str(error)) from None
        if not self.keys.proves(batch.batch.sealed, batch.batch.mac):
            raise damage(segment, batch.offset, _FOREIGN)
        try:
            for entry, fields in zip(batch.entries, batch.fields, strict=True):
                check_written(entry, fields)
            _check_payloads(batch)
        except TrailCorrupt as error:
            raise damage(segment, batch.offset, str(error)) from None


def _check_payloads(batch: JournalBatch) -> None:
    """The payload files of a batch are those that its entries name, and what these commit to."""
    named = dict(reference for fields in batch.fields if (reference := named_payload(fields)))
    for payload in batch.payloads:
        commitment = named.pop(payload.file, None)
        if commitment is None:
            raise TrailCorrupt("expected payload files that entries of the batch name, each once, came another")
        check_content(payload.content, commitment, "its payload file")
    if named:
        raise TrailCorrupt("expected each payload file that an entry names in the batch of the entry, came none")
