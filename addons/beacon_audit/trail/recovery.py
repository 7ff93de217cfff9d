"""What a writer does before its first entry: find the durable end of the journal and say what a crash left behind.

`recover` reads the whole journal, cuts an unfinished last batch off (it was never acknowledged, so nothing left on the
strength of it), and gives the entries that record this: one ``recovered``, and for each intent without an outcome an
``outcome`` with the state ``unknown``, because the request may or may not have arrived. They are to be the first
entries that the writer adds. Raises `TrailCorrupt` for anything that a crash cannot explain, and `OSError`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from beacon_audit.trail.cursor import JournalCursor
from beacon_audit.trail.journal import Place
from beacon_audit.trail.storage import Storage

type Fields = dict[str, object]


@dataclass(frozen=True, slots=True)
class Recovery:
    """Where writing goes on, and the fields of the entries to add first."""

    place: Place
    entries: tuple[Fields, ...]


def recover(state: Path, storage: Storage, *, new_id: Callable[[], str], now: Callable[[], str]) -> Recovery:
    """Bring the journal in ``state`` to its durable end. ``new_id`` and ``now`` give an entry's id and time."""
    cursor = JournalCursor(state)
    open_intents: dict[str, None] = {}
    for entry in cursor.entries():
        identity = str(entry["id"])
        if entry["type"] == "intent":
            open_intents[identity] = None
        elif entry["type"] == "outcome":
            open_intents.pop(identity, None)
    dropped = _settle(cursor, storage)
    place = Place(cursor.segment, cursor.offset, cursor.next_index, cursor.next_batch)
    if not dropped and not open_intents:
        return Recovery(place, ())
    recovered: Fields = {
        "type": "recovered",
        "id": new_id(),
        "time": now(),
        "dropped_bytes": dropped,
        "file": cursor.segment.path.name if cursor.segment and dropped else None,
        "offset": cursor.offset if dropped else None,
        "open_intents": len(open_intents),
    }
    return Recovery(place, (recovered, *(_unknown_outcome(identity, now()) for identity in open_intents)))


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
