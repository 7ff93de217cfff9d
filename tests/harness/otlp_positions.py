"""Every place in an export request that has room for a text or for bytes, from the published descriptors.

A position is the way to it, field by field, through messages that may hold one another once more. ``as_protobuf`` and
``as_json`` make the smallest request that holds a text there.
"""

import base64
import json
from collections.abc import Iterator
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from beacon_audit.wire.otlp_messages import Signal
from harness.otlp_messages import REQUESTS
from harness.protobuf_bytes import chunk

type Position = tuple[FieldDescriptor, ...]

_IDS = {"trace_id", "span_id", "parent_span_id"}


def _positions_in(descriptor: Descriptor, above: Position = ()) -> Iterator[Position]:
    for field in descriptor.fields:
        if field.type in (FieldDescriptor.TYPE_STRING, FieldDescriptor.TYPE_BYTES):
            yield (*above, field)
        elif field.message_type and sum(step.message_type is field.message_type for step in above) < 2:
            yield from _positions_in(field.message_type, (*above, field))


SIGNALS: tuple[Signal, ...] = ("traces", "metrics", "logs")
#: The way to every text and every bytes field, with the signal.
POSITIONS: list[tuple[Signal, Position]] = [
    (signal, way) for signal in SIGNALS for way in _positions_in(REQUESTS[signal].DESCRIPTOR)
]
#: The way to every message in which there is one, the request itself included.
MESSAGES: list[tuple[Signal, Position]] = list(
    dict.fromkeys((signal, way[:steps]) for signal, way in POSITIONS for steps in range(len(way)))
)


def name_of(position: object) -> str:
    """What a test with this parameter is called."""
    return ".".join(step.name for step in position) if isinstance(position, tuple) else str(position)


def as_protobuf(way: Position, text: str) -> bytes:
    """The request with ``text`` at the end of ``way``."""
    return inside(way[:-1], chunk(way[-1].number, text))


def inside(way: Position, fields: bytes) -> bytes:
    """The request with ``fields`` in the message at the end of ``way``."""
    for field in reversed(way):
        fields = chunk(field.number, fields)
    return fields


def as_json(way: Position, text: str) -> bytes:
    """The same in OTLP/JSON."""
    value: Any = text
    if way[-1].type == FieldDescriptor.TYPE_BYTES:
        value = text.encode().hex() if way[-1].name in _IDS else base64.b64encode(text.encode()).decode()
    return inside_json(way[:-1], {way[-1].json_name: [value] if way[-1].is_repeated else value})


def inside_json(way: Position, members: Any) -> bytes:
    """The request with ``members`` in the object at the end of ``way``."""
    for field in reversed(way):
        members = {field.json_name: [members] if field.is_repeated else members}
    return json.dumps(members).encode()
