"""What is exported of a log that may be growing: the newest checkpoint, and ``checkpoints.log`` up to it.

The writer adds the line to ``checkpoints.log`` before it replaces ``checkpoint``, so that a crash can leave the file
one line behind; the line is then what was signed last, and what is exported, as it is when the file is gone, no
checkpoint at all, or not signed by a key of the log. Any other disagreement is evidence of something, and exported as
it stands: when nothing is signed, so is that. The verifiers judge what comes out.
"""

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from beacon_audit.errors import TrailCorrupt, TrailError
from beacon_audit.home import Home
from beacon_audit.trail.checkpoint import Checkpoint, decode_log_line, parse_checkpoint
from beacon_audit.trail.note import VerifierKey, parse_note, signed_by
from beacon_audit.trail.published import CHECKPOINT, CHECKPOINT_LOG
from beacon_audit.trail.verify.evidence import NotAFile, open_file, read_file
from beacon_audit.trail.verify.writer_lock import writer_at_work

NOTE_LIMIT = 128 * 1024
_TRIES = 20
_PAUSE_S = 0.05


@dataclass(frozen=True, slots=True)
class Snapshot:
    """``note`` is a signed checkpoint, ``log_bytes`` the length of the lines of ``checkpoints.log`` that belong to it.
    ``vkey`` is the public line in HOME. ``live``: somebody was writing."""

    trail: Path
    payloads: Path
    note: bytes
    checkpoint: Checkpoint
    log_bytes: int
    vkey: str
    live: bool


def take_snapshot(home: Home, key: VerifierKey, keys: Sequence[VerifierKey], *, alive: bool) -> Snapshot:
    """The log of ``home`` as it stands. ``key`` is that of HOME, ``keys`` are all that it leads to; ``alive``: when it
    was verified a proxy was writing.

    Raises:
        TrailError: there is no checkpoint, so nothing says what the log was.
        OSError: a file cannot be read.
    """
    writing = writer_at_work(home.trail)
    for _ in range(_TRIES):
        lines, log_bytes = _last_lines(home.trail / CHECKPOINT_LOG)
        note = _read(home.trail / CHECKPOINT)
        if (lines and lines[-1] == note) or not writing:
            break
        time.sleep(_PAUSE_S)
    # A note that is a line before the last was left behind by a crash.
    candidates = [*reversed(lines), note] if note in lines else [note, *reversed(lines)]
    found = [(n, c) for n in candidates if n is not None and (c := _checkpoint_in(n)) is not None]
    found.sort(key=lambda pair: not _is_signed(pair[0], keys))
    if found:
        candidate, checkpoint = found[0]
        return Snapshot(home.trail, home.payloads, candidate, checkpoint, log_bytes, key.vkey, writing and alive)
    raise TrailError(
        f"{home.trail / CHECKPOINT}: no signed checkpoint here, and none at the end of {CHECKPOINT_LOG} either, so "
        "nothing says what this log was; keep a copy of the directory as evidence"
    )


def _checkpoint_in(note: bytes) -> Checkpoint | None:
    try:
        return parse_checkpoint(parse_note(note).text)
    except TrailCorrupt:
        return None


def _is_signed(note: bytes, keys: Sequence[VerifierKey]) -> bool:
    parsed = parse_note(note)
    try:
        return any(signed_by(parsed, key) for key in keys)
    except TrailCorrupt:
        return False


def _read(path: Path) -> bytes | None:
    try:
        return read_file(path, NOTE_LIMIT)
    except (FileNotFoundError, NotAFile):
        return None


def _last_lines(path: Path) -> tuple[list[bytes], int]:
    """The notes in the last two whole lines, and the length of all whole lines."""
    try:
        descriptor = open_file(path)
    except (FileNotFoundError, NotAFile):
        return [], 0
    with os.fdopen(descriptor, "rb") as file:
        start = file.seek(max(0, file.seek(0, os.SEEK_END) - 8 * NOTE_LIMIT))
        data = file.read(8 * NOTE_LIMIT)
    whole = data.rfind(b"\n") + 1
    notes = []
    for line in data[:whole].splitlines(keepends=True)[-2:]:
        try:
            notes.append(decode_log_line(line))
        except TrailCorrupt:
            notes.append(b"")
    return notes, start + whole
