"""The lines of ``checkpoints.log`` one by one, handed out with the part of the log that they speak of."""

import os
from collections.abc import Iterator
from pathlib import Path

from beacon_audit.trail.published import CHECKPOINT_LOG
from beacon_audit.trail.verify.checkpoint_line import Line, glance
from beacon_audit.trail.verify.evidence import NotAFile, open_file
from beacon_audit.trail.verify.problem import Problems

#: A line has at most so many bytes; one of ours has about 300. So those of a part of the log fit into little memory.
LINE_LIMIT = 2048


class CheckpointLines:
    """The first ``length`` bytes of the log in ``directory``, which end with a line. Reports lines out of order, and a
    first one that is not that of the empty log."""

    def __init__(self, directory: Path, length: int, problems: Problems) -> None:
        self._problems = problems
        self._lines = self._in_order(_read(directory, length))
        self._next = next(self._lines, None)
        if self._next is not None and self._next.size:
            message = "expected the checkpoint of the empty log, which `init` signs, in the first line"
            problems.add("checkpoint-log-mismatch", message, file=CHECKPOINT_LOG, offset=self._next.offset)
        #: How many lines were handed out.
        self.count = 0

    def up_to(self, size: int) -> tuple[Line, ...]:
        """The lines not handed out yet that speak of at most ``size`` entries."""
        lines: list[Line] = []
        while self._next is not None and self._next.size <= size:
            lines.append(self._next)
            self._next = next(self._lines, None)
        self.count += len(lines)
        return tuple(lines)

    def rest(self) -> Iterator[Line]:
        """Those left over."""
        while self._next is not None:
            yield self._next
            self._next = next(self._lines, None)

    def _in_order(self, lines: Iterator[tuple[int, int, bytes]]) -> Iterator[Line]:
        before = -1
        for number, offset, data in lines:
            size = glance(data)
            if len(data) > LINE_LIMIT:
                message = f"line {number}: expected at most {LINE_LIMIT} bytes; nothing behind them was read"
                self._damaged(message, offset)
            elif size is None:
                self._damaged(f"line {number}: expected a signed checkpoint as a JSON string", offset)
            elif size <= before:
                self._damaged(f"line {number}: expected a size above {before}, came {size}", offset)
            else:
                before = size
                yield Line(number, offset, size, data)

    def _damaged(self, message: str, offset: int) -> None:
        self._problems.add("checkpoint-log-damaged", message, file=CHECKPOINT_LOG, offset=offset)


def first_line(directory: Path) -> bytes:
    """The first line of the log; empty when there is none."""
    return next((data for _, _, data in _read(directory, LINE_LIMIT)), b"")


def _read(directory: Path, length: int) -> Iterator[tuple[int, int, bytes]]:
    """Number, offset and bytes of each line. One that is too long is cut, but not to what would do, and is the last."""
    try:
        descriptor = open_file(directory / CHECKPOINT_LOG)
    except (FileNotFoundError, NotAFile):
        return
    offset = 0
    with os.fdopen(descriptor, "rb") as file:
        number = 0
        while offset < length and (data := file.readline(LINE_LIMIT + 1)):
            number += 1
            yield number, offset, data
            if len(data) > LINE_LIMIT:
                return
            offset += len(data)
