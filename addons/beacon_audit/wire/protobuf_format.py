"""The protobuf wire format, below any message: varints and the values of fields that nobody knows.

Source of the rule: https://protobuf.dev/programming-guides/encoding/. Takes bytes and a position; gives a value and the
position behind it. Raises ``WireError`` with ``wire.protobuf-invalid`` for bytes that no parser reads.
"""

from typing import Final

from beacon_audit.errors import WireError

VARINT_WIRE: Final = 0
FIXED64_WIRE: Final = 1
BYTES_WIRE: Final = 2
FIXED32_WIRE: Final = 5

#: The highest first byte of a varint that is this byte alone.
ONE_BYTE: Final = 0x7F
_LONGEST_VARINT = 10
#: The tenth byte of a varint holds the 64th bit, and no more.
_LAST_BYTE = 1


def invalid(message: str, pointer: str = "") -> WireError:
    """The error for bytes that are not protobuf."""
    return WireError("wire.protobuf-invalid", message, pointer)


def truncated(pointer: str = "") -> WireError:
    """The error for a field that ends behind the end of the message around it."""
    return invalid("expected every field to end inside of its message, got one that does not", pointer)


def read_varint(data: bytes, position: int, end: int) -> tuple[int, int, bool]:
    """The value, the position behind it, and whether a shorter encoding of the value exists."""
    value = shift = 0
    for at in range(position, min(end, position + _LONGEST_VARINT)):
        byte = data[at]
        value |= (byte & ONE_BYTE) << shift
        if byte <= ONE_BYTE:
            if shift == 63 and byte > _LAST_BYTE:
                raise invalid("expected a varint of at most 64 bits, got one of more")
            return value, at + 1, byte == 0 and at > position
        shift += 7
    if end - position >= _LONGEST_VARINT:
        raise invalid("expected a varint of at most 10 bytes, got one of more")
    raise truncated()
