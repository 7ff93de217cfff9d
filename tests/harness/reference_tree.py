"""The Merkle tree as RFC 6962, section 2.1 writes it down: slow, recursive, and sharing no code with the product.

And `GrownTree`: the product's own tree, grown leaf by leaf, with the files that it left.
"""

from collections.abc import Sequence
from hashlib import sha256

from beacon_audit.trail.frontier import Frontier
from beacon_audit.trail.tile_tree import TileTree
from beacon_audit.trail.tiles import TilePlace


def made_up_leaves(size: int) -> list[bytes]:
    """As many different hashes."""
    return [sha256(number.to_bytes(8)).digest() for number in range(size)]


def tree_hash(leaves: Sequence[bytes]) -> bytes:
    """MTH(D[n]), for leaves that are hashed already."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = _largest_power_of_two_below(len(leaves))
    return sha256(b"\x01" + tree_hash(leaves[:k]) + tree_hash(leaves[k:])).digest()


def path(m: int, leaves: Sequence[bytes]) -> list[bytes]:
    """PATH(m, D[n])."""
    if len(leaves) == 1:
        return []
    k = _largest_power_of_two_below(len(leaves))
    if m < k:
        return [*path(m, leaves[:k]), tree_hash(leaves[k:])]
    return [*path(m - k, leaves[k:]), tree_hash(leaves[:k])]


def subproof(m: int, leaves: Sequence[bytes], known: bool = True) -> list[bytes]:
    """SUBPROOF(m, D[n], b); PROOF(m, D[n]) where ``known`` is not given."""
    if m == len(leaves):
        return [] if known else [tree_hash(leaves)]
    k = _largest_power_of_two_below(len(leaves))
    if m <= k:
        return [*subproof(m, leaves[:k], known), tree_hash(leaves[k:])]
    return [*subproof(m - k, leaves[k:], False), tree_hash(leaves[:k])]


def _largest_power_of_two_below(n: int) -> int:
    k = 1
    while 2 * k < n:
        k *= 2
    return k


class GrownTree:
    """A tree grown with `Frontier`: ``files`` are the hash tiles of its present size."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self.frontier = Frontier()
        self.files: dict[TilePlace, bytes] = {}
        for leaf in leaves:
            self.files.update(self.frontier.append(leaf))
        self.files.update(self.frontier.partial_tiles())
        self.read: list[TilePlace] = []

    def read_tile(self, place: TilePlace) -> bytes:
        """One of ``files``; ``read`` remembers it."""
        self.read.append(place)
        return self.files[place]

    def tree(self) -> TileTree:
        """Its nodes from its files."""
        return TileTree(self.frontier.size, self.read_tile)
