"""What is written of an exchange: the fields of its trail entries and the document of its payload file.

Entries are built from an allow-list: what is not named here is not written. Every text that a sender could choose is
scrubbed of known secrets and cut to a bound, so that an entry fits the 65,535 bytes that a C2SP tlog-tiles bundle can
hold. Field names are those of ``log --json`` and stable.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from beacon_audit.exchange.judge import Judgement, ResponseAssessment
from beacon_audit.model import Disposition, Endpoint, Finding, Outcome, Request
from beacon_audit.redaction import SecretRegistry, Tokens, redact_document

type Fields = dict[str, object]

MAX_FINDINGS = 48
MAX_TEXT = 256
MAX_PATH = 512


@dataclass(frozen=True, slots=True)
class RecordContext:
    """What every entry of a running instance has in common. ``policy`` is a digest, ``contract`` a name."""

    registry: SecretRegistry
    tokens: Tokens
    policy: str
    contract: str

    def text(self, value: str, limit: int = MAX_TEXT) -> str:
        """``value`` without known secrets, cut to ``limit`` characters, printable. Scrubbed first: a cut secret
        would not be found any more."""
        clean = self.registry.scrub(value)
        clean = "".join(character if character.isprintable() else "\ufffd" for character in clean)
        return clean if len(clean) <= limit else clean[: limit - 1] + "…"


def finding_fields(context: RecordContext, dispositions: Sequence[tuple[Finding, Disposition]]) -> list[dict[str, str]]:
    """The JSON form of findings, the blocking ones first, at most ``MAX_FINDINGS`` of them."""
    order = {"block": 0, "alert": 1, "note": 2}
    ranked = sorted(dispositions, key=lambda pair: order[pair[1]])
    return [
        {
            "basis": finding.basis,
            "code": finding.code,
            "pointer": context.text(finding.pointer),
            "message": context.text(finding.message),
            "disposition": disposition,
        }
        for finding, disposition in ranked[:MAX_FINDINGS]
    ]


def request_fields(context: RecordContext, request: Request, judgement: Judgement, source_name: str | None) -> Fields:
    """The fields that an intent and a refusal share, without type, id, time and payload."""
    decision = judgement.decision
    endpoint = judgement.endpoint
    return {
        "source": request.source,
        "source_name": source_name,
        "method": context.text(request.method, 32),
        "host": context.text(request.host),
        "path": context.text(request.path, MAX_PATH),
        "endpoint": endpoint.name if endpoint else None,
        "class": endpoint.traffic_class if endpoint else None,
        "action": decision.action,
        "reason": context.text(decision.reason),
        "reason_code": decision.code,
        "alert": decision.alert or decision.action != "allowed",
        "findings": finding_fields(context, decision.dispositions),
        "findings_total": len(decision.dispositions),
        "license": judgement.licenses[0] if judgement.licenses else None,
        "request_bytes": len(request.body),
        "policy": context.policy,
        "contract": context.contract,
    }


def unparsed_fields(
    context: RecordContext, *, source: str, method: str, host: str, path: str, code: str, reason: str
) -> Fields:
    """The fields of a refusal of something that never became a request: a CONNECT, a handshake, a broken head."""
    return {
        "source": source,
        "source_name": None,
        "method": context.text(method, 32) or None,
        "host": context.text(host) or None,
        "path": context.text(path, MAX_PATH) or None,
        "endpoint": None,
        "class": None,
        "action": "refused",
        "reason": context.text(reason),
        "reason_code": code,
        "alert": True,
        "findings": finding_fields(context, [(Finding(code, "", reason), "block")]),
        "findings_total": 1,
        "license": None,
        "request_bytes": 0,
        "policy": context.policy,
        "contract": context.contract,
    }


def outcome_fields(context: RecordContext, outcome: Outcome) -> Fields:
    """The fields of an outcome, without type, id, time and payload."""
    dispositions: list[tuple[Finding, Disposition]] = [(finding, "alert") for finding in outcome.findings]
    return {
        "state": outcome.state,
        "reason": context.text(outcome.reason),
        "status": outcome.status,
        "response_bytes": outcome.response_bytes,
        "duration_ms": outcome.duration_ms,
        "findings": finding_fields(context, dispositions),
        "findings_total": len(dispositions),
    }


def request_payload(context: RecordContext, request: Request, judgement: Judgement) -> object:
    """The body of a request as it may be written: documented fields in clear, all else as keyed tokens."""
    assessment = judgement.assessment
    if assessment is None or not assessment.parsed:
        return _opaque(context, request.body)
    endpoint = judgement.endpoint
    pointers = endpoint.license_pointers if endpoint else ()
    return redact_document(
        assessment.document,
        registry=context.registry,
        tokens=context.tokens,
        secrets=dict.fromkeys(pointers, "license"),
        hidden=_undocumented(assessment.findings),
    )


def response_payload(
    context: RecordContext, endpoint: Endpoint | None, body: bytes, assessment: ResponseAssessment
) -> object | None:
    """The body of a response as it may be written; ``None`` when there is nothing to write."""
    if not body or not assessment.recordable:
        return None
    if endpoint is None or not assessment.parsed:
        return _opaque(context, body)
    return redact_document(
        assessment.document,
        registry=context.registry,
        tokens=context.tokens,
        secrets=dict.fromkeys(endpoint.response_secret_pointers, "token"),
        hidden=_undocumented(assessment.findings),
    )


def _undocumented(findings: Sequence[Finding]) -> frozenset[str]:
    return frozenset(
        finding.pointer
        for finding in findings
        if finding.basis != "promise"
        and finding.code not in ("contract.otlp-invalid", "contract.missing-field")
        and not finding.code.startswith("contract.new-")
    )


def _opaque(context: RecordContext, body: bytes) -> Mapping[str, object]:
    """A body that is no document: its size, and a keyed token to tell whether two of them are the same."""
    return {"unparsed": {"bytes": len(body), "token": context.tokens.token("body", body)}}
