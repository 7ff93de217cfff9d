"""Header fields: names, values, folding, ends of lines, and fields that mean something to the next reader."""

from collections.abc import Iterator

from harness.ambiguous_http1.case import (
    CHUNKED_LINE,
    GOOD,
    HOST_LINE,
    LENGTH_LINE,
    POST,
    REPORT,
    TYPE_LINE,
    Case,
    head,
    report,
)

#: A line that is no field to a reader of RFC 9112 §5, or one that it must refuse.
_LINES = {
    "no colon": b"X-Note",
    "no name": b": a",
    "no name and no value": b":",
    "space before the colon": b"X-Note : a",
    "tab before the colon": b"X-Note\t: a",
    "space in the name": b"X Note: a",
    "folded": b"X-Note: a\r\n b",
    "folded with a tab": b"X-Note: a\r\n\tb",
    "folded, empty": b"X-Note: a\r\n ",
    "folded length": b"X-Note: a\r\n Content-Length: 0",
    "bare CR in the value": b"X-Note: a\rb",
    "bare CR that begins a field": b"X-Note: a\rHost: example.net",
    "bare LF that begins a field": b"X-Note: a\nHost: example.net",
    "bare LF": b"X-Note: a\nX-More: b",
    "CR CR LF": b"X-Note: a\r",
    "a line of one CR": b"\r",
    "a line of one space": b" ",
    "NUL in the value": b"X-Note: a\x00b",
    "NUL in the name": b"X-\x00Note: a",
    "vertical tab in the value": b"X-Note: a\x0bb",
    "vertical tab around the value": b"X-Note:\x0ba\x0b",
    "form feed around the value": b"X-Note:\x0ca\x0c",
    "escape in the value": b"X-Note: \x1b[2J",
    "delete in the value": b"X-Note: \x7f",
    "backspace in the value": b"X-Note: \x08",
}
#: No characters of a token (RFC 9110 §5.6.2).
_NO_TOKEN = b'\x01\x0b\x0c\x1b\x7f"(),/;<=>?@[\\]{}\x80\xa0\xff'
#: Fields that nobody misreads, though no documented request has them.
_UNDOCUMENTED = {
    "tab in the value": b"X-Note: a\tb",
    "bytes over ASCII in the value": b"X-Note: \xe4\xff",
    "odd token": b"!#$%&'*+.^`|~: a",
    "empty value": b"X-Note:",
    "method override": b"X-HTTP-Method-Override: DELETE",
    "original URL": b"X-Original-URL: /v1/beacon/verify",
    "forwarded host": b"X-Forwarded-Host: example.net",
    "max-forwards": b"Max-Forwards: 0",
    "trailer announced": b"Trailer: X-Note",
    "TE": b"TE: trailers",
    "HTTP2-Settings alone": b"HTTP2-Settings: AAMAAABkAAQAAP__",
    "proxy-connection": b"Proxy-Connection: keep-alive",
    "keep-alive": b"Keep-Alive: timeout=5",
    "range": b"Content-Range: bytes 0-1/2",
    "pseudo-header": b"x-:path: /",
}
#: What a recipient would take out, or stop at, before it reads the request (RFC 9110 §7.6.1).
_CONNECTION = {
    "length": (b"Connection: Content-Length",),
    "host": (b"Connection: Host",),
    "type": (b"Connection: content-type",),
    "coding": (b"Connection: Transfer-Encoding",),
    "length, folded": (b"Connection: close,\r\n content-length",),
    "length in a second line": (b"Connection: close", b"Connection: content-length"),
    "a field that is there": (b"Connection: X-Note", b"X-Note: a"),
    "the license": (b"Connection: close, X-Langchain-License-Key", b"X-Langchain-License-Key: lcl_some_license_4711"),
    "upgrade": (b"Connection: Upgrade", b"Upgrade: websocket", b"Sec-WebSocket-Version: 13"),
    "upgrade to h2c": (b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c", b"HTTP2-Settings: AAMAAABkAAQAAP__"),
    "upgrade, no Connection": (b"Upgrade: h2c",),
    "upgrade to nothing else": (b"Connection: Upgrade", b"Upgrade: HTTP/1.1"),
}
_HOSTS = {
    "none": (),
    "two": (HOST_LINE, HOST_LINE),
    "two, one of them elsewhere": (HOST_LINE, b"Host: example.net"),
    "elsewhere first": (b"Host: example.net", HOST_LINE),
    "empty": (b"Host:",),
    "elsewhere": (b"Host: example.net",),
    "list": (HOST_LINE + b", example.net",),
    "user": (b"Host: a@beacon.langchain.com",),
    "path": (HOST_LINE + b"/",),
    "space": (HOST_LINE + b" example.net",),
    "tab": (HOST_LINE + b"\texample.net",),
    "folded": (b"Host:\r\n beacon.langchain.com",),
    "other port": (HOST_LINE + b":80",),
    "port without digits": (HOST_LINE + b":",),
    "space before the colon": (b"Host : beacon.langchain.com",),
    "NUL": (HOST_LINE + b"\x00.example.net",),
    "by an underscore": (b"Ho_st: beacon.langchain.com",),
}
_EXPECTATIONS = {
    "other": (b"Expect: 200-ok",),
    "with a parameter": (b"Expect: 100-continue;a",),
    "twice": (b"Expect: 100-continue", b"Expect: 100-continue"),
    "list": (b"Expect: 100-continue, 100-continue",),
    "empty": (b"Expect:",),
    "vertical tab": (b"Expect: \x0b100-continue",),
}


def cases() -> Iterator[Case]:
    for name, line in _LINES.items():
        yield Case(f"field: {name}", report(LENGTH_LINE, line))
        yield Case(f"field, first of all: {name}", head(POST, line, HOST_LINE, TYPE_LINE, LENGTH_LINE) + REPORT)
    for byte in _NO_TOKEN:
        yield Case(f"field: byte {byte:02x} in the name", report(LENGTH_LINE, b"X%cNote: a" % byte))
    for name, line in _UNDOCUMENTED.items():
        yield Case(f"field: {name}", report(LENGTH_LINE, line), forwarded=1, refusals=0)
    for name, lines in _CONNECTION.items():
        yield Case(f"connection: {name}", report(LENGTH_LINE, *lines))
    for name, lines in _HOSTS.items():
        yield Case(f"host: {name}", head(POST, *lines, TYPE_LINE, LENGTH_LINE) + REPORT)
    for name, lines in _EXPECTATIONS.items():
        yield Case(f"expect: {name}", report(LENGTH_LINE, *lines))
    yield Case("expect: usual", report(LENGTH_LINE, b"Expect: 100-continue"), forwarded=1, allowed=1, refusals=0)
    yield Case(
        "expect: with chunks", report(CHUNKED_LINE, b"Expect: 100-Continue", body=b"0\r\n\r\n"), forwarded=1, refusals=0
    )
    yield from _sizes()
    yield from _ends_of_lines()


def _sizes() -> Iterator[Case]:
    yield Case("size: value of 64 KiB", report(LENGTH_LINE, b"X-Note: " + b"a" * 65_536))
    yield Case("size: name of 64 KiB", report(LENGTH_LINE, b"a" * 65_536 + b": a"))
    yield Case("size: value of 60,000 bytes", report(LENGTH_LINE, b"X-Note: " + b"a" * 60_000))
    yield Case("size: 1,000 fields", report(LENGTH_LINE, *[b"X-Note: a"] * 1000))
    yield Case("size: 20,000 fields", report(LENGTH_LINE, *[b"a:"] * 20_000))
    yield Case("size: 20,000 folds", report(LENGTH_LINE, b"X-Note: a" + b"\r\n a" * 10_000))
    yield Case("size: a line that never ends", head(POST, HOST_LINE, b"X-Note: " + b"a" * 70_000)[:-4])
    yield Case("size: a head that never ends", head(POST, HOST_LINE, *[b"X-Note: a"] * 10_000)[:-2])
    yield Case("size: spaces without end", report(LENGTH_LINE, b"X-Note:" + b" " * 70_000))


def _ends_of_lines() -> Iterator[Case]:
    top, _, body = GOOD.partition(b"\r\n\r\n")
    lines = top + b"\r\n\r\n"
    yield Case("lines: LF", lines.replace(b"\r\n", b"\n") + body)
    yield Case("lines: CR", lines.replace(b"\r\n", b"\r") + body, answers=0)
    yield Case("lines: LF CR", lines.replace(b"\r\n", b"\n\r") + body)
    yield Case("lines: CR CR LF", lines.replace(b"\r\n", b"\r\r\n") + body, answers=0)
    yield Case("lines: LF after the first", lines.replace(b"\r\n", b"\n", 1) + body)
    yield Case("lines: CR LF LF at the end", top + b"\r\n\n" + body)
    yield Case("lines: LF LF at the end", top + b"\n\n" + body)
    yield Case("lines: LF CR LF at the end", top + b"\n\r\n" + body)
    yield Case("lines: CR LF CR at the end", top + b"\r\n\r" + body, answers=0)
    yield Case("lines: next line", lines.replace(b"\r\n", b"\x85") + body, answers=0)
    yield Case("lines: CR LF escaped", lines.replace(b"\r\n", b"\\r\\n") + body, answers=0)
