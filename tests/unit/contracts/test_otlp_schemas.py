"""The schemas of the protocol are those of the published descriptors, and say what OTLP says beyond them."""

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from google.protobuf.descriptor import Descriptor
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from beacon_audit.contracts.otlp_messages import OtlpMember, OtlpMessage, otlp_request, read_schema
from beacon_audit.contracts.schemas import SchemaSet
from beacon_audit.contracts.validation import DocumentSchema
from harness.otlp_messages import REQUESTS, messages, to_document

SCRIPT = Path(__file__).parents[3] / "scripts" / "otlp_schemas.py"
SIGNALS: tuple[Any, ...] = ("metrics", "traces", "logs")


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("otlp_schemas", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def schema(name: str) -> DocumentSchema:
    file = f"{name}.schema.json"
    return DocumentSchema(SchemaSet({file: read_schema(name)}), file)


def test_schemas_are_what_the_script_writes_from_the_installed_descriptors(script: ModuleType) -> None:
    files = script.files()
    assert {path.name for path in script.DIRECTORY.iterdir()} == {path.name for path in files}
    for path, content in files.items():
        assert path.read_text(encoding="utf-8") == content, f"{path.name}: run scripts/otlp_schemas.py"


@pytest.mark.parametrize("signal", SIGNALS)
def test_every_field_of_every_message_is_there_with_its_presence(signal: Any) -> None:
    seen: set[str] = set()

    def walk(descriptor: Descriptor, message: OtlpMessage) -> None:
        if descriptor.full_name in seen:
            return
        seen.add(descriptor.full_name)
        assert set(message.members) == {field.json_name for field in descriptor.fields}
        for field in descriptor.fields:
            member = message.members[field.json_name]
            assert bool(member.defaults) == (not field.has_presence)
            if field.message_type:
                assert member.message is not None
                walk(field.message_type, member.message)
        choices = [field.json_name for oneof in descriptor.oneofs if len(oneof.fields) > 1 for field in oneof.fields]
        assert message.choices == set(choices)

    walk(REQUESTS[signal].DESCRIPTOR, otlp_request(signal))
    assert len(seen) > 8


@pytest.mark.parametrize("signal", SIGNALS)
@settings(suppress_health_check=list(HealthCheck), deadline=None)
@given(st.data())
def test_what_the_official_writer_writes_has_only_faults_of_bounds(signal: Any, data: st.DataObject) -> None:
    """Ids of a wrong length, unknown enums and long texts are what the descriptors do not rule out."""
    document = otlp_request(signal).without_defaults(to_document(data.draw(messages(signal))))
    codes = {finding.code for finding in schema(signal).findings(document)}
    assert codes <= {"contract.wrong-value", "contract.missing-field"}


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("flags", 0, False), ("flags", 0.0, True), ("flags", False, True), ("flags", "0", True), ("flags", None, True),
        ("startTimeUnixNano", 0, False), ("startTimeUnixNano", "0", False), ("startTimeUnixNano", "00", True),
        ("name", "", False), ("name", "0", True), ("name", 0, True), ("name", [], True),
        ("traceId", "", False), ("events", [], False), ("events", {}, True), ("events", "", True),
        ("status", {}, True), ("unknown", "", True), ("kind", 0, False),
    ],
)  # fmt: skip
def test_member_goes_only_if_it_is_the_default_of_its_type(name: str, value: Any, kept: bool) -> None:
    document: Any = {"resourceSpans": [{"scopeSpans": [{"spans": [{"name": "x", **{name: value}}]}]}]}
    meaning: Any = otlp_request("traces").without_defaults(document)
    span = meaning["resourceSpans"][0]["scopeSpans"][0]["spans"][0]
    assert (name in span and span[name] == value) == kept


@pytest.mark.parametrize(("value", "kept"), [(0, False), (0.0, False), (-0.0, True), ("0", True), (False, True)])
def test_zero_of_a_double_has_one_sign_and_that_of_a_oneof_is_said(value: Any, kept: bool) -> None:
    def put(data: Any) -> Any:
        return {"resourceMetrics": [{"scopeMetrics": [{"metrics": [data]}]}]}

    request = otlp_request("metrics")
    document = put({"summary": {"dataPoints": [{"sum": value}]}})
    assert (request.without_defaults(document) == document) == kept
    point = put({"gauge": {"dataPoints": [{"asDouble": 0.0}]}})
    assert request.without_defaults(point) == point
    told = put({"histogram": {"dataPoints": [{"sum": 0.0, "min": 0}]}})
    assert request.without_defaults(told) == told


@pytest.mark.parametrize("document", [None, 5, "x", [], {"resourceSpans": 5}, {"resourceSpans": [5, None, [{}]]}])
def test_what_is_no_message_is_left_alone(document: Any) -> None:
    assert otlp_request("traces").without_defaults(document) == document


def test_place_in_a_message_is_found_by_its_tokens() -> None:
    request = otlp_request("traces")
    name = request.at(["resourceSpans", "0", "scopeSpans", "7", "spans", "1", "name"])
    assert isinstance(name, OtlpMember)
    assert (name.defaults, name.fixed_text) == (("",), False)
    assert isinstance(request.at(["resourceSpans", "0"]), OtlpMessage)
    assert request.at(["resourceSpans", "0", "nope", "1"]) is None


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ({}, None),
        ({"code": 3, "message": "no", "details": [{"@type": "x"}]}, None),
        ({"code": "3"}, "contract.wrong-type"),
        ({"error": "no"}, "contract.undocumented-field"),
    ],
)
def test_status_is_that_of_google_rpc(document: Any, code: str | None) -> None:
    assert [finding.code for finding in schema("status").findings(document)] == ([code] if code else [])


@pytest.mark.parametrize("value", ["2" * 20, str(2**64), "-1", "1.5", "01", 2**64, -1])
def test_unsigned_long_is_within_64_bits(value: Any) -> None:
    document: Any = {"resourceLogs": [{"scopeLogs": [{"logRecords": [{"timeUnixNano": value}]}]}]}
    assert [finding.code for finding in schema("logs").findings(document)] == ["contract.wrong-value"]


@pytest.mark.parametrize("value", [str(2**63), str(-(2**63) - 1), "1.0", "-0", 2**63])
def test_signed_long_is_within_64_bits(value: Any) -> None:
    document: Any = {"resourceLogs": [{"scopeLogs": [{"logRecords": [{"body": {"intValue": value}}]}]}]}
    assert [finding.code for finding in schema("logs").findings(document)] == ["contract.wrong-value"]


@pytest.mark.parametrize("value", [str(2**63 - 1), str(-(2**63)), "0", "-1", 5])
def test_signed_long_at_its_limits_is_fine(value: Any) -> None:
    document: Any = {"resourceLogs": [{"scopeLogs": [{"logRecords": [{"body": {"intValue": value}}]}]}]}
    assert schema("logs").findings(document) == ()
