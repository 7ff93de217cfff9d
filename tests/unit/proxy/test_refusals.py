"""A refusal speaks the language of the request and says nothing of its content."""

import json

import pytest
from google.rpc.status_pb2 import Status

from beacon_audit.contracts import load_contract
from beacon_audit.proxy.refusals import Refusal, refuse, response_withheld, unavailable

CONTRACT = load_contract("langsmith-beacon/2026-08")
TRACES = CONTRACT.endpoint("telemetry-traces")
INGEST = CONTRACT.endpoint("usage-ingest")


def refusal(endpoint: object, *, sink: bool = False, protobuf: bool = False, reason: str = "because") -> Refusal:
    return refuse(endpoint, record="r1", code="a.b", reason=reason, sink=sink, protobuf=protobuf)  # type: ignore[arg-type]


def test_otlp_in_json_gets_a_status_that_makes_exporters_drop_the_batch() -> None:
    answer = refusal(TRACES)
    assert answer.status == 400
    assert json.loads(answer.body)["code"] == 3
    assert "r1" in json.loads(answer.body)["message"]


@pytest.mark.parametrize("reason", ["because", "x" * 300, "é" * 20000])
def test_otlp_in_protobuf_gets_the_same_status_in_protobuf(reason: str) -> None:
    answer = refusal(TRACES, protobuf=True, reason=reason)
    status = Status.FromString(answer.body)
    assert (answer.status, answer.media_type, status.code) == (400, b"application/x-protobuf", 3)
    assert status.message.startswith("beacon-audit refused this batch: ")


def test_a_sink_answers_an_empty_success_in_either_encoding() -> None:
    assert (refusal(TRACES, sink=True).status, refusal(TRACES, sink=True).body) == (200, b"{}")
    assert (refusal(TRACES, sink=True, protobuf=True).status, refusal(TRACES, sink=True, protobuf=True).body) == (
        200,
        b"",
    )


@pytest.mark.parametrize("endpoint", [INGEST, None])
def test_everything_else_gets_403_with_the_record(endpoint: object) -> None:
    answer = refusal(endpoint, sink=True, protobuf=True)
    assert answer.status == 403
    assert json.loads(answer.body) == {
        "error": "refused by beacon-audit",
        "record": "r1",
        "code": "a.b",
        "reason": "because",
    }


@pytest.mark.parametrize(
    "answer",
    [
        *(refusal(TRACES, sink=sink, protobuf=protobuf) for sink in (True, False) for protobuf in (True, False)),
        refusal(INGEST), unavailable("because", "r1"), response_withheld("because", "r1"),
    ],
)  # fmt: skip
def test_every_refusal_that_has_a_record_names_it_in_a_header(answer: Refusal) -> None:
    assert answer.response().headers["x-beacon-audit-record"] == "r1"


def test_refusal_without_a_record_names_none() -> None:
    answer = unavailable("the disk is full")
    assert "record" not in json.loads(answer.body)
    assert "x-beacon-audit-record" not in answer.response().headers


def test_a_response_object_carries_its_length() -> None:
    response = unavailable("the disk is full").response()
    assert response.headers["content-length"] == str(len(response.content or b""))
    assert response.status_code == 503
