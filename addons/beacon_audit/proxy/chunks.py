"""Chunked bodies, read without leniency.

mitmproxy reads chunks by h11, which passes over extensions with any byte in them but LF, takes a lone LF for the end of
the last chunk, and waits for the end of a line that cannot become one. Bodies are written upstream in chunks of our
own, so nothing of that leaves; but where a body ends must not be a matter of opinion.

Takes a ``ReceiveBuffer`` and gives what h11's readers give. The work is linear in the bytes, however they arrive.
Raises ``BadChunks``. Source: RFC 9112 §7.1. No extension is documented; what stands in one is not kept.
"""

import re

import h11
from h11._receivebuffer import ReceiveBuffer

_LINE_END = b"\r\n"
#: A size line; h11 and others allow white space after the number, which some servers write there.
_SIZE_LINE = re.compile(rb"([0-9a-fA-F]{1,16})[ \t]*(?:;[\t -~]*)?\r\n")
#: What can still become one.
_BEGINNING = re.compile(rb"|[0-9a-fA-F]{1,16}[ \t]*(?:;[\t -~]*)?\r?")
_LONGEST_LINE = 4096

NO_SIZE = "the size of a chunk is not written as one"
NOT_ITS_SIZE = "a chunk is longer than its size"
TRAILERS = "the message has trailers"
CUT_OFF = "the connection ended within a chunked body"
#: All that ``BadChunks`` says.
CHUNK_PROBLEMS = frozenset({NO_SIZE, NOT_ITS_SIZE, TRAILERS, CUT_OFF})


class BadChunks(Exception):
    """The message is not framed as RFC 9112 has it, or has trailers. The message quotes nothing."""


class StrictChunkedReader:
    """Reads one chunked body. Called with the buffer until it gives ``EndOfMessage``; ``None`` means: more bytes."""

    def __init__(self) -> None:
        self._left = 0
        #: What must come next, to the byte: the end of a line, after the data of a chunk and after the last chunk.
        self._owed = b""
        self._last = False

    def __call__(self, buffer: ReceiveBuffer) -> h11.Data | h11.EndOfMessage | None:
        """The next part of the body, as far as it is there."""
        if not self._read_owed(buffer):
            return None
        if self._last:
            return h11.EndOfMessage()
        if not self._left:
            if not self._read_size(buffer):
                return None
            if self._last:
                return self(buffer)
        data = buffer.maybe_extract_at_most(self._left)
        if data is None:
            return None
        self._left -= len(data)
        self._owed = b"" if self._left else _LINE_END
        return h11.Data(data=bytes(data))

    def read_eof(self) -> h11.EndOfMessage:
        """The connection has ended, which a chunked body must not end with."""
        raise BadChunks(CUT_OFF)

    def _read_owed(self, buffer: ReceiveBuffer) -> bool:
        """Whether nothing is owed any more."""
        came = buffer.maybe_extract_at_most(len(self._owed)) if self._owed else None
        if came is not None:
            if not self._owed.startswith(came):
                raise BadChunks(TRAILERS if self._last else NOT_ITS_SIZE)
            self._owed = self._owed[len(came) :]
        return not self._owed

    def _read_size(self, buffer: ReceiveBuffer) -> bool:
        """Whether there was a whole line."""
        line = buffer.maybe_extract_next_line()
        if line is None:
            if len(buffer) > _LONGEST_LINE or not _BEGINNING.fullmatch(bytes(buffer)):
                raise BadChunks(NO_SIZE)
            return False
        found = _SIZE_LINE.fullmatch(line)
        if found is None or len(line) > _LONGEST_LINE:
            raise BadChunks(NO_SIZE)
        self._left = int(found[1], 16)
        self._last = not self._left
        self._owed = _LINE_END if self._last else b""
        return True
