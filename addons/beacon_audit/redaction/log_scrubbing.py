"""Nothing leaves this process in clear through a log line, a traceback or a print.

Two nets, one behind the other. ``logging.Handler.format`` is what every handler calls, ours and any library's, now or
later: its result (message, arguments, traceback, stack) is scrubbed as one text. And ``sys.stdout`` and ``sys.stderr``
are replaced by a stream that scrubs whole lines, which catches ``print``, ``warnings``, uncaught exceptions and hooks
that fail. A scrub that fails prints a fixed line instead (closed).

Not covered: what native code writes to file descriptor 2 by itself.
"""

import contextlib
import io
import logging
import sys
from threading import RLock
from typing import TextIO

from beacon_audit.redaction.registry import SecretRegistry

LONGEST_LINE = 65536
WITHHELD_LINE = "[a line was withheld: it could not be searched for secrets]"


def install_log_scrubbing(registry: SecretRegistry) -> None:
    """Put both nets in place, once per process, before anything is logged."""
    original = logging.Handler.format

    def scrubbed_format(self: logging.Handler, record: logging.LogRecord) -> str:
        try:
            return registry.scrub(original(self, record))
        except Exception:  # noqa: BLE001 - whatever failed, its text must not come out by another way
            return WITHHELD_LINE

    logging.Handler.format = scrubbed_format  # type: ignore[method-assign]
    # logging prints a failing record, arguments and all, by itself.
    logging.raiseExceptions = False
    before = {
        id(sys.stdout): ScrubbedStream(sys.stdout, registry),
        id(sys.stderr): ScrubbedStream(sys.stderr, registry),
    }
    for handler in logging.getLogger().handlers:
        if isinstance(handler, logging.StreamHandler) and id(handler.stream) in before:
            handler.setStream(before[id(handler.stream)])
    sys.stdout, sys.stderr = before[id(sys.stdout)], before[id(sys.stderr)]


class ScrubbedStream(io.TextIOBase):
    """A text stream that passes on whole lines, scrubbed. What has no line end yet waits, even for ``flush``."""

    def __init__(self, stream: TextIO, registry: SecretRegistry) -> None:
        self._stream = stream
        self._registry = registry
        self._waiting = ""
        self._too_long = False
        self._lock = RLock()

    def write(self, text: str) -> int:
        with self._lock:
            *lines, self._waiting = (self._waiting + text).split("\n")
            for line in lines:
                self._pass_on(line)
            if len(self._waiting) > LONGEST_LINE:
                # A secret could stand across any place where it would be cut.
                self._waiting, self._too_long = "", True
        return len(text)

    def _pass_on(self, line: str) -> None:
        try:
            clean = WITHHELD_LINE if self._too_long or len(line) > LONGEST_LINE else self._registry.scrub(line)
        except Exception:  # noqa: BLE001 - closed: no text at all
            clean = WITHHELD_LINE
        self._too_long = False
        self._stream.write(clean + "\n")

    def flush(self) -> None:
        with self._lock, contextlib.suppress(ValueError):
            self._stream.flush()

    def close(self) -> None:
        """Pass on what waits; the stream below stays open."""
        with self._lock:
            if self._waiting:
                self._pass_on(self._waiting)
                self._waiting = ""
            self.flush()

    def fileno(self) -> int:
        return self._stream.fileno()

    def isatty(self) -> bool:
        return self._stream.isatty()

    def writable(self) -> bool:
        return True

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._stream.encoding
