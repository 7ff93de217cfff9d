"""What a writer does before its first entry: find the durable end of the trail and say what a crash left behind.

`recover` reads what is published and the whole of what is left of the journal, compares the two where they overlap,
cuts an unfinished last batch off (it was never acknowledged, so nothing left on the strength of it), and gives the
entries that record this: one ``recovered``, and for each intent without an outcome an ``outcome`` with the state
``unknown``, because the request may or may not have arrived. They are to be the first entries that the writer adds.

Raises `TrailCorrupt` for anything that a crash cannot explain, damage below the newest checkpoint above all, and
`OSError`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from beacon_audit.errors import TrailCorrupt
from beacon_audit.trail.batch import PayloadFile
from beacon_audit.trail.cursor import JournalBatch, JournalCursor, damage
from beacon_audit.trail.journal import Place
from beacon_audit.trail.merkle import leaf_hash
from beacon_audit.trail.note import Signer
from beacon_audit.trail.publication import Committed, fields_of
from beacon_audit.trail.published import CHECKPOINT_LOG, Published, read_published, read_tile
from beacon_audit.trail.segment import STATE, list_segments
from beacon_audit.trail.storage import Storage
from beacon_audit.trail.tiles import TILE_WIDTH, TilePlace, split_tile

type Fields = dict[str, object]


@dataclass(frozen=True, slots=True)
class Recovery:
    """Where writing goes on. ``committed`` and ``payloads`` are durable in the journal and not published yet;
    ``entries`` are the fields of the entries to add first. ``published.log_bytes`` is the length of the log file."""

    place: Place
    published: Published
    committed: tuple[Committed, ...]
    payloads: tuple[PayloadFile, ...]
    entries: tuple[Fields, ...]


class _Journal:
    """What is found in the journal, batch by batch."""

    def __init__(self, directory: Path, size: int) -> None:
        self._directory = directory
        self._size = size
        self._tile: tuple[int, tuple[bytes, ...]] = (-1, ())
        self.open_intents: dict[str, None] = {}
        self.committed: list[Committed] = []
        self.payloads: list[PayloadFile] = []

    def take(self, batch: JournalBatch, file: Path) -> None:
        for index, entry, fields in zip(
            range(batch.first_index, batch.first_index + len(batch.entries)), batch.entries, batch.fields, strict=True
        ):
            item = fields_of(fields, entry)
            if item.kind == "intent":
                self.open_intents[item.id] = None
            elif item.kind == "outcome":
                self.open_intents.pop(item.id, None)
            if index >= self._size:
                self.committed.append(item)
            elif leaf_hash(entry) != self._published_leaf(index):
                raise TrailCorrupt(
                    f"{file}: entry {index} is not the entry {index} that was published; "
                    "keep the files as evidence and restore the trail from a copy"
                )
        if batch.first_index + len(batch.entries) > self._size:
            self.payloads += batch.payloads

    def _published_leaf(self, index: int) -> bytes:
        number = index // TILE_WIDTH
        if self._tile[0] != number:
            width = min(TILE_WIDTH, self._size - number * TILE_WIDTH)
            place = TilePlace(0, number, width)
            self._tile = (number, split_tile(read_tile(self._directory, place), width))
        return self._tile[1][index % TILE_WIDTH]


def recover(
    directory: Path,
    storage: Storage,
    signers: Sequence[Signer],
    *,
    new_id: Callable[[], str],
    now: Callable[[], str],
) -> Recovery:
    """Bring the trail in ``directory`` to its durable end. ``new_id`` and ``now`` give an entry's id and time."""
    published = read_published(directory, signers)
    size = published.checkpoint.size
    cursor = JournalCursor(directory / STATE)
    found = _Journal(directory, size)
    for batch in cursor.batches():
        found.take(batch, cursor.segment.path if cursor.segment else directory)
    _check_reach(directory, cursor, size)
    _settle_log(directory, published, storage)
    dropped = _settle(cursor, storage)
    place = Place(cursor.segment, cursor.offset, cursor.next_index or size, cursor.next_batch or 0)
    entries = _entries(cursor, dropped, tuple(found.open_intents), new_id, now)
    return Recovery(place, published, tuple(found.committed), tuple(found.payloads), entries)


def _check_reach(directory: Path, cursor: JournalCursor, size: int) -> None:
    """Between the last published entry and the journal nothing is missing."""
    if cursor.segment is None:
        if size:
            raise TrailCorrupt(
                f"{directory / STATE}: expected the journal that goes on after entry {size - 1}, found none; "
                "restore it from a copy, or keep what is left as evidence and start with a new home"
            )
        return
    first = list_segments(directory / STATE)[0]
    if first.first_index > size:
        raise TrailCorrupt(
            f"{first.path}: expected a segment that begins with entry {size} or one before it, since no tile holds "
            "that entry; restore the missing file from a copy"
        )
    if cursor.next_index < size:
        if cursor.torn is not None:
            raise damage(cursor.segment, cursor.torn.offset, f"{cursor.torn.reason}, and a signed checkpoint covers it")
        raise TrailCorrupt(
            f"{cursor.segment.path}: expected entries up to {size - 1}, which a signed checkpoint covers, found "
            f"{cursor.next_index}; the journal was cut: keep the files as evidence and restore the trail from a copy"
        )


def _settle_log(directory: Path, published: Published, storage: Storage) -> None:
    """Cut a torn last line off ``checkpoints.log``, and make the whole ones durable before anything follows them."""
    path = directory / CHECKPOINT_LOG
    descriptor = storage.open_append(path)
    try:
        if published.torn:
            storage.truncate(descriptor, published.log_bytes)
        storage.sync_data(descriptor)
    finally:
        storage.close(descriptor)


def _settle(cursor: JournalCursor, storage: Storage) -> int:
    """Make what was read durable and cut off what was not whole; the number of bytes cut off.

    The last batch may have been written but not synced when the process died. Without a sync here the next batch
    could reach the disk before it, which a later start would have to call corruption.
    """
    if cursor.segment is None:
        return 0
    dropped = storage.status(cursor.segment.path).st_size - cursor.offset
    descriptor = storage.open_append(cursor.segment.path)
    try:
        if dropped:
            storage.truncate(descriptor, cursor.offset)
        storage.sync_data(descriptor)
    finally:
        storage.close(descriptor)
    storage.sync_directory(cursor.segment.path.parent)
    return dropped


def _entries(
    cursor: JournalCursor, dropped: int, open_intents: Sequence[str], new_id: Callable[[], str], now: Callable[[], str]
) -> tuple[Fields, ...]:
    if not dropped and not open_intents:
        return ()
    recovered: Fields = {
        "type": "recovered",
        "id": new_id(),
        "time": now(),
        "dropped_bytes": dropped,
        "file": cursor.segment.path.name if cursor.segment and dropped else None,
        "offset": cursor.offset if dropped else None,
        "open_intents": len(open_intents),
    }
    return (recovered, *(_unknown_outcome(identity, now()) for identity in open_intents))


def _unknown_outcome(identity: str, time: str) -> Fields:
    return {
        "type": "outcome",
        "id": identity,
        "time": time,
        "state": "unknown",
        "reason": "the proxy stopped before the outcome was known",
        "status": None,
        "response_bytes": None,
        "duration_ms": None,
        "findings": [],
        "findings_total": 0,
        "payload": None,
    }
