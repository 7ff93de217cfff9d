"""What a trail says that was sent, in a form that can be held against what arrived."""

import functools
import json
from typing import Any

from beacon_audit.contracts import load_contract
from beacon_audit.home import Home
from beacon_audit.redaction import Names, SecretRegistry, Tokens
from beacon_audit.review.payloads import read_recorded_payload
from harness.http1_readers import Message
from harness.usage_reports import LICENSE

_contract = functools.cache(load_contract)
_OF_HEADERS = frozenset({"contract.undocumented-header", "contract.header-value"})


class RecordedRequests:
    """Knows the bodies that belong to entries of ``home``: usage reports, or anything that is no JSON."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._tokens = Tokens(bytes.fromhex((home.keys / "tokens.key").read_text().strip()))
        self._names = Names(SecretRegistry(self._tokens), self._tokens)

    def agrees(self, entry: dict[str, Any], message: Message) -> bool:
        """Whether ``message`` is what ``entry`` says was sent: method, host, path, all that it says of headers, length
        and content of the body."""
        path = message.target.decode().partition("?")[0]
        host = message.value(b"host").decode().lower().removesuffix(":443")
        said = (entry["method"], entry["host"], entry["path"], entry["request_bytes"])
        sent = (self._names.method(message.method.decode()), host, self._names.path(path), len(message.body))
        if said != sent or _said_of_headers(entry) != _to_say_of_headers(entry, message):
            return False
        return self._body(entry) == self._as_recorded(entry, message.body)

    def _body(self, entry: dict[str, Any]) -> object:
        if entry["payload"] is None:
            return None
        payload = read_recorded_payload(self._home, entry["payload"])
        assert payload.state == "present", payload
        return payload.body

    def _as_recorded(self, entry: dict[str, Any], body: bytes) -> object:
        if not body:
            return None
        try:
            document = json.loads(body)
        except ValueError:
            document = None
        if document is None or entry["endpoint"] is None:  # nothing says what of it may be shown
            return {"unparsed": {"bytes": len(body), "token": self._tokens.token("body", body)}}
        return {**document, "license": self._tokens.token("license", LICENSE)}


def _said_of_headers(entry: dict[str, Any]) -> list[tuple[str, str]]:
    return sorted((found["code"], found["message"]) for found in entry["findings"] if found["code"] in _OF_HEADERS)


def _to_say_of_headers(entry: dict[str, Any], message: Message) -> list[tuple[str, str]]:
    """What the contract would say of the headers that arrived. A record shows no header, but every one that is not
    documented, repeated, or of another form is counted or named in a finding."""
    contract = _contract(entry["contract"])
    endpoint = next((known for known in contract.endpoints if known.name == entry["endpoint"]), None)
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in message.headers]
    return sorted((finding.code, finding.message) for finding in contract.header_findings(endpoint, headers))
