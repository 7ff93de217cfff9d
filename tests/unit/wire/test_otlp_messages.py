"""The tables of OTLP's messages."""

from typing import Any

import pytest

from beacon_audit.wire.otlp_messages import (
    HEX,
    MESSAGES,
    PACKED,
    STRING,
    UNPACKED,
    request_shape,
    response_shape,
    status_shape,
)

SIGNALS: tuple[Any, ...] = ("metrics", "traces", "logs")


@pytest.mark.parametrize("signal", SIGNALS)
def test_request_and_response_are_those_of_the_export_service(signal: Any) -> None:
    name = {"metrics": "Metrics", "traces": "Trace", "logs": "Logs"}[signal]
    assert request_shape(signal).name.endswith(f".Export{name}ServiceRequest")
    assert response_shape(signal).name.endswith(f".Export{name}ServiceResponse")


def test_field_is_found_by_number_and_wire_type() -> None:
    span = request_shape("traces").children["resourceSpans"].children["scopeSpans"].children["spans"]
    assert span.fields[5 << 3 | 2][:2] == (STRING, "name")
    assert span.fields[1 << 3 | 2][:2] == (HEX, "traceId")
    assert span.fields[11 << 3 | 2][:2] == (MESSAGES, "events")
    assert 5 << 3 | 0 not in span.fields
    assert span.names[5] == "name"
    assert span.aliases["trace_id"] == "traceId"
    assert "name" not in span.aliases


def test_list_of_numbers_has_a_tag_for_each_of_its_forms() -> None:
    metric = request_shape("metrics").children["resourceMetrics"].children["scopeMetrics"].children["metrics"]
    point = metric.children["histogram"].children["dataPoints"]
    assert point.fields[6 << 3 | 2][:2] == (PACKED, "bucketCounts")
    assert point.fields[6 << 3 | 1][:2] == (UNPACKED, "bucketCounts")


def test_oneofs_are_known_and_optional_fields_are_none() -> None:
    metric = request_shape("metrics").children["resourceMetrics"].children["scopeMetrics"].children["metrics"]
    assert metric.oneofs == (frozenset({"gauge", "sum", "histogram", "exponentialHistogram", "summary"}),)
    assert metric.children["histogram"].children["dataPoints"].oneofs == ()  # `optional double sum` is no choice


def test_messages_that_hold_one_another_are_one_shape() -> None:
    value = request_shape("logs").children["resourceLogs"].children["scopeLogs"].children["logRecords"].children["body"]
    assert value.children["arrayValue"].children["values"] is value
    assert value.children["kvlistValue"].children["values"].children["value"] is value


def test_status_is_that_of_the_published_definition() -> None:
    status_pb2 = pytest.importorskip("google.rpc.status_pb2", reason="googleapis-common-protos is not installed")

    def fields_of(descriptor: Any) -> dict[int, str]:
        return {field.number: field.json_name for field in descriptor.fields}

    assert status_shape().name == status_pb2.Status.DESCRIPTOR.full_name
    assert status_shape().names == fields_of(status_pb2.Status.DESCRIPTOR)
    anything = status_pb2.Status.DESCRIPTOR.fields_by_name["details"].message_type
    assert status_shape().children["details"].name == anything.full_name
    assert status_shape().children["details"].names == fields_of(anything)
