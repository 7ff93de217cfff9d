"""The root of a tree while it grows, by complete subtrees, of which some may be unknown. Pure.

Written apart from the writer's `frontier`, so that one mistake cannot be on both sides.
"""

from collections.abc import Callable, Sequence

from beacon_audit.trail.merkle import EMPTY_ROOT, node_hash

#: A complete subtree: its hash (`None`: nobody knows) and its height (a leaf has 0).
type Subtree = tuple[bytes | None, int]
#: What a hash tile says of the subtree with this height and this number, counted from 0 among those of its height.
type Stored = Callable[[int, int], bytes | None]

#: A tile of 256 hashes holds the nodes of every eighth height.
TILE_HEIGHT = 8


class GrowingTree:
    """Begins empty. What cannot be computed is looked for in the tile above (``stored``)."""

    def __init__(self, stored: Stored = lambda _height, _number: None) -> None:
        self._edge: list[Subtree] = []
        self._stored = stored
        #: How many leaves.
        self.size = 0

    def add(self, value: bytes | None, height: int = 0) -> None:
        """Append a complete subtree of ``2**height`` leaves; the size must be a multiple of that."""
        edge = self._edge
        self.size += 1 << height
        while edge and edge[-1][1] == height:
            left = edge.pop()[0]
            value = None if left is None or value is None else node_hash(left, value)
            height += 1
            if value is None and height % TILE_HEIGHT == 0:
                value = self._stored(height, (self.size >> height) - 1)
        edge.append((value, height))

    def root(self, rest: bytes | None = None) -> bytes | None:
        """The root; with ``rest``, that of the tree with one more subtree at its right, smaller than the last one
        here and not necessarily complete. `None` when a part is unknown."""
        for value, _ in reversed(self._edge):
            if value is None:
                return None
            rest = value if rest is None else node_hash(value, rest)
        return EMPTY_ROOT if rest is None else rest

    def subtrees(self) -> list[Subtree]:
        """The complete subtrees it consists of, the largest first."""
        return list(self._edge)


def prefix_roots(leaves: Sequence[bytes], sizes: Sequence[int]) -> list[bytes]:
    """The roots over the first so many ``leaves``, for every one of ``sizes``, which grow and are at least 1."""
    edge: list[tuple[bytes, int]] = []
    roots: list[bytes] = []
    for size, leaf in enumerate(leaves, 1):
        if len(roots) == len(sizes):
            break
        value, height = leaf, 0
        while edge and edge[-1][1] == height:
            value = node_hash(edge.pop()[0], value)
            height += 1
        edge.append((value, height))
        while len(roots) < len(sizes) and sizes[len(roots)] == size:
            root = edge[-1][0]
            for left, _ in reversed(edge[:-1]):
                root = node_hash(left, root)
            roots.append(root)
    return roots
