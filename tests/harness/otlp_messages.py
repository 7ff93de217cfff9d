"""OTLP messages made by Hypothesis from the published descriptors, and their two encodings.

The JSON form comes from protobuf's own ``json_format``, with ids in hex as OTLP/JSON has them.
"""

import base64
import functools
import json
import math
from collections.abc import Callable
from typing import Any

from google.protobuf import json_format
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2 as logs
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2 as metrics
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as traces

REQUESTS: dict[str, type[Message]] = {
    "metrics": metrics.ExportMetricsServiceRequest,
    "traces": traces.ExportTraceServiceRequest,
    "logs": logs.ExportLogsServiceRequest,
}
IDS = {"traceId", "spanId", "parentSpanId"}
_TYPE = FieldDescriptor

TEXTS = st.sampled_from(
    ["", "0", "env", "service.name", "receive_request", "langsmith.metrics", "seconds", "user.id", "a b", "x" * 300]
) | st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
DOUBLES = st.sampled_from([0.0, -0.0, 1.0, 12.34, float("nan"), float("inf"), float("-inf")]) | st.floats().filter(
    lambda value: not math.isnan(value)  # of which there are many; the usual one is among the samples
)
_SCALARS: dict[int, st.SearchStrategy[Any]] = {
    _TYPE.TYPE_STRING: TEXTS,
    _TYPE.TYPE_BOOL: st.booleans(),
    _TYPE.TYPE_DOUBLE: DOUBLES,
    _TYPE.TYPE_INT32: st.integers(-(2**31), 2**31 - 1),
    _TYPE.TYPE_SINT32: st.integers(-(2**31), 2**31 - 1),
    _TYPE.TYPE_UINT32: st.integers(0, 2**32 - 1),
    _TYPE.TYPE_FIXED32: st.integers(0, 2**32 - 1),
    _TYPE.TYPE_INT64: st.integers(-(2**63), 2**63 - 1),
    _TYPE.TYPE_SFIXED64: st.integers(-(2**63), 2**63 - 1),
    _TYPE.TYPE_UINT64: st.integers(0, 2**64 - 1),
    _TYPE.TYPE_FIXED64: st.integers(0, 2**64 - 1),
}
_ID_BYTES = st.sampled_from([b"", bytes(8), bytes(16), b"\x01" * 8, b"\x01" * 16, b"\xab" * 7, b"\xab" * 40])


def _value(field: FieldDescriptor) -> st.SearchStrategy[Any]:
    if field.enum_type:
        return st.sampled_from([each.number for each in field.enum_type.values]) | st.integers(-(2**31), 2**31 - 1)
    if field.type == _TYPE.TYPE_BYTES:
        return _ID_BYTES if field.json_name in IDS else st.binary(max_size=5)
    scalars = _SCALARS[field.type]
    return scalars if field.type in (_TYPE.TYPE_STRING, _TYPE.TYPE_BOOL) else st.sampled_from([0, 1]) | scalars


def fill(draw: Callable[[st.SearchStrategy[Any]], Any], message: Any, depth: int) -> None:
    """Set some of the fields of ``message``; ``depth`` bounds how deep messages go."""
    descriptor: Descriptor = message.DESCRIPTOR
    for field in descriptor.fields:
        if not _wanted(draw, message, field, depth):
            continue
        if field.is_repeated:
            items = getattr(message, field.name)
            for _ in range(draw(st.integers(1, 2))):
                if field.message_type:
                    fill(draw, items.add(), depth - 1)
                else:
                    items.append(draw(_value(field)))
        elif field.message_type:
            child = getattr(message, field.name)
            child.SetInParent()
            fill(draw, child, depth - 1)
        else:
            setattr(message, field.name, draw(_value(field)))


def _wanted(draw: Callable[[st.SearchStrategy[Any]], Any], message: Any, field: FieldDescriptor, depth: int) -> bool:
    if field.message_type and depth == 0:
        return False
    oneof = field.containing_oneof
    if oneof is not None and message.WhichOneof(oneof.name) is not None:
        return False
    on_the_way = field.is_repeated and field.message_type and depth > 3  # what everything else stands in
    return bool(on_the_way or draw(st.integers(0, 2)) == 0)


@st.composite
def messages(draw: st.DrawFn, signal: str) -> Message:
    """An export request of ``signal``."""
    message = REQUESTS[signal]()
    fill(draw, message, 6)
    return message


def text_places(message: Any) -> list[Callable[[str], None]]:
    """For every field of ``message``, and of every message in it, that holds text or bytes: what puts one there."""
    places: list[Callable[[str], None]] = []
    for field in message.DESCRIPTOR.fields:
        value = getattr(message, field.name)
        if field.message_type:
            present = value if field.is_repeated else [value] if message.HasField(field.name) else []
            places += [place for each in present for place in text_places(each)]
        elif field.type in (_TYPE.TYPE_STRING, _TYPE.TYPE_BYTES) and not _taken(message, field):
            places.append(functools.partial(_put, message, field))
    return places


def _taken(message: Any, field: FieldDescriptor) -> bool:
    """Whether setting ``field`` would unset another one."""
    oneof = field.containing_oneof
    return oneof is not None and message.WhichOneof(oneof.name) not in (None, field.name)


def _put(message: Any, field: FieldDescriptor, text: str) -> None:
    value = text.encode() if field.type == _TYPE.TYPE_BYTES else text
    if field.is_repeated:
        getattr(message, field.name).append(value)
    else:
        setattr(message, field.name, value)


def to_document(message: Message, *, written_defaults: bool = False) -> Any:
    """The OTLP/JSON document; with ``written_defaults`` every field that has one."""
    document = json_format.MessageToDict(
        message, use_integers_for_enums=True, always_print_fields_with_no_presence=written_defaults
    )
    return ids_in_hex(document)


def ids_in_hex(value: Any) -> Any:
    """``value`` with its ids in hex in place of base64."""
    if isinstance(value, list):
        return [ids_in_hex(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: base64.b64decode(item).hex() if key in IDS and isinstance(item, str) else ids_in_hex(item)
        for key, item in value.items()
    }


def ids_in_base64(value: Any) -> Any:
    """The other way, for ``json_format`` to read."""
    if isinstance(value, list):
        return [ids_in_base64(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: base64.b64encode(bytes.fromhex(item)).decode() if key in IDS else ids_in_base64(item)
        for key, item in value.items()
    }


def to_protobuf(document: Any, signal: str) -> bytes:
    """The bytes of an OTLP/JSON document. ``json_format`` raises where protobuf cannot express it."""
    message = json_format.ParseDict(ids_in_base64(document), REQUESTS[signal]())
    data: bytes = message.SerializeToString()
    return data


def to_json(document: Any) -> bytes:
    return json.dumps(document).encode()


def numbers_for_texts(value: Any, descriptor: Descriptor) -> Any:
    """A document of ``to_document`` with 64-bit integers as numbers, as a protobuf reader of ours gives them."""
    if not isinstance(value, dict):
        return value
    fields = {field.json_name: field for field in descriptor.fields}
    return {key: _numbers(item, fields[key]) for key, item in value.items()}


_LONG = {_TYPE.TYPE_INT64, _TYPE.TYPE_UINT64, _TYPE.TYPE_FIXED64, _TYPE.TYPE_SFIXED64}


def _numbers(value: Any, field: FieldDescriptor) -> Any:
    if isinstance(value, list):
        return [_numbers(item, field) for item in value]
    if field.message_type:
        return numbers_for_texts(value, field.message_type)
    return int(value) if field.type in _LONG else value
