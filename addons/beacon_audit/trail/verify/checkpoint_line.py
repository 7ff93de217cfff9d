"""One line of ``checkpoints.log``: written canonically, a checkpoint of this log, signed by the key in force. Pure."""

import re
from dataclasses import dataclass

from beacon_audit.errors import TrailCorrupt
from beacon_audit.trail.checkpoint import Checkpoint, decode_log_line, parse_checkpoint
from beacon_audit.trail.note import Note, parse_note
from beacon_audit.trail.verify.key_chain import KeyChain

# The size as it stands in the line, before the line is decoded.
_SIZE = re.compile(rb'"[^"\\\n]+\\n(0|[1-9][0-9]{0,18})\\n')


@dataclass(frozen=True, slots=True)
class Line:
    """``number`` counts from 1; ``offset`` is its first byte; ``size`` is the size that it seems to speak of."""

    number: int
    offset: int
    size: int
    data: bytes


@dataclass(frozen=True, slots=True)
class CheckedLine:
    """What a line says, or the ``fault`` because of which it says nothing. ``signed``: by a key of the chain; else it
    may be one of an earlier key."""

    number: int
    offset: int
    size: int
    root: bytes | None
    fault: str | None
    signed: bool = True


def glance(data: bytes) -> int | None:
    """The size that a line seems to speak of; ``None`` when it is no line of ours."""
    match = _SIZE.match(data)
    return int(match[1]) if match else None


def check_line(line: Line, chain: KeyChain) -> CheckedLine:
    """``line``, decoded, with its signature verified."""
    try:
        note = parse_note(decode_log_line(line.data))
        checkpoint = _checkpoint_in(note, chain)
        if chain.may_be_earlier(note):
            return CheckedLine(line.number, line.offset, checkpoint.size, checkpoint.root, None, signed=False)
        chain.check_signature(note, checkpoint.size)
    except TrailCorrupt as error:
        return CheckedLine(line.number, line.offset, line.size, None, str(error))
    return CheckedLine(line.number, line.offset, checkpoint.size, checkpoint.root, None)


def check_note(data: bytes, chain: KeyChain) -> Checkpoint:
    """The checkpoint in a signed note, signed by the key that was in force. Raises `TrailCorrupt`."""
    note = parse_note(data)
    checkpoint = _checkpoint_in(note, chain)
    chain.check_signature(note, checkpoint.size)
    return checkpoint


def _checkpoint_in(note: Note, chain: KeyChain) -> Checkpoint:
    checkpoint = parse_checkpoint(note.text)
    if checkpoint.origin != chain.origin:
        raise TrailCorrupt(f"expected a checkpoint of {chain.origin}, came one of another log")
    return checkpoint
