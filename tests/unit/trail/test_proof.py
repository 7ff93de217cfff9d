"""Inclusion and consistency: other people's proofs, ours against the definition, ways to falsify one, the files."""

from collections.abc import Sequence
from typing import Any

import pytest

from beacon_audit.errors import TrailCorrupt
from beacon_audit.trail.merkle import EMPTY_ROOT, leaf_hash
from beacon_audit.trail.proof import (
    Consistency,
    Inclusion,
    Node,
    check_consistency,
    check_inclusion,
    consistency_proof,
    format_consistency,
    format_inclusion,
    inclusion_proof,
    parse_consistency,
    parse_inclusion,
    root_at,
)
from harness.reference_tree import GrownTree, made_up_leaves, path, subproof, tree_hash
from harness.vectors import hashes, load_vectors

CT = load_vectors("certificate_transparency.json")
CT_LEAVES = [leaf_hash(bytes.fromhex(entry)) for entry in CT["entries"]]
CT_ROOTS = hashes(CT["roots"])
TLOG = load_vectors("sumdb_tlog.json")
SMALL = made_up_leaves(40)


def node_of(leaves: Sequence[bytes]) -> Node:
    return lambda level, index: tree_hash(leaves[index << level : (index + 1) << level])


@pytest.fixture(scope="module")
def tlog() -> GrownTree:
    return GrownTree([leaf_hash(f"entry {index}".encode()) for index in range(70_000)])


@pytest.mark.parametrize("vector", CT["inclusion"])
def test_inclusion_in_the_reference_tree_is_proved_as_there(vector: Any) -> None:
    index, size, proof = vector["index"], vector["size"], hashes(vector["proof"])

    assert inclusion_proof(index, size, node_of(CT_LEAVES)) == proof
    check_inclusion(CT_LEAVES[index], index, size, proof, CT_ROOTS[size])


@pytest.mark.parametrize("vector", CT["consistency"])
def test_consistency_of_the_reference_tree_is_proved_as_there(vector: Any) -> None:
    old, new, proof = vector["old"], vector["new"], hashes(vector["proof"])

    assert consistency_proof(old, new, node_of(CT_LEAVES)) == proof
    check_consistency(old, CT_ROOTS[old], new, CT_ROOTS[new], proof)


@pytest.mark.parametrize("vector", TLOG["inclusion"])
def test_inclusion_in_a_large_tree_is_proved_as_by_another_implementation(tlog: GrownTree, vector: Any) -> None:
    index, size = vector["index"], vector["size"]
    node = tlog.tree().node

    proof = inclusion_proof(index, size, node)

    assert proof == hashes(vector["proof"])
    check_inclusion(leaf_hash(f"entry {index}".encode()), index, size, proof, root_at(size, node))


@pytest.mark.parametrize("vector", TLOG["consistency"])
def test_consistency_of_a_large_tree_is_proved_as_by_another_implementation(tlog: GrownTree, vector: Any) -> None:
    old, new = vector["old"], vector["new"]
    node = tlog.tree().node

    proof = consistency_proof(old, new, node)

    assert proof == hashes(vector["proof"])
    check_consistency(old, root_at(old, node), new, root_at(new, node), proof)


@pytest.mark.parametrize(("size", "root"), TLOG["roots"].items())
def test_an_earlier_root_is_found_in_the_tiles_of_a_later_tree(tlog: GrownTree, size: str, root: str) -> None:
    assert root_at(int(size), tlog.tree().node).hex() == root


def test_the_root_of_size_0_needs_no_nodes() -> None:
    assert root_at(0, node_of([])) == EMPTY_ROOT


@pytest.mark.parametrize("size", range(1, 41))
def test_every_proof_of_a_small_tree_is_that_of_the_definition_and_holds(size: int) -> None:
    leaves = SMALL[:size]
    root = tree_hash(leaves)
    for index in range(size):
        inclusion = inclusion_proof(index, size, node_of(leaves))
        assert list(inclusion) == path(index, leaves)
        check_inclusion(leaves[index], index, size, inclusion, root)
    for old in range(1, size + 1):
        consistency = consistency_proof(old, size, node_of(leaves))
        assert list(consistency) == subproof(old, leaves)
        check_consistency(old, tree_hash(leaves[:old]), size, root, consistency)


def test_every_tree_begins_with_the_empty_one() -> None:
    assert consistency_proof(0, 7, node_of(SMALL)) == ()
    check_consistency(0, EMPTY_ROOT, 7, tree_hash(SMALL[:7]), ())
    check_consistency(0, EMPTY_ROOT, 0, EMPTY_ROOT, ())


@pytest.mark.parametrize("size", range(1, 20))
def test_inclusion_holds_for_no_other_leaf_index_or_root(size: int) -> None:
    leaves = SMALL[:size]
    root = tree_hash(leaves)
    for index in range(size):
        proof = inclusion_proof(index, size, node_of(leaves))
        others = [position for position in range(-1, size + 1) if position != index]
        false = [(leaves[index], position, size, root) for position in others]
        false += [(leaves[position], index, size, root) for position in others if 0 <= position < size]
        false += [(leaves[index], index, size, tree_hash(SMALL[: size + 1])), (SMALL[30], index, size, root)]
        for leaf, position, in_size, at_root in false:
            with pytest.raises(TrailCorrupt, match="inclusion proof"):
                check_inclusion(leaf, position, in_size, proof, at_root)


@pytest.mark.parametrize("size", range(2, 20))
def test_inclusion_holds_with_no_other_hashes(size: int) -> None:
    leaves = SMALL[:size]
    for index in range(size):
        proof = inclusion_proof(index, size, node_of(leaves))
        for false in falsified(proof):
            with pytest.raises(TrailCorrupt, match="inclusion proof"):
                check_inclusion(leaves[index], index, size, false, tree_hash(leaves))


@pytest.mark.parametrize("new", range(2, 20))
def test_consistency_holds_with_no_other_hashes_or_roots(new: int) -> None:
    leaves = SMALL[:new]
    root = tree_hash(leaves)
    for old in range(1, new):
        old_root = tree_hash(leaves[:old])
        proof = consistency_proof(old, new, node_of(leaves))
        for false in falsified(proof):
            with pytest.raises(TrailCorrupt, match="consistency proof"):
                check_consistency(old, old_root, new, root, false)
        for first, second in [(SMALL[30], root), (old_root, SMALL[30]), (root, old_root)]:
            with pytest.raises(TrailCorrupt, match="consistency proof"):
                check_consistency(old, first, new, second, proof)


@pytest.mark.parametrize(("new", "message"), [(2, "expected fewer hashes"), (8, "expected more hashes")])
def test_consistency_does_not_hold_for_a_size_with_another_path(new: int, message: str) -> None:
    # The hashes do lead from one root to the other; it is the size that they do not fit.
    proof = consistency_proof(1, 3, node_of(SMALL[:3]))

    with pytest.raises(TrailCorrupt, match=message):
        check_consistency(1, SMALL[0], new, tree_hash(SMALL[:3]), proof)


def falsified(proof: tuple[bytes, ...]) -> list[tuple[bytes, ...]]:
    changed = [(*proof[:at], SMALL[30], *proof[at + 1 :]) for at in range(len(proof))]
    missing = [(*proof[:at], *proof[at + 1 :]) for at in range(len(proof))]
    added = [(*proof[:at], SMALL[30], *proof[at:]) for at in range(len(proof) + 1)]
    swapped = [proof[::-1]] if proof != proof[::-1] else []
    return [*changed, *missing, *added, *swapped, ()] if proof else added


@pytest.mark.parametrize(
    ("old", "old_root", "new", "new_root", "proof"),
    [
        (0, tree_hash(SMALL[:4]), 4, tree_hash(SMALL[:4]), ()),
        (0, EMPTY_ROOT, 4, tree_hash(SMALL[:4]), (SMALL[0],)),
        (0, EMPTY_ROOT, 0, SMALL[0], ()),
        (0, SMALL[0], 0, SMALL[0], ()),
        (4, tree_hash(SMALL[:4]), 4, tree_hash(SMALL[:4]), (SMALL[0],)),
        (4, tree_hash(SMALL[:4]), 4, tree_hash(SMALL[1:5]), ()),
    ],
)
def test_what_cannot_be_consistent_is_not(
    old: int, old_root: bytes, new: int, new_root: bytes, proof: tuple[bytes, ...]
) -> None:
    with pytest.raises(TrailCorrupt, match="consistency proof"):
        check_consistency(old, old_root, new, new_root, proof)


@pytest.mark.parametrize(("old", "new"), [(5, 4), (-1, 4)])
def test_a_tree_cannot_continue_a_larger_one(old: int, new: int) -> None:
    with pytest.raises(TrailCorrupt, match=f"an old size up to the new size {new}, came {old}"):
        check_consistency(old, SMALL[0], new, SMALL[1], ())


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 0)])
def test_inclusion_of_an_entry_that_is_not_there_cannot_be_proved(index: int, size: int) -> None:
    with pytest.raises(ValueError, match=f"an index below the size {size}, came {index}"):
        inclusion_proof(index, size, node_of(SMALL))


@pytest.mark.parametrize(("old", "new"), [(4, 3), (-1, 3)])
def test_consistency_with_a_larger_tree_cannot_be_proved(old: int, new: int) -> None:
    with pytest.raises(ValueError, match=f"an old size up to the new size {new}, came {old}"):
        consistency_proof(old, new, node_of(SMALL))


A, B = b"a" * 32, b"b" * 32
A64, B64 = "YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE=", "YmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmI="
NOTE = b"origin\n7\nroot\n\n\xe2\x80\x94 origin AAAA\n"
INCLUSION = f"c2sp.org/tlog-proof@v1\nextra e30=\nindex 5\n{A64}\n{B64}\n\n".encode() + NOTE
CONSISTENCY = f"old 5\n{A64}\n{B64}\n\n".encode() + NOTE


def test_an_inclusion_proof_is_a_tlog_proof_with_the_entry_as_extra_data() -> None:
    assert format_inclusion(5, b"{}", (A, B), NOTE) == INCLUSION
    assert parse_inclusion(INCLUSION) == Inclusion(5, b"{}", (A, B), NOTE)


def test_an_inclusion_proof_of_others_may_come_without_extra_data_or_hashes() -> None:
    data = b"c2sp.org/tlog-proof@v1\nindex 0\n\n" + NOTE

    assert format_inclusion(0, None, (), NOTE) == data
    assert parse_inclusion(data) == Inclusion(0, None, (), NOTE)


def test_a_consistency_proof_is_the_body_of_add_checkpoint() -> None:
    assert format_consistency(5, (A, B), NOTE) == CONSISTENCY
    assert parse_consistency(CONSISTENCY) == Consistency(5, (A, B), NOTE)
    assert parse_consistency(b"old 0\n\n" + NOTE) == Consistency(0, (), NOTE)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (b"@v1", b"@v2", "expected c2sp.org/tlog-proof@v1 as its first line"),
        (b"c2sp", b"C2SP", "expected c2sp.org/tlog-proof@v1 as its first line"),
        (b"extra e30=", b"extra e31=", "extra line: expected base64"),
        (b"extra e30=", b"extra  e30=", "extra line: expected base64"),
        (b"extra e30=", b"extra e30=\nextra e30=", "expected the line 'index <number>'"),
        (b"extra e30=", b"extra", "expected the line 'index <number>'"),
        (b"index 5", b"index 05", "index: expected a decimal number"),
        (b"index 5", b"index  5", "index: expected a decimal number"),
        (b"index 5", b"index 5\r", "index: expected a decimal number"),
        (b"index 5\n", b"", "expected the line 'index <number>'"),
        (A64.encode(), b"YWE=", "hash 0: expected 32 bytes in base64, came 2"),
        (B64.encode(), B64.encode().replace(b"I=", b"J="), "hash 1: expected base64 in its one right spelling"),
        (A64.encode(), b"\n".join([A64.encode()] * 63), "expected at most 63 hashes, came 64"),
        (A64.encode(), b"\xff", "expected lines of ASCII"),
        (b"\n\n", b"\n", "expected lines of ASCII, an empty line"),
    ],
)
def test_what_is_not_exactly_an_inclusion_proof_is_corrupt(old: bytes, new: bytes, message: str) -> None:
    with pytest.raises(TrailCorrupt, match=message):
        parse_inclusion(INCLUSION.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (b"old 5", b"old 05", "old: expected a decimal number"),
        (b"old 5", b"old -5", "old: expected a decimal number"),
        (b"old 5\n", b"", "expected the line 'old <number>'"),
        (b"old 5", b"new 5", "expected the line 'old <number>'"),
        (A64.encode(), A64.encode()[:-1], "hash 0: expected base64"),
        (A64.encode(), b"\n".join([A64.encode()] * 63), "expected at most 63 hashes, came 64"),
        (b"\n\n", b"\n", "expected lines of ASCII, an empty line"),
    ],
)
def test_what_is_not_exactly_a_consistency_proof_is_corrupt(old: bytes, new: bytes, message: str) -> None:
    with pytest.raises(TrailCorrupt, match=message):
        parse_consistency(CONSISTENCY.replace(old, new))


@pytest.mark.parametrize("data", [b"", b"old 5", b"old 5\n"])
def test_a_proof_without_a_checkpoint_is_corrupt(data: bytes) -> None:
    with pytest.raises(TrailCorrupt, match="an empty line and a checkpoint"):
        parse_consistency(data)


def test_the_first_empty_line_ends_the_hashes() -> None:
    # What is behind it is then no checkpoint, and its reader says so.
    assert parse_consistency(CONSISTENCY.replace(A64.encode(), b"")).note == f"{B64}\n\n".encode() + NOTE
