"""The right edge of a growing tree: its root at every size, the tiles it leaves, and how it is taken up again."""

import pytest

from beacon_audit.errors import TrailCorrupt
from beacon_audit.trail.frontier import Frontier
from beacon_audit.trail.merkle import EMPTY_ROOT, leaf_hash
from beacon_audit.trail.tiles import TilePlace, tiles_of
from harness.reference_tree import GrownTree, made_up_leaves, tree_hash
from harness.vectors import load_vectors

TLOG = load_vectors("sumdb_tlog.json")
BOUNDARIES = [0, 1, 2, 255, 256, 257, 511, 512, 513, 65535, 65536, 65537]


def test_a_new_tree_is_empty() -> None:
    frontier = Frontier()

    assert frontier.size == 0
    assert frontier.root() == EMPTY_ROOT
    assert frontier.partial_tiles() == []


def test_root_agrees_with_another_implementation_at_its_sizes() -> None:
    frontier = Frontier()
    roots = {}
    for index in range(70_000):
        frontier.append(leaf_hash(f"entry {index}".encode()))
        if str(frontier.size) in TLOG["roots"]:
            roots[str(frontier.size)] = frontier.root().hex()

    assert roots == TLOG["roots"]


def test_root_agrees_with_the_definition_at_every_small_size() -> None:
    leaves = made_up_leaves(600)
    frontier = Frontier()
    for size, leaf in enumerate(leaves, 1):
        frontier.append(leaf)
        assert frontier.root() == tree_hash(leaves[:size])


def test_append_gives_full_tiles_the_lowest_level_first() -> None:
    leaves = made_up_leaves(65_536)
    frontier = Frontier()
    for leaf in leaves[:-1]:
        closed = frontier.append(leaf)
        assert [place.level for place, _ in closed] == ([] if frontier.size % 256 else [0])

    closed = frontier.append(leaves[-1])

    assert [place for place, _ in closed] == [TilePlace(0, 255), TilePlace(1, 0)]
    assert closed[0][1] == b"".join(leaves[-256:])
    assert closed[1][1] == b"".join(tree_hash(leaves[start : start + 256]) for start in range(0, 65_536, 256))
    assert frontier.partial_tiles() == [(TilePlace(2, 0, 1), tree_hash(leaves))]


@pytest.mark.parametrize("size", BOUNDARIES)
def test_a_tree_leaves_exactly_the_tiles_of_its_size(size: int) -> None:
    grown = GrownTree(made_up_leaves(size))

    full = {place for place in grown.files if not place.partial}
    assert full | {place for place, _ in grown.frontier.partial_tiles()} == {
        place for place in tiles_of(size) if place.level is not None
    }
    assert all(len(data) == 32 * place.width for place, data in grown.files.items())


@pytest.mark.parametrize("size", BOUNDARIES)
def test_a_tree_is_taken_up_again_from_its_partial_tiles_alone(size: int) -> None:
    grown = GrownTree(made_up_leaves(size))

    frontier = Frontier.read(size, grown.read_tile)

    assert frontier.size == size
    assert frontier.root() == grown.frontier.root()
    assert all(place.partial for place in grown.read)


@pytest.mark.parametrize("size", [0, 1, 255, 256, 65_535])
def test_a_tree_that_was_taken_up_again_grows_like_the_other(size: int) -> None:
    leaves = made_up_leaves(size + 300)
    grown = GrownTree(leaves[:size])

    frontier = Frontier.read(size, grown.read_tile)

    for leaf in leaves[size:]:
        assert frontier.append(leaf) == grown.frontier.append(leaf)
    assert frontier.root() == grown.frontier.root() == tree_hash(leaves)
    assert frontier.partial_tiles() == grown.frontier.partial_tiles()


@pytest.mark.parametrize("damage", [b"", b"\x00" * 32, b"\x00" * 95, b"\x00" * 128])
def test_a_partial_tile_of_another_length_is_corrupt(damage: bytes) -> None:
    with pytest.raises(TrailCorrupt, match="expected 3 hashes"):
        Frontier.read(3, lambda _: damage)
