"""One moment of a log that may be growing: the newest checkpoint, and how much of ``checkpoints.log`` belongs to it.

The writer first adds a line to ``checkpoints.log`` and then replaces ``checkpoint``. So the file is the last line, or,
for an instant or after a crash, the one before. `take_snapshot` waits a little while somebody writes, and reports
what is then still not as it should be.
"""

import os
import time
from dataclasses import dataclass
from pathlib import Path

from beacon_audit.errors import TrailCorrupt
from beacon_audit.trail.checkpoint import Checkpoint, decode_log_line, parse_checkpoint
from beacon_audit.trail.note import NOTE_LIMIT, parse_note
from beacon_audit.trail.published import CHECKPOINT, CHECKPOINT_LOG, whole_lines
from beacon_audit.trail.verify.evidence import NotAFile, open_file, read_file
from beacon_audit.trail.verify.problem import Problems
from beacon_audit.trail.verify.writer_lock import writer_at_work

_PAUSE_S = 0.05
#: Of the end of the log of checkpoints so much is looked at.
_WINDOW = 18 * NOTE_LIMIT


@dataclass(frozen=True, slots=True)
class Snapshot:
    """``note`` is the file ``checkpoint``, ``last`` the last line of ``checkpoints.log``; nothing of it is verified.
    ``log_bytes`` is the length of the whole lines of that log. ``writing``: a writer is at work."""

    note: bytes | None
    last: bytes | None
    log_bytes: int
    writing: bool


@dataclass(frozen=True, slots=True)
class _Look:
    note: bytes | None
    lines: tuple[bytes, ...]
    log_bytes: int
    torn: int

    @property
    def last(self) -> bytes | None:
        return _decoded(self.lines[-1]) if self.lines else None

    @property
    def settled(self) -> bool:
        return self.note is not None and self.note == self.last and not self.torn

    @property
    def interrupted(self) -> bool:
        """A crash can leave it so: the last line is torn, or ahead by one; of the first line the file may lack."""
        if self.note == self.last:
            return self.note is not None
        before = _decoded(self.lines[-2]) if len(self.lines) > 1 else None
        return not self.torn and self.last is not None and self.note == before


def read_note(directory: Path, name: str = CHECKPOINT) -> bytes | None:
    """The signed note in a file of the trail; ``None`` when there is none."""
    try:
        return read_file(directory / name, NOTE_LIMIT)
    except (FileNotFoundError, NotAFile):
        return None


def read_checkpoint(note: bytes | None) -> Checkpoint | None:
    """The checkpoint in a note, not verified; ``None`` when it is none."""
    try:
        return parse_checkpoint(parse_note(note).text) if note is not None else None
    except TrailCorrupt:
        return None


def take_snapshot(directory: Path, problems: Problems, patience_s: float) -> Snapshot:
    """The log in ``directory`` as it stands; waits ``patience_s`` for a writer that is between two steps."""
    writing = writer_at_work(directory)
    deadline = time.monotonic() + patience_s
    while True:
        look = _look(directory)
        if look.settled or not (writing or writer_at_work(directory)) or time.monotonic() > deadline:
            break
        time.sleep(_PAUSE_S)
    if not look.settled:
        _report(look, problems)
    return Snapshot(look.note, look.last, look.log_bytes, writing)


def _look(directory: Path) -> _Look:
    """Both files, with ``checkpoint`` unchanged while the other was read, if the writer leaves the time for that."""
    note = read_note(directory)
    for _ in range(20):
        lines, log_bytes, torn = _last_lines(directory)
        again = read_note(directory)
        if again == note:
            break
        note = again
    return _Look(note, lines, log_bytes, torn)


def _last_lines(directory: Path) -> tuple[tuple[bytes, ...], int, int]:
    """The last two whole lines of the log, the length of all whole lines, the number of bytes behind them."""
    try:
        descriptor = open_file(directory / CHECKPOINT_LOG)
    except (FileNotFoundError, NotAFile):
        return (), 0, 0
    with os.fdopen(descriptor, "rb") as file:
        start = file.seek(max(0, file.seek(0, os.SEEK_END) - _WINDOW))
        data = file.read(2 * _WINDOW)
    whole = whole_lines(data)
    lines = data[:whole].split(b"\n")[:-1]
    if start and len(lines) < 3:
        lines = []  # lines of ours are never so long
    return tuple(line + b"\n" for line in lines[-2:]), start + whole, len(data) - whole


def _decoded(line: bytes) -> bytes | None:
    try:
        return decode_log_line(line)
    except TrailCorrupt:
        return None


def _report(look: _Look, problems: Problems) -> None:
    if look.note is None and not look.lines:
        message = "every log begins with a signed checkpoint; there is none: the log was deleted"
        problems.add("no-checkpoint", message, file=CHECKPOINT)
    elif look.interrupted:
        message = f"{CHECKPOINT} and {CHECKPOINT_LOG} are one step apart; the writer was interrupted, start it again"
        problems.add("checkpoint-behind", message, file=CHECKPOINT)
    elif look.note is None:
        problems.add("no-checkpoint", f"{CHECKPOINT_LOG} has checkpoints, and this file is missing", file=CHECKPOINT)
    elif not look.lines:
        problems.add("checkpoint-log-mismatch", "there is a checkpoint, and no line for it here", file=CHECKPOINT_LOG)
    else:
        own, last = read_checkpoint(look.note), read_checkpoint(look.last)
        if own is not None and last is not None and own.size < last.size:
            message = f"expected the last line of {CHECKPOINT_LOG} (size {last.size}), found size {own.size}"
            problems.add("rolled-back", message, file=CHECKPOINT)
        else:
            message = f"expected the last line of {CHECKPOINT_LOG}, found another checkpoint"
            problems.add("checkpoint-log-mismatch", message, file=CHECKPOINT)
