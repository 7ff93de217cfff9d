"""Journals made by hand: batches as a writer writes them, with its key or with another one's."""

from collections.abc import Sequence
from pathlib import Path

from beacon_audit.trail.batch import START, Batch, Next, encode_batch, iter_batches
from beacon_audit.trail.frames import PayloadFile
from beacon_audit.trail.journal_keys import JournalKeys
from beacon_audit.trail.note import Signer
from harness.trail import SIGNER


def batches_of(data: bytes, place: Next | None = None) -> list[Batch]:
    """The whole batches of a segment."""
    return [item for item in iter_batches(data, place) if isinstance(item, Batch)]


def end_of(journal: Path) -> Next:
    """What the batch must say of itself that follows the last whole one of a segment."""
    return batches_of(journal.read_bytes())[-1].next


def batch(
    place: Next,
    entries: Sequence[bytes],
    payloads: Sequence[PayloadFile] = (),
    *,
    signer: Signer = SIGNER,
    open_index: int | None = None,
) -> bytes:
    """One batch, with a MAC by ``signer``. No intent is open before it, unless it is said which."""
    return _encode(place, entries, payloads, signer, open_index)[0]


def journal(
    *contents: list[bytes] | tuple[Sequence[bytes], Sequence[PayloadFile]],
    place: Next = START,
    signer: Signer = SIGNER,
) -> list[bytes]:
    """Batches that follow each other: of each its entries, or these and its payload files."""
    found = []
    for content in contents:
        entries, payloads = content if isinstance(content, tuple) else (content, ())
        data, place = _encode(place, entries, payloads, signer, None)
        found.append(data)
    return found


def _encode(
    place: Next,
    entries: Sequence[bytes],
    payloads: Sequence[PayloadFile],
    signer: Signer,
    open_index: int | None,
) -> tuple[bytes, Next]:
    keys = JournalKeys.of([signer], signer)
    return encode_batch(place, place.first if open_index is None else open_index, entries, payloads, keys.mac)
