"""Protobuf bytes to one OTLP document, the same as the JSON of the message, and what no document shows.

Promise: the document holds every value that is on the wire, whatever a parser would make of it, or ``WireError`` is
raised. It has the shape of OTLP/JSON: names in lowerCamelCase, ids in lower-case hex, other bytes in base64, enums and
integers as numbers, ``"NaN"`` and ``"Infinity"`` as texts, and only what is on the wire: a default that was left out
stays out. Equal attributes may be one object, so a document is to be read and never changed.

Two kinds of member have a ``:`` in their name, which no name of OTLP has, and hold a list. ``field:99``: the values of
field 99, which the message does not have, or not in this wire type. ``name:again``: for every further value of ``name``
an object with this value alone.

Findings, each once at a place:

- ``wire.protobuf-unknown-field`` and ``wire.protobuf-wire-type``: parsers pass over the field;
- ``wire.protobuf-repeated-field``: a field, or a oneof, has a second value; parsers show the last, or a mix;
- ``wire.protobuf-utf8``, ``wire.protobuf-integer-range``: parsers refuse it, or cut it off;
- ``wire.protobuf-noncanonical``: other bytes for the same message (a longer varint, a packed list in pieces, a NaN with
  a payload), so a channel. The order of fields is free, and a default may be written out.

Raises ``WireError``: ``wire.protobuf-invalid`` (no parser reads it, or it is a group, which OTLP never had),
``wire.protobuf-depth`` (more than ``max_depth`` nested objects and lists of the document) and
``wire.protobuf-too-large`` (more than ``MOST_VALUES`` values). Nothing else is ever raised. Work is linear in the
bytes; memory is bounded by the bytes and ``MOST_VALUES``.

Source of the rules: https://protobuf.dev/programming-guides/encoding/; OTLP specification, "JSON Protobuf Encoding".
"""

import base64
import contextlib
import struct
from collections import defaultdict
from itertools import islice
from math import isfinite
from typing import Any

from beacon_audit.errors import WireError
from beacon_audit.model.finding import Finding
from beacon_audit.model.json_value import JsonValue
from beacon_audit.wire.otlp_messages import (
    BASE64,
    BOOL,
    DOUBLE,
    FIRST_VARINT,
    FIXED32,
    FIXED64,
    HEX,
    LAST_DELIMITED,
    MESSAGE,
    MESSAGES,
    REPEATED,
    SINT32,
    STRING,
    STRINGS,
    UNPACKED,
    MessageShape,
    Signal,
    request_shape,
    response_shape,
    status_shape,
)
from beacon_audit.wire.places import Place
from beacon_audit.wire.protobuf_format import ONE_BYTE, invalid, truncated
from beacon_audit.wire.protobuf_remarks import Remarks
from beacon_audit.wire.protobuf_values import Values

type Document = dict[str, Any]

#: A batch of the usual size (512 spans) has about 20,000.
MOST_VALUES = 1_000_000

#: What comes again and again is short. To look for long ones, too, would copy nested attributes once for every level.
_LONGEST_KNOWN = 1024

_fixed64 = struct.Struct("<Q").unpack_from
_sfixed64 = struct.Struct("<q").unpack_from
_double = struct.Struct("<d").unpack_from
_fixed32 = struct.Struct("<I").unpack_from
#: Kinds of which even a single byte is not the value itself.
_NOT_PLAIN = frozenset({BOOL, SINT32})


def read_protobuf(
    data: bytes, signal: Signal, *, max_depth: int, response: bool = False
) -> tuple[JsonValue, tuple[Finding, ...]]:
    """The export request of ``signal`` in ``data`` (with ``response`` its answer), and what is wrong with it."""
    return _read(data, response_shape(signal) if response else request_shape(signal), max_depth)


def read_protobuf_status(data: bytes, *, max_depth: int) -> tuple[JsonValue, tuple[Finding, ...]]:
    """The ``google.rpc.Status`` in ``data``, which answers a batch that was not taken, and what is wrong with it."""
    return _read(data, status_shape(), max_depth)


def _read(data: bytes, shape: MessageShape, max_depth: int) -> tuple[JsonValue, tuple[Finding, ...]]:
    reader = _Reader(data, max_depth)
    document: Document | None = None
    with contextlib.suppress(IndexError, struct.error):  # a field that goes on behind the last byte
        document = reader.message(0, len(data), shape, 1, None)
    if document is None:
        raise truncated()
    return document, reader.remarks.findings()


class _Reader:
    """One body on its way to a document. ``end`` is where a message ends, ``place`` where its object stands."""

    __slots__ = ("_data", "_known", "_left", "_max_depth", "_values", "remarks")

    def __init__(self, data: bytes, max_depth: int) -> None:
        self.remarks = Remarks()
        self._data = data
        self._values = Values(data, self.remarks)
        self._max_depth = max_depth
        self._left = MOST_VALUES
        #: Short repetitive messages without remarks, by depth: at another one they may be nested too deeply. With the
        #: number of their values, which whoever looks at the document meets as often as the message comes.
        self._known: defaultdict[MessageShape, list[dict[bytes, tuple[Document, int]]]] = defaultdict(
            lambda: [{} for _ in range(max_depth + 3)]
        )

    # In one piece and without a call for a plain value: a call costs as much as reading it does.
    def message(  # noqa: C901
        self, position: int, end: int, shape: MessageShape, depth: int, place: Place
    ) -> Document:
        """The message of ``shape`` that begins at ``position``, as an object at ``depth``."""
        if depth > self._max_depth:
            raise _too_deep(self._max_depth)
        data = self._data
        fields = shape.fields
        document: Document = {}
        while position < end:
            at = position + 1
            tag = data[position]
            if tag > ONE_BYTE:
                tag, at = self._values.tag(position, end, place)
            field = fields.get(tag)
            if field is None:
                position = self._unread(tag, at, end, shape, document, depth, place)
                continue
            kind, name, child, element = field
            if name in document and kind not in REPEATED:
                position = self._again(position, at, tag, end, shape, document, depth, place)
                continue
            value: Any
            if kind <= LAST_DELIMITED:
                size = data[at]
                at += 1
                if size > ONE_BYTE:
                    if 0 < data[at] <= ONE_BYTE:  # two bytes, the usual length of a span
                        size += (data[at] - 1) << 7
                        at += 1
                    else:
                        size, at = self._values.varint(at - 1, end, (place, name))
                position = at + size
                if position > end:
                    raise truncated()
                if kind == STRING:
                    try:
                        value = data[at:position].decode()
                    except UnicodeDecodeError:
                        value = self._values.text(at, position, (place, name))
                elif kind == MESSAGES:
                    value = document.get(name, [])
                    if not child.repetitive or size > _LONGEST_KNOWN:
                        value.append(self.message(at, position, child, depth + 2, ((place, name), len(value))))
                    elif found := self._known[child][depth + 2].get(data[at:position]):
                        value.append(found[0])
                        self._left -= found[1]
                    else:
                        value.append(self._first(at, position, child, depth + 2, ((place, name), len(value))))
                elif kind == MESSAGE:
                    if not child.repetitive or size > _LONGEST_KNOWN:
                        value = self.message(at, position, child, depth + 1, (place, name))
                    elif found := self._known[child][depth + 1].get(data[at:position]):
                        value, values = found
                        self._left -= values
                    else:
                        value = self._first(at, position, child, depth + 1, (place, name))
                elif kind == HEX:
                    value = data[at:position].hex()
                elif kind == BASE64:
                    value = base64.b64encode(data[at:position]).decode()
                else:
                    value = self._list(document.get(name, []), kind, element, at, position, depth, (place, name))
            elif kind == FIXED64:
                value = _fixed64(data, at)[0]
                position = at + 8
            elif kind >= FIRST_VARINT:
                value = data[at]
                position = at + 1
                if value > ONE_BYTE or kind in _NOT_PLAIN:
                    value, position = self._values.integer(kind, at, end, (place, name))
            elif kind == UNPACKED:
                items = document.get(name, [])
                value, position = self._lone_element(items, element, at, end, depth, (place, name))
            elif kind == FIXED32:
                value = _fixed32(data, at)[0]
                position = at + 4
            else:
                value = (_double if kind == DOUBLE else _sfixed64)(data, at)[0]
                position = at + 8
                if not isfinite(value):
                    value = self._values.no_number(value, at, (place, name))
            document[name] = value
        if position > end:
            raise truncated()
        self._left -= len(document) + 1
        if self._left < 0:
            raise _too_large()
        if shape.oneofs and len(document) > 1:
            self._check_oneofs(shape, document, place)
        return document

    def _first(self, position: int, end: int, shape: MessageShape, depth: int, place: Place) -> Document:
        """As ``message``, of one whose bytes may come again."""
        said, left = self.remarks.count, self._left
        document = self.message(position, end, shape, depth, place)
        if said == self.remarks.count:
            self._known[shape][depth][self._data[position:end]] = document, left - self._left
        return document

    def _check(self, depth: int, values: int) -> None:
        """Account for ``values`` more, in a list at ``depth``."""
        if depth > self._max_depth:
            raise _too_deep(self._max_depth)
        self._left -= values
        if self._left < 0:
            raise _too_large()

    def _list(
        self, items: list[JsonValue], kind: int, element: int, at: int, end: int, depth: int, place: Place
    ) -> list[JsonValue]:
        """``items`` with what stands from ``at`` to ``end``: one text, or the numbers of a packed list."""
        before = len(items)
        if kind == STRINGS:
            items.append(self._values.text(at, end, (place, before)))
        else:
            if before:
                self.remarks.add("wire.protobuf-noncanonical", place)
            items.extend(islice(self._values.packed(element, at, end, place), self._left + 1))
        self._check(depth + 1, len(items) - before)
        return items

    def _lone_element(
        self, items: list[JsonValue], element: int, at: int, end: int, depth: int, place: Place
    ) -> tuple[list[JsonValue], int]:
        """``items`` with one number that is not packed, and the position behind it."""
        self._check(depth + 1, 1)
        self.remarks.add("wire.protobuf-noncanonical", place)
        number, position = self._values.number(element, at, end, (place, len(items)))
        items.append(number)
        return items, position

    def _again(
        self, start: int, at: int, tag: int, end: int, shape: MessageShape, document: Document, depth: int, place: Place
    ) -> int:
        """Read a field that ``document`` has already; the position behind it."""
        name = shape.fields[tag][1]
        self.remarks.add("wire.protobuf-repeated-field", (place, name))
        position = self._values.skip(tag, at, end)
        if position > end:
            raise truncated()
        shadowed = document.setdefault(f"{name}:again", [])
        below = ((place, f"{name}:again"), len(shadowed))
        # As a message of this field alone, so that a field of any kind is read as it would have been.
        shadowed.append(self.message(start, position, shape, depth + 2, below))
        return position

    def _unread(
        self, tag: int, at: int, end: int, shape: MessageShape, document: Document, depth: int, place: Place
    ) -> int:
        """Keep the value of a field that ``shape`` does not have, or not in this wire type; the position behind it."""
        number, wire = tag >> 3, tag & 7
        if number == 0:
            raise invalid("expected a field number of at least 1, got 0")
        name = f"field:{number}"
        known = number in shape.names
        self.remarks.add("wire.protobuf-wire-type" if known else "wire.protobuf-unknown-field", (place, name))
        value, position = self._values.unread(wire, at, end, (place, name))
        self._check(depth + 1, 1)
        document.setdefault(name, []).append(value)
        return position

    def _check_oneofs(self, shape: MessageShape, document: Document, place: Place) -> None:
        """Of each oneof a message has one; parsers show the last."""
        for oneof in shape.oneofs:
            chosen = [name for name in document if name in oneof]
            for name in chosen[1:]:
                self.remarks.add("wire.protobuf-repeated-field", (place, name))


def _too_deep(limit: int) -> WireError:
    return WireError("wire.protobuf-depth", f"expected at most {limit} nested levels, got more")


def _too_large() -> WireError:
    return WireError("wire.protobuf-too-large", f"expected at most {MOST_VALUES} values in a body, got more")
