"""Entries that are published, as far as a start needs them, each proved to be below the newest signed checkpoint.

A full tile is proved by its parent's hash of it, up to the right edge of the tree, which has the signed root. So what a
start builds on can be changed by nobody without the key, wherever it lies. Raises `TrailCorrupt` with the path.
"""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from beacon_audit.errors import TrailCorrupt
from beacon_audit.trail.frontier import Frontier
from beacon_audit.trail.merkle import leaf_hash, root_of
from beacon_audit.trail.published import read_tile
from beacon_audit.trail.tiles import TILE_WIDTH, TilePlace, decode_bundle, split_tile

_TILES_KEPT = 16


class PublishedEntries:
    """Those in ``directory``, of which ``frontier`` is the right edge as it is signed."""

    def __init__(self, directory: Path, frontier: Frontier) -> None:
        self._directory = directory
        self._size = frontier.size
        self._edge = [frontier.edge(level) for level in range(frontier.levels)]
        self._tile = lru_cache(_TILES_KEPT)(self._load)

    def leaf(self, index: int) -> bytes:
        """The hash of the entry ``index``."""
        number, position = divmod(index, TILE_WIDTH)
        return self._tile(0, number)[position]

    def entries(self, start: int) -> Iterator[tuple[int, bytes]]:
        """The entries from ``start`` on, each with its index."""
        for number in range(start // TILE_WIDTH, -(-self._size // TILE_WIDTH)):
            first = number * TILE_WIDTH
            place = TilePlace(None, number, min(TILE_WIDTH, self._size - first))
            for index, entry in enumerate(decode_bundle(read_tile(self._directory, place), place.width), first):
                if leaf_hash(entry) != self.leaf(index):
                    raise self._damaged(place, f"entry {index} is not the one that was published")
                if index >= start:
                    yield index, entry

    def _load(self, level: int, number: int) -> tuple[bytes, ...]:
        if number == self._size >> 8 * (level + 1):
            return self._edge[level]
        place = TilePlace(level, number)
        hashes = split_tile(read_tile(self._directory, place), TILE_WIDTH)
        above, position = divmod(number, TILE_WIDTH)
        if root_of(hashes) != self._tile(level + 1, above)[position]:
            raise self._damaged(place, "its hashes are not those that the newest checkpoint signs")
        return hashes

    def _damaged(self, place: TilePlace, reason: str) -> TrailCorrupt:
        return TrailCorrupt(
            f"{self._directory / place.path}: {reason}; keep the files as evidence, look at them with "
            "`beacon-audit verify`, and restore the trail from a copy"
        )
