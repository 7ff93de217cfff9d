"""One request in, one judgement out: everything that is known about it, and what is to be done with it.

The order matters. Secrets are learned before findings are worded, and every finding is found before the policy is
asked, so that detection never depends on policy.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from beacon_audit.contracts import Contract
from beacon_audit.contracts.contract import FIRST_FAILURE
from beacon_audit.errors import WireError
from beacon_audit.exchange.assess import Assessment, assess_body
from beacon_audit.exchange.secrets import UNLEARNED, Learned, learn_from_response, misplaced_in_head
from beacon_audit.inspection import Role, nothing_approved
from beacon_audit.model import Decision, Endpoint, Finding, Request
from beacon_audit.policy import Limits, Policy, decide
from beacon_audit.redaction import RegistryFull, SecretRegistry
from beacon_audit.wire.content_encoding import decode_content
from beacon_audit.wire.content_length import check_content_length
from beacon_audit.wire.content_sniffing import mismatch
from beacon_audit.wire.content_type import PROTOBUF, check_content_type
from beacon_audit.wire.json_body import JsonValue, read_json
from beacon_audit.wire.otlp_protobuf import read_protobuf, read_protobuf_status


@dataclass(frozen=True, slots=True)
class Judgement:
    """``licenses`` are tokens. ``assessment`` is ``None`` when the body was not looked at, because there is no
    documented endpoint that says what it should be."""

    endpoint: Endpoint | None
    assessment: Assessment | None
    licenses: tuple[str, ...]
    decision: Decision

    @property
    def has_unlearned_secrets(self) -> bool:
        """Whether the request has a secret that the registry does not know, so that nothing finds it."""
        return any(finding.code == UNLEARNED for finding in self.decision.findings)


@dataclass(frozen=True, slots=True)
class ResponseAssessment:
    """``recordable`` is false when the body must not be written, in any form but its size."""

    document: JsonValue
    parsed: bool
    recordable: bool
    findings: tuple[Finding, ...]


def judge(
    request: Request,
    containment: Sequence[Finding],
    *,
    contract: Contract,
    policy: Policy,
    registry: SecretRegistry,
    approved: Callable[[Role, str], bool] = nothing_approved,
) -> Judgement:
    """Judge a request. ``containment`` is what was found wrong with its way here (``proxy.containment``), ``approved``
    says which new names were approved in the inventory."""
    learned = Learned()
    learned.learn(registry, request, None, None)
    endpoint = contract.match(request.method, request.path)
    findings = [*containment, *_target_findings(contract, endpoint, request)]
    findings += check_content_length(request.header_values("content-length"), len(request.body))
    assessment = None
    if endpoint is not None:
        assessment = assess_body(
            endpoint,
            contract,
            content_types=request.header_values("content-type"),
            content_encodings=request.header_values("content-encoding"),
            body=request.body,
            limits=policy.limits,
            contains_secret=registry.contains,
            learn=lambda document: learned.learn(registry, request, endpoint, document),
            approved=approved,
        )
        findings += assessment.findings
    findings += contract.header_findings(endpoint, request.headers)
    findings += misplaced_in_head(registry, request, endpoint)
    licenses = tuple(learned.licenses)
    decision = decide(policy, endpoint, findings, licenses=licenses)
    if decision.action != "refused":
        learned.keep(registry)
    if learned.findings:  # whatever else was found may quote a key that nothing would recognise
        decision = decide(policy, endpoint, learned.findings, licenses=licenses)
    return Judgement(endpoint, assessment, licenses, decision)


def _target_findings(contract: Contract, endpoint: Endpoint | None, request: Request) -> list[Finding]:
    found = []
    if endpoint is None:
        found.append(contract.undocumented(request.method, request.path))
    if "?" in request.target:
        found.append(Finding("contract.undocumented-query", "", "no documented endpoint takes a query string"))
    return found


def assess_response(
    endpoint: Endpoint,
    contract: Contract,
    *,
    status: int,
    content_types: Sequence[str],
    content_encodings: Sequence[str],
    body: bytes,
    limits: Limits,
    registry: SecretRegistry,
) -> ResponseAssessment:
    """Assess a response body, learning its secrets first. Never raises for anything the upstream can choose.

    It is read as what its own content type says, whatever the request was; as JSON where that says nothing of use.
    """
    if not body:
        return ResponseAssessment(None, False, False, contract.response_findings(endpoint, status, None))
    media_type, odd = check_content_type(content_types, endpoint.media_types)
    data = b""
    try:
        data = decode_content(body, content_encodings, limit=limits.decoded_bytes)
        document, findings = _read_response(endpoint, status, media_type, data, limits.json_depth)
    except WireError as error:
        wire = Finding(error.code, error.pointer, error.message)
        return ResponseAssessment(
            None, False, True, (*odd, wire, *(mismatch(media_type, data) if data and not odd else ()))
        )
    findings = (*odd, *findings)
    try:
        learn_from_response(registry, endpoint, document)
    except RegistryFull:
        note = Finding(UNLEARNED, "", "the response body is not recorded: too many keys are known")
        return ResponseAssessment(None, False, False, (*findings, note))
    return ResponseAssessment(
        document, True, True, (*findings, *contract.response_findings(endpoint, status, document))
    )


def _read_response(
    endpoint: Endpoint, status: int, media_type: str | None, data: bytes, max_depth: int
) -> tuple[JsonValue, tuple[Finding, ...]]:
    if endpoint.otlp is None or media_type != PROTOBUF:
        return read_json(data, max_depth=max_depth)
    if status >= FIRST_FAILURE:
        return read_protobuf_status(data, max_depth=max_depth)
    return read_protobuf(data, endpoint.otlp, max_depth=max_depth, response=True)
