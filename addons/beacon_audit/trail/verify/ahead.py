"""What the tiles and bundles behind the newest checkpoint must be, if entries of the journal are to be in them.

A crash while the writer publishes leaves such files. They agree with the journal, or nobody knows whose they are.
"""

from collections.abc import Callable, Iterable

from beacon_audit.trail.merkle import leaf_hash, root_of
from beacon_audit.trail.tiles import HASH_BYTES, TILE_WIDTH, TilePlace, encode_bundle


class Ahead:
    """The log of ``size`` entries and ``entries`` behind them. ``read`` gives the bytes of its partial hash tiles, and
    raises when it cannot; ``last_bundle`` are the entries of its partial bundle."""

    def __init__(
        self, size: int, read: Callable[[TilePlace], bytes], entries: Iterable[bytes], last_bundle: list[bytes]
    ) -> None:
        self._first = size // TILE_WIDTH
        self._bundles = list(last_bundle)
        #: For each level, the index of the tile it begins with, and hashes from there on.
        self._levels: list[tuple[int, list[bytes]]] = []
        hashes = size
        level = 0
        while hashes:
            index, width = divmod(hashes, TILE_WIDTH)
            data = read(TilePlace(level, index, width))[: width * HASH_BYTES] if width else b""
            self._levels.append((index, [data[i : i + HASH_BYTES] for i in range(0, len(data), HASH_BYTES)]))
            hashes, level = index, level + 1
        for entry in entries:
            self._bundles.append(entry)
            self._add(0, leaf_hash(entry))

    def expected(self, place: TilePlace) -> bytes | None:
        """What must be at ``place``; ``None`` when there are not so many entries."""
        if place.level is None:
            start = (place.index - self._first) * TILE_WIDTH
            entries = self._bundles[start : start + place.width] if start >= 0 else []
            return encode_bundle(entries) if len(entries) == place.width else None
        if place.level >= len(self._levels):
            return None
        first, hashes = self._levels[place.level]
        start = (place.index - first) * TILE_WIDTH
        found = hashes[start : start + place.width] if start >= 0 else []
        return b"".join(found) if len(found) == place.width else None

    def _add(self, level: int, value: bytes) -> None:
        if level == len(self._levels):
            self._levels.append((0, []))
        hashes = self._levels[level][1]
        hashes.append(value)
        if len(hashes) % TILE_WIDTH == 0:
            self._add(level + 1, root_of(hashes[-TILE_WIDTH:]))
