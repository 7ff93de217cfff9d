"""A secret is found wherever OTLP has room for a text or for bytes, in JSON and in protobuf.

The places come from the published descriptors: every field of every message that a request can hold, messages that hold
one another once more.
"""

import json
from typing import Any

import pytest
from google.protobuf.descriptor import FieldDescriptor
from hypothesis import assume, given
from hypothesis import strategies as st

from beacon_audit.contracts import load_contract
from beacon_audit.inspection import InspectionContext, inspect
from beacon_audit.wire.otlp_json import read_otlp_json
from beacon_audit.wire.otlp_messages import Signal
from beacon_audit.wire.otlp_protobuf import read_protobuf
from harness.dirty_texts import SECRETS
from harness.otlp_positions import POSITIONS, Position, as_json, as_protobuf, name_of

CONTRACT = load_contract("langsmith-beacon/2026-08")
_KNOWN = "lcl_3b1de6f0aa927c54d8e1"


def codes(signal: Signal, document: Any) -> set[str]:
    endpoint = CONTRACT.endpoint(f"telemetry-{signal}")
    assert endpoint is not None
    context = InspectionContext(endpoint, CONTRACT.documented_names(endpoint), lambda text: _KNOWN in text)
    located = inspect(document, context)
    assert not any(secret in finding.message + finding.pointer for finding in located.findings for secret in SECRETS)
    return {finding.code for finding in located.findings}


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
    from_protobuf, _ = read_protobuf(as_protobuf(way, secret), signal, max_depth=64)
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
    # A few hex digits are not decoded: as an id they are judged by the id channel, as anything else by the contract.
    assume(not (way[-1].name.endswith("_id") and len(text.encode()) <= 16))
    from_protobuf, _ = read_protobuf(as_protobuf(way, text), signal, max_depth=64)
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
