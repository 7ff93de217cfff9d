"""One judgement out of everything that is known about a request, and about its answer."""

import gzip

import pytest

from beacon_audit.contracts import load_contract
from beacon_audit.exchange.judge import Judgement, ResponseAssessment, assess_response, judge
from beacon_audit.model import Finding, Request
from beacon_audit.policy import Limits, Policy
from beacon_audit.redaction import SecretRegistry, Tokens
from harness.messages import request_to
from harness.policies import policy_with
from harness.protobuf_bytes import chunk, number
from harness.violations import LICENSE, PATHS

CONTRACT = load_contract("langsmith-beacon/2026-08")
TOKENS = Tokens(b"k" * 32)
ENFORCE = policy_with()
MISMATCH = Finding("containment.sni-mismatch", "", "found")


@pytest.fixture
def registry() -> SecretRegistry:
    return SecretRegistry(TOKENS)


def judged(registry: SecretRegistry, request: Request, *containment: Finding, policy: Policy = ENFORCE) -> Judgement:
    return judge(request, containment, contract=CONTRACT, policy=policy, registry=registry)


@pytest.mark.parametrize("endpoint", PATHS)
def test_documented_request_is_allowed(registry: SecretRegistry, endpoint: str) -> None:
    judgement = judged(registry, request_to(endpoint))
    assert judgement.decision.action == "allowed"
    assert judgement.endpoint is not None
    assert judgement.endpoint.name == endpoint


def test_license_of_the_body_is_told_as_a_token(registry: SecretRegistry) -> None:
    assert judged(registry, request_to("license-verify")).licenses == (TOKENS.token("license", LICENSE),)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"method": "post"}, "contract.undocumented-endpoint"),
        ({"target": "/v1/beacon/verify/"}, "contract.undocumented-endpoint"),
        ({"target": "/V1/beacon/verify"}, "contract.undocumented-endpoint"),
        ({"target": "/v1/beacon/%76erify"}, "contract.undocumented-endpoint"),
        ({"target": "/v1/beacon/./verify"}, "contract.undocumented-endpoint"),
        ({"target": "/v1/beacon/verify?"}, "contract.undocumented-query"),
        ({"headers": [("user-agent", LICENSE)]}, "promise.license-misplaced"),
        ({"headers": [("content-type", "application/json")]}, "wire.content-type"),
        ({"headers": [("cookie", "a=b")]}, "contract.undocumented-header"),
        ({"headers": [("user-agent", "these are words, not a product")]}, "contract.header-value"),
        ({"headers": [("x-langchain-license-key", LICENSE)]}, "promise.license-misplaced"),
        ({"headers": [("content-encoding", "gzip")]}, "wire.gzip-corrupt"),
        ({"headers": [("content-length", "5")]}, "wire.content-length"),
        ({"body": b'{"license": "lcl_0123456789", "x": 1}'}, "contract.undocumented-field"),
    ],
)
def test_request_that_is_not_as_documented_is_refused(
    registry: SecretRegistry, changes: dict[str, object], code: str
) -> None:
    decision = judged(registry, request_to("license-verify", **changes)).decision
    assert (decision.action, decision.code) == ("refused", code)


def test_license_of_this_very_request_is_found_in_its_head(registry: SecretRegistry) -> None:
    """Nothing was learned before: the body is read first, and then the head is searched."""
    decision = judged(registry, request_to("license-verify", headers=[("referer", LICENSE)])).decision
    assert decision.code == "promise.license-misplaced"


def test_containment_refuses_in_observe_mode_too(registry: SecretRegistry) -> None:
    observe = policy_with(mode="observe")
    assert judged(registry, request_to("license-verify"), MISMATCH, policy=observe).decision.code == MISMATCH.code
    assert judged(registry, request_to("license-verify"), MISMATCH, policy=observe).decision.action == "refused"
    observed = judged(registry, request_to("license-verify", method="PUT"), policy=observe).decision
    assert observed.action == "observed"


def test_offline_mode_still_finds_everything(registry: SecretRegistry) -> None:
    """Detection does not depend on policy: the record says what was wrong, not only that nothing may leave."""
    decision = judged(registry, request_to("usage-ingest", body=b"{}"), policy=policy_with(mode="offline")).decision
    assert (decision.action, decision.code) == ("refused", "policy.offline")
    assert "contract.missing-field" in [finding.code for finding in decision.findings]


def test_request_with_a_license_too_many_is_refused() -> None:
    registry = SecretRegistry(TOKENS, capacity=1)
    registry.learn("lcl_the_first_of_them")
    decision = judged(registry, request_to("license-verify"), policy=policy_with(mode="observe")).decision
    assert (decision.action, decision.code) == ("refused", "containment.too-many-secrets")


def test_of_a_request_with_secrets_that_nobody_knows_nothing_else_is_said(registry: SecretRegistry) -> None:
    headers = [("x-langchain-license-key", f"lcl_number_{number}") for number in range(9)]
    judgement = judged(registry, request_to("license-verify", headers=headers, body=b'{"lcl_number_8": 1}'))
    assert judgement.has_unlearned_secrets
    assert {finding.code for finding in judgement.decision.findings} == {"containment.too-many-secrets"}
    assert judgement.decision.action == "refused"
    assert "lcl_number_8" not in str(judgement.decision)


# --- the answer -----------------------------------------------------------------------------------------------------


def answered(
    registry: SecretRegistry, body: bytes, *, status: int = 200, encodings: tuple[str, ...] = ()
) -> ResponseAssessment:
    endpoint = CONTRACT.endpoint("license-verify")
    assert endpoint is not None
    return assess_response(
        endpoint,
        CONTRACT,
        status=status,
        content_types=("application/json",),
        content_encodings=encodings,
        body=body,
        limits=Limits(decoded_bytes=1000, json_depth=8),
        registry=registry,
    )


def test_documented_answer_has_no_findings_and_its_token_is_learned(registry: SecretRegistry) -> None:
    token = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.c2lnbmF0dXJl"
    assert answered(registry, f'{{"token": "{token}"}}'.encode()).findings == ()
    assert registry.contains(token)


@pytest.mark.parametrize(
    ("body", "status", "encodings", "code", "recordable"),
    [
        (b'{"token": "0123456789", "x": 1}', 200, (), "contract.undocumented-field", True),
        (b"{}", 200, (), "contract.missing-field", True),
        (b"", 200, (), "contract.missing-field", False),
        (b"<html>", 502, (), "wire.json-invalid", True),
        (b"<html>", 502, (), "wire.unlike-header", True),
        (b"{}", 418, (), "contract.response-undocumented-status", True),
        (gzip.compress(b" " * 1001, mtime=0), 200, ("gzip",), "wire.decoded-too-large", True),
    ],
)
def test_answer_that_is_not_as_documented_has_findings_and_never_raises(
    registry: SecretRegistry, body: bytes, status: int, encodings: tuple[str, ...], code: str, recordable: bool
) -> None:
    assessment = answered(registry, body, status=status, encodings=encodings)
    assert code in [finding.code for finding in assessment.findings]
    assert assessment.recordable is recordable


PROTOBUF = ("application/x-protobuf",)


@pytest.mark.parametrize(
    ("body", "status", "codes"),
    [
        (b"", 200, []),
        (chunk(1, number(1, 3), chunk(2, "too old")), 200, []),
        (chunk(1, number(9, 3)), 200, ["wire.protobuf-unknown-field", "contract.undocumented-field"]),
        (b"{}", 200, ["wire.protobuf-invalid", "wire.unlike-header"]),
        (number(1, 3) + chunk(2, "no"), 400, ["contract.response-undocumented-status"]),
        (
            number(1, 3) + chunk(7, "no"),
            503,
            ["wire.protobuf-unknown-field", "contract.response-undocumented-status", "contract.undocumented-field"],
        ),
    ],
)
def test_answer_of_otlp_is_read_in_its_own_encoding(
    registry: SecretRegistry, body: bytes, status: int, codes: list[str]
) -> None:
    endpoint = CONTRACT.endpoint("telemetry-traces")
    assert endpoint is not None
    assessment = assess_response(
        endpoint,
        CONTRACT,
        status=status,
        content_types=PROTOBUF,
        content_encodings=(),
        body=body,
        limits=Limits(decoded_bytes=1000, json_depth=8),
        registry=registry,
    )
    assert [finding.code for finding in assessment.findings] == codes
    assert assessment.parsed == bool(body and "wire.protobuf-invalid" not in codes)


def test_protobuf_in_answer_to_anything_but_otlp_is_not_read_as_such(registry: SecretRegistry) -> None:
    endpoint = CONTRACT.endpoint("license-verify")
    assert endpoint is not None
    assessment = assess_response(
        endpoint,
        CONTRACT,
        status=200,
        content_types=PROTOBUF,
        content_encodings=(),
        body=b'{"token": "0123456789"}',
        limits=Limits(),
        registry=registry,
    )
    assert (assessment.parsed, assessment.document) == (True, {"token": "0123456789"})
    assert [finding.code for finding in assessment.findings] == ["contract.undocumented-media-type"]
