"""The answer to a batch: read as what it says it is, held to the protocol, never an error."""

import pytest
from google.protobuf import json_format
from google.protobuf.message import Message
from google.rpc import status_pb2
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsPartialSuccess, ExportLogsServiceResponse

from beacon_audit.contracts import load_contract
from beacon_audit.exchange.judge import ResponseAssessment, assess_response
from beacon_audit.policy import Limits
from beacon_audit.redaction import SecretRegistry, Tokens

CONTRACT = load_contract("langsmith-beacon/2026-08")


@pytest.fixture
def registry() -> SecretRegistry:
    return SecretRegistry(Tokens(bytes(32)))


def telemetry_answer(
    registry: SecretRegistry, body: bytes, *, status: int = 200, types: tuple[str, ...] = ("application/json",)
) -> ResponseAssessment:
    endpoint = CONTRACT.endpoint("telemetry-logs")
    assert endpoint is not None
    return assess_response(
        endpoint,
        CONTRACT,
        status=status,
        content_types=types,
        content_encodings=(),
        body=body,
        limits=Limits(),
        registry=registry,
    )


STATUS = status_pb2.Status(code=3, message="no")
PARTIAL = ExportLogsServiceResponse(
    partial_success=ExportLogsPartialSuccess(rejected_log_records=3, error_message="too old")
)


@pytest.mark.parametrize(("message", "status"), [(PARTIAL, 200), (STATUS, 400), (STATUS, 503)])
def test_answer_of_otlp_is_judged_alike_in_both_encodings(
    registry: SecretRegistry, message: Message, status: int
) -> None:
    plain = telemetry_answer(registry, json_format.MessageToJson(message).encode(), status=status)
    binary = telemetry_answer(registry, message.SerializeToString(), status=status, types=("application/x-protobuf",))
    assert plain.parsed
    assert binary.parsed
    assert plain.findings == binary.findings
    assert {finding.code for finding in plain.findings} <= {"contract.response-undocumented-status"}


@pytest.mark.parametrize(
    ("body", "status", "found"),
    [
        (b'{"partialSuccess": {"rejectedLogRecords": "3"}}', 200, []),
        (b'{"partialSuccess": {"rejectedLogRecords": -1}}', 200, []),
        (b'{"partialSuccess": {"rejectedSpans": 3}}', 200, ["undocumented-field /partialSuccess/rejectedSpans"]),
        (b'{"partialSuccess": {"rejectedLogRecords": true}}', 200, ["wrong-type /partialSuccess/rejectedLogRecords"]),
        (b'{"partialSuccess": {"errorMessage": 5}}', 200, ["wrong-type /partialSuccess/errorMessage"]),
        (b'{"code": 3, "message": "no", "details": [{"@type": "x"}]}', 400, ["response-undocumented-status "]),
        (b'{"code": "3"}', 400, ["response-undocumented-status ", "wrong-type /code"]),
        (b'{"error": "no"}', 429, ["response-undocumented-status ", "undocumented-field /error"]),
        (b'{"code": 3}', 200, ["undocumented-field /code"]),
        (b"[]", 400, ["response-undocumented-status ", "wrong-type "]),
    ],
)
def test_json_answer_of_otlp_is_held_to_the_protocol(
    registry: SecretRegistry, body: bytes, status: int, found: list[str]
) -> None:
    findings = telemetry_answer(registry, body, status=status).findings
    assert [f"{each.code.removeprefix('contract.')} {each.pointer}" for each in findings] == found


@pytest.mark.parametrize(
    ("types", "body", "codes"),
    [
        ((), b"{}", ["wire.content-type"]),
        (("text/html",), b"<html>", ["contract.undocumented-media-type", "wire.json-invalid"]),
        (("text/html",), b"{}", ["contract.undocumented-media-type"]),
        (("application/json", "application/x-protobuf"), b"{}", ["wire.content-type"]),
        (("application/json; charset=utf-16",), b"{}", ["wire.charset"]),
        (("application/json; charset=UTF-8",), b"{}", []),
        (("application/x-protobuf",), b"{}", ["wire.protobuf-invalid", "wire.unlike-header"]),
        (("application/json",), b"\x0a\x00", ["wire.json-invalid", "wire.unlike-header"]),
        (("\x00",), b"\xff\xff", ["wire.content-type", "wire.json-utf8"]),
    ],
)
def test_answer_of_any_content_type_is_told_and_can_be_recorded(
    registry: SecretRegistry, types: tuple[str, ...], body: bytes, codes: list[str]
) -> None:
    assessment = telemetry_answer(registry, body, types=types)
    assert [finding.code for finding in assessment.findings] == codes
    assert assessment.recordable


@given(
    body=st.binary(max_size=60),
    status=st.sampled_from([200, 204, 400, 503]),
    types=st.lists(st.sampled_from(["application/json", "application/x-protobuf", "text/plain", "x"]), max_size=2),
)
def test_no_answer_whatever_is_an_error(body: bytes, status: int, types: list[str]) -> None:
    assessment = telemetry_answer(SecretRegistry(Tokens(bytes(32))), body, status=status, types=tuple(types))
    assert assessment.recordable or not body
