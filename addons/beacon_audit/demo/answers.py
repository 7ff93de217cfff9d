"""What Beacon answers, as the self-hosting documentation shows it, and how a test can make it misbehave.

``documented_answer`` maps a request to a response; ``Behaviour`` replaces or damages it. A telemetry endpoint answers
an empty OTLP success in the encoding of the request (``{}``, or no byte at all in protobuf), a usage snapshot gets 204
without a body; what is documented nowhere gets a 404.
"""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus

from beacon_audit.demo.received import ReceivedRequest
from beacon_audit.wire.content_type import PROTOBUF


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How the simulated Beacon departs from the documentation; the default does not.

    ``delay_s`` passes before the response. ``status`` and ``body`` (JSON bytes) replace the documented ones.
    ``close_after`` closes the connection once that many bytes of the response are out. ``raw`` is sent in place of the
    whole response, and the connection closed after it.
    """

    delay_s: float = 0.0
    status: int | None = None
    body: bytes | None = None
    close_after: int | None = None
    raw: bytes | None = None


def response_bytes(request: ReceivedRequest, behaviour: Behaviour) -> bytes:
    """The whole HTTP/1.1 response to ``request``, head and body."""
    if behaviour.raw is not None:
        return behaviour.raw
    status, body = documented_answer(request)
    media_type = "application/json"
    if request.path in _OTLP and request.header_values("content-type") == (PROTOBUF,):
        media_type, body = PROTOBUF, b""
    status = status if behaviour.status is None else behaviour.status
    body = body if behaviour.body is None else behaviour.body
    head = [f"HTTP/1.1 {status} {_phrase(status)}"]
    if status != HTTPStatus.NO_CONTENT:  # RFC 9110 §8.6: it has no Content-Length
        head += [f"Content-Type: {media_type}", f"Content-Length: {len(body)}"]
    return "\r\n".join([*head, "", ""]).encode() + body


def documented_answer(request: ReceivedRequest) -> tuple[int, bytes]:
    """Status and JSON body that the documentation shows for ``request``; 404 for what it does not mention."""
    answer = _ANSWERS.get(request.path) if request.method == "POST" else None
    if request.method == "POST" and request.path in _WITHOUT_BODY:
        return HTTPStatus.NO_CONTENT, b""
    if answer is None:
        return HTTPStatus.NOT_FOUND, b'{"detail":"Not Found"}'
    return HTTPStatus.OK, json.dumps(answer(request), separators=(",", ":")).encode()


def _verified(_: ReceivedRequest) -> dict[str, object]:
    return {"token": _short_lived_jwt()}


def _ingested(request: ReceivedRequest) -> dict[str, object]:
    try:
        return {"inserted_count": len(json.loads(request.body)["trace_transactions"])}
    except (ValueError, KeyError, TypeError):
        return {"inserted_count": 0}


def _accepted(_: ReceivedRequest) -> dict[str, object]:
    return {}


_ANSWERS: Mapping[str, Callable[[ReceivedRequest], dict[str, object]]] = {
    "/v1/beacon/verify": _verified,
    "/v1/beacon/ingest-traces": _ingested,
    "/v1/beacon/v1/metrics": _accepted,
    "/v1/beacon/v1/traces": _accepted,
    "/v1/beacon/v1/logs": _accepted,
}
_OTLP = frozenset({"/v1/beacon/v1/metrics", "/v1/beacon/v1/traces", "/v1/beacon/v1/logs"})
_WITHOUT_BODY = frozenset({"/v1/beacon/usage-snapshot"})


def _short_lived_jwt() -> str:
    """A token of the documented form (RFC 7519, HS256), signed with a key that nobody keeps."""
    header, claims = {"alg": "HS256", "typ": "JWT"}, {"sub": "simulated-deployment", "jti": secrets.token_hex(8)}
    signed = ".".join(_base64url(json.dumps(part).encode()) for part in (header, claims))
    signature = hmac.new(secrets.token_bytes(32), signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{_base64url(signature)}"


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
