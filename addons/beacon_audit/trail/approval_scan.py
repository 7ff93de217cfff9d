"""Every approval that a trail holds, found fast and believed only as far as it is signed.

`find_approvals` reads the bundles up to a signed checkpoint, parses only entries that can be an approval, and proves
each of those against the checkpoint's root. So an approval that somebody wrote into a bundle, with or without the tile
beside it, raises `TrailCorrupt`; and one that somebody took out approves nothing any more, which keeps names in rather
than letting them out. It is for whoever holds the checkpoint as his own word; `beacon-audit verify` reads everything.
"""

from collections.abc import Iterator
from pathlib import Path

from beacon_audit.errors import TrailCorrupt
from beacon_audit.trail.approval import read_approval
from beacon_audit.trail.checkpoint import Checkpoint, parse_checkpoint
from beacon_audit.trail.entry import decode_entry
from beacon_audit.trail.merkle import leaf_hash
from beacon_audit.trail.note import parse_note
from beacon_audit.trail.proof import check_inclusion, inclusion_proof
from beacon_audit.trail.published import read_hashes
from beacon_audit.trail.reader import read_bundle
from beacon_audit.trail.tile_tree import TileTree
from beacon_audit.trail.tiles import TILE_WIDTH

#: An entry has sorted keys and no white space, so every approval holds these bytes. A text cannot: its quotes are
#: escaped. An object inside of another entry could, and is told apart by parsing it.
_MARK = b'"type":"approval"'


def find_approvals(directory: Path, note: bytes) -> Iterator[dict[str, object]]:
    """The fields of every approval below the checkpoint ``note`` of the trail in ``directory``, in their order.

    The signature of ``note`` is not looked at: it must be the writer's own, or have been checked.
    """
    checkpoint = parse_checkpoint(parse_note(note).text)
    tree = TileTree(checkpoint.size, lambda place: read_hashes(directory, place))
    for first in range(0, checkpoint.size, TILE_WIDTH):
        number = first // TILE_WIDTH
        entries = read_bundle(directory, number, min(TILE_WIDTH, checkpoint.size - first))
        for index, entry in enumerate(entries, first):
            if _MARK not in entry:
                continue
            fields = decode_entry(entry)
            if fields["type"] == "approval":
                _check(directory, index, entry, fields, checkpoint, tree)
                yield fields


def _check(
    directory: Path, index: int, entry: bytes, fields: dict[str, object], checkpoint: Checkpoint, tree: TileTree
) -> None:
    try:
        read_approval(fields)
        proof = inclusion_proof(index, checkpoint.size, tree.node)
        check_inclusion(leaf_hash(entry), index, checkpoint.size, proof, checkpoint.root)
    except TrailCorrupt as error:
        raise TrailCorrupt(
            f"{directory}: the approval at entry {index} is not what was signed: {error}; keep the files as evidence, "
            "look at them with `beacon-audit verify`, and restore the trail from a copy"
        ) from None
