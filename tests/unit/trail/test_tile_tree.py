"""Nodes of a tree from its hash tiles: the right hash, from the tiles that the size has, each read once."""

import pytest

from beacon_audit.errors import TrailCorrupt
from beacon_audit.trail.proof import inclusion_proof, root_at
from beacon_audit.trail.tile_tree import TileTree
from beacon_audit.trail.tiles import TilePlace
from harness.reference_tree import GrownTree, made_up_leaves, tree_hash

LEAVES = made_up_leaves(66_000)


@pytest.fixture(scope="module")
def grown() -> GrownTree:
    return GrownTree(LEAVES)


@pytest.mark.parametrize(
    ("level", "index"),
    [(0, 0), (0, 65_999), (1, 32_999), (7, 514), (8, 0), (8, 255), (8, 256), (9, 127), (15, 1), (16, 0)],
)
def test_a_node_is_the_root_of_its_subtree(grown: GrownTree, level: int, index: int) -> None:
    leaves = LEAVES[index << level : (index + 1) << level]

    assert grown.tree().node(level, index) == tree_hash(leaves)


@pytest.mark.parametrize(("level", "index"), [(0, 66_000), (1, 33_000), (8, 257), (16, 1), (17, 0), (-1, 0), (0, -1)])
def test_a_subtree_that_is_not_complete_is_nobodys_node(grown: GrownTree, level: int, index: int) -> None:
    with pytest.raises(ValueError, match="expected a complete subtree below size 66000"):
        grown.tree().node(level, index)


def test_tiles_are_asked_for_with_the_width_of_the_size_and_read_once(grown: GrownTree) -> None:
    grown.read.clear()
    tree = grown.tree()

    assert root_at(66_000, tree.node) == tree_hash(LEAVES)
    inclusion_proof(65_999, 66_000, tree.node)
    inclusion_proof(65_998, 66_000, tree.node)

    assert sorted(grown.read) == [TilePlace(0, 257, 208), TilePlace(1, 1, 1), TilePlace(2, 0, 1)]


def test_a_proof_reads_one_tile_of_a_level(grown: GrownTree) -> None:
    grown.read.clear()

    inclusion_proof(12_345, 66_000, grown.tree().node)

    assert TilePlace(0, 12_345 // 256) in grown.read
    assert len(grown.read) <= 5  # two levels on the way up, and the right edge


@pytest.mark.parametrize("damage", [b"", b"\x00" * 31, b"\x00" * 32 * 4])
def test_a_tile_of_another_length_is_corrupt(damage: bytes) -> None:
    with pytest.raises(TrailCorrupt, match="expected 3 hashes"):
        TileTree(3, lambda _: damage).node(0, 0)


def test_an_error_of_reading_comes_through_and_is_not_kept() -> None:
    answers: list[bytes] = []

    def read(_: TilePlace) -> bytes:
        if not answers:
            raise FileNotFoundError("gone")
        return answers[0]

    tree = TileTree(1, read)
    with pytest.raises(FileNotFoundError, match="gone"):
        tree.node(0, 0)
    answers.append(b"h" * 32)

    assert tree.node(0, 0) == b"h" * 32
