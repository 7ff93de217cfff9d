"""The keys of a log in order, and which of them signs a checkpoint of a given size (docs/trail-format.md).

`find_chain` starts from one key that is trusted and follows the ``key-change`` entries in both directions. It looks for
them only when it must: keys do not come again, so a log whose first and newest checkpoint carry the trusted key has
never changed it.
"""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass

import orjson

from beacon_audit.errors import TrailCorrupt
from beacon_audit.trail.key_change import check_key_change
from beacon_audit.trail.note import Note, VerifierKey, signed_by
from beacon_audit.trail.tiles import TILE_WIDTH
from beacon_audit.trail.verify.bundles import Bundles

_MARK = b'"type":"key-change"'


@dataclass(frozen=True, slots=True)
class KeyChain:
    """``keys`` in order; the entries at the indices ``changes`` put each but the first in force. ``gap``: bundles were
    missing where changes of key were looked for, so there may be earlier keys that nobody knows."""

    keys: tuple[VerifierKey, ...]
    changes: tuple[int, ...] = ()
    gap: bool = False

    @property
    def origin(self) -> str:
        return self.keys[0].name

    def key_for(self, size: int) -> VerifierKey:
        """The key that signs a checkpoint of ``size`` entries."""
        return self.keys[bisect_left(self.changes, size)]

    def may_be_earlier(self, note: Note) -> bool:
        """Whether ``note`` may be signed by an earlier key, which only a missing bundle could tell."""
        return self.gap and not any(claims(note, key) for key in self.keys)

    def check_signature(self, note: Note, size: int) -> None:
        """Raises `TrailCorrupt` unless the key for ``size``, and nobody else, signed ``note``."""
        key = self.key_for(size)
        if not signed_by(note, key):
            raise TrailCorrupt(f"expected a signature of {key.name}+{key.key_id.hex()}, came another one")
        if len(note.signatures) != 1:
            raise TrailCorrupt(f"expected one signature, came {len(note.signatures)}")


def claims(note: Note, key: VerifierKey) -> bool:
    """Whether ``note`` carries a signature line of ``key``, right or wrong."""
    return any((s.name, s.key_id) == (key.name, key.key_id) for s in note.signatures)


def find_chain(trusted: VerifierKey, bundles: Bundles) -> KeyChain:
    """The chain that ``trusted`` belongs to; of that key alone when no change of key leads to it."""
    keys: list[VerifierKey] = []
    changes: list[int] = []
    missing = -(-bundles.size // TILE_WIDTH)
    for first, data in bundles.scan():
        missing -= 1
        for index, entry in _candidates(first, data):
            pair = _key_change(entry)
            if pair is None:
                continue
            if not keys:
                keys.append(pair[0])
            if pair[0] == keys[-1] and pair[1] not in keys:
                keys.append(pair[1])
                changes.append(index)
    gap = missing > 0
    return KeyChain(tuple(keys), tuple(changes), gap) if trusted in keys else KeyChain((trusted,), (), gap)


def _candidates(first: int, bundle: bytes) -> Iterator[tuple[int, bytes]]:
    if _MARK in bundle:
        for index, entry in enumerate(Bundles.split(bundle), first):
            if _MARK in entry:
                yield index, entry


def _key_change(entry: bytes) -> tuple[VerifierKey, VerifierKey] | None:
    try:
        fields = orjson.loads(entry)
        return check_key_change(fields) if isinstance(fields, dict) and fields.get("type") == "key-change" else None
    except (orjson.JSONDecodeError, TrailCorrupt):
        return None
