"""Which values of an exchange are secrets, and where they may stand.

Source of the rule: the license stands in the documented body field or, for OTLP, in ``X-Langchain-License-Key``;
``X-Data-Plane-Auth`` carries a JWT, ``Authorization`` and ``Proxy-Authorization`` carry credentials; the answer to a
license verification carries a token. What is learned is not guessed from the shape of a value, since the format of
licenses is not published; keys and tokens of other makers are known by theirs. Of a header that holds a list or a
quoted string (RFC 9110 §5.6) the elements are learned too.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from beacon_audit.contracts import Contract
from beacon_audit.inspection import kind_of_secret
from beacon_audit.model import Endpoint, Finding, Request
from beacon_audit.model.plain_name import is_plain_name
from beacon_audit.model.pointer import pointer_tokens, value_at
from beacon_audit.redaction import SEPARATOR, RegistryFull, SecretRegistry
from beacon_audit.redaction.forms import SHORTEST_SEARCHED
from beacon_audit.wire.json_body import JsonValue

#: A request with this finding stays in, and little is written of it.
UNLEARNED = "containment.too-many-secrets"
#: No documented request has more than two: a license and a token.
MOST_SECRETS = 4
LICENSE_HEADER = "x-langchain-license-key"
_TOKEN_HEADERS: Mapping[str, str] = {
    "x-data-plane-auth": "token",
    "authorization": "token",
    "proxy-authorization": "token",
}
#: What is meant for a proxy is no business of the destination.
_TOKEN_CARRIERS = frozenset(_TOKEN_HEADERS) - {"proxy-authorization"}


def _secrets_of(request: Request, endpoint: Endpoint | None, document: JsonValue) -> Iterator[tuple[str, str]]:
    """Pairs of kind and value."""
    for value in request.header_values(LICENSE_HEADER):
        yield from (("license", each) for each in _with_elements(value))
    for name, kind in _TOKEN_HEADERS.items():
        for value in request.header_values(name):
            scheme, *credentials = value.split(maxsplit=1) or [""]  # RFC 9110 §11.4
            if not credentials or not is_plain_name(scheme):
                yield from ((kind, each) for each in _with_elements(scheme))
            for given in credentials:
                yield from ((kind, each) for each in _with_elements(given))
    if endpoint is not None:
        for pointer in endpoint.license_pointers:
            found = value_at(document, pointer_tokens(pointer))
            if isinstance(found, str):
                yield "license", found


def _with_elements(value: str) -> Iterator[str]:
    """``value`` and, where it is a list or quoted, the elements that are long enough to be searched for."""
    yield value
    for element in value.split(","):
        bare = element.strip().strip("\"'").strip()
        if bare != value and len(bare) >= SHORTEST_SEARCHED:
            yield bare


@dataclass(slots=True)
class Learned:
    """What a request taught. ``licenses``: value by token, in order. ``findings``: what could not be learned, and so
    could not be kept out of what is written."""

    licenses: dict[str, str] = field(default_factory=dict, repr=False)
    findings: list[Finding] = field(default_factory=list)
    _seen: set[str] = field(default_factory=set, repr=False)

    def learn(self, registry: SecretRegistry, request: Request, endpoint: Endpoint | None, document: JsonValue) -> None:
        """Learn every secret of a request before anything about it is written; its licenses for a while, until the
        request is allowed (``keep``)."""
        for kind, value in _secrets_of(request, endpoint, document):
            if not value or value in self._seen:
                continue
            if len(self._seen) == MOST_SECRETS:
                self._unlearned(f"expected at most {MOST_SECRETS} different keys and tokens in a request, got more")
                return
            self._seen.add(value)
            try:
                token = registry.learn(value, kind, for_good=False)
            except RegistryFull:
                self._unlearned("a key or token of this request is longer or odder than what can be searched for")
                return
            if kind == "license":
                self.licenses[token] = value

    def keep(self, registry: SecretRegistry) -> None:
        """The request is to be allowed: remember its licenses for good."""
        for value in self.licenses.values():
            try:
                registry.learn(value)
            except RegistryFull:
                message = "this proxy has seen more different keys than it can keep out of its records; restart it"
                self._unlearned(message)

    def _unlearned(self, message: str) -> None:
        finding = Finding(UNLEARNED, "", message)
        if finding not in self.findings:
            self.findings.append(finding)


def learn_from_response(registry: SecretRegistry, endpoint: Endpoint, document: JsonValue) -> None:
    """Learn the secrets of a response. A full registry is no reason to lose them: the caller then records no body.

    Raises:
        RegistryFull: a value could not be learned.
    """
    for pointer in endpoint.response_secret_pointers:
        value = value_at(document, pointer_tokens(pointer))
        if isinstance(value, str) and value:
            registry.learn(value, "token")


def misplaced_in_head(registry: SecretRegistry, request: Request, endpoint: Endpoint | None) -> tuple[Finding, ...]:
    """Known secrets, and texts with the shape of one, in the request target or in a header that is not documented to
    carry one."""
    carriers = {*_TOKEN_CARRIERS, *((LICENSE_HEADER,) if endpoint is None else endpoint.license_headers)}
    texts = [name if name in carriers else f"{name}{SEPARATOR}{value}" for name, value in request.headers]
    places = {
        "the request target": request.target,
        "a request header that is not documented to carry it": SEPARATOR.join(texts),
    }
    # One search over everything; only a hit is looked for again.
    everything = SEPARATOR.join(places.values())
    if not registry.contains(everything) and not kind_of_secret(everything):
        return ()
    found = []
    for place, text in places.items():
        kind = kind_of_secret(text)
        if registry.contains(text):
            message = f"a license key or token stands in {place}"
            found.append(Finding("promise.license-misplaced", "", message))
        elif kind is not None:
            found.append(Finding("promise.secret", "", f"a text with the shape of {kind} stands in {place}"))
    return tuple(found)


def public_words(contract: Contract) -> tuple[str, ...]:
    """What every honest request contains and so is no secret: hosts with port, paths and media types of a contract."""
    hosts = [f"{host}:{contract.port}" for host in contract.hosts]
    endpoints = contract.endpoints
    media_types = [media_type for endpoint in endpoints for media_type in endpoint.media_types]
    return (*hosts, *(endpoint.path for endpoint in endpoints), *media_types)
