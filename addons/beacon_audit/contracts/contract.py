"""A contract edition, loaded: which requests are documented, and how a document differs from what is documented.

Pure: no method reads files, raises on a document or depends on policy. Findings are ``contract.…``:
those of ``validation``, for OTLP those of ``otlp_tier``, and

- ``contract.otlp-invalid``: a documented sample shows it, the protocol forbids it (a note, never a reason to refuse);
- ``contract.response-undocumented-status``: the answer's status is not one that is documented;
- ``contract.undocumented-endpoint``: the method or path is not documented, with the reason as far as it is known;
- ``contract.observed-endpoint``: client code sends there, but no documentation shows it;
- ``contract.intelligence-endpoint``: content goes there, in payloads that are published nowhere;
- those of ``request_headers``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from beacon_audit.contracts.otlp_tier import OtlpTier
from beacon_audit.contracts.request_headers import RequestHeaders
from beacon_audit.contracts.validation import DocumentSchema
from beacon_audit.errors import ContractError
from beacon_audit.model.endpoint import Endpoint, EndpointStatus
from beacon_audit.model.finding import Finding
from beacon_audit.model.json_value import JsonValue

#: The lowest HTTP status that says "no".
FIRST_FAILURE = 400

#: The finding that every request to an endpoint of that status has.
_STATUS_CODES: Mapping[EndpointStatus, str] = {
    "observed": "contract.observed-endpoint",
    "unpublished": "contract.intelligence-endpoint",
}


@dataclass(frozen=True, slots=True)
class DocumentedNames:
    """The names that the documented samples of one endpoint use."""

    attribute_keys: frozenset[str] = frozenset()
    metric_names: frozenset[str] = frozenset()
    span_names: frozenset[str] = frozenset()
    event_names: frozenset[str] = frozenset()
    scope_names: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class KnownPath:
    """A path (or, with ``prefix``, everything at and below it) that is not documented but known."""

    path: str
    prefix: bool
    reason: str

    def covers(self, path: str) -> bool:
        return path == self.path or (self.prefix and path.startswith(f"{self.path}/"))


@dataclass(frozen=True, slots=True)
class KnownHost:
    """A host that requests may not go to, and what it is."""

    host: str
    reason: str


@dataclass(frozen=True, slots=True)
class EndpointRules:
    """The schemas of one endpoint. What ``notes`` refuses and ``request`` accepts is ``contract.otlp-invalid``.
    ``failure``: what an answer of a status from 400 on has for a body, where a protocol says so."""

    request: DocumentSchema | OtlpTier
    notes: DocumentSchema | None
    responses: Mapping[int, DocumentSchema]
    names: DocumentedNames
    failure: DocumentSchema | None = None


@dataclass(frozen=True, slots=True)
class Contract:
    """``digest`` is ``sha256:<hex>`` over every file of the edition. ``hosts`` are lower-case A-labels. ``rules`` has
    none for an ``unpublished`` endpoint."""

    name: str
    digest: str
    hosts: tuple[str, ...]
    port: int
    endpoints: tuple[Endpoint, ...]
    known_paths: tuple[KnownPath, ...]
    rules: Mapping[str, EndpointRules] = field(repr=False)
    headers: RequestHeaders = field(repr=False)
    known_hosts: tuple[KnownHost, ...] = ()
    #: Why an endpoint is not ``documented``, by its name.
    reasons: Mapping[str, str] = field(default_factory=dict)

    def endpoint(self, name: str) -> Endpoint | None:
        """The endpoint called ``name``."""
        return next((endpoint for endpoint in self.endpoints if endpoint.name == name), None)

    def match(self, method: str, path: str) -> Endpoint | None:
        """The endpoint for exactly this method and path (without query); case counts, nothing is normalised. One that
        has the path goes before one that covers everything below a path."""
        covering = [endpoint for endpoint in self.endpoints if endpoint.covers(method, path)]
        return min(covering, key=lambda endpoint: (endpoint.prefix, -len(endpoint.path)), default=None)

    def undocumented(self, method: str, path: str) -> Finding:
        """Why ``match`` found nothing, for a person. Neither method nor path is quoted: they are the sender's text."""
        return Finding("contract.undocumented-endpoint", "", self._why_undocumented(method, path))

    def _why_undocumented(self, method: str, path: str) -> str:
        methods = sorted({known.method for known in self.endpoints if known.path == path} - {method})
        if methods:
            return f"expected {' or '.join(methods)} at this documented path, got another method"
        for known in self.known_paths:
            if known.covers(path):
                return f"{known.path} is not an endpoint of {self.name}: {known.reason}"
        return f"unknown path: {self.name} documents no endpoint at it"

    def status_findings(self, endpoint: Endpoint) -> tuple[Finding, ...]:
        """What is to be said of every request to ``endpoint``, whatever its body: that it is not documented."""
        code = _STATUS_CODES.get(endpoint.status)
        if code is None:
            return ()
        return (Finding(code, "", f"{endpoint.name} is not documented: {self.reasons.get(endpoint.name, 'unknown')}"),)

    def header_findings(self, endpoint: Endpoint | None, headers: Sequence[tuple[str, str]]) -> tuple[Finding, ...]:
        """Every difference between a request's headers (lower-case name, value) and what is documented. Without an
        ``endpoint`` nothing says where a license header may not be."""
        return self.headers.findings(headers, endpoint.license_headers if endpoint else self.headers.license_headers)

    def request_findings(self, endpoint: Endpoint, document: JsonValue) -> tuple[Finding, ...]:
        """Every difference between a request's document and what is documented for ``endpoint``; of a document of an
        ``unpublished`` one there is nothing to say."""
        rules = self._rules_of(endpoint)
        if rules is None:
            return ()
        findings = rules.request.findings(document)
        if rules.notes is None:
            return findings
        taken = {finding.pointer for finding in findings}
        notes = (
            Finding(
                "contract.otlp-invalid", finding.pointer, "a documented sample shows this, but OTLP does not allow it"
            )
            for finding in rules.notes.findings(document)
            if finding.pointer not in taken
        )
        return tuple(sorted((*findings, *notes), key=lambda finding: (finding.pointer, finding.code)))

    def response_findings(self, endpoint: Endpoint, status: int, document: JsonValue | None) -> tuple[Finding, ...]:
        """Every difference between an answer and what is documented; ``None`` (no body) counts as an empty object."""
        rules = self._rules_of(endpoint)
        responses = rules.responses if rules else {}
        schema = responses.get(status)
        if schema is None:
            documented = ", ".join(str(known) for known in sorted(responses)) or "none"
            message = f"expected a documented status ({documented}) from {endpoint.name}, got {status}"
            undocumented = Finding("contract.response-undocumented-status", "", message)
            if rules is None or rules.failure is None or status < FIRST_FAILURE:
                return (undocumented,)
            return (undocumented, *rules.failure.findings({} if document is None else document))
        return schema.findings({} if document is None else document)

    def documented_names(self, endpoint: Endpoint) -> DocumentedNames:
        """The attribute keys, metric names and so on that are documented for ``endpoint``."""
        rules = self._rules_of(endpoint)
        return rules.names if rules else DocumentedNames()

    def _rules_of(self, endpoint: Endpoint) -> EndpointRules | None:
        rules = self.rules.get(endpoint.name)
        if rules is None and endpoint not in self.endpoints:
            raise ContractError(f"{self.name} has no endpoint {endpoint.name}")
        return rules
