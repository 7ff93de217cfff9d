"""The messages of OTLP as tables: which tag is which field, and how it is called in JSON.

Source: the descriptors published as ``opentelemetry-proto``; ``google.rpc.Status``, which they do not contain, is
written down here. Made on first use, because the descriptors take 50 ms to import. Nothing here reads a message.

Only what OTLP uses is known: a descriptor with a map, a group, a ``float`` and so on raises ``NotImplementedError``.
"""

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from beacon_audit.wire.protobuf_format import BYTES_WIRE, FIXED32_WIRE, FIXED64_WIRE, VARINT_WIRE

if TYPE_CHECKING:
    from google.protobuf.descriptor import Descriptor, FieldDescriptor

type Signal = Literal["metrics", "traces", "logs"]

#: Kinds of values, in the order in which a reader had best ask for them.
MESSAGES: Final = 0
STRING: Final = 1
MESSAGE: Final = 2
HEX: Final = 3
BASE64: Final = 4
STRINGS: Final = 5
PACKED: Final = 6
LAST_DELIMITED: Final = PACKED  # up to here, a length comes first
FIXED64: Final = 7
DOUBLE: Final = 8
SFIXED64: Final = 9
FIXED32: Final = 10
#: An element of a packed list that stands alone: parsers take it, no encoder of OTLP writes it.
UNPACKED: Final = 11
BOOL: Final = 12
FIRST_VARINT: Final = BOOL  # from here on, a varint holds the value
UINT32: Final = 13
INT32: Final = 14
INT64: Final = 15
UINT64: Final = 16
SINT32: Final = 17
#: Kinds of fields that may come more than once.
REPEATED: Final = frozenset({MESSAGES, STRINGS, PACKED, UNPACKED})

# The numbers of FieldDescriptorProto.Type, which never change.
_KINDS: Mapping[int, int] = {
    1: DOUBLE, 3: INT64, 4: UINT64, 5: INT32, 6: FIXED64, 7: FIXED32, 8: BOOL, 9: STRING, 11: MESSAGE, 12: BASE64,
    13: UINT32, 14: INT32, 16: SFIXED64, 17: SINT32,
}  # fmt: skip
_WIRE_TYPES: Mapping[int, int] = {
    FIXED64: FIXED64_WIRE, DOUBLE: FIXED64_WIRE, SFIXED64: FIXED64_WIRE, FIXED32: FIXED32_WIRE,
    BOOL: VARINT_WIRE, UINT64: VARINT_WIRE, INT64: VARINT_WIRE, UINT32: VARINT_WIRE, INT32: VARINT_WIRE,
    SINT32: VARINT_WIRE,
}  # fmt: skip
#: OTLP/JSON writes these as hex; all other bytes are base64 (OTLP specification, "JSON Protobuf Encoding").
_IDS = frozenset({"trace_id", "span_id", "parent_span_id"})
_REPETITIVE = frozenset({"opentelemetry.proto.common.v1.KeyValue", "opentelemetry.proto.trace.v1.Status"})


@dataclass(slots=True, eq=False)
class MessageShape:
    """One message.

    ``fields`` maps a tag (field number and wire type) to the kind of value, the name in JSON, the shape of objects
    (``NO_MESSAGE`` for others) and the kind of the elements of packed lists (0 for others). ``names`` maps field
    numbers to names in JSON, ``aliases`` the names of the ``.proto`` file to those, ``children`` names in JSON to
    shapes. ``oneofs`` are sets of names of which a message has at most one. ``repetitive``: the same bytes come again
    and again in one body.
    """

    name: str
    fields: dict[int, tuple[int, str, "MessageShape", int]] = field(default_factory=dict, repr=False)
    names: dict[int, str] = field(default_factory=dict, repr=False)
    aliases: dict[str, str] = field(default_factory=dict, repr=False)
    children: dict[str, "MessageShape"] = field(default_factory=dict, repr=False)
    oneofs: tuple[frozenset[str], ...] = ()
    repetitive: bool = False

    def add(
        self, number: int, name: str, json_name: str, kind: int, child: "MessageShape | None" = None, element: int = 0
    ) -> None:
        """Enter one field."""
        self.names[number] = json_name
        if name != json_name:
            self.aliases[name] = json_name
        if child is not None:
            self.children[json_name] = child
        value = (json_name, child or NO_MESSAGE, element)
        self.fields[number << 3 | _WIRE_TYPES.get(kind, BYTES_WIRE)] = (kind, *value)
        if kind == PACKED:
            self.fields[number << 3 | _WIRE_TYPES[element]] = (UNPACKED, *value)


NO_MESSAGE: Final = MessageShape("")


@functools.cache
def request_shape(signal: Signal) -> MessageShape:
    """The shape of ``Export…ServiceRequest``."""
    return _of_descriptor(_services()[signal][0], {})


@functools.cache
def response_shape(signal: Signal) -> MessageShape:
    """The shape of ``Export…ServiceResponse``."""
    return _of_descriptor(_services()[signal][1], {})


@functools.cache
def status_shape() -> MessageShape:
    """The shape of ``google.rpc.Status``, which answers a batch that was not taken (OTLP/HTTP, "Failures")."""
    anything = MessageShape("google.protobuf.Any")
    anything.add(1, "type_url", "typeUrl", STRING)
    anything.add(2, "value", "value", BASE64)
    status = MessageShape("google.rpc.Status")
    status.add(1, "code", "code", INT32)
    status.add(2, "message", "message", STRING)
    status.add(3, "details", "details", MESSAGES, anything)
    return status


def _services() -> Mapping[Signal, tuple["Descriptor", "Descriptor"]]:
    from opentelemetry.proto.collector.logs.v1 import logs_service_pb2 as logs
    from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2 as metrics
    from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as traces

    return {
        "metrics": (metrics.ExportMetricsServiceRequest.DESCRIPTOR, metrics.ExportMetricsServiceResponse.DESCRIPTOR),
        "traces": (traces.ExportTraceServiceRequest.DESCRIPTOR, traces.ExportTraceServiceResponse.DESCRIPTOR),
        "logs": (logs.ExportLogsServiceRequest.DESCRIPTOR, logs.ExportLogsServiceResponse.DESCRIPTOR),
    }


def _of_descriptor(descriptor: "Descriptor", known: dict[str, MessageShape]) -> MessageShape:
    """``known``: the shapes made so far, by full name; messages contain one another."""
    shape = known.get(descriptor.full_name)
    if shape is not None:
        return shape
    shape = known[descriptor.full_name] = MessageShape(
        descriptor.full_name, repetitive=descriptor.full_name in _REPETITIVE
    )
    for each in descriptor.fields:
        kind = _kind(each)
        child = _of_descriptor(each.message_type, known) if each.message_type else None
        shape.add(each.number, each.name, each.json_name, kind, child, _KINDS[each.type] if kind == PACKED else 0)
    shape.oneofs = tuple(_oneofs(descriptor))
    return shape


def _kind(each: "FieldDescriptor") -> int:
    if each.type not in _KINDS or (each.message_type and each.message_type.GetOptions().map_entry):
        raise NotImplementedError(f"{each.full_name}: OTLP used no field of this type so far")
    kind = HEX if each.name in _IDS else _KINDS[each.type]
    if not each.is_repeated:
        return kind
    if kind not in (MESSAGE, STRING) and not each.is_packed:
        raise NotImplementedError(f"{each.full_name}: OTLP used no repeated field of this type so far")
    return {MESSAGE: MESSAGES, STRING: STRINGS}.get(kind, PACKED)


def _oneofs(descriptor: "Descriptor") -> Iterator[frozenset[str]]:
    for oneof in descriptor.oneofs:
        if len(oneof.fields) > 1:  # `optional` makes a oneof of one
            yield frozenset(each.json_name for each in oneof.fields)
