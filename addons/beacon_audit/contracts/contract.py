"""A contract edition, loaded: which requests are documented, and how a document differs from what is documented.

Pure: no method reads files, raises on a document or depends on policy. Findings are ``contract.…``:
those of ``validation``, and

- ``contract.otlp-invalid``: a documented sample shows it, the protocol forbids it (a note, never a reason to refuse);
- ``contract.response-undocumented-status``: the answer's status is not one that is documented;
- ``contract.undocumented-endpoint``: the method or path is not documented, with the reason as far as it is known.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from beacon_audit.contracts.validation import DocumentSchema
from beacon_audit.errors import ContractError
from beacon_audit.model.endpoint import Endpoint
from beacon_audit.model.finding import Finding
from beacon_audit.model.json_value import JsonValue


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
class EndpointRules:
    """The schemas of one endpoint. What ``notes`` refuses and ``request`` accepts is ``contract.otlp-invalid``."""

    request: DocumentSchema
    notes: DocumentSchema | None
    responses: Mapping[int, DocumentSchema]
    names: DocumentedNames


@dataclass(frozen=True, slots=True)
class Contract:
    """``digest`` is ``sha256:<hex>`` over every file of the edition. ``hosts`` are lower-case A-labels."""

    name: str
    digest: str
    hosts: tuple[str, ...]
    port: int
    endpoints: tuple[Endpoint, ...]
    known_paths: tuple[KnownPath, ...]
    rules: Mapping[str, EndpointRules] = field(repr=False)

    def endpoint(self, name: str) -> Endpoint | None:
        """The endpoint called ``name``."""
        return next((endpoint for endpoint in self.endpoints if endpoint.name == name), None)

    def match(self, method: str, path: str) -> Endpoint | None:
        """The endpoint for exactly this method and path (without query); case counts, nothing is normalised."""
        wanted = (method, path)
        return next((endpoint for endpoint in self.endpoints if (endpoint.method, endpoint.path) == wanted), None)

    def undocumented(self, method: str, path: str) -> Finding:
        """Why ``match`` found nothing, for a person. Neither method nor path is quoted: they are the sender's text."""
        return Finding("contract.undocumented-endpoint", "", self._why_undocumented(method, path))

    def _why_undocumented(self, method: str, path: str) -> str:
        methods = sorted({endpoint.method for endpoint in self.endpoints if endpoint.path == path} - {method})
        if methods:
            return f"expected {' or '.join(methods)} at this documented path, got another method"
        for known in self.known_paths:
            if known.covers(path):
                return f"{known.path} is not an endpoint of {self.name}: {known.reason}"
        return f"unknown path: {self.name} documents no endpoint at it"

    def request_findings(self, endpoint: Endpoint, document: JsonValue) -> tuple[Finding, ...]:
        """Every difference between a request's document and what is documented for ``endpoint``."""
        rules = self._rules_of(endpoint)
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
        responses = self._rules_of(endpoint).responses
        schema = responses.get(status)
        if schema is None:
            documented = ", ".join(str(known) for known in sorted(responses)) or "none"
            message = f"expected a documented status ({documented}) from {endpoint.name}, got {status}"
            return (Finding("contract.response-undocumented-status", "", message),)
        return schema.findings({} if document is None else document)

    def documented_names(self, endpoint: Endpoint) -> DocumentedNames:
        """The attribute keys, metric names and so on that are documented for ``endpoint``."""
        return self._rules_of(endpoint).names

    def _rules_of(self, endpoint: Endpoint) -> EndpointRules:
        rules = self.rules.get(endpoint.name)
        if rules is None:
            raise ContractError(f"{self.name} has no endpoint {endpoint.name}")
        return rules
