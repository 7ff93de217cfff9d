"""The values of protobuf fields that are not objects, as OTLP/JSON shows them.

``Values`` takes the bytes of a body, a position and the kind of value (``otlp_messages``); it gives the value and the
position behind it. What other parsers read differently, or what could have been written differently, becomes a remark
at the given place. Raises ``WireError`` (``wire.protobuf-invalid``).
"""

import math
import struct
from collections.abc import Iterator, Mapping

from beacon_audit.wire.otlp_messages import (
    BOOL,
    DOUBLE,
    FIXED32,
    FIXED64,
    INT32,
    INT64,
    SFIXED64,
    SINT32,
    UINT32,
)
from beacon_audit.wire.places import Place
from beacon_audit.wire.protobuf_format import (
    BYTES_WIRE,
    FIXED32_WIRE,
    FIXED64_WIRE,
    VARINT_WIRE,
    invalid,
    read_varint,
    truncated,
)
from beacon_audit.wire.protobuf_remarks import Remarks

_LARGEST_TAG = 2**32 - 1
_LONGEST_TAG = 5
type Number = int | float | str

#: What languages write for "not a number"; all other payloads are somebody's text.
_USUAL_NANS = frozenset({0x7FF8000000000000, 0xFFF8000000000000, 0x7FF8000000000001})
_FIXED: Mapping[int, struct.Struct] = {
    FIXED64: struct.Struct("<Q"),
    SFIXED64: struct.Struct("<q"),
    DOUBLE: struct.Struct("<d"),
    FIXED32: struct.Struct("<I"),
}
_FIXED_BY_WIRE: Mapping[int, struct.Struct] = {FIXED64_WIRE: _FIXED[FIXED64], FIXED32_WIRE: _FIXED[FIXED32]}
#: Lowest and highest value of what travels in 64 bits but has fewer.
_RANGES: Mapping[int, tuple[int, int]] = {
    BOOL: (0, 1),
    UINT32: (0, 2**32 - 1),
    INT32: (-(2**31), 2**31 - 1),
    SINT32: (-(2**31), 2**31 - 1),
}


class Values:
    """The values of one body."""

    __slots__ = ("_data", "_remarks")

    def __init__(self, data: bytes, remarks: Remarks) -> None:
        self._data = data
        self._remarks = remarks

    def varint(self, position: int, end: int, place: Place) -> tuple[int, int]:
        """An unsigned varint: a tag, a length, or the bits of a value."""
        value, after, longer = read_varint(self._data, position, end)
        if longer:
            self._remarks.add("wire.protobuf-noncanonical", place)
        return value, after

    def integer(self, kind: int, position: int, end: int, place: Place) -> tuple[int, int]:
        """A number that travels as a varint. One that does not fit its field is given whole, not cut off."""
        bits, after = self.varint(position, end, place)
        value = bits
        if kind in (INT64, INT32) and bits >= 1 << 63:
            value = bits - (1 << 64)
        elif kind == SINT32:
            value = (bits >> 1) ^ -(bits & 1)
        lowest, highest = _RANGES.get(kind, (value, value))
        if not lowest <= value <= highest:
            self._remarks.add("wire.protobuf-integer-range", place)
        elif kind == BOOL:
            return value == 1, after
        return value, after

    def tag(self, position: int, end: int, place: Place) -> tuple[int, int]:
        """The tag of a field, of 29 bits of number and 3 of wire type."""
        tag, after = self.varint(position, end, place)
        if tag > _LARGEST_TAG or after - position > _LONGEST_TAG:
            raise invalid("expected a tag of at most 32 bits in 5 bytes, got one of more")
        return tag, after

    def text(self, start: int, end: int, place: Place) -> str:
        """A string. Bytes that are not UTF-8 show as U+FFFD: what can be read is to be looked at."""
        try:
            return self._data[start:end].decode()
        except UnicodeDecodeError:
            self._remarks.add("wire.protobuf-utf8", place)
            return self._data[start:end].decode(errors="replace")

    def no_number(self, value: float, position: int, place: Place) -> str:
        """The text that ProtoJSON has for the double at ``position``, which is not finite."""
        if not math.isnan(value):
            return "Infinity" if value > 0 else "-Infinity"
        (bits,) = _FIXED[FIXED64].unpack_from(self._data, position)
        if bits not in _USUAL_NANS:
            self._remarks.add("wire.protobuf-noncanonical", place)
        return "NaN"

    def number(self, kind: int, position: int, end: int, place: Place) -> tuple[Number, int]:
        """A number of any kind."""
        form = _FIXED.get(kind)
        if form is None:
            return self.integer(kind, position, end, place)
        (value,) = form.unpack_from(self._data, position)
        if kind == DOUBLE and not math.isfinite(value):
            value = self.no_number(value, position, place)
        return value, position + form.size

    def packed(self, kind: int, start: int, end: int, place: Place) -> Iterator[Number]:
        """The numbers of a packed list."""
        index = 0
        while start < end:
            value, start = self.number(kind, start, end, (place, index))
            index += 1
            yield value
        if start > end:
            raise truncated()

    def unread(self, wire: int, position: int, end: int, place: Place) -> tuple[int | str, int]:
        """The value of a field that nobody knows: a number, or a text with U+FFFD for what is not UTF-8."""
        if wire == VARINT_WIRE:
            return self.varint(position, end, place)
        if wire == BYTES_WIRE:
            size, start = self.varint(position, end, place)
            if start + size > end:
                raise truncated()
            return self._data[start : start + size].decode(errors="replace"), start + size
        form = _FIXED_BY_WIRE.get(wire)
        if form is None:
            raise invalid("expected a field of wire type 0, 1, 2 or 5, got a group or a wire type that does not exist")
        (value,) = form.unpack_from(self._data, position)
        return int(value), position + form.size

    def skip(self, tag: int, position: int, end: int) -> int:
        """The position behind the value of a field that is known. What is odd about it is said when it is read."""
        wire = tag & 7
        if wire == VARINT_WIRE:
            return read_varint(self._data, position, end)[1]
        if wire == BYTES_WIRE:
            size, start, _ = read_varint(self._data, position, end)
            return start + size
        return position + _FIXED_BY_WIRE[wire].size
