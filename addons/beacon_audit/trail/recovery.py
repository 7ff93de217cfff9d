"""What a writer does before its first entry: find the durable end of the trail and say what a crash left behind.

`recover` reads what is published and the whole of what is left of the journal, compares the two where they overlap,
cuts an unfinished last batch off (it was never acknowledged, so nothing left on the strength of it), and gives the
entries that record this: one ``recovered``, and for each intent without an outcome an ``outcome`` with the state
``unknown``, because the request may or may not have arrived. They are to be the first entries that the writer adds.

Nothing is taken that this writer cannot prove to be its own (``own_journal``). Raises `TrailCorrupt` for anything else
that a crash cannot explain, damage below the newest checkpoint above all, and `OSError`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from beacon_audit.errors import TrailCorrupt
from beacon_audit.trail.batch import Next
from beacon_audit.trail.committed import Committed, fields_of
from beacon_audit.trail.cursor import JournalCursor, damage
from beacon_audit.trail.entry import decode_entry
from beacon_audit.trail.frames import PayloadFile
from beacon_audit.trail.journal import Place
from beacon_audit.trail.journal_keys import JournalKeys
from beacon_audit.trail.note import Signer
from beacon_audit.trail.open_intents import OpenIntents
from beacon_audit.trail.own_journal import OwnJournal
from beacon_audit.trail.published import CHECKPOINT_LOG, Published, read_published
from beacon_audit.trail.published_entries import PublishedEntries
from beacon_audit.trail.segment import STATE, list_segments
from beacon_audit.trail.storage import Storage

type Fields = dict[str, object]


@dataclass(frozen=True, slots=True)
class Recovery:
    """Where writing goes on. ``committed`` and ``payloads`` are durable in the journal and not published yet;
    ``entries`` are the fields of the entries to add first. ``published.log_bytes`` is the length of the log file.
    ``last_time`` is the time of the last entry that was there, if there was one."""

    place: Place
    published: Published
    committed: tuple[Committed, ...]
    payloads: tuple[PayloadFile, ...]
    entries: tuple[Fields, ...]
    last_time: str | None


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
    log = PublishedEntries(directory, published.frontier)
    found = OwnJournal(size, JournalKeys.of(signers, published.signer), log.leaf)
    for batch in cursor.batches():
        if cursor.segment is not None:
            found.take(batch, cursor.segment)
    found.finish()
    _check_reach(directory, cursor, size)
    intents = _open_intents(found, log, size)
    _settle_log(directory, published, storage)
    dropped = _settle(cursor, storage)
    following = cursor.next_batch or Next(first=cursor.next_index)
    place = Place(cursor.segment, cursor.offset, following, found.keys, intents)
    entries = _entries(cursor, dropped, intents.ids, new_id, now)
    last_time = _last_time(found, log, size)
    return Recovery(place, published, tuple(found.committed), tuple(found.payloads), entries, last_time)


def _open_intents(found: OwnJournal, log: PublishedEntries, size: int) -> OpenIntents:
    """Those without an outcome, published or not."""
    intents = OpenIntents()
    for index, entry in log.entries(found.open_from):
        intents.follow([fields_of(decode_entry(entry), entry)], index)
    intents.follow(found.committed, size)
    return intents


def _last_time(found: OwnJournal, log: PublishedEntries, size: int) -> str | None:
    newest = found.committed[-1].entry if found.committed else None
    if newest is None and size:
        ((_, newest),) = log.entries(size - 1)
    return str(decode_entry(newest)["time"]) if newest is not None else None


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
    newest = max(size - 1, 0)
    if first.first_index > newest:
        raise TrailCorrupt(
            f"{first.path}: expected a segment that begins with entry {newest} or one before it, which is never "
            "deleted; restore the missing file from a copy"
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
