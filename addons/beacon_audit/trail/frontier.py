"""The right edge of a growing tree: all that appending to it and knowing its root takes.

Per tile level it keeps the hashes of the last, partial tile, at most 255, and nothing else of the log. A partial tile
is never hashed into the level above, so the levels together are the whole tree from left to right, each of subtrees 256
times smaller than those of the level above (C2SP tlog-tiles, "Partial tiles"). Pure; not safe for threads.
"""

from collections.abc import Callable

from beacon_audit.trail.merkle import root_of
from beacon_audit.trail.tiles import TILE_WIDTH, TilePlace, split_tile


class Frontier:
    """The right edge of a tree that is empty at first."""

    def __init__(self) -> None:
        self._size = 0
        self._levels: list[list[bytes]] = [[]]

    @classmethod
    def read(cls, size: int, read: Callable[[TilePlace], bytes]) -> "Frontier":
        """The right edge of the tree of ``size`` leaves. ``read`` gives the bytes of a partial hash tile; no other is
        asked for. Raises `TrailCorrupt` when they are not as many as its width says."""
        frontier = cls()
        frontier._size = size
        frontier._levels = []
        for place in _partial_places(size):
            frontier._levels.append(list(split_tile(read(place), place.width)) if place.width else [])
        return frontier

    @property
    def size(self) -> int:
        """How many leaves the tree has."""
        return self._size

    def append(self, leaf: bytes) -> list[tuple[TilePlace, bytes]]:
        """Add the hash of an entry. Gives the hash tiles that it made full, the lowest level first."""
        self._size += 1
        hashes = self._levels[0]
        hashes.append(leaf)
        return [] if len(hashes) < TILE_WIDTH else self._close_tiles()

    @property
    def levels(self) -> int:
        """How many levels of tiles it has."""
        return len(self._levels)

    def edge(self, level: int) -> tuple[bytes, ...]:
        """The hashes of the last tile of ``level`` that is not full; none where all are full."""
        return tuple(self._levels[level])

    def root(self) -> bytes:
        """The root of the tree: each level, with what is right of it as its last and smaller subtree."""
        right: list[bytes] = []
        for hashes in self._levels:
            if hashes:
                right = [root_of(hashes + right)]
        return root_of(right)

    def partial_tiles(self) -> list[tuple[TilePlace, bytes]]:
        """The partial hash tiles of the tree, the lowest level first."""
        places = zip(_partial_places(self._size), self._levels, strict=True)
        return [(place, b"".join(hashes)) for place, hashes in places if hashes]

    def _close_tiles(self) -> list[tuple[TilePlace, bytes]]:
        """Hash full tiles into the level above them, until one is not full."""
        closed: list[tuple[TilePlace, bytes]] = []
        for level, hashes in enumerate(self._levels):
            if len(hashes) < TILE_WIDTH:
                break
            closed.append((TilePlace(level, self._size // TILE_WIDTH ** (level + 1) - 1), b"".join(hashes)))
            if level + 1 == len(self._levels):
                self._levels.append([])  # the loop goes on into it
            self._levels[level + 1].append(root_of(hashes))
            hashes.clear()
        return closed


def _partial_places(size: int) -> list[TilePlace]:
    """The last tile of every level, from level 0 to the first that has no hashes yet; its width is 0 where that level
    consists of full tiles."""
    places: list[TilePlace] = []
    while size or not places:
        places.append(TilePlace(len(places), size // TILE_WIDTH, size % TILE_WIDTH))
        size //= TILE_WIDTH
    return places
