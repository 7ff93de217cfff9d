"""Acceptance: every documented sample of every edition is documented, allowed and without an alert at every strictness,
plain and compressed; what is not documented is refused at every strictness unless the policy says otherwise."""

import gzip
import json
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import pytest

from beacon_audit import contracts
from beacon_audit.contracts import available_editions, load_contract
from beacon_audit.exchange.judge import Judgement, judge
from beacon_audit.exchange.record import RecordContext, request_payload
from beacon_audit.model import Request
from beacon_audit.policy import EndpointRule, Place
from beacon_audit.redaction import SecretRegistry, Tokens
from harness.messages import request_to
from harness.policies import policy_with

CONTRACTS = {name: load_contract(name) for name in available_editions()}
NEWEST = CONTRACTS["langsmith-beacon/2026-08"]
SHOWN = [
    (name, endpoint.name)
    for name, contract in CONTRACTS.items()
    for endpoint in contract.endpoints
    if endpoint.status == "documented"
]
KEY = "lcl_made_up_for_this"
METADATA: dict[str, Any] = {
    "license_key": KEY,
    "from_timestamp": "2026-03-25T02:00:00+00:00",
    "to_timestamp": "2026-03-25T02:05:00+00:00",
    "tags": {"langgraph.platform.plan": "enterprise"},
    "measures": {"langgraph.platform.runs": 5},
    "logs": [],
}

type Strictness = Literal["lenient", "standard", "strict"]


def judged(request: Request, edition: str = NEWEST.name, **policy: Any) -> Judgement:
    registry = SecretRegistry(Tokens(b"k" * 32))
    return judge(request, (), contract=CONTRACTS[edition], policy=policy_with(**policy), registry=registry)


def rule(code: str, disposition: Literal["note", "alert", "block"]) -> EndpointRule:
    return EndpointRule(None, {code: disposition}, Place("policy.yaml", 1, 1))


@pytest.mark.parametrize("strictness", ["lenient", "standard", "strict"])
@pytest.mark.parametrize("coding", ["identity", "gzip"])
@pytest.mark.parametrize(("edition", "endpoint"), SHOWN)
def test_documented_sample_is_allowed_with_exactly_its_notes(
    edition: str, endpoint: str, coding: str, strictness: Strictness
) -> None:
    samples = Path(contracts.__file__).parent / "editions" / edition / "samples"
    expected = json.loads((samples / "expected-notes.json").read_bytes())[f"{endpoint}.request.json"]
    body = (samples / f"{endpoint}.request.json").read_bytes()
    request = request_to(endpoint, body=body)
    if coding == "gzip":
        request = request_to(endpoint, body=gzip.compress(body, mtime=0), headers=[("content-encoding", "gzip")])
    judgement = judged(request, edition, strictness=strictness)
    assert judgement.assessment is not None
    assert judgement.assessment.verdict == "documented"
    assert (judgement.decision.action, judgement.decision.alert) == ("allowed", False)
    assert [disposition for _, disposition in judgement.decision.dispositions] == ["note"] * len(expected)
    assert [{"code": found.code, "pointer": found.pointer} for found, _ in judgement.decision.dispositions] == expected


def metadata(**changes: Any) -> Request:
    body = json.dumps(METADATA | changes).encode()
    return request_to("license-verify", target="/v1/beacon/metadata/submit", body=body)


@pytest.mark.parametrize("strictness", ["lenient", "standard", "strict"])
def test_observed_endpoint_is_refused_by_name_at_every_strictness(strictness: Strictness) -> None:
    judgement = judged(metadata(), strictness=strictness)
    assert judgement.endpoint is not None
    assert judgement.endpoint.name == "metadata-submit"
    assert judgement.assessment is not None
    assert judgement.assessment.verdict == "undocumented"
    assert (judgement.decision.action, judgement.decision.code) == ("refused", "contract.observed-endpoint")
    assert "no page shows it" in judgement.decision.reason


def test_observed_endpoint_may_be_used_when_the_policy_says_so() -> None:
    endpoints = {"metadata-submit": rule("contract.observed-endpoint", "alert")}
    decision = judged(metadata(), endpoints=endpoints).decision
    assert (decision.action, decision.alert) == ("allowed", True)
    decision = judged(metadata(logs=["x"]), endpoints=endpoints).decision
    assert (decision.action, decision.code) == ("refused", "contract.undocumented-field")


def test_body_for_an_observed_endpoint_is_recorded_field_by_field() -> None:
    tokens = Tokens(b"k" * 32)
    context = RecordContext(SecretRegistry(tokens), tokens, "sha256:0", NEWEST.name)
    document = request_payload(context, metadata(), judged(metadata()))
    assert isinstance(document, dict)
    assert document["measures"] == {"langgraph.platform.runs": 5}
    assert KEY not in json.dumps(document)


def intelligence(body: bytes = b'{"prompt": "what did alice ask?"}', **changes: Any) -> Request:
    return request_to("license-verify", target="/intelligence/v1/complete", body=body, **changes)


@pytest.mark.parametrize("strictness", ["lenient", "standard", "strict"])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
def test_intelligence_is_refused_for_a_reason_of_its_own(strictness: Strictness, method: str) -> None:
    body = b"" if method == "GET" else b"{}"
    judgement = judged(intelligence(body, method=method), strictness=strictness)
    assert judgement.endpoint is not None
    assert (judgement.endpoint.name, judgement.endpoint.traffic_class) == ("intelligence", "content")
    assert (judgement.decision.action, judgement.decision.code) == ("refused", "contract.intelligence-endpoint")
    assert "traces and source code" in judgement.decision.reason


def test_intelligence_that_the_policy_permits_is_still_looked_through_for_secrets() -> None:
    endpoints = {"intelligence": rule("contract.intelligence-endpoint", "note")}
    assert judged(intelligence(), endpoints=endpoints).decision.action == "allowed"
    assert judged(intelligence(b"", method="GET"), endpoints=endpoints).decision.action == "allowed"
    carrying = intelligence(json.dumps({"prompt": KEY}).encode(), headers=[("x-langchain-license-key", KEY)])
    assert judged(carrying, endpoints=endpoints).decision.code == "promise.license-misplaced"


@pytest.mark.parametrize("content_type", ["application/octet-stream", "multipart/form-data", "text/plain"])
def test_body_for_intelligence_that_nobody_can_read_never_leaves(content_type: str) -> None:
    endpoints = {"intelligence": rule("contract.intelligence-endpoint", "note")}
    request = intelligence(b"bytes")
    assert judged(request, endpoints=endpoints).decision.code == "wire.json-invalid"
    headers = tuple((name, content_type if name == "content-type" else value) for name, value in request.headers)
    decision = judged(replace(request, headers=headers), endpoints=endpoints).decision
    assert decision.code == "contract.undocumented-media-type"


def test_content_for_intelligence_is_never_recorded_in_clear() -> None:
    tokens = Tokens(b"k" * 32)
    context = RecordContext(SecretRegistry(tokens), tokens, "sha256:0", NEWEST.name)
    endpoints = {"intelligence": rule("contract.intelligence-endpoint", "note")}
    document = request_payload(context, intelligence(), judged(intelligence(), endpoints=endpoints))
    assert "alice" not in json.dumps(document)
