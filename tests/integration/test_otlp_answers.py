"""What Beacon may answer to a batch, through a real proxy: it reaches the client as it came, is judged and recorded."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTracePartialSuccess,
    ExportTraceServiceResponse,
)

from beacon_audit.demo.answers import Behaviour
from beacon_audit.demo.beacon import SimulatedBeacon
from beacon_audit.review.payloads import read_recorded_payload
from harness.client import Answer
from harness.leak_search import files_below, leaks_in
from harness.protobuf_bytes import chunk, number
from harness.protobuf_violations import PROTOBUF, documented_batch
from harness.proxy import ProxyProcess, write_policy
from harness.violations import LICENSE, PATHS, Sent, documented

TRACES = "telemetry-traces"
JSON_BATCH = Sent(PATHS[TRACES], documented(TRACES))
PROTOBUF_BATCH = documented_batch(TRACES)
PARTIAL = ExportTraceServiceResponse(
    partial_success=ExportTracePartialSuccess(rejected_spans=3, error_message="too old")
)
NO = Status(code=3, message="expected newer spans")


@dataclass(frozen=True)
class Stage:
    beacon: SimulatedBeacon
    proxy: ProxyProcess

    def answered(self, sent: Sent, behaviour: Behaviour) -> tuple[Answer, dict[str, Any], Any]:
        """The answer that the client got, the record of it, and the body in that record."""
        before = len(self.proxy.entries())
        self.beacon.behaviour = behaviour
        answer = sent.to(self.proxy.address, self.proxy.home.ca_certificate)
        intent, outcome = self.proxy.entries()[before:]
        assert (intent["type"], outcome["type"], outcome["state"]) == ("intent", "outcome", "sent")
        assert (outcome["status"], outcome["response_bytes"]) == (answer.status, len(answer.body))
        recorded = read_recorded_payload(self.proxy.home, outcome["payload"])
        assert recorded.state == "present"
        return answer, outcome, recorded.body


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    directory = tmp_path_factory.mktemp("answers")
    with SimulatedBeacon(directory) as beacon:
        with ProxyProcess(directory, write_policy(directory, beacon)) as proxy:
            yield Stage(beacon, proxy)
        assert LICENSE not in proxy.stderr


def codes(outcome: dict[str, Any]) -> list[str]:
    return [finding["code"] for finding in outcome["findings"]]


@pytest.mark.parametrize(
    ("sent", "body"),
    [
        (JSON_BATCH, b'{"partialSuccess": {"rejectedSpans": "3", "errorMessage": "too old"}}'),
        (PROTOBUF_BATCH, PARTIAL.SerializeToString()),
    ],
    ids=["json", "protobuf"],
)
def test_partial_success_is_passed_on_and_recorded(stage: Stage, sent: Sent, body: bytes) -> None:
    answer, outcome, recorded = stage.answered(sent, Behaviour(body=body))
    assert (answer.status, answer.body, codes(outcome)) == (200, body, [])
    assert int(recorded["partialSuccess"]["rejectedSpans"]) == 3
    assert recorded["partialSuccess"]["errorMessage"] == "too old"


@pytest.mark.parametrize("status", [400, 429, 503])
@pytest.mark.parametrize(
    ("sent", "body"),
    [
        (JSON_BATCH, b'{"code": 3, "message": "expected newer spans"}'),
        (PROTOBUF_BATCH, NO.SerializeToString()),
    ],
    ids=["json", "protobuf"],
)
def test_status_is_passed_on_and_recorded_as_a_token(stage: Stage, sent: Sent, body: bytes, status: int) -> None:
    """An answer that says no may quote what it says no to, and no documentation shows it."""
    answer, outcome, recorded = stage.answered(sent, Behaviour(status=status, body=body))
    assert (answer.status, answer.body, codes(outcome)) == (status, body, ["contract.response-undocumented-status"])
    assert "undocumented" in recorded
    assert "newer" not in str(recorded)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{}", "wire.protobuf-invalid"),
        (b"\xff" * 40, "wire.protobuf-invalid"),
        (chunk(9, "hidden"), "wire.protobuf-unknown-field"),
        (chunk(1, number(1, 1), number(1, 2)), "wire.protobuf-repeated-field"),
    ],
)
def test_answer_in_protobuf_that_is_none_is_passed_on_and_named(stage: Stage, body: bytes, code: str) -> None:
    answer, outcome, recorded = stage.answered(PROTOBUF_BATCH, Behaviour(body=body))
    assert (answer.status, answer.body) == (200, body)
    assert code in codes(outcome)
    assert "hidden" not in str(recorded)


@pytest.mark.parametrize("sent", [JSON_BATCH, PROTOBUF_BATCH], ids=["json", "protobuf"])
@pytest.mark.parametrize(
    ("media_type", "body", "expected"),
    [
        ("text/html", b"<html>busy</html>", ["contract.undocumented-media-type", "wire.json-invalid"]),
        ("application/grpc", b"\x00\x01", ["contract.undocumented-media-type", "wire.json-invalid"]),
        (PROTOBUF, PARTIAL.SerializeToString(), []),
        ("application/json", b"{}", []),
    ],
)
def test_answer_is_read_as_what_it_says_it_is(
    stage: Stage, sent: Sent, media_type: str, body: bytes, expected: list[str]
) -> None:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {media_type}\r\nContent-Length: {len(body)}\r\n\r\n"
    answer, outcome, recorded = stage.answered(sent, Behaviour(raw=head.encode() + body))
    assert (answer.body, codes(outcome)) == (body, expected)
    assert ("unparsed" in recorded) == bool(expected)
    assert "busy" not in str(recorded)


def test_license_that_is_sent_back_is_not_recorded(stage: Stage) -> None:
    """It is known from the request; the answer quotes it, in clear and in bytes."""
    sent = Sent(PROTOBUF_BATCH.path, PROTOBUF_BATCH.body, request={"headers": dict(PROTOBUF_BATCH.request["headers"])})
    sent.request["headers"]["X-Langchain-License-Key"] = LICENSE
    quoting = ExportTracePartialSuccess(error_message=f"{LICENSE} has expired")
    said = ExportTraceServiceResponse(partial_success=quoting)
    answer, _, recorded = stage.answered(sent, Behaviour(body=said.SerializeToString()))
    assert LICENSE.encode() in answer.body
    assert recorded["partialSuccess"]["errorMessage"].endswith(" has expired")
    status = Status(code=3, message=f"{LICENSE} has expired")
    status.details.add(type_url="type/x", value=f"about {LICENSE}".encode())
    stage.answered(sent, Behaviour(status=400, body=status.SerializeToString()))
    assert leaks_in(LICENSE, files_below(stage.proxy.home.path)) == []
