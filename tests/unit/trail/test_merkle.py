"""Tree hashes: RFC 6962, section 2.1, with Certificate Transparency's reference tree."""

from hashlib import sha256

import pytest

from beacon_audit.trail.merkle import EMPTY_ROOT, leaf_hash, node_hash, root_of
from harness.reference_tree import made_up_leaves, tree_hash
from harness.vectors import hashes, load_vectors

CT = load_vectors("certificate_transparency.json")
LEAVES = [leaf_hash(bytes.fromhex(entry)) for entry in CT["entries"]]


def test_leaves_have_the_hashes_of_the_reference_tree() -> None:
    assert tuple(LEAVES) == hashes(CT["nodes"][0])


@pytest.mark.parametrize("level", [1, 2, 3])
def test_inner_nodes_have_the_hashes_of_the_reference_tree(level: int) -> None:
    below = hashes(CT["nodes"][level - 1])

    nodes = [node_hash(left, right) for left, right in zip(below[::2], below[1::2], strict=True)]

    assert tuple(nodes) == hashes(CT["nodes"][level])


@pytest.mark.parametrize("size", range(9))
def test_every_size_has_the_root_of_the_reference_tree(size: int) -> None:
    assert root_of(LEAVES[:size]).hex() == CT["roots"][size]


def test_root_of_the_empty_tree_is_the_hash_of_nothing() -> None:
    assert sha256(b"").digest() == EMPTY_ROOT == root_of([])


@pytest.mark.parametrize("complete", [1, 2, 3, 5, 7])
@pytest.mark.parametrize("smaller", [1, 2, 3])
def test_last_subtree_may_stand_for_fewer_leaves_than_the_others(complete: int, smaller: int) -> None:
    leaves = made_up_leaves(4 * complete + smaller)
    parts = [leaves[start : start + 4] for start in range(0, len(leaves), 4)]

    assert root_of([tree_hash(part) for part in parts]) == tree_hash(leaves)


def test_an_entry_cannot_stand_for_an_inner_node() -> None:
    left, right = LEAVES[:2]

    assert leaf_hash(left + right) != node_hash(left, right)


def test_hashes_given_are_left_as_they_are() -> None:
    given = list(LEAVES)

    root_of(given)

    assert given == LEAVES
