"""The nodes of a tree from its hash tiles, for proofs: a few tiles are read for one, not the log.

A node between the levels of the tiles is computed from the hashes below it within one tile. What is read is not checked
against anything but its length: the proof that is made from it is checked against the signed root.
"""

from collections.abc import Callable
from functools import lru_cache

from beacon_audit.trail.merkle import root_of
from beacon_audit.trail.tiles import TILE_WIDTH, TilePlace, split_tile

_TILE_LEVELS = TILE_WIDTH.bit_length() - 1
_TILES_KEPT = 64


class TileTree:
    """The tree of the first ``size`` entries. ``read`` gives the bytes of a hash tile with exactly the width asked for;
    where only a wider one is left, that is its beginning."""

    def __init__(self, size: int, read: Callable[[TilePlace], bytes]) -> None:
        self._size = size
        self._read = read
        self._tile = lru_cache(_TILES_KEPT)(self._load)

    def node(self, level: int, index: int) -> bytes:
        """The root of the ``index``-th subtree of ``2**level`` leaves.

        Raises:
            ValueError: the tree does not hold all of it.
            TrailCorrupt: a tile has not the length that its width means; and what ``read`` raises.
        """
        if level < 0 or index < 0 or (index + 1) << level > self._size:
            raise ValueError(f"expected a complete subtree below size {self._size}, came {index} of level {level}")
        tile_level, height = divmod(level, _TILE_LEVELS)
        number, offset = divmod(index << height, TILE_WIDTH)
        return root_of(self._tile(tile_level, number)[offset : offset + (1 << height)])

    def _load(self, tile_level: int, number: int) -> tuple[bytes, ...]:
        hashes = self._size >> tile_level * _TILE_LEVELS
        place = TilePlace(tile_level, number, min(TILE_WIDTH, hashes - number * TILE_WIDTH))
        return split_tile(self._read(place), place.width)
