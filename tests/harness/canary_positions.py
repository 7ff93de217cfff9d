"""Every place of a request, and of a response, in which somebody could put a value.

A request position sends something with the value, as it is spelled, in that place, and gives the answer, or ``None``
when there was none. What is sent is as broken as the value makes it: nothing is escaped that the place does not escape
by itself. An answer position gives the bytes of a response with the value in it.
"""

import contextlib
import gzip
import json
import socket
import ssl
from collections.abc import Callable, Iterator
from typing import Any

from beacon_audit.demo.payloads import Payloads
from harness.client import HOST, Answer
from harness.correspondent import Correspondent

type Position = Callable[[Correspondent, str], Answer | None]
type Fields = Callable[[str], dict[str, Any]]

VERIFY = "/v1/beacon/verify"
USAGE = "/v1/beacon/ingest-traces"
TRACES = "/v1/beacon/v1/traces"
_CLEAN = Payloads("lcl_another_key_that_is_no_secret_here")


def _latin_1(text: str) -> bytes:
    return text.encode("latin-1", "replace")


def _post(path: str, document: Callable[[str], Any], **headers: str) -> Position:
    """A request whose body is made from the value; so are headers with ``{}`` in them."""

    def send(sender: Correspondent, value: str) -> Answer | None:
        fields = {name.replace("_", "-"): text.replace("{}", value) for name, text in headers.items()}
        body = document(value)
        return sender.ask(lambda tunnel: tunnel.send(path, body, headers=fields))

    return send


def _head(request_line: str, *lines: str, body: bytes = b"{}") -> Position:
    """A request head written out, the value in place of ``{}``."""

    def send(sender: Correspondent, value: str) -> Answer | None:
        head = "\r\n".join((request_line, *lines, "Content-Type: application/json", f"Content-Length: {len(body)}"))
        data = _latin_1(head.replace("{}", value)) + b"\r\n\r\n" + body
        return sender.ask_anew(lambda tunnel: tunnel.send_raw(data))

    return send


def _raw(head: str) -> Position:
    """Bytes to the proxy itself, before any tunnel."""

    def send(sender: Correspondent, value: str) -> Answer | None:
        data = _latin_1(head.replace("{}", value))
        return sender.ask_anew(lambda tunnel: tunnel.send_raw(data), connect=None, tls=False)

    return send


def _span(fields: Fields) -> Callable[[str], Any]:
    """The documented traces, ``fields`` of the value set in the first span."""

    def document(value: str) -> Any:
        traces = json.loads(_CLEAN.documented("telemetry-traces"))
        traces["resourceSpans"][0]["scopeSpans"][0]["spans"][0].update(fields(value))
        return traces

    return document


def _attribute(key: str, text: str) -> Callable[[str], Any]:
    """The documented traces with a span attribute, the value in place of ``{}``."""
    return _span(
        lambda value: {
            "attributes": [{"key": key.replace("{}", value), "value": {"stringValue": text.replace("{}", value)}}]
        }
    )


def _usage(fields: Fields) -> Callable[[str], Any]:
    """The documented usage report, ``fields`` of the value set in its transaction."""

    def document(value: str) -> Any:
        usage = json.loads(_CLEAN.documented("usage-ingest"))
        usage["trace_transactions"][0].update(fields(value))
        return usage

    return document


def _connect(target: str) -> Position:
    def send(sender: Correspondent, value: str) -> Answer | None:
        return sender.ask_anew(
            lambda tunnel: tunnel.send(VERIFY, {"license": "lcl_x"}), connect=target.replace("{}", value)
        )

    return send


def _sni(sender: Correspondent, value: str) -> Answer | None:
    # A label has at most 63 characters; a name of one label is no host name.
    value = value.replace("\0", "")  # Python sends none
    name = f"{value[:60]}.{value[60:] or 'example'}"
    return sender.ask_anew(lambda tunnel: tunnel.send(VERIFY, {"license": "lcl_x"}), sni=name)


def _client_hello(sender: Correspondent, value: str) -> Answer | None:
    """A TLS record that is no ClientHello, and the end of the connection."""
    data = _latin_1(value)
    with contextlib.suppress(OSError), sender.socket_in_tunnel() as plain:
        plain.sendall(
            b"\x16\x03\x01" + (len(data) + 4).to_bytes(2, "big") + b"\x01" + len(data).to_bytes(3, "big") + data
        )
        plain.shutdown(socket.SHUT_WR)
        plain.recv(65536)
    return None


def _application_protocol(sender: Correspondent, value: str) -> Answer | None:
    """ALPN names what nobody speaks, in ASCII: Python writes nothing else there."""
    context = ssl.create_default_context(cafile=str(sender.proxy.home.ca_certificate))
    context.set_alpn_protocols([value.encode("ascii", "replace").decode()[:255]])
    with (
        contextlib.suppress(OSError),
        sender.socket_in_tunnel() as plain,
        context.wrap_socket(plain, server_hostname=HOST) as secured,
    ):
        secured.sendall(f"GET /{HOST} HTTP/1.1\r\n\r\n".encode())
        secured.recv(65536)
    return None


def _protobuf(value: str) -> bytes:
    """An OTLP message with a scope name (field 1 of field 1 of field 2 of field 1)."""
    data = value.encode()[:100]
    for tag in (0x0A, 0x0A, 0x12, 0x0A):
        data = bytes((tag, len(data))) + data
    return data


#: Positions that are never answered: what is sent there is no HTTP.
UNANSWERED = {"broken ClientHello", "application protocol (ALPN)", "chunk size"}

_HOST_LINE = f"Host: {HOST}"

#: Where the value is learned.
DOCUMENTED: dict[str, Position] = {
    "license field": _post(VERIFY, lambda value: {"license": value}),
    "license field of a usage report": _post(USAGE, lambda value: Payloads(value).documented("usage-ingest")),
    "license header": _post(TRACES, _span(lambda _: {}), X_Langchain_License_Key="{}"),
}

#: Bodies of which nothing is written but a token, whether the value is known or not.
IN_BODIES: dict[str, Position] = {
    "undocumented value": _post(VERIFY, lambda value: {"license": "lcl_x", "licence": value}),
    "nested in an undocumented value": _post(VERIFY, lambda value: {"license": "lcl_x", "a": {"b": [{value: value}]}}),
    "wrong type": _post(VERIFY, lambda value: {"license": [value]}),
    "a string for a document": _post(VERIFY, lambda value: json.dumps(value).encode()),
    "content attribute": _post(TRACES, _attribute("db.statement", "SELECT '{}'")),
    "value of a new attribute": _post(TRACES, _attribute("anything", "{}")),
    "trace state": _post(TRACES, _span(lambda value: {"traceState": f"vendor={value}"})),
    "malformed JSON": _post(VERIFY, lambda value: f'{{"license": "{value}", }}'.encode()),
    "JSON and more": _post(VERIFY, lambda value: f'{{"license": "lcl_x"}} {value}'.encode()),
    "not UTF-8": _post(VERIFY, lambda value: b'{"license": "\xff' + value.encode() + b'"}'),
    "malformed gzip": _post(VERIFY, str.encode, Content_Encoding="gzip"),
    "gzip with a name": _post(
        VERIFY, lambda value: b"\x1f\x8b\x08\x08" + bytes(6) + value.encode() + b"\0", Content_Encoding="gzip"
    ),
    "behind gzip": _post(VERIFY, lambda value: gzip.compress(b"{}") + value.encode(), Content_Encoding="gzip"),
    "protobuf": _post(TRACES, _protobuf, Content_Type="application/x-protobuf"),
    "form": _post(VERIFY, lambda value: f"license={value}".encode(), Content_Type="application/x-www-form-urlencoded"),
    "body of an undocumented path": _post("/v1/beacon/nope", lambda value: {"license": value}),
    "broken ClientHello": _client_hello,
    "application protocol (ALPN)": _application_protocol,
}

#: Where what is sent is a secret itself, and learned as one.
IN_SECRETS: dict[str, Position] = {
    "license field with more in it": _post(VERIFY, lambda value: {"license": f"Bearer {value} and more"}),
    "license field as raw JSON": _post(VERIFY, lambda value: f'{{"license": "{value}"}}'.encode()),
    "authorization": _post(VERIFY, lambda _: {"license": "lcl_x"}, Authorization="Bearer {}"),
    "data plane token": _post(VERIFY, lambda _: {"license": "lcl_x"}, X_Data_Plane_Auth="{}"),
}

IN_REQUESTS: dict[str, Position] = {
    **IN_BODIES,
    "undocumented name": _post(VERIFY, lambda value: {"license": "lcl_x", value: 1}),
    "undocumented name, far in": _post(VERIFY, lambda value: {"license": "lcl_x", f"{'x' * 40}{value}": 1}),
    "repeated member": _post(VERIFY, lambda value: f'{{"license": "lcl_x", "license": {json.dumps(value)}}}'.encode()),
    "repeated member of that name": _post(
        VERIFY, lambda value: f"{{{json.dumps(value)}: 1, {json.dumps(value)}: 2}}".encode()
    ),
    "documented value of another kind": _post(USAGE, _usage(lambda value: {"status": value})),
    "identifier": _post(USAGE, _usage(lambda value: {"id": value})),
    "undocumented member name": _post(USAGE, _usage(lambda value: {value: "x"})),
    "attribute key": _post(TRACES, _attribute("{}", "x")),
    "attribute value": _post(TRACES, _attribute("env", "{}")),
    "span name": _post(TRACES, _span(lambda value: {"name": value})),
    "span id": _post(TRACES, _span(lambda value: {"spanId": value})),
    "span status": _post(TRACES, _span(lambda value: {"status": {"message": value, "code": 2}})),
    "event name": _post(TRACES, _span(lambda value: {"events": [{"timeUnixNano": "1", "name": value}]})),
    "content encoding": _post(VERIFY, lambda _: {"license": "lcl_x"}, Content_Encoding="{}"),
    "content type": _post(VERIFY, lambda _: {"license": "lcl_x"}, Content_Type="application/{}"),
    "header value": _post(VERIFY, lambda _: {"license": "lcl_x"}, X_Other="{}"),
    "cookie": _post(VERIFY, lambda _: {"license": "lcl_x"}, Cookie="session={}"),
    "user agent": _post(VERIFY, lambda _: {"license": "lcl_x"}, User_Agent="langsmith/{}"),
    "upgrade": _post(VERIFY, lambda _: {"license": "lcl_x"}, Connection="Upgrade", Upgrade="{}"),
    "content length": _head(f"POST {VERIFY} HTTP/1.1", _HOST_LINE, "Content-Length: {}"),
    "transfer encoding": _head(f"POST {VERIFY} HTTP/1.1", _HOST_LINE, "Transfer-Encoding: {}"),
    "header name": _head(f"POST {VERIFY} HTTP/1.1", _HOST_LINE, "{}: 1"),
    "header without a colon": _head(f"POST {VERIFY} HTTP/1.1", _HOST_LINE, "{}"),
    "path": _head("POST /v1/beacon/{} HTTP/1.1", _HOST_LINE),
    "query": _head(f"POST {VERIFY}?key={{}} HTTP/1.1", _HOST_LINE),
    "fragment": _head(f"POST {VERIFY}#{{}} HTTP/1.1", _HOST_LINE),
    "absolute target": _head(f"POST https://{{}}{VERIFY} HTTP/1.1", _HOST_LINE),
    "user of an absolute target": _head(f"POST https://{{}}@{HOST}{VERIFY} HTTP/1.1", _HOST_LINE),
    "method": _head(f"{{}} {VERIFY} HTTP/1.1", _HOST_LINE),
    "version": _head(f"POST {VERIFY} HTTP/{{}}", _HOST_LINE),
    "request line": _head("{}", _HOST_LINE),
    "host": _head(f"POST {VERIFY} HTTP/1.1", "Host: {}"),
    "second host": _head(f"POST {VERIFY} HTTP/1.1", _HOST_LINE, "Host: {}.example"),
    "chunk size": _head(f"POST {VERIFY} HTTP/1.1", _HOST_LINE, "Transfer-Encoding: chunked", "", "{}", body=b""),
    "no tunnel": _raw(f"POST http://{HOST}/{{}} HTTP/1.1\r\n{_HOST_LINE}\r\nContent-Length: 0\r\n\r\n"),
    "no tunnel, host": _raw("GET http://{}/ HTTP/1.1\r\nHost: {}\r\n\r\n"),
    "no HTTP": _raw("{}\r\n\r\n"),
    "CONNECT target": _connect("{}:443"),
    "CONNECT port": _connect(f"{HOST}:{{}}"),
    "CONNECT header": _raw(f"CONNECT {HOST}:1 HTTP/1.1\r\n{_HOST_LINE}\r\nProxy-Authorization: Basic {{}}\r\n\r\n"),
    "CONNECT version": _raw(f"CONNECT {HOST}:443 {{}}\r\n\r\n"),
    "server name (SNI)": _sni,
}

#: A text that a document has for anything: what nobody has learned stands there in clear.
FREE_TEXT = {"span status"}


def answers_with(value: str) -> Iterator[tuple[str, bytes]]:
    """Responses of an upstream that echoes ``value``."""
    spelled = _latin_1(value)
    body = json.dumps({"token": value, "inserted_count": value, value: "x"}).encode()

    def whole(body: bytes = b"{}", line: bytes = b"HTTP/1.1 200 OK", *fields: bytes) -> bytes:
        return b"\r\n".join((line, *fields, b"Content-Length: %d" % len(body), b"", body))

    yield "body", whole(body)
    yield "token", whole(json.dumps({"token": value}).encode())
    yield "body of an error", whole(body, b"HTTP/1.1 401 Unauthorized")
    yield "malformed body", whole(b'{"token": "' + spelled)
    yield "malformed gzip", whole(spelled, b"HTTP/1.1 200 OK", b"Content-Encoding: gzip")
    yield "header value", whole(b"{}", b"HTTP/1.1 200 OK", b"X-Echo: " + spelled)
    yield "header name", whole(b"{}", b"HTTP/1.1 200 OK", spelled + b": 1")
    yield "header without a colon", whole(b"{}", b"HTTP/1.1 200 OK", spelled)
    yield "redirect", whole(b"{}", b"HTTP/1.1 302 Found", b"Location: https://" + spelled)
    yield "content encoding", whole(b"{}", b"HTTP/1.1 200 OK", b"Content-Encoding: " + spelled)
    yield "content type", whole(b"{}", b"HTTP/1.1 200 OK", b"Content-Type: " + spelled)
    yield "content length", b"HTTP/1.1 200 OK\r\nContent-Length: " + spelled + b"\r\n\r\n"
    yield "reason phrase", whole(b"{}", b"HTTP/1.1 200 " + spelled)
    yield "status", whole(b"{}", b"HTTP/1.1 " + spelled + b" OK")
    yield "status line", spelled + b"\r\n\r\n"
    yield "early hints", b"HTTP/1.1 103 Early Hints\r\nLink: " + spelled + b"\r\n\r\n" + whole()
    yield "switching protocols", b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: " + spelled + b"\r\n\r\n"
    yield "half a body", b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n" + body
    yield "half a head", b"HTTP/1.1 200 OK\r\nX-Echo: " + spelled
    yield "chunk size", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + spelled + b"\r\n"
    yield "trailer", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: " + spelled + b"\r\n\r\n"
