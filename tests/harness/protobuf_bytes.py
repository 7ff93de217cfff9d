"""Protobuf fields written by hand, so that a test can write them wrong. One call, one field."""

import struct


def varint(value: int, *, longer: int = 0) -> bytes:
    """``value`` in as few bytes as possible and ``longer`` more."""
    groups = [value >> shift & 0x7F for shift in range(0, max(value.bit_length(), 1), 7)] + [0] * longer
    return bytes([group | 0x80 for group in groups[:-1]] + groups[-1:])


def tag(number: int, wire_type: int) -> bytes:
    return varint(number << 3 | wire_type)


def number(field: int, value: int, *, longer: int = 0) -> bytes:
    """A varint field."""
    return tag(field, 0) + varint(value, longer=longer)


def fixed64(field: int, value: int) -> bytes:
    return tag(field, 1) + struct.pack("<Q", value)


def double(field: int, value: float) -> bytes:
    return tag(field, 1) + struct.pack("<d", value)


def fixed32(field: int, value: int) -> bytes:
    return tag(field, 5) + struct.pack("<I", value)


def chunk(field: int, *content: bytes | str) -> bytes:
    """A length-delimited field: a text, bytes, or a message of fields."""
    data = b"".join(part.encode() if isinstance(part, str) else part for part in content)
    return tag(field, 2) + varint(len(data)) + data


def trace(*fields: bytes) -> bytes:
    """An ``ExportTraceServiceRequest`` with one span of ``fields``."""
    return chunk(1, chunk(2, chunk(2, *fields)))


def metric(*fields: bytes) -> bytes:
    """An ``ExportMetricsServiceRequest`` with one metric of ``fields``."""
    return chunk(1, chunk(2, chunk(2, *fields)))


def attribute(key: str, value: str) -> bytes:
    """The content of a ``KeyValue`` with a text."""
    return chunk(1, key) + chunk(2, chunk(1, value))
