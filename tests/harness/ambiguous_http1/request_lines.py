"""The first line: separators, methods, targets, versions, what comes before it (RFC 9112 §2.2, §3)."""

from collections.abc import Iterator

from harness.ambiguous_http1.case import GOOD, HOST_LINE, LENGTH_LINE, POST, Case, head, report
from harness.client import HOST
from harness.usage_reports import PATH

_TARGET = PATH.encode()

_LINES = {
    "two spaces": b"POST  " + _TARGET + b" HTTP/1.1",
    "two spaces before the version": b"POST " + _TARGET + b"  HTTP/1.1",
    "tabs": b"POST\t" + _TARGET + b"\tHTTP/1.1",
    "vertical tab": b"POST\x0b" + _TARGET + b" HTTP/1.1",
    "form feed": b"POST " + _TARGET + b"\x0cHTTP/1.1",
    "CR for a space": b"POST\r" + _TARGET + b" HTTP/1.1",
    "CR before the version": b"POST " + _TARGET + b"\rHTTP/1.1",
    "space before": b" " + POST,
    "tab before": b"\t" + POST,
    "space after": POST + b" ",
    "tab after": POST + b"\t",
    "CR after": POST + b"\r",
    "NUL before": b"\x00" + POST,
    "byte order mark before": b"\xef\xbb\xbf" + POST,
    "no-break space": b"POST\xa0" + _TARGET + b" HTTP/1.1",
    "four words": POST + b" HTTP/1.1",
    "no version": b"POST " + _TARGET,
    "no target": b"POST HTTP/1.1",
    "no method": _TARGET + b" HTTP/1.1",
    "nothing but spaces": b"   ",
    "HTTP/1": b"POST " + _TARGET + b" HTTP/1",
    "HTTP/1.10": b"POST " + _TARGET + b" HTTP/1.10",
    "HTTP/01.1": b"POST " + _TARGET + b" HTTP/01.1",
    "HTTP/1.1x": b"POST " + _TARGET + b" HTTP/1.1x",
    "HTTP/1,1": b"POST " + _TARGET + b" HTTP/1,1",
    "HTTP/+1.1": b"POST " + _TARGET + b" HTTP/+1.1",
    "HTTP /1.1": b"POST " + _TARGET + b" HTTP /1.1",
    "HTTP/ 1.1": b"POST " + _TARGET + b" HTTP/ 1.1",
    "http/1.1": b"POST " + _TARGET + b" http/1.1",
    "HTTPS/1.1": b"POST " + _TARGET + b" HTTPS/1.1",
    "full-width version": b"POST " + _TARGET + " HTTP/\uff11.1".encode(),
    "HTTP/0.9": b"POST " + _TARGET + b" HTTP/0.9",
    "HTTP/1.2": b"POST " + _TARGET + b" HTTP/1.2",
    "HTTP/2.0": b"POST " + _TARGET + b" HTTP/2.0",
    "HTTP/3.0": b"POST " + _TARGET + b" HTTP/3.0",
    "RTSP": b"SETUP rtsp://" + HOST.encode() + b"/a RTSP/1.0",
}
_METHODS = {
    "NUL in it": b"PO\x00ST",
    "NUL after it": b"POST\x00",
    "delete in it": b"PO\x7fST",
    "a byte over ASCII": b"P\xd6ST",
    "quotes": b'"POST"',
    "braces": b"{POST}",
    "slash": b"PO/ST",
    "colon": b"POST:",
    "comma": b"POST,GET",
    "parentheses": b"POST()",
    "equals": b"a=b",
    "at": b"PO@ST",
    "backslash": b"POST\\",
}
#: Tokens, so that anybody reads the same; Beacon documents none of them.
_OTHER_METHODS = (b"post", b"Post", b"GET", b"PUT", b"DELETE", b"PATCH", b"OPTIONS", b"TRACE", b"M-SEARCH", b"a'b*c")
_TARGETS = {
    "NUL in it": _TARGET + b"\x00",
    "control in it": _TARGET + b"\x01",
    "delete in it": _TARGET + b"\x7f",
    "a byte over ASCII": _TARGET + b"\xe4",
    "UTF-8": _TARGET + "/ä".encode(),
    "fragment": _TARGET + b"#a",
    "fragment alone": b"/#",
    "quotes": _TARGET + b'"',
    "angle brackets": _TARGET + b"<a>",
    "braces": _TARGET + b"{a}",
    "pipe": _TARGET + b"|a",
    "caret": _TARGET + b"^a",
    "grave": _TARGET + b"`a",
    "backslash": b"\\v1\\beacon",
    "backslash in it": b"/v1\\beacon",
    "percent without digits": _TARGET + b"%",
    "percent with one digit": _TARGET + b"%2",
    "percent with letters": _TARGET + b"%zz",
    "no slash": b"v1/beacon/ingest-traces",
    "question mark alone": b"?a=b",
    "empty scheme": b"://" + HOST.encode() + _TARGET,
    "one slash": b"https:/" + HOST.encode() + _TARGET,
    "three slashes": b"https:///" + _TARGET,
    "no authority": b"https://" + _TARGET,
    "https": b"https://" + HOST.encode() + _TARGET,
    "HTTPS": b"HTTPS://" + HOST.encode() + _TARGET,
    "https with its port": b"https://" + HOST.encode() + b":443" + _TARGET,
    "http": b"http://" + HOST.encode() + _TARGET,
    "ftp": b"ftp://" + HOST.encode() + _TARGET,
    "user": b"https://a@" + HOST.encode() + _TARGET,
    "password": b"https://a:b@" + HOST.encode() + _TARGET,
    "elsewhere": b"https://example.net" + _TARGET,
    "query without a path": b"https://" + HOST.encode() + b"?a",
    "authority": HOST.encode() + b":443",
    "brackets": _TARGET + b"[0]",
}
#: One plain path to anybody, though not one that is documented.
_OTHER_TARGETS = {
    "query": _TARGET + b"?a=b",
    "empty query": _TARGET + b"?",
    "two question marks": _TARGET + b"?a?b",
    "URL in the query": _TARGET + b"?u=https://example.net/",
    "percent-encoded": _TARGET + b"%2fa",
    "percent-encoded line break": _TARGET + b"%0d%0aX:%20a",
    "percent-encoded NUL": _TARGET + b"%00",
    "percent-encoded twice": _TARGET + b"%252f",
    "overlong": _TARGET + b"%c0%af",
    "two slashes": b"//v1/beacon/ingest-traces",
    "host for a path": b"//example.net/v1",
    "dots": b"/v1/../v1/beacon/ingest-traces",
    "dot": b"/v1/./beacon/ingest-traces",
    "semicolon": _TARGET + b";a=b",
    "slash after": _TARGET + b"/",
    "URL in the path": b"/https://" + HOST.encode() + _TARGET,
    "asterisk in it": b"/*",
}


def cases() -> Iterator[Case]:
    for name, line in _LINES.items():
        yield Case(f"first line: {name}", report(LENGTH_LINE, first=line))
    for name, method in _METHODS.items():
        yield Case(f"method: {name}", report(LENGTH_LINE, first=POST.replace(b"POST", method)))
    for method in _OTHER_METHODS:
        line = POST.replace(b"POST", method)
        yield Case(f"method: {method.decode()}", report(LENGTH_LINE, first=line), forwarded=1, refusals=0)
    for name, target in _TARGETS.items():
        yield Case(f"target: {name}", report(LENGTH_LINE, first=POST.replace(_TARGET, target)))
    for name, target in _OTHER_TARGETS.items():
        line = POST.replace(_TARGET, target)
        yield Case(f"target: {name}", report(LENGTH_LINE, first=line), forwarded=1, refusals=0)
    yield from _other_lines()
    yield from _before()


def _other_lines() -> Iterator[Case]:
    yield Case("target: asterisk", report(LENGTH_LINE, first=POST.replace(_TARGET, b"*")))
    yield Case("target: asterisk of OPTIONS", head(b"OPTIONS * HTTP/1.1", HOST_LINE), forwarded=1, refusals=0)
    yield Case(
        "first line: HTTP/1.0",
        report(LENGTH_LINE, first=POST.replace(b"1.1", b"1.0")),
        forwarded=1,
        allowed=1,
        refusals=0,
    )
    yield Case("first line: HTTP/0.9 as it was", b"GET " + _TARGET + b"\r\n", answers=0)
    yield Case("first line: 70,000 bytes", report(LENGTH_LINE, first=POST.replace(_TARGET, _TARGET + b"a" * 70_000)))
    yield Case(
        "first line: 20,000 bytes",
        report(LENGTH_LINE, first=POST.replace(_TARGET, _TARGET + b"a" * 20_000)),
        forwarded=1,
        refusals=0,
    )
    yield Case("method: CONNECT", head(f"CONNECT {HOST}:443 HTTP/1.1".encode(), HOST_LINE))
    yield Case("method: connect", head(f"connect {HOST}:443 HTTP/1.1".encode(), HOST_LINE))
    yield Case("method: CONNECT with a path", report(LENGTH_LINE, first=POST.replace(b"POST", b"CONNECT")))
    yield Case(
        "method: HEAD",
        report(LENGTH_LINE, b"Connection: close", first=POST.replace(b"POST", b"HEAD")),
        forwarded=1,
        refusals=0,
    )
    yield Case("prior knowledge of HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00")
    yield Case("bytes that are not HTTP", b"SSH-2.0-OpenSSH_9.9\r\n\r\n")
    yield Case("TLS within TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(505), answers=0)


def _before() -> Iterator[Case]:
    # RFC 9112 §2.2: a server should ignore at least one empty line before a request.
    for name, data in {"CR LF": b"\r\n", "CR LF five times": b"\r\n" * 5}.items():
        yield Case(f"before a request: {name}", data + GOOD, forwarded=1, allowed=1, refusals=0)
    for name, data in {
        "LF": b"\n",
        "CR": b"\r",
        "LF CR": b"\n\r",
        "CR LF LF": b"\r\n\n",
        "NUL": b"\x00",
        "spaces": b"  \r\n",
    }.items():
        yield Case(f"before a request: {name}", data + GOOD)
