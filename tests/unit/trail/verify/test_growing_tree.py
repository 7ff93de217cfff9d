"""The tree of the verifier is that of RFC 6962, computed otherwise than the writer's."""

from hashlib import sha256

import pytest

from beacon_audit.trail.merkle import EMPTY_ROOT, node_hash, root_of
from beacon_audit.trail.verify.growing_tree import GrowingTree, prefix_roots

LEAVES = [sha256(b"%d" % number).digest() for number in range(600)]


def mth(leaves: list[bytes]) -> bytes:
    """As RFC 6962 section 2.1 defines it."""
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return node_hash(mth(leaves[:split]), mth(leaves[split:]))


def test_roots_of_all_sizes_are_those_of_the_definition() -> None:
    tree = GrowingTree()
    assert tree.root() == EMPTY_ROOT
    for size, leaf in enumerate(LEAVES[:300], 1):
        tree.add(leaf)
        assert tree.root() == mth(LEAVES[:size])


def test_subtrees_may_be_added_whole_with_a_rest_at_the_right() -> None:
    tree = GrowingTree()
    for first in (0, 256):
        tree.add(root_of(LEAVES[first : first + 256]), 8)
    assert tree.root(root_of(LEAVES[512:555])) == mth(LEAVES[:555])
    assert [height for _, height in tree.subtrees()] == [9]


@pytest.mark.parametrize("sizes", [[], [1], [1, 2, 255, 256], [7, 100]])
def test_prefix_roots_are_those_of_the_prefixes(sizes: list[int]) -> None:
    assert prefix_roots(LEAVES[:256], sizes) == [mth(LEAVES[:size]) for size in sizes]
