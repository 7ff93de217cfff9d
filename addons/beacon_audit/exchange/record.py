"""What is written of an exchange: the fields of its trail entries and the document of its payload file.

Entries are built from an allow-list: what is not named here is not written. Names that nobody documents are shown when
they are plain, and are keyed tokens otherwise (``redaction.names``). Every text that a sender could choose is scrubbed
of known secrets and cut to a bound, so that an entry fits the 65,535 bytes that a C2SP tlog-tiles bundle can hold.
Field names are those of ``log --json`` and stable.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from beacon_audit.contracts.validation import KEY_NOT_SHOWN
from beacon_audit.exchange.judge import Judgement, ResponseAssessment
from beacon_audit.inspection import APPROVED, kind_of_secret, without_secrets
from beacon_audit.model import Disposition, Endpoint, Finding, Outcome, Request
from beacon_audit.model.plain_name import is_plain_name
from beacon_audit.model.pointer import pointer_tokens, value_at
from beacon_audit.redaction import SEPARATOR, Names, SecretRegistry, Tokens, redact_document
from beacon_audit.wire.json_body import JsonValue

type Fields = dict[str, object]

MAX_FINDINGS = 48
MAX_TEXT = 256
#: Findings at a key of an attribute; what nobody has vouched for is its value.
_ATTRIBUTE_KEYS = frozenset(
    {
        "contract.new-attribute-key",
        "contract.standard-attribute-key",
        "promise.content-attribute",
        "promise.identity-attribute",
        "promise.infrastructure-attribute",
    }
)
#: Findings that leave the value as documented as it was. A known license becomes its token wherever it stands.
_SHOWN = frozenset(
    {
        "contract.missing-field",
        "contract.observed-endpoint",
        "contract.otlp-invalid",
        "promise.license-misplaced",
        "promise.log-severity",
    }
)
#: Fields whose values are words of ours.
_OURS = frozenset(
    {"action", "class", "endpoint", "reason_code", "basis", "code", "disposition", "state", "policy", "contract"}
)
#: In characters, by field; MAX_TEXT for the others.
_LIMITS = {"path": 512, "method": 32}


@dataclass(frozen=True, slots=True)
class RecordContext:
    """What every entry of a running instance has in common. ``policy`` is a digest, ``contract`` a name, ``hosts`` are
    the documented ones."""

    registry: SecretRegistry
    tokens: Tokens
    policy: str
    contract: str
    hosts: Collection[str] = ()

    @property
    def names(self) -> Names:
        """How names that nobody documents are written."""
        return Names(self.registry, self.tokens)

    def text(self, value: str, limit: int = MAX_TEXT) -> str:
        """``value`` without known secrets and what looks like one, printable, cut to ``limit`` characters."""
        return _bounded(self._scrub(value), limit)

    def written(self, fields: Fields) -> Fields:
        """``fields`` with every text as ``text`` has it: one search over all, and only a hit is looked for again."""
        joined = SEPARATOR.join(_texts(fields))
        scrub = self._scrub if self.registry.contains(joined) or kind_of_secret(joined) else str
        return {name: self._cleaned(name, value, scrub) for name, value in fields.items()}

    def _scrub(self, value: str) -> str:
        return without_secrets(self.registry.scrub(value))

    def _cleaned(self, name: str, value: object, scrub: Callable[[str], str]) -> object:
        if isinstance(value, str):
            return _bounded(value if name in _OURS else scrub(value), _LIMITS.get(name, MAX_TEXT))
        if isinstance(value, dict):
            return {key: self._cleaned(key, item, scrub) for key, item in value.items()}
        if isinstance(value, list):
            return [self._cleaned(name, item, scrub) for item in value]
        return value


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def _bounded(text: str, limit: int) -> str:
    """Printable and cut, after the scrub: a cut secret would not be found any more."""
    if not text.isprintable():
        text = "".join(character if character.isprintable() else "\ufffd" for character in text)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _finding_fields(dispositions: Sequence[tuple[Finding, Disposition]]) -> list[dict[str, str]]:
    """The JSON form of findings, the blocking ones first, at most ``MAX_FINDINGS`` of them."""
    order = {"block": 0, "alert": 1, "note": 2}
    ranked = sorted(dispositions, key=lambda pair: order[pair[1]])
    return [
        {
            "basis": finding.basis,
            "code": finding.code,
            "pointer": finding.pointer,
            "message": finding.message,
            "disposition": disposition,
        }
        for finding, disposition in ranked[:MAX_FINDINGS]
    ]


def request_fields(context: RecordContext, request: Request, judgement: Judgement, source_name: str | None) -> Fields:
    """The fields that an intent and a refusal share, without type, id, time and payload."""
    decision = judgement.decision
    endpoint = judgement.endpoint
    fields: Fields = {
        "source": request.source,
        "source_name": source_name,
        "original_destination": request.original_destination,
        "method": context.names.method(request.method),
        "host": context.names.host(request.host, context.hosts),
        "path": context.names.path(request.path, endpoint.path if endpoint else ""),
        "endpoint": endpoint.name if endpoint else None,
        "class": endpoint.traffic_class if endpoint else None,
        "action": decision.action,
        "reason": decision.reason,
        "reason_code": decision.code,
        "alert": decision.alert or decision.action != "allowed",
        "findings": _finding_fields(decision.dispositions),
        "findings_total": len(decision.dispositions),
        "license": judgement.licenses[0] if judgement.licenses else None,
        "request_bytes": len(request.body),
        "policy": context.policy,
        "contract": context.contract,
    }
    if judgement.has_unlearned_secrets and endpoint is None:
        fields |= {"method": None, "host": None, "path": None}  # any of them may hold it
    return context.written(fields)


def unparsed_fields(
    context: RecordContext,
    *,
    source: str,
    method: str,
    host: str,
    path: str,
    code: str,
    reason: str,
    original_destination: str | None = None,
) -> Fields:
    """The fields of a refusal of something that never became a request: a CONNECT, a handshake, a broken head."""
    fields: Fields = {
        "source": source,
        "source_name": None,
        "original_destination": original_destination,
        "method": context.names.method(method) if method else None,
        "host": context.names.host(host, context.hosts) if host else None,
        "path": context.names.path(path) if path else None,
        "endpoint": None,
        "class": None,
        "action": "refused",
        "reason": reason,
        "reason_code": code,
        "alert": True,
        "findings": _finding_fields([(Finding(code, "", reason), "block")]),
        "findings_total": 1,
        "license": None,
        "request_bytes": 0,
        "policy": context.policy,
        "contract": context.contract,
    }
    return context.written(fields)


def outcome_fields(context: RecordContext, outcome: Outcome) -> Fields:
    """The fields of an outcome, without type, id, time and payload."""
    dispositions: list[tuple[Finding, Disposition]] = [(finding, "alert") for finding in outcome.findings]
    fields: Fields = {
        "state": outcome.state,
        "reason": outcome.reason,
        "status": outcome.status,
        "response_bytes": outcome.response_bytes,
        "duration_ms": outcome.duration_ms,
        "findings": _finding_fields(dispositions),
        "findings_total": len(dispositions),
    }
    return context.written(fields)


def request_payload(context: RecordContext, request: Request, judgement: Judgement) -> object:
    """The body of a request as it may be written: documented fields in clear, all else as keyed tokens."""
    assessment = judgement.assessment
    if assessment is None or not assessment.parsed or judgement.has_unlearned_secrets:
        return _opaque(context, request.body)
    endpoint = judgement.endpoint
    pointers = endpoint.license_pointers if endpoint else ()
    return redact_document(
        assessment.document,
        registry=context.registry,
        tokens=context.tokens,
        secrets=dict.fromkeys(pointers, "license"),
        hidden=_hidden(assessment.findings, assessment.document),
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
        hidden=_hidden(assessment.findings, assessment.document),
    )


def _hidden(findings: Sequence[Finding], document: JsonValue) -> frozenset[str]:
    """The places whose values nobody has vouched for: undocumented and wrong ones; the value of an attribute whose key
    is new, or exists for contents, identities or machines; a new name or key that is not plain; and whatever breaks a
    promise, a secret first of all. Who approves a name has not vouched for what will be sent under it."""
    places = set()
    for finding in findings:
        is_key = finding.code in _ATTRIBUTE_KEYS or finding.code == APPROVED
        if is_key and finding.pointer.endswith("/key"):
            places.add(f"{finding.pointer.removesuffix('/key')}/value")
        if is_key or finding.code.startswith("contract.new-"):
            name = value_at(document, pointer_tokens(finding.pointer))
            if not (isinstance(name, str) and is_plain_name(name)):
                places.add(finding.pointer)
        elif finding.message == KEY_NOT_SHOWN:
            pass  # a member whose name is not shown is hidden wherever it is
        elif finding.code not in _SHOWN:
            places.add(finding.pointer)
    return frozenset(places)


def _opaque(context: RecordContext, body: bytes) -> Mapping[str, object]:
    """A body that is no document: its size, and a keyed token to tell whether two of them are the same."""
    return {"unparsed": {"bytes": len(body), "token": context.tokens.token("body", body)}}
