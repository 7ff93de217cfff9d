"""Proofs for outsiders: that an entry is in the signed log, and that the log only grew since a checkpoint.

`prove_inclusion` gives C2SP tlog-proofs that carry their entry; `prove_consistency` what docs/trail-format.md says.
Each proof is checked against the signed checkpoint before it is given. Raise `UsageError` when there is nothing to
prove, and `TrailCorrupt` when the tiles do not have the root that was signed.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from beacon_audit.errors import TrailCorrupt, UsageError
from beacon_audit.home import Home
from beacon_audit.trail.checkpoint import Checkpoint, parse_checkpoint
from beacon_audit.trail.merkle import leaf_hash
from beacon_audit.trail.note import NOTE_LIMIT, parse_note, parse_vkey, signed_by
from beacon_audit.trail.proof import (
    check_consistency,
    check_inclusion,
    consistency_proof,
    format_consistency,
    format_inclusion,
    inclusion_proof,
)
from beacon_audit.trail.published import CHECKPOINT, read_hashes
from beacon_audit.trail.reader import read_entry, read_trail
from beacon_audit.trail.regular_file import read_regular
from beacon_audit.trail.tile_tree import TileTree
from beacon_audit.trail.verify.anchor import read_anchors


@dataclass(frozen=True, slots=True)
class EntryProof:
    """``kind`` is the type of the entry at ``index``; ``proof`` the bytes of a ``.tlog-proof`` file."""

    kind: str
    index: int
    proof: bytes


def prove_inclusion(home: Home, identity: str) -> tuple[EntryProof, ...]:
    """A proof for each entry with the id ``identity``, in the order of the trail."""
    found = [
        (int(str(entry["index"])), str(entry["type"])) for entry in read_trail(home.trail) if entry["id"] == identity
    ]
    if not found:
        raise UsageError(f"no entry with this id in {home.trail}; ids are listed by: beacon-audit log")
    note, checkpoint = _signed(home)
    if found[-1][0] >= checkpoint.size:
        raise UsageError(
            f"entry {found[-1][0]} is not covered by a checkpoint yet; try again in a second, or, when no proxy is "
            "running, after its next start"
        )
    tree = _tree(home, checkpoint.size)
    return tuple(EntryProof(kind, index, _inclusion(home, index, note, checkpoint, tree)) for index, kind in found)


def prove_consistency(home: Home, earlier: bytes, name: str) -> bytes:
    """That the log of now begins with the log of then, of which ``earlier``, the content of the file ``name``, holds
    one signed checkpoint (see `read_anchors`)."""
    anchors = read_anchors(earlier, name)
    if len(anchors) > 1:
        raise UsageError(
            f"--since: expected one checkpoint in {name}, came {len(anchors)}; give a file with one of them"
        )
    old = parse_checkpoint(parse_note(anchors[0]).text)
    note, checkpoint = _signed(home)
    if old.origin != checkpoint.origin or old.size > checkpoint.size:
        raise UsageError(
            f"--since: expected a checkpoint of {checkpoint.origin} of at most {checkpoint.size} entries, came one of "
            "another log, or a later one; if it is of this log, run: beacon-audit verify --anchor FILE"
        )
    proof = consistency_proof(old.size, checkpoint.size, _tree(home, checkpoint.size).node)
    with _named(home, f"verify --anchor {name}"):
        check_consistency(old.size, old.root, checkpoint.size, checkpoint.root, proof)
    return format_consistency(old.size, proof, note)


def _signed(home: Home) -> tuple[bytes, Checkpoint]:
    note = read_regular(home.trail / CHECKPOINT, NOTE_LIMIT)
    parsed = parse_note(note)
    if not signed_by(parsed, parse_vkey(home.trail_vkey.read_text("ascii").strip())):
        raise TrailCorrupt(f"{home.trail / CHECKPOINT}: not signed by {home.trail_vkey}; run: beacon-audit verify")
    return note, parse_checkpoint(parsed.text)


def _tree(home: Home, size: int) -> TileTree:
    return TileTree(size, lambda place: read_hashes(home.trail, place))


def _inclusion(home: Home, index: int, note: bytes, checkpoint: Checkpoint, tree: TileTree) -> bytes:
    entry = read_entry(home.trail, index, checkpoint.size)
    proof = inclusion_proof(index, checkpoint.size, tree.node)
    with _named(home, "verify"):
        check_inclusion(leaf_hash(entry), index, checkpoint.size, proof, checkpoint.root)
    return format_inclusion(index, entry, proof, note)


@contextmanager
def _named(home: Home, command: str) -> Iterator[None]:
    """Say of which log a proof failed, and which command finds out why."""
    try:
        yield
    except TrailCorrupt as error:
        raise TrailCorrupt(f"{home.trail}: {error}; run: beacon-audit {command}") from None
