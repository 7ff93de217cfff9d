"""A secret is found wherever OTLP has room for a text or for bytes, in JSON and in protobuf.

The places come from the published descriptors: every field of every message that a request can hold, messages that hold
one another once more.
"""

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from beacon_audit.contracts import load_contract
from beacon_audit.inspection import InspectionContext, inspect
from beacon_audit.wire.otlp_json import read_otlp_json
from beacon_audit.wire.otlp_messages import Signal
from beacon_audit.wire.otlp_protobuf import read_protobuf
from harness.dirty_texts import SECRETS

type Position = tuple[FieldDescriptor, ...]

REQUESTS: dict[Signal, type[Message]] = {
    "traces": ExportTraceServiceRequest,
    "metrics": ExportMetricsServiceRequest,
    "logs": ExportLogsServiceRequest,
}
CONTRACT = load_contract("langsmith-beacon/2026-08")
_IDS = {"trace_id", "span_id", "parent_span_id"}
_KNOWN = "lcl_3b1de6f0aa927c54d8e1"


def positions_in(descriptor: Descriptor, above: Position = ()) -> Iterator[Position]:
    """The way to every text and every bytes field."""
    for field in descriptor.fields:
        if field.type in (FieldDescriptor.TYPE_STRING, FieldDescriptor.TYPE_BYTES):
            yield (*above, field)
        elif field.message_type and sum(step.message_type is field.message_type for step in above) < 2:
            yield from positions_in(field.message_type, (*above, field))


POSITIONS = [(signal, way) for signal, request in REQUESTS.items() for way in positions_in(request.DESCRIPTOR)]


def as_protobuf(signal: Signal, way: Position, text: str) -> bytes:
    request = REQUESTS[signal]()
    message: Any = request
    for field in way[:-1]:
        message = getattr(message, field.name)
        if field.is_repeated:
            message = message.add()
    last = way[-1]
    value = text.encode() if last.type == FieldDescriptor.TYPE_BYTES else text
    if last.is_repeated:
        getattr(message, last.name).append(value)
    else:
        setattr(message, last.name, value)
    data: bytes = request.SerializeToString()
    return data


def as_json(way: Position, text: str) -> bytes:
    value: Any = text
    if way[-1].type == FieldDescriptor.TYPE_BYTES:
        value = text.encode().hex() if way[-1].name in _IDS else base64.b64encode(text.encode()).decode()
    for field in reversed(way):
        value = {field.json_name: [value] if field.is_repeated else value}
    return json.dumps(value).encode()


def codes(signal: Signal, document: Any) -> set[str]:
    endpoint = CONTRACT.endpoint(f"telemetry-{signal}")
    assert endpoint is not None
    context = InspectionContext(endpoint, CONTRACT.documented_names(endpoint), lambda text: _KNOWN in text)
    located = inspect(document, context)
    assert not any(secret in finding.message + finding.pointer for finding in located.findings for secret in SECRETS)
    return {finding.code for finding in located.findings}


def name_of(position: object) -> str:
    return ".".join(step.name for step in position) if isinstance(position, tuple) else str(position)


def test_there_are_positions_in_every_message() -> None:
    assert len(POSITIONS) > 150
    ends = {f"{way[-1].containing_type.name}.{way[-1].name}" for _, way in POSITIONS}
    assert ends >= {
        "Span.name", "Event.name", "Link.trace_state", "Status.message", "Metric.description", "Metric.unit",
        "Exemplar.trace_id", "LogRecord.severity_text", "InstrumentationScope.version", "KeyValue.key",
        "AnyValue.string_value", "AnyValue.bytes_value", "EntityRef.id_keys", "ResourceSpans.schema_url",
    }  # fmt: skip


@pytest.mark.parametrize(("signal", "way"), POSITIONS, ids=name_of)
def test_secret_is_found_in_every_position_in_either_encoding(signal: Signal, way: Position) -> None:
    secret = SECRETS[0]
    from_protobuf, _ = read_protobuf(as_protobuf(signal, way, secret), signal, max_depth=64)
    from_json, _ = read_otlp_json(as_json(way, secret), signal, max_depth=64)
    assert from_protobuf == from_json
    assert "promise.secret" in codes(signal, from_protobuf)
    assert "promise.secret" in codes(signal, from_json)


@given(
    position=st.sampled_from(POSITIONS),
    secret=st.sampled_from(SECRETS),
    around=st.tuples(
        st.sampled_from(["", "x ", "failed: ", "\u00e9 "]), st.sampled_from(["", " x", "\n", ", and more"])
    ),
)
def test_any_secret_is_found_in_any_position(
    position: tuple[Signal, Position], secret: str, around: tuple[str, str]
) -> None:
    signal, way = position
    text = secret.join(around)
    from_protobuf, _ = read_protobuf(as_protobuf(signal, way, text), signal, max_depth=64)
    from_json, _ = read_otlp_json(as_json(way, text), signal, max_depth=64)
    assert "promise.secret" in codes(signal, from_protobuf)
    assert codes(signal, from_protobuf) == codes(signal, from_json)


@pytest.mark.parametrize(("signal", "way"), POSITIONS, ids=name_of)
def test_known_license_is_found_in_every_text(signal: Signal, way: Position) -> None:
    if way[-1].type == FieldDescriptor.TYPE_STRING:
        assert "promise.license-misplaced" in codes(signal, json.loads(as_json(way, _KNOWN)))


@given(number=st.integers(100, 5000), secret=st.sampled_from(SECRETS))
def test_secret_is_found_in_fields_that_otlp_does_not_have(number: int, secret: str) -> None:
    data = _tag(number) + bytes((len(secret.encode()) & 0x7F | 0x80, len(secret.encode()) >> 7)) + secret.encode()
    document, findings = read_protobuf(data, "traces", max_depth=64)
    assert "wire.protobuf-unknown-field" in {finding.code for finding in findings}
    assert "promise.secret" in codes("traces", document)


def _tag(number: int) -> bytes:
    tag = number << 3 | 2
    return bytes((tag & 0x7F | 0x80, tag >> 7 & 0x7F | 0x80, tag >> 14))


@given(secret=st.sampled_from(SECRETS), depth=st.integers(0, 5))
def test_secret_is_found_in_keys_and_values_of_any_json(secret: str, depth: int) -> None:
    as_value: Any = secret
    as_key: Any = {secret: 1}
    for _ in range(depth):
        as_value, as_key = {"deep": [as_value]}, {"deep": [as_key]}
    assert "promise.secret" in codes("traces", as_value)
    assert "promise.secret" in codes("traces", as_key)
