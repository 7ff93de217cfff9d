"""OTLP/JSON: what protobuf's own JSON readers would take besides what OTLP allows."""

import json
from typing import Any

import pytest

from beacon_audit.errors import WireError
from beacon_audit.wire.json_body import read_json
from beacon_audit.wire.otlp_json import MOST_ALIASES, read_otlp_json

SPAN = "/resourceSpans/0/scopeSpans/0/spans/0"


def read(data: bytes | str | dict[str, Any], signal: Any = "traces") -> tuple[Any, list[str]]:
    """The document, and the findings as ``code pointer``."""
    body = json.dumps(data).encode() if isinstance(data, dict) else data.encode() if isinstance(data, str) else data
    document, findings = read_otlp_json(body, signal, max_depth=64)
    return document, [f"{finding.code.removeprefix('wire.')} {finding.pointer}" for finding in findings]


def span(**members: Any) -> dict[str, Any]:
    return {"resourceSpans": [{"scopeSpans": [{"spans": [members]}]}]}


@pytest.mark.parametrize(
    "body", [b"{}", b"[]", b"null", b'{"resourceSpans": [{"resource": {}}]}', b'{"a_b": 1, "a_b": 2}', b"[1e40]"]
)
def test_document_and_findings_of_any_json_are_those_of_the_json_reader(body: bytes) -> None:
    assert read_otlp_json(body, "traces", max_depth=64) == read_json(body, max_depth=64)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "wire.json-invalid"),
        (b"\xef\xbb\xbf{}", "wire.bom"),
        (b"{} {}", "wire.json-trailing-bytes"),
        (b'{"a": "\xff"}', "wire.json-utf8"),
        (b'{"a": 1} // documentation', "wire.json-trailing-bytes"),
        (b'{"a": 1 /* x */}', "wire.json-invalid"),
        (b"[" * 65 + b"]" * 65, "wire.json-depth"),
    ],
)
def test_what_the_json_reader_refuses_is_refused(body: bytes, code: str) -> None:
    with pytest.raises(WireError) as caught:
        read_otlp_json(body, "traces", max_depth=64)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("trace_id", "ab"), ("start_time_unix_nano", "1"), ("dropped_attributes_count", 1), ("trace_state", ""),
        ("parent_span_id", ""), ("dropped_links_count", None),
    ],
)  # fmt: skip
def test_name_of_the_proto_file_is_found_at_its_member(name: str, value: Any) -> None:
    assert read(span(**{name: value})) == (span(**{name: value}), [f"json-alias {SPAN}/{name}"])


def test_name_of_the_proto_file_is_found_on_every_level_and_in_every_signal() -> None:
    metrics = {"resource_metrics": [{"scope_metrics": [{"metrics": [{"sum": {"data_points": [{"as_int": 1}]}}]}]}]}
    assert read(metrics, "metrics")[1] == [
        "json-alias /resource_metrics",
        "json-alias /resource_metrics/0/scope_metrics",
        "json-alias /resource_metrics/0/scope_metrics/0/metrics/0/sum/data_points",
        "json-alias /resource_metrics/0/scope_metrics/0/metrics/0/sum/data_points/0/as_int",
    ]
    logs: dict[str, Any] = {
        "resourceLogs": [{"scopeLogs": [{"logRecords": [{}, {"body": {"kvlist_value": {"values": []}}}]}]}]
    }
    assert read(logs, "logs")[1] == ["json-alias /resourceLogs/0/scopeLogs/0/logRecords/1/body/kvlist_value"]


@pytest.mark.parametrize("written", ['"trace_id"', '"trace\\u005fid"', '"\\u0074race_id"', '"trace_id" \t\r\n'])
def test_name_of_the_proto_file_is_found_however_it_is_written(written: str) -> None:
    body = '{"resourceSpans":[{"scopeSpans":[{"spans":[{' + written + ': "ab"}]}]}]}'
    assert read(body)[1] == [f"json-alias {SPAN}/trace_id"]


def test_field_under_both_of_its_names_is_a_duplicate_whichever_comes_first() -> None:
    found = [f"json-alias {SPAN}/trace_id", f"duplicate-key {SPAN}/trace_id"]
    assert read(span(traceId="ab", trace_id="cd"))[1] == found
    assert read(span(trace_id="cd", traceId="ab"))[1] == found


def test_same_name_twice_and_another_name_are_two_findings() -> None:
    body = '{"resourceSpans":[{"scopeSpans":[{"spans":[{"trace_id":"a","trace_id":"b"}]}]}]}'
    assert read(body)[1] == [f"duplicate-key {SPAN}/trace_id", f"json-alias {SPAN}/trace_id"]


@pytest.mark.parametrize(
    "document",
    [
        span(no_such_field=1),
        span(resource_spans=1),  # a name, but of another message
        {"resourceSpans": [{"trace_id": "ab"}]},
        span(name="trace_id", attributes=[{"key": "trace_id", "value": {"stringValue": '"trace_id":'}}]),
        span(status={"status_message": "x"}),
        {"resource_metrics": []},  # of another signal
    ],
)
def test_underscore_elsewhere_is_no_alias(document: dict[str, Any]) -> None:
    assert read(document) == (document, [])


@pytest.mark.parametrize("document", [{"resource_spans": 5}, {"resource_spans": [5, None, "x", [[{}]]]}])
def test_value_of_another_type_is_walked_without_harm(document: dict[str, Any]) -> None:
    assert read(document)[1] == ["json-alias /resource_spans"]


def test_message_quotes_nothing_of_the_body() -> None:
    _, findings = read_otlp_json(json.dumps(span(trace_id="canary")).encode(), "traces", max_depth=64)
    assert findings
    assert not any("canary" in finding.message + finding.pointer for finding in findings)


def places(data: bytes) -> list[tuple[str, str]]:
    _, findings = read_otlp_json(data, "traces", max_depth=64)
    return [(finding.code, finding.pointer) for finding in findings]


def test_of_many_aliases_some_are_listed_and_one_covers_the_body() -> None:
    one = b'{"scope_spans":[]}'
    found = places(b'{"resourceSpans":[' + b",".join([one] * (MOST_ALIASES + 1)) + b"]}")
    assert found[:2] == [("wire.json-alias", f"/resourceSpans/{at}/scope_spans") for at in (0, 1)]
    assert found[MOST_ALIASES:] == [("wire.json-alias", "")]
    assert places(b'{"resourceSpans":[' + b",".join([one] * MOST_ALIASES) + b"]}") == found[:MOST_ALIASES]


@pytest.mark.timeout(20)
@pytest.mark.parametrize("run", [b"_" * 2_000_000, b'_\\"' * 700_000, b"_a" * 1_000_000])
def test_text_that_begins_like_an_alias_without_end_costs_no_more_than_its_length(run: bytes) -> None:
    """Each underscore of a run was a beginning of its own: minutes for this body."""
    assert places(b'{"resourceSpans":"' + run + b'"}') == []
