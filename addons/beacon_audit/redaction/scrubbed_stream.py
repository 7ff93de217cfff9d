"""A text stream that passes on whole lines, without the secrets in them.

What has no line end yet waits, even for ``flush``. So does the end of what was written when it could be the beginning
of a secret: the rest of it may come with the next line. It is passed on, or replaced, with the next write or at
``close``. A line of more than ``LONGEST_LINE`` characters is not passed on, since a secret could stand wherever it
would be cut; neither is text whose scrubbing fails. A fixed line says so.
"""

import contextlib
import io
from threading import RLock
from typing import TextIO

from beacon_audit.redaction.registry import SecretRegistry

LONGEST_LINE = 65_536
WITHHELD_LINE = "[a line was withheld: it could not be searched for secrets]"
# ``unfinished_at`` counts beginnings of four characters or more. Shorter ones are passed on, but remembered: as many
# characters as three need when they are escaped, so that a secret that is written a letter a line is still seen.
_REMEMBERED = 64


class ScrubbedStream(io.TextIOBase):
    """Writes to ``stream``, which it does not close."""

    def __init__(self, stream: TextIO, registry: SecretRegistry) -> None:
        self._stream = stream
        self._registry = registry
        self._waiting = ""
        self._written = ""  # the last characters that were passed on, white space left out
        self._dropping = False
        self._lock = RLock()

    def write(self, text: str) -> int:
        with self._lock:
            self._waiting += text
            if self._dropping:
                self._drop()
            end = max(self._waiting.rfind("\n"), self._waiting.rfind("\r")) + 1
            if end:
                self._pass_on(self._held_from(end))
            if len(self._waiting) > LONGEST_LINE:
                self._drop()
        return len(text)

    def _held_from(self, end: int) -> int:
        """Where in the lines that are waiting a secret begins that is not finished; ``end`` when there is none."""
        try:
            start = self._registry.unfinished_at(self._written + self._waiting[:end])
        except Exception:  # noqa: BLE001 - scrubbing will fail too, and say so
            return end
        return max(0, start - len(self._written))

    def _pass_on(self, end: int) -> None:
        text, self._waiting = self._waiting[:end], self._waiting[end:]
        if not text:
            return
        try:
            clean = self._registry.scrub_line(text)
        except Exception:  # noqa: BLE001 - closed: whatever failed, the text must not come out
            clean = f"{WITHHELD_LINE}\n"
        self._written = (self._written + "".join(text[-256:].split()))[-_REMEMBERED:]
        self._stream.write(clean)

    def _drop(self) -> None:
        """Leave out everything up to the next line end."""
        _, newline, self._waiting = self._waiting.partition("\n")
        self._dropping = not newline
        if newline:
            self._stream.write(f"{WITHHELD_LINE}\n")

    def flush(self) -> None:
        with self._lock, contextlib.suppress(ValueError):
            self._stream.flush()

    def close(self) -> None:
        """Pass on what waits."""
        with self._lock:
            if self._dropping:
                self._waiting += "\n"
                self._drop()
            self._pass_on(len(self._waiting))
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
