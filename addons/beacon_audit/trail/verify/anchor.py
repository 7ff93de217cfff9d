"""Anchors: checkpoints of the log that were kept where its owner cannot change them. Pure.

`read_anchors` takes the bytes of a file that holds one signed note, or lines: what the proxy prints on stdout (JSON
objects with a ``checkpoint``; other lines are passed over, so a whole log of a container will do), or lines of
``checkpoints.log`` (JSON strings). A line with a checkpoint that was cut on its way, or put into an object of somebody
else's (as container engines do), is not passed over: it may be the newest.
"""

import json
import re
from collections.abc import Iterator

from beacon_audit.errors import TrailCorrupt, UsageError
from beacon_audit.trail.checkpoint import Checkpoint, parse_checkpoint
from beacon_audit.trail.note import parse_note, signed_by
from beacon_audit.trail.verify.key_chain import KeyChain

#: What a line with a checkpoint begins with, in each of the forms, wherever it was cut and whatever stands before it.
_CUT = re.compile(rb'"checkpoint"|\A\s*"|beacon-audit/[0-9a-f]{16}\\n')
#: What is in such a line also when it has become a text in an object of somebody else.
_WRAPPED = re.compile(rb"beacon-audit/[0-9a-f]{16}\\+n")


def read_anchors(data: bytes, name: str) -> list[bytes]:
    """The signed notes in ``data``, each once; ``name`` is that of the file, for errors.

    Raises:
        UsageError: there is none, or one is not a checkpoint.
    """
    if _is_checkpoint(data):
        return [data]
    notes: dict[bytes, None] = {}
    for number, line in enumerate(data.splitlines(), 1):
        for note in _note_in(line):
            if not _is_checkpoint(note):
                raise UsageError(
                    f"{name}:{number}: expected a signed checkpoint, came something else; cut, wrapped or damaged?"
                )
            notes[note] = None
    if not notes:
        raise UsageError(
            f"{name}: expected a signed checkpoint, or lines with one as `beacon-audit run` prints them, found none"
        )
    return list(notes)


def signed_by_chain(note: bytes, chain: KeyChain) -> Checkpoint | None:
    """The checkpoint in ``note`` (see `read_anchors`) when it is one of this log and a key of its chain signed it."""
    parsed = parse_note(note)
    checkpoint = parse_checkpoint(parsed.text)
    if checkpoint.origin != chain.origin:
        return None
    try:
        return checkpoint if any(signed_by(parsed, key) for key in chain.keys) else None
    except TrailCorrupt:
        return None


def _note_in(line: bytes) -> Iterator[bytes]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        if _CUT.search(line):
            yield b""
        return
    if isinstance(value, dict):
        value = value.get("checkpoint", "" if value.get("event") == "checkpoint" else None)
    if isinstance(value, str):
        yield value.encode("utf-8", "replace")
    elif _WRAPPED.search(line):
        yield b""


def _is_checkpoint(note: bytes) -> bool:
    try:
        parse_checkpoint(parse_note(note).text)
    except TrailCorrupt:
        return False
    return True
