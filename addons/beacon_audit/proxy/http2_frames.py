"""HTTP/2 as it comes in, cut into frames, each of a length that may be. Pure; it knows nothing of what is in them.

Takes what was read from a connection, in any pieces, and gives the connection preface and then whole frames, as bytes.
Of a frame that says it is longer than it may be, or of a head (HEADERS and its CONTINUATION) that is, no more is kept
than its nine first bytes. It raises nothing: what is wrong is for the reader behind it.

Source: RFC 9113 §3.4, §4.1, §4.2, §6.10.
"""

from collections.abc import Iterator
from dataclasses import dataclass

#: Types of frames (RFC 9113 §6).
DATA, HEADERS, CONTINUATION = 0x0, 0x1, 0x9
_END_HEADERS = 0x4
_HEADER = 9
_PREFACE = len(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")


@dataclass(frozen=True, slots=True)
class Piece:
    """A whole frame, its nine first bytes included: its type, the stream that it is about, and whether it brings bytes
    of its own. ``kind`` is ``None`` for (a part of) the preface. ``too_long``: there is no more of it than its header.
    """

    kind: int | None
    stream: int
    is_empty: bool
    too_long: bool
    data: bytes


class FrameReader:
    """Reads one connection. ``longest`` bounds the payload of a frame, ``longest_head`` those of all frames of a head,
    in bytes."""

    def __init__(self, longest: int, longest_head: int) -> None:
        self._longest = longest
        self._longest_head = longest_head
        self._buffer = bytearray()
        self._preface_left = _PREFACE
        self._head = 0
        self._in_head = False

    @property
    def within_head(self) -> bool:
        """Whether a connection that ends here ends within its preface or within the head of a request."""
        begun = 0 < self._preface_left < _PREFACE
        return begun or self._in_head or (len(self._buffer) > 3 and self._buffer[3] == HEADERS)

    def read(self, data: bytes) -> Iterator[Piece]:
        """What is whole now, in order. After a piece that is ``too_long`` there is nothing more to read."""
        if self._preface_left:
            preface, data = data[: self._preface_left], data[self._preface_left :]
            self._preface_left -= len(preface)
            yield Piece(None, 0, is_empty=False, too_long=False, data=preface)
        self._buffer += data
        at = 0
        try:
            while len(self._buffer) - at >= _HEADER:
                length = int.from_bytes(self._buffer[at : at + 3])
                end = at + _HEADER + length
                too_long = self._is_too_long(self._buffer[at + 3], length)
                if end > len(self._buffer) and not too_long:
                    return
                piece = self._piece(bytes(self._buffer[at : at + _HEADER if too_long else end]), length, too_long)
                at = end
                yield piece
        finally:
            del self._buffer[:at]

    def _is_too_long(self, kind: int, length: int) -> bool:
        if kind not in (HEADERS, CONTINUATION):
            return length > self._longest
        return length > self._longest_head - (self._head if kind == CONTINUATION else 0)

    def _piece(self, data: bytes, length: int, too_long: bool) -> Piece:
        kind, flags = data[3], data[4]
        if kind in (HEADERS, CONTINUATION):
            self._head = length + (self._head if kind == CONTINUATION else 0)
            self._in_head = not flags & _END_HEADERS
        stream = int.from_bytes(data[5:_HEADER]) & 0x7FFFFFFF
        return Piece(kind, stream, is_empty=not length, too_long=too_long, data=data)
