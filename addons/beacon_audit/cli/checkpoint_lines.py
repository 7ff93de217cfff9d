"""Every checkpoint as one JSON line on stdout, so that whoever collects the log holds an anchor of the trail.

``{"event":"checkpoint","origin":…,"size":…,"root":…,"checkpoint":<the signed note>}``. A thread of its own writes them,
from `start` on: somebody who does not read stdout must not hold up the trail. What cannot be written in time is left
out, oldest first, since a newer checkpoint vouches for everything an older one does; stderr says how many.
"""

import base64
import json
import logging
import os
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
                self._left_out += 1
                if self._left_out in (1, 10) or self._left_out % 100 == 0:
                    logger.warning("%d checkpoints could not be printed: nobody reads stdout", self._left_out)
            self._changed.notify()

    def close(self, patience_s: float = 2.0) -> None:
        """Print what waits, as far as it can be done in ``patience_s`` seconds."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        if self._thread.ident is not None:
            self._thread.join(patience_s)

    def _run(self) -> None:
        try:
            while note := self._next():
                _write(f"{checkpoint_line(note)}\n".encode())
        except OSError as error:
            logger.error("checkpoints cannot be printed any more: stdout: %s; nobody keeps anchors of this run", error)

    def _next(self) -> bytes | None:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closing)
            return self._waiting.popleft() if self._waiting else None


def _write(line: bytes) -> None:
    """Write to the descriptor itself: a thread that hangs in Python's own stream would hold its lock at the exit."""
    descriptor = sys.stdout.fileno()
    while line:
        line = line[os.write(descriptor, line) :]


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
