"""The root of a tree while it grows, by complete subtrees. Pure.

Written apart from the writer's `frontier`, so that one mistake cannot be on both sides.
"""

from collections.abc import Sequence

from beacon_audit.trail.merkle import EMPTY_ROOT, node_hash

#: A complete subtree: its hash and its height (a leaf has 0).
type Subtree = tuple[bytes, int]


class GrowingTree:
    """Begins empty."""

    def __init__(self) -> None:
        self._edge: list[Subtree] = []

    def add(self, value: bytes, height: int = 0) -> None:
        """Append a complete subtree of ``2**height`` leaves; the size must be a multiple of that."""
        edge = self._edge
        while edge and edge[-1][1] == height:
            value = node_hash(edge.pop()[0], value)
            height += 1
        edge.append((value, height))

    def root(self, rest: bytes | None = None) -> bytes:
        """The root; with ``rest``, that of the tree with one more subtree at its right, smaller than the last one
        here and not necessarily complete."""
        for value, _ in reversed(self._edge):
            rest = value if rest is None else node_hash(value, rest)
        return EMPTY_ROOT if rest is None else rest

    def subtrees(self) -> list[Subtree]:
        """The complete subtrees it consists of, the largest first."""
        return list(self._edge)


def prefix_roots(leaves: Sequence[bytes], sizes: Sequence[int]) -> list[bytes]:
    """The roots over the first so many ``leaves``, for every one of ``sizes``, which grow and are at least 1."""
    tree = GrowingTree()
    roots: list[bytes] = []
    for size, leaf in enumerate(leaves, 1):
        if len(roots) == len(sizes):
            break
        tree.add(leaf)
        while len(roots) < len(sizes) and sizes[len(roots)] == size:
            roots.append(tree.root())
    return roots
