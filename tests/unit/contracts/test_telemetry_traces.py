"""What telemetry-traces may carry."""

from collections.abc import Callable
from typing import Any

import pytest

from beacon_audit.contracts import Contract
from beacon_audit.contracts.validation import MOST_DIFFERENCES

type Places = Callable[[str, Callable[[Any], object]], set[str]]

SCOPE = "/resourceSpans/0/scopeSpans/0"
SPAN = f"{SCOPE}/spans/0"


def span(body: Any) -> Any:
    return body["resourceSpans"][0]["scopeSpans"][0]["spans"][0]


def change(field: str, value: object) -> Callable[[Any], object]:
    return lambda body: span(body).update({field: value})


ATTRIBUTE = {"key": "env", "value": {"stringValue": "x"}}


@pytest.mark.parametrize("field", ["span_id", "spankind", "tags"])
def test_span_fields_that_otlp_has_not_are_undocumented(places: Places, field: str) -> None:
    assert places("telemetry-traces", change(field, [])) == {f"undocumented-field {SPAN}/{field}"}


@pytest.mark.parametrize(
    ("field", "value"), [("kind", 2), ("traceState", "a=b"), ("flags", 257), ("attributes", [ATTRIBUTE])]
)
def test_span_fields_that_no_sample_shows_are_structure_of_the_protocol(
    places: Places, field: str, value: object
) -> None:
    assert places("telemetry-traces", change(field, value)) == {f"otlp-structure {SPAN}/{field}"}


@pytest.mark.parametrize(("field", "value"), [("kind", 0), ("traceState", ""), ("flags", 0), ("attributes", [])])
def test_field_that_says_nothing_is_as_if_it_were_not_there(places: Places, field: str, value: object) -> None:
    assert places("telemetry-traces", change(field, value)) == set()


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("kind", 6, "wrong-value"), ("kind", -1, "wrong-value"), ("kind", "SPAN_KIND_SERVER", "wrong-type"),
        ("flags", 2**32, "wrong-value"), ("flags", "1", "wrong-type"), ("traceState", "x" * 257, "wrong-value"),
        ("traceState", 5, "wrong-type"), ("attributes", {}, "wrong-type"), ("kind", False, "wrong-type"),
    ],
)  # fmt: skip
def test_structure_of_the_protocol_is_held_to_the_protocol(
    places: Places, field: str, value: object, code: str
) -> None:
    found = places("telemetry-traces", change(field, value))
    assert f"{code} {SPAN}/{field}" in found
    assert "structure" not in str(found)


def test_what_stands_inside_of_structure_is_looked_at(places: Places) -> None:
    attribute = {"key": "env", "value": {"stringValue": "x" * 257}, "more": 1}
    assert places("telemetry-traces", change("attributes", [ATTRIBUTE, attribute])) == {
        f"otlp-structure {SPAN}/attributes",
        f"undocumented-field {SPAN}/attributes/1/more",
        f"wrong-value {SPAN}/attributes/1/value/stringValue",
    }


def test_scope_and_links_are_structure_of_the_protocol(places: Places) -> None:
    found = places("telemetry-traces", lambda body: body["resourceSpans"][0]["scopeSpans"][0]["scope"].update(name="x"))
    assert found == {f"otlp-structure {SCOPE}/scope/name"}
    ids = {"traceId": "ab" * 16, "spanId": "cd" * 8}
    linked = places("telemetry-traces", change("links", [ids, {**ids, "traceId": ""}, {**ids, "spanId": "x"}, 1]))
    assert linked == {
        *(f"otlp-structure {SPAN}/links/{index}" for index in (0, 1, 2)),
        f"missing-field {SPAN}/links/1/traceId",
        f"wrong-value {SPAN}/links/2/spanId",
        f"wrong-type {SPAN}/links/3",
    }


def test_trace_id_in_capitals_is_a_form_of_the_protocol(places: Places) -> None:
    assert places("telemetry-traces", change("traceId", "71699B6FE85982C7C8995EA3D9C95DF2")) == {
        f"otlp-structure {SPAN}/traceId"
    }


@pytest.mark.parametrize("field", ["traceId", "spanId", "name", "startTimeUnixNano"])
def test_required_field_that_says_nothing_is_missing(places: Places, field: str) -> None:
    value = "0" if field.endswith("Nano") else ""
    assert places("telemetry-traces", change(field, value)) == {f"missing-field {SPAN}/{field}"}


@pytest.mark.parametrize("value", ["71699b6fe85982c7", "0" * 32, "x" * 32])
def test_trace_id_is_32_hex_digits_that_are_not_all_zero(places: Places, value: str) -> None:
    assert places("telemetry-traces", change("traceId", value)) == {f"wrong-value {SPAN}/traceId"}


def test_valid_span_id_needs_no_note(places: Places, contract: Any, sample: Callable[[str], Any]) -> None:
    body = sample("telemetry-traces.request")
    span(body)["spanId"] = "00f067aa0ba902b7"
    findings = contract.request_findings(contract.endpoint("telemetry-traces"), body)
    assert f"{SPAN}/spanId" not in [finding.pointer for finding in findings]


@pytest.mark.parametrize("value", ["zzzzzzzzzzzzzzzz", "1", "0000000000000000"])
def test_invalid_span_id_in_the_documented_shape_stays_a_note(places: Places, value: str) -> None:
    assert places("telemetry-traces", change("spanId", value)) == set()


@pytest.mark.parametrize(
    "value", ["x" * 17, "has space", "UPPER", "a-b", "id\n", "\u00e4", "what did alice ask the model?"]
)
def test_invalid_span_id_is_no_channel_for_free_text(places: Places, value: str) -> None:
    assert places("telemetry-traces", change("spanId", value)) == {f"wrong-value {SPAN}/spanId"}


@pytest.mark.parametrize("value", ["x" * 17, "has space", "A"])
def test_invalid_parent_span_id_is_no_channel_for_free_text(places: Places, value: str) -> None:
    assert places("telemetry-traces", change("parentSpanId", value)) == {f"wrong-value {SPAN}/parentSpanId"}


@pytest.mark.parametrize("field", ["traceId", "spanId", "name", "startTimeUnixNano", "endTimeUnixNano"])
def test_what_makes_a_span_is_required(places: Places, field: str) -> None:
    assert places("telemetry-traces", lambda body: span(body).pop(field)) == {f"missing-field {SPAN}/{field}"}


@pytest.mark.parametrize("field", ["parentSpanId", "events", "status", "droppedAttributesCount", "droppedEventsCount"])
def test_what_one_sample_span_leaves_out_is_optional(places: Places, field: str) -> None:
    assert places("telemetry-traces", lambda body: span(body).pop(field)) == set()


def test_time_may_be_a_number(places: Places) -> None:
    assert places("telemetry-traces", change("startTimeUnixNano", 1581452772000000321)) == set()


@pytest.mark.parametrize(
    ("value", "code"), [(2**32, "wrong-value"), (-1, "wrong-value"), (1.0, "wrong-type"), ("1", "wrong-type")]
)
def test_dropped_count_is_an_unsigned_32_bit_integer(places: Places, value: object, code: str) -> None:
    assert places("telemetry-traces", change("droppedEventsCount", value)) == {f"{code} {SPAN}/droppedEventsCount"}


@pytest.mark.parametrize("status", [{"code": 3}, {"code": -1}, {"message": "x" * 257}])
def test_status_is_bounded(places: Places, status: dict[str, object]) -> None:
    (field,) = status
    assert places("telemetry-traces", change("status", status)) == {f"wrong-value {SPAN}/status/{field}"}


def test_names_are_bounded(places: Places) -> None:
    assert places("telemetry-traces", change("name", "x" * 129)) == {f"wrong-value {SPAN}/name"}
    event = places("telemetry-traces", lambda body: span(body)["events"][0].update(name="x" * 129))
    assert event == {f"wrong-value {SPAN}/events/0/name"}


def test_more_structure_than_is_listed_is_not_taken_for_structure(contract: Contract) -> None:
    """What stands behind the last that is listed could be anything."""
    endpoint = contract.endpoint("telemetry-traces")
    assert endpoint is not None

    def found(spans: int) -> set[tuple[str, bool]]:
        document: Any = {"resourceSpans": [{"scopeSpans": [{"spans": [{"kind": 1, "flags": 1}] * spans}]}]}
        return {(finding.code, finding.pointer == "") for finding in contract.request_findings(endpoint, document)}

    assert ("contract.otlp-structure", False) in found(100)
    assert ("contract.otlp-structure", False) not in found(MOST_DIFFERENCES // 2)
    assert ("contract.undocumented-field", True) in found(MOST_DIFFERENCES // 2)
