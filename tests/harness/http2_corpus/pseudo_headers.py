"""Pseudo-headers that are missing, twice there, unknown, in the wrong place or without sense (RFC 9113 §8.3)."""

from collections.abc import Iterator

from harness.client import HOST
from harness.http2_corpus.case import (
    AUTHORITY,
    GOOD,
    HEAD,
    MESSAGE,
    METHOD,
    REPORT,
    SCHEME,
    TARGET,
    TYPE,
    Case,
    forwarded,
    instead,
    malformed,
    refused,
    with_fields,
    without,
)
from harness.http2_corpus.wire import END_HEADERS, END_STREAM, block, data, headers
from harness.usage_reports import PATH

_HOST = HOST.encode()
_PATH = PATH.encode()
_FOREIGN = "containment.host-mismatch"
_FORM = "containment.request-form"


def cases() -> Iterator[Case]:
    """All of them."""
    yield from _presence()
    yield from _authority()
    yield from _scheme()
    yield from _method()
    yield from _path()


def _presence() -> Iterator[Case]:
    yield forwarded("nothing is wrong", *GOOD)
    for name, _ in (METHOD, SCHEME, TARGET):
        said = name.decode()
        yield malformed(f"{said} missing", *without(name))
    yield malformed(":path empty", *instead((b":path", b"")))
    for name, value in (METHOD, SCHEME, AUTHORITY, TARGET):
        said = name.decode()
        yield malformed(f"{said} twice", (name, value), *GOOD)
        yield malformed(f"{said} twice, the second another", *GOOD[:4], (name, b"other"), TYPE)
        yield malformed(f"{said} behind a regular header", *without(name), (name, value))
        yield Case(
            f"{said} in trailers",
            headers(1, block(GOOD)) + data(1, REPORT, 0) + headers(1, block([(name, value)]), END_HEADERS | END_STREAM),
            (MESSAGE,),
        )
    for name in (b":status", b":protocol", b":unknown", b":", b":host", b":Path", b"::path", b":path:", b": path"):
        yield malformed(f"pseudo-header {name.decode()!r}", (name, b"200"), *GOOD)
    yield forwarded("pseudo-headers in another order", TARGET, AUTHORITY, SCHEME, METHOD, TYPE)
    yield malformed("no fields at all")
    yield malformed("regular headers alone", TYPE)
    yield Case("no fields at all, and the end", headers(1, b"", END_HEADERS | END_STREAM))


def _authority() -> Iterator[Case]:
    yield malformed("neither :authority nor host", *without(b":authority"))
    yield forwarded("host in the place of :authority", *without(b":authority"), (b"host", _HOST))
    yield forwarded("host and :authority agree", *with_fields((b"host", _HOST)))
    yield malformed("host and :authority differ", *with_fields((b"host", b"example.net")))
    yield malformed("host and :authority differ in case", *with_fields((b"host", _HOST.upper())))
    yield malformed("host and :authority differ in the port", *with_fields((b"host", _HOST + b":443")))
    twice = (*without(b":authority"), (b"host", _HOST), (b"host", _HOST))
    yield refused("two hosts", "containment.host-duplicate", *twice)
    yield refused("two hosts and :authority", "containment.host-duplicate", *with_fields(*[(b"host", _HOST)] * 2))
    for name, value in (
        ("another host", b"example.net"),
        ("another port", _HOST + b":8443"),
        ("port 80", _HOST + b":80"),
        ("an IPv4 address", b"127.0.0.1"),
        ("an IPv6 address", b"[::1]:443"),
        ("a subdomain", b"x." + _HOST),
    ):
        yield refused(f":authority {name}", _FOREIGN, *instead((b":authority", value)))
    for name, value in (
        ("two trailing dots", _HOST + b".."),
        ("a leading dot", b"." + _HOST),
        ("userinfo", b"user@" + _HOST),
        ("userinfo that is the host", _HOST + b"@example.net"),
        ("a path", _HOST + b"/v1"),
        ("a list", _HOST + b"," + _HOST),
        ("a space", _HOST + b" x"),
        ("a port that is no number", _HOST + b":https"),
        ("an empty port", _HOST + b":"),
        ("a port too large", _HOST + b":65979"),
        ("a NUL", _HOST + b"\0"),
        ("a line break", _HOST + b"\r\nX: y"),
        ("a high byte", _HOST + b"\xff"),
        ("a soft hyphen", "be\u00adacon.langchain.com".encode()),
    ):
        yield malformed(f":authority with {name}", *instead((b":authority", value)))
    yield refused(":authority empty", "containment.host-missing", *instead((b":authority", b"")))
    yield malformed(":authority, and an empty host", *with_fields((b"host", b"")))
    yield forwarded(":authority with the documented port", *instead((b":authority", _HOST + b":443")))
    yield forwarded(":authority in capitals", *instead((b":authority", _HOST.upper())))
    yield forwarded(":authority with a trailing dot", *instead((b":authority", _HOST + b".")))


def _scheme() -> Iterator[Case]:
    for scheme in (b"http", b"HTTPS", b"ftp", b"wss", b"https:", b"https://x/", b"1", b"https http", b"\xff", b""):
        yield refused(f":scheme {scheme!r}", HEAD, *instead((b":scheme", scheme)), status=400)


def _method() -> Iterator[Case]:
    for method in (b"post", b"Post", b"PRI", b"DELETE", b"TRACE", b"X-WHATEVER"):
        yield forwarded(f":method {method!r}", *instead((b":method", method)), status=404)
    for method in (b"", b"PO ST", b"PO\xe9ST", b"P(", b"@", b"POST /x HTTP/1.1"):
        yield refused(f":method {method!r}", _FORM, *instead((b":method", method)))
    for method in (b"POST\t", b" POST", b"POST / HTTP/1.1\r\nHost: x\r\n\r\nGET", b"POST\0"):
        yield malformed(f":method {method!r}", *instead((b":method", method)))
    connect = (b":method", b"CONNECT")
    yield malformed("CONNECT", connect, AUTHORITY)
    yield malformed("CONNECT with a body of TLS", connect, AUTHORITY, body=b"\x16\x03\x01\x00\x05hello")
    yield malformed("CONNECT with a port", connect, (b":authority", _HOST + b":443"))
    yield malformed("CONNECT to elsewhere", connect, (b":authority", b"example.net:443"))
    yield refused("CONNECT with scheme and path", MESSAGE, *instead(connect), status=400)
    yield malformed("extended CONNECT", (b":protocol", b"websocket"), *instead(connect))
    yield malformed("extended CONNECT without a path", connect, (b":protocol", b"websocket"), SCHEME, AUTHORITY)
    yield malformed(":protocol without CONNECT", (b":protocol", b"websocket"), *GOOD)


def _path() -> Iterator[Case]:
    for path in (
        b"v1/beacon/ingest-traces", b"https://" + _HOST + _PATH, b"http://example.net/", b"*", b"?x", b"#x",
        _PATH + b"#fragment", _PATH + b" HTTP/1.1",
        _PATH + b"\xc3\xa9", _PATH + b"\xff", _PATH + b"\\..\\x", _PATH + b"%", _PATH + b"%zz", _PATH + b"%0",
        _PATH + b"<>", _PATH + b"{x}", _PATH + b"|", _PATH + b"^", _PATH + b"`", _PATH + b'"',
    ):  # fmt: skip
        yield refused(f":path {path.replace(_PATH, b'/...')!r}", _FORM, *instead((b":path", path)))
    for path in (_PATH + b"\x7f", _PATH + b"\x01", _PATH + b"\x1b[2J"):
        yield refused(
            f":path {path.replace(_PATH, b'/...')!r}", "containment.control-character", *instead((b":path", path))
        )
    for path in (
        _PATH + b"\t", b" " + _PATH, _PATH + b" ", _PATH + b" HTTP/1.1\r\nHost: x\r\n\r\nGET /", _PATH + b"\r\nX: y",
        _PATH + b"\n", _PATH + b"\0",
    ):  # fmt: skip
        yield malformed(f":path {path.replace(_PATH, b'/...')!r}", *instead((b":path", path)))
    for path in (
        b"//", b"/", b"//example.net" + _PATH, _PATH + b"/", _PATH + b"/../verify",
        _PATH + b"%00", _PATH + b"%0d%0a", _PATH + b"%2e%2e", b"/v1%2fbeacon/ingest-traces", _PATH + b";a=b",
        _PATH.upper(),
    ):  # fmt: skip
        yield forwarded(f":path {path.replace(_PATH, b'/...')!r}", *instead((b":path", path)), status=404)
    for path in (_PATH + b"?x=y", _PATH + b"?", _PATH + b"?a?b/c"):
        yield forwarded(f":path {path.replace(_PATH, b'/...')!r}", *instead((b":path", path)))
    yield forwarded("OPTIONS *", *instead((b":path", b"*"), (b":method", b"OPTIONS")), status=404)
