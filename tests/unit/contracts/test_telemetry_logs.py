"""What telemetry-logs may carry."""

from collections.abc import Callable
from typing import Any

import pytest

from beacon_audit.contracts import Contract

type Places = Callable[[str, Callable[[Any], object]], set[str]]

RECORD = "/resourceLogs/0/scopeLogs/0/logRecords/0"


@pytest.fixture
def edition() -> str:
    return "langsmith-beacon/2026-08"


def record(body: Any) -> Any:
    return body["resourceLogs"][0]["scopeLogs"][0]["logRecords"][0]


def change(field: str, value: object) -> Callable[[Any], object]:
    return lambda body: record(body).update({field: value})


@pytest.mark.parametrize(("field", "value"), [("observedTimeUnixNano", "1"), ("flags", 1), ("eventName", "x")])
def test_fields_of_a_record_that_no_sample_shows_are_structure_of_the_protocol(
    places: Places, field: str, value: object
) -> None:
    assert places("telemetry-logs", change(field, value)) == {f"otlp-structure {RECORD}/{field}"}


@pytest.mark.parametrize("field", ["severity_number", "trace_id", "message"])
def test_fields_of_a_record_that_otlp_has_not_are_undocumented(places: Places, field: str) -> None:
    assert places("telemetry-logs", change(field, 1)) == {f"undocumented-field {RECORD}/{field}"}


def test_scope_is_empty(places: Places) -> None:
    found = places("telemetry-logs", lambda body: body["resourceLogs"][0]["scopeLogs"][0]["scope"].update(name="x"))
    assert found == {"otlp-structure /resourceLogs/0/scopeLogs/0/scope/name"}


@pytest.mark.parametrize("field", ["timeUnixNano", "severityNumber", "body"])
def test_what_makes_a_record_is_required(places: Places, field: str) -> None:
    found = places("telemetry-logs", lambda body: record(body).pop(field))
    assert found == {f"missing-field {RECORD}/{field}"}


@pytest.mark.parametrize("field", ["severityText", "attributes", "droppedAttributesCount", "traceId", "spanId"])
def test_the_rest_of_a_record_is_optional(places: Places, field: str) -> None:
    assert places("telemetry-logs", lambda body: record(body).pop(field)) == set()


@pytest.mark.parametrize("number", [1, 9, 13, 17, 24])
def test_every_severity_of_the_protocol_has_the_documented_form(places: Places, number: int) -> None:
    # That only warnings and errors may come is a promise, and checked as one.
    assert places("telemetry-logs", change("severityNumber", number)) == set()


@pytest.mark.parametrize(
    ("value", "code"),
    [(0, "missing-field"), (25, "wrong-value"), (-1, "wrong-value"), ("13", "wrong-type"), (13.0, "wrong-type")],
)
def test_severity_number_is_an_integer_of_the_protocol(places: Places, value: object, code: str) -> None:
    assert places("telemetry-logs", change("severityNumber", value)) == {f"{code} {RECORD}/severityNumber"}


@pytest.mark.parametrize("text", ["Warning for alice@example.com", "a b", "x" * 33, "WARN\n"])
def test_severity_text_is_one_word(places: Places, text: str) -> None:
    assert places("telemetry-logs", change("severityText", text)) == {f"wrong-value {RECORD}/severityText"}


@pytest.mark.parametrize("field", ["traceId", "spanId"])
@pytest.mark.parametrize("value", ["0" * 32, "0" * 16, "xyz", "08040201", " ", "A" * 17])
def test_id_is_empty_or_valid_and_no_channel_for_text(places: Places, field: str, value: str) -> None:
    assert places("telemetry-logs", change(field, value)) == {f"wrong-value {RECORD}/{field}"}


def test_ids_may_be_valid_or_empty(places: Places) -> None:
    assert places("telemetry-logs", change("traceId", "")) == set()
    assert places("telemetry-logs", change("spanId", "00f067aa0ba902b7")) == set()
    assert places("telemetry-logs", change("spanId", "00F067AA0BA902B7")) == {f"otlp-structure {RECORD}/spanId"}


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ({"stringValue": "x" * 1024}, set()),
        ({"stringValue": "x" * 1025}, {f"wrong-value {RECORD}/body/stringValue"}),
        (
            {"kvlistValue": {}},
            {f"otlp-structure {RECORD}/body/kvlistValue"},
        ),
        ("text", {f"wrong-type {RECORD}/body"}),
    ],
)  # fmt: skip
def test_body_is_a_bounded_text(places: Places, body: object, found: set[str]) -> None:
    assert places("telemetry-logs", change("body", body)) == found


@pytest.mark.parametrize("value", ["95", 95, "-9223372036854775808"])
def test_attribute_may_be_an_integer(places: Places, value: object) -> None:
    attribute = {"key": "pool_size", "value": {"intValue": value}}
    assert places("telemetry-logs", change("attributes", [attribute])) == set()


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ({"intValue": "9223372036854775808"}, "wrong-value {}/intValue"),
        ({"intValue": "95.0"}, "wrong-value {}/intValue"),
        ({"intValue": 95.0}, "wrong-type {}/intValue"),
        ({"intValue": "95", "stringValue": "95"}, "wrong-value {}"),
        ({}, "missing-field {}"),
        ({"doubleValue": 1.5}, "otlp-structure {}/doubleValue"),
    ],
)
def test_attribute_value_is_one_text_or_one_integer(places: Places, value: object, found: str) -> None:
    attribute = {"key": "pool_size", "value": value}
    assert found.format(f"{RECORD}/attributes/0/value") in places("telemetry-logs", change("attributes", [attribute]))


def test_attribute_of_metrics_and_traces_is_still_a_text(places: Places) -> None:
    def integer(body: Any) -> None:
        body["resourceSpans"][0]["resource"]["attributes"][0]["value"] = {"intValue": "95"}

    assert "otlp-structure /resourceSpans/0/resource/attributes/0/value/intValue" in places("telemetry-traces", integer)


def test_answer_may_tell_of_rejected_records(contract: Contract) -> None:
    endpoint = contract.endpoint("telemetry-logs")
    assert endpoint is not None
    answer: Any = {"partialSuccess": {"rejectedLogRecords": "3", "errorMessage": "too old"}}
    assert contract.response_findings(endpoint, 200, answer) == ()
    assert contract.response_findings(endpoint, 200, None) == ()
