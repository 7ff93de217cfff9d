"""Proofs that a tree holds an entry (inclusion) or continues an earlier tree (consistency), and their files.

Made as RFC 6962, sections 2.1.1 and 2.1.2 define them, and checked as RFC 9162, sections 2.1.3.2 and 2.1.4.2 do. An
inclusion proof is a C2SP tlog-proof with the entry in its ``extra`` line, a consistency proof the body of
``add-checkpoint`` of C2SP tlog-witness. A proof proves something only with a signed checkpoint for its root; that is
the note in the file, which is not looked at here.

Raises `TrailCorrupt` for proofs that do not prove or cannot be read, ``ValueError`` when one is asked for that no tree
has.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from beacon_audit.errors import TrailCorrupt
from beacon_audit.trail.canonical import from_base64, from_decimal, to_base64
from beacon_audit.trail.merkle import EMPTY_ROOT, node_hash
from beacon_audit.trail.tiles import HASH_BYTES

#: ``(level, index)`` gives the root of the ``index``-th complete subtree of ``2**level`` leaves.
type Node = Callable[[int, int], bytes]

_TITLE = "c2sp.org/tlog-proof@v1"
#: A tree of less than 2^63 leaves has no longer path, and tlog-witness takes no more.
_HASH_LIMIT = 63


def root_at(size: int, node: Node) -> bytes:
    """The root of the first ``size`` leaves."""
    return _subtree_root(0, size, node) if size else EMPTY_ROOT


def inclusion_proof(index: int, size: int, node: Node) -> tuple[bytes, ...]:
    """The hashes from the sibling of leaf ``index`` up to the child of the root of the first ``size`` leaves."""
    if not 0 <= index < size:
        raise ValueError(f"expected an index below the size {size}, came {index}")
    start, end = 0, size
    proof: list[bytes] = []
    while end - start > 1:
        middle = _split(start, end)
        if index < middle:
            proof.append(_subtree_root(middle, end, node))
            end = middle
        else:
            proof.append(_subtree_root(start, middle, node))
            start = middle
    return tuple(reversed(proof))


def consistency_proof(old: int, new: int, node: Node) -> tuple[bytes, ...]:
    """The hashes that show that the first ``old`` of ``new`` leaves are the tree of size ``old``; none for size 0."""
    if not 0 <= old <= new:
        raise ValueError(f"expected an old size up to the new size {new}, came {old}")
    start, end = 0, new
    proof: list[bytes] = []
    while old not in (0, end):
        middle = _split(start, end)
        if old <= middle:
            proof.append(_subtree_root(middle, end, node))
            end = middle
        else:
            proof.append(_subtree_root(start, middle, node))
            start = middle
    if start:  # else it is the old root itself, which the other side has
        proof.append(_subtree_root(start, end, node))
    return tuple(reversed(proof))


def _split(start: int, end: int) -> int:
    """Where RFC 6962 divides the leaves: before the right end, at the largest power of two."""
    return start + (1 << ((end - start - 1).bit_length() - 1))


def _subtree_root(start: int, end: int, node: Node) -> bytes:
    """The root of the leaves from ``start`` to ``end``, where ``start`` is where the RFC divides a tree."""
    peaks: list[bytes] = []
    while start < end:
        level = (end - start).bit_length() - 1
        peaks.append(node(level, start >> level))
        start += 1 << level
    root = peaks.pop()
    while peaks:
        root = node_hash(peaks.pop(), root)
    return root


def check_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Check that ``leaf``, a hash, is the one with ``index`` in the tree of ``size`` leaves with ``root``."""
    if not 0 <= index < size:
        raise TrailCorrupt(f"inclusion proof: expected an index below the size {size}, came {index}")
    position, last = index, size - 1
    result = leaf
    for sibling in proof:
        if last == 0:
            raise TrailCorrupt(f"inclusion proof: expected fewer hashes for a tree of size {size}, came {len(proof)}")
        if position % 2 or position == last:
            result = node_hash(sibling, result)
            while not position % 2:  # at the right edge it rose without a sibling
                position, last = position >> 1, last >> 1
        else:
            result = node_hash(result, sibling)
        position, last = position >> 1, last >> 1
    if last:
        raise TrailCorrupt(f"inclusion proof: expected more hashes for a tree of size {size}, came {len(proof)}")
    if result != root:
        raise TrailCorrupt(f"inclusion proof: it does not lead from entry {index} to the root of size {size}")


def check_consistency(old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]) -> None:
    """Check that the tree of ``new`` leaves with ``new_root`` begins with that of ``old`` leaves with ``old_root``."""
    if not 0 <= old <= new:
        raise TrailCorrupt(f"consistency proof: expected an old size up to the new size {new}, came {old}")
    roots = (old_root, new_root)
    if old in (0, new):
        # Everything continues the empty tree, and a tree itself.
        fits = old_root == (EMPTY_ROOT if old == 0 else new_root) and (new > 0 or new_root == EMPTY_ROOT)
        if proof:
            raise TrailCorrupt(f"consistency proof: expected no hashes between {old} and {new}, came {len(proof)}")
    else:
        fits = _roots_by(old, new, old_root, proof) == roots
    if not fits:
        raise TrailCorrupt(f"consistency proof: the tree of size {new} does not begin with that of size {old}")


def _roots_by(old: int, new: int, old_root: bytes, proof: Sequence[bytes]) -> tuple[bytes, bytes]:
    """The roots of both trees as ``proof`` builds them, 0 < ``old`` < ``new``."""
    position, last = old - 1, new - 1
    while position % 2:
        position, last = position >> 1, last >> 1
    # An old tree that is complete is a node of the new one, and its root begins the proof.
    path = [old_root, *proof] if position == 0 else list(proof)
    before = after = path[0] if path else b""
    for sibling in path[1:]:
        if last == 0:
            raise TrailCorrupt(f"consistency proof: expected fewer hashes between {old} and {new}, came {len(proof)}")
        if position % 2 or position == last:
            before, after = node_hash(sibling, before), node_hash(sibling, after)
            while not position % 2:
                position, last = position >> 1, last >> 1
        else:
            after = node_hash(after, sibling)
        position, last = position >> 1, last >> 1
    if last:
        raise TrailCorrupt(f"consistency proof: expected more hashes between {old} and {new}, came {len(proof)}")
    return before, after


@dataclass(frozen=True, slots=True)
class Inclusion:
    """The file of an inclusion proof. ``entry`` is what it says that was logged, ``note`` its signed checkpoint."""

    index: int
    entry: bytes | None
    proof: tuple[bytes, ...]
    note: bytes


@dataclass(frozen=True, slots=True)
class Consistency:
    """The file of a consistency proof from size ``old`` to the signed checkpoint ``note``."""

    old: int
    proof: tuple[bytes, ...]
    note: bytes


def format_inclusion(index: int, entry: bytes | None, proof: Sequence[bytes], note: bytes) -> bytes:
    """The file for the ``proof`` of the entry with ``index``."""
    extra = [] if entry is None else [f"extra {to_base64(entry)}"]
    return _format([_TITLE, *extra, f"index {index}"], proof, note)


def parse_inclusion(data: bytes) -> Inclusion:
    """What `format_inclusion` was given."""
    lines, note = _parse(data, "inclusion proof")
    if lines[0] != _TITLE:
        raise TrailCorrupt(f"inclusion proof: expected {_TITLE} as its first line, came another")
    entry, place = None, 1
    if lines[1:] and lines[1].startswith("extra "):
        entry, place = from_base64(lines[1].removeprefix("extra "), "inclusion proof, extra line"), 2
    index = _number(lines[place:], "index", "inclusion proof")
    return Inclusion(index, entry, _hashes(lines[place + 1 :], "inclusion proof"), note)


def format_consistency(old: int, proof: Sequence[bytes], note: bytes) -> bytes:
    """The file for the ``proof`` from size ``old`` to the checkpoint ``note``."""
    return _format([f"old {old}"], proof, note)


def parse_consistency(data: bytes) -> Consistency:
    """What `format_consistency` was given."""
    lines, note = _parse(data, "consistency proof")
    return Consistency(_number(lines, "old", "consistency proof"), _hashes(lines[1:], "consistency proof"), note)


def _format(lines: Sequence[str], proof: Sequence[bytes], note: bytes) -> bytes:
    return "\n".join([*lines, *map(to_base64, proof), "", ""]).encode() + note


def _parse(data: bytes, what: str) -> tuple[list[str], bytes]:
    head, empty_line, note = data.partition(b"\n\n")
    if not empty_line or not head.isascii():
        raise TrailCorrupt(f"{what}: expected lines of ASCII, an empty line and a checkpoint, came something else")
    return head.decode("ascii").split("\n"), note


def _number(lines: Sequence[str], name: str, what: str) -> int:
    word, _, number = lines[0].partition(" ") if lines else ("", "", "")
    if word != name:
        raise TrailCorrupt(f"{what}: expected the line '{name} <number>', came another or none")
    return from_decimal(number, f"{what}, {name}")


def _hashes(lines: Sequence[str], what: str) -> tuple[bytes, ...]:
    if len(lines) > _HASH_LIMIT:
        raise TrailCorrupt(f"{what}: expected at most {_HASH_LIMIT} hashes, came {len(lines)}")
    return tuple(from_base64(line, f"{what}, hash {number}", HASH_BYTES) for number, line in enumerate(lines))
