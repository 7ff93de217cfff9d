"""What a log says about itself at one moment: its origin, its size, its root. C2SP tlog-checkpoint, as the text of a
signed note, and the line that ``checkpoints.log`` keeps of every such note.

Stricter than the specification in one way: there are no extension lines, which nobody could check. Whatever is accepted
encodes to the same bytes again. Raises `TrailCorrupt`.
"""

import json
from dataclasses import dataclass

from beacon_audit.errors import TrailCorrupt
from beacon_audit.trail.canonical import from_base64, from_decimal, to_base64
from beacon_audit.trail.merkle import EMPTY_ROOT
from beacon_audit.trail.tiles import HASH_BYTES


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """``root`` (32 bytes) is the root of the first ``size`` entries of the log called ``origin``."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """The three lines that are signed."""
        return f"{self.origin}\n{self.size}\n{to_base64(self.root)}\n"


def parse_checkpoint(text: str) -> Checkpoint:
    """The checkpoint that the ``text`` of a note is."""
    lines = text.split("\n")
    if len(lines) != 4 or lines[3] or not lines[0]:
        raise TrailCorrupt("checkpoint: expected three lines, origin, size and root; came something else")
    size = from_decimal(lines[1], "checkpoint, size")
    root = from_base64(lines[2], "checkpoint, root", HASH_BYTES)
    if size == 0 and root != EMPTY_ROOT:
        raise TrailCorrupt("checkpoint: expected the root of the empty tree for size 0, came another")
    return Checkpoint(lines[0], size, root)


def encode_log_line(note: bytes) -> bytes:
    """The line of ``checkpoints.log`` for the encoded ``note``, with its newline."""
    return json.dumps(note.decode(), ensure_ascii=False).encode() + b"\n"


def decode_log_line(line: bytes) -> bytes:
    """The encoded note that ``line``, with its newline, was made from."""
    try:
        # Nothing but a string begins so; other JSON can nest deeper than a parser goes.
        note = str(json.loads(line.decode())).encode() if line.startswith(b'"') else b""
        canonical = encode_log_line(note) == line
    except ValueError:  # not JSON, not UTF-8, half a surrogate pair
        canonical = False
    if not canonical:
        raise TrailCorrupt("line of checkpoints.log: expected a note as a JSON string in its one right spelling")
    return note
