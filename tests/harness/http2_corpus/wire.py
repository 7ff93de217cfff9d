"""HTTP/2 as bytes, valid or not: frames of any type, length, flags and stream, and header blocks of any fields.

``hyperframe`` writes no frame that is wrong and ``hpack`` no block that is, so what is here does without them.
Source: RFC 9113 §4.1 and §6, RFC 7541 §5 and §6.
"""

import struct
from collections.abc import Iterable

type Field = tuple[bytes, bytes]

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
END_STREAM = ACK = 0x1
END_HEADERS = 0x4
PADDED = 0x8
HAS_PRIORITY = 0x20

HEADER_TABLE_SIZE, ENABLE_PUSH, MAX_CONCURRENT_STREAMS, INITIAL_WINDOW_SIZE, MAX_FRAME_SIZE, MAX_HEADER_LIST_SIZE = (
    range(1, 7)
)


def frame(kind: int, flags: int, stream: int, payload: bytes = b"", *, length: int | None = None) -> bytes:
    """One frame. ``length`` is what it says of its own length, if not the truth."""
    said = len(payload) if length is None else length
    return said.to_bytes(3, "big") + struct.pack(">BBL", kind, flags, stream) + payload


def headers(stream: int, block: bytes, flags: int = END_HEADERS) -> bytes:
    """A HEADERS frame: all of a head, and a body to come."""
    return frame(HEADERS, flags, stream, block)


def data(stream: int, payload: bytes, flags: int = END_STREAM) -> bytes:
    """A DATA frame: the last one."""
    return frame(DATA, flags, stream, payload)


def continuation(stream: int, block: bytes, flags: int = END_HEADERS) -> bytes:
    """A CONTINUATION frame: the last one."""
    return frame(CONTINUATION, flags, stream, block)


def reset(stream: int, code: int = 8) -> bytes:
    """A RST_STREAM frame; ``code`` 8 is CANCEL."""
    return frame(RST_STREAM, 0, stream, struct.pack(">L", code))


def settings(*values: tuple[int, int]) -> bytes:
    """A SETTINGS frame."""
    return frame(SETTINGS, 0, 0, b"".join(struct.pack(">HL", *value) for value in values))


def window_update(stream: int, increment: int) -> bytes:
    """A WINDOW_UPDATE frame."""
    return frame(WINDOW_UPDATE, 0, stream, struct.pack(">L", increment))


def ping(opaque: bytes = b"\0" * 8, flags: int = 0) -> bytes:
    """A PING frame."""
    return frame(PING, flags, 0, opaque)


def block(fields: Iterable[Field]) -> bytes:
    """A header block that changes no table: each field is a literal, never indexed (RFC 7541 §6.2.3)."""
    return b"".join(b"\x10" + string(name) + string(value) for name, value in fields)


def indexing(name: bytes, value: bytes) -> bytes:
    """A field that is put into the dynamic table (RFC 7541 §6.2.1)."""
    return b"\x40" + string(name) + string(value)


def indexed(index: int) -> bytes:
    """A field out of a table (RFC 7541 §6.1); 62 is the newest of the dynamic one."""
    return integer(index, 7, 0x80)


def table_size(size: int) -> bytes:
    """A table size update (RFC 7541 §6.3)."""
    return integer(size, 5, 0x20)


def string(text: bytes) -> bytes:
    """A string without Huffman coding (RFC 7541 §5.2)."""
    return integer(len(text), 7) + text


def integer(value: int, bits: int, first: int = 0) -> bytes:
    """A number with a prefix of ``bits`` in a byte that begins with ``first`` (RFC 7541 §5.1)."""
    most = (1 << bits) - 1
    if value < most:
        return bytes((first | value,))
    out = bytearray((first | most,))
    value -= most
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
