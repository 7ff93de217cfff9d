"""Every checkpoint as one JSON line on stdout, so that whoever collects the log holds an anchor of the trail.

``{"event":"checkpoint","origin":…,"size":…,"root":…,"checkpoint":<the signed note>}``. A thread of its own writes them,
from `start` on: somebody who does not read stdout must not hold up the trail, nor its end. What cannot be written, or
not in time, is left out, oldest first, since a newer checkpoint vouches for everything an older one does; stderr says
how many.
"""

import base64
import json
import logging
import os
import select
import sys
from collections import deque
from threading import Condition, Thread

from beacon_audit.trail.checkpoint import parse_checkpoint
from beacon_audit.trail.note import parse_note

logger = logging.getLogger(__name__)
WAITING_LIMIT = 1000


class CheckpointLines:
    """Takes notes from any thread with `add`; nothing is printed before `start`."""

    def __init__(self) -> None:
        self._waiting: deque[bytes] = deque()
        self._changed = Condition()
        self._closing = False
        self._left_out = 0
        # A daemon: a stdout that nobody reads must not hold up the end.
        self._thread = Thread(target=self._run, name="checkpoint-lines", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def add(self, note: bytes) -> None:
        """Print ``note`` soon. Never waits."""
        with self._changed:
            self._waiting.append(note)
            if len(self._waiting) > WAITING_LIMIT:
                self._waiting.popleft()
                self._leave_out("nobody reads stdout")
            self._changed.notify()

    def close(self, patience_s: float = 2.0) -> None:
        """Print what waits, as far as it can be done in ``patience_s`` seconds."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        if self._thread.ident is not None:
            self._thread.join(patience_s)
        if self._thread.is_alive():
            left = self._left_out + len(self._waiting) + 1
            logger.warning("%d checkpoints could not be printed: nobody reads stdout", left)

    def _run(self) -> None:
        # Not by way of `sys.stdout`: whoever waits there holds its locks, and the process needs them to end. It is not
        # scrubbed of secrets so, but nothing in a checkpoint could hold one.
        descriptor = sys.stdout.fileno()
        before = b""
        while note := self._next():
            try:
                _write(descriptor, before + checkpoint_line(note).encode("ascii") + b"\n")
                before = b""
            except OSError as error:
                before = b"\n"  # the end of a line that may have been cut
                with self._changed:
                    self._leave_out(error.strerror or type(error).__name__)

    def _next(self) -> bytes | None:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closing)
            return self._waiting.popleft() if self._waiting else None

    def _leave_out(self, why: str) -> None:
        self._left_out += 1
        if self._left_out in (1, 10) or self._left_out % 100 == 0:
            logger.warning("%d checkpoints could not be printed: %s", self._left_out, why)


def _write(descriptor: int, line: bytes) -> None:
    while line:
        try:
            line = line[os.write(descriptor, line) :]
        except BlockingIOError:  # whoever started us can have made it so
            select.select([], [descriptor], [])


def checkpoint_line(note: bytes) -> str:
    """The line, without its newline, for the signed checkpoint ``note``."""
    checkpoint = parse_checkpoint(parse_note(note).text)
    return json.dumps(
        {
            "event": "checkpoint",
            "origin": checkpoint.origin,
            "size": checkpoint.size,
            "root": base64.b64encode(checkpoint.root).decode("ascii"),
            "checkpoint": note.decode("utf-8"),
        }
    )
