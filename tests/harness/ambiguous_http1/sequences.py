"""Several requests at once, and bytes around them: who counts differently takes one for the body of another."""

from collections.abc import Iterator

from harness.ambiguous_http1.case import (
    CHUNKED_LINE,
    CHUNKS,
    GOOD,
    HIDDEN,
    HOST_LINE,
    LENGTH,
    LENGTH_LINE,
    POST,
    REPORT,
    TYPE_LINE,
    Case,
    head,
    report,
)

#: What cannot be read, behind a request that can.
_BAD = {
    "two lengths": report(LENGTH_LINE, b"Content-Length: 0"),
    "length and chunks": report(LENGTH_LINE, CHUNKED_LINE, body=CHUNKS),
    "space before the colon": report(b"Content-Length : %d" % LENGTH),
    "folded": report(LENGTH_LINE, b"X-Note: a\r\n b"),
    "no host": head(POST, TYPE_LINE, LENGTH_LINE) + REPORT,
    "upgrade": report(LENGTH_LINE, b"Upgrade: h2c"),
    "bare LF": GOOD.replace(b"\r\n", b"\n"),
    "HTTP/2.0": report(LENGTH_LINE, first=POST.replace(b"1.1", b"2.0")),
    "preface of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "text": b"hello\r\n\r\n",
    "tunnel": head(b"CONNECT example.net:443 HTTP/1.1", HOST_LINE),
    "trailers": report(CHUNKED_LINE, body=CHUNKS[:-2] + b"X-Note: a\r\n\r\n"),
    "NUL": b"\x00" + GOOD,
}
_CLOSE = b"Connection: close"


def cases() -> Iterator[Case]:
    yield Case("in a row: two", GOOD + GOOD, answers=2, forwarded=2, allowed=2, refusals=0)
    yield Case("in a row: ten", GOOD * 10, answers=10, forwarded=10, allowed=10, refusals=0)
    yield Case("in a row: an empty line between", GOOD + b"\r\n" + GOOD, answers=2, forwarded=2, allowed=2, refusals=0)
    yield Case(
        "in a row: chunks first",
        report(CHUNKED_LINE, body=CHUNKS) + GOOD,
        answers=2,
        forwarded=2,
        allowed=2,
        refusals=0,
    )
    for name, data in _BAD.items():
        yield Case(f"in a row: good, then {name}", GOOD + data, answers=2, forwarded=1, allowed=1, refusals=1)
    for name in ("two lengths", "length and chunks", "space before the colon", "bare LF", "NUL"):
        # A connection on which the end of a message is not sure is of no use for another one (RFC 9112 §6.3).
        yield Case(f"in a row: {name}, then good", _BAD[name] + GOOD)
    for name in ("upgrade", "folded"):
        yield Case(f"in a row: {name}, then good", _BAD[name] + GOOD, answers=2, forwarded=1, allowed=1, refusals=1)
    yield from _after()


def _after() -> Iterator[Case]:
    old = POST.replace(b"1.1", b"1.0")
    read = head(b"GET /v1/beacon/verify HTTP/1.1", HOST_LINE)
    yield Case("behind: a letter", GOOD + b"x", answers=1, forwarded=1, allowed=1, refusals=1)
    yield Case("behind: half a head", GOOD + HIDDEN[:20], answers=1, forwarded=1, allowed=1, refusals=1)
    yield Case("behind: CR LF", GOOD + b"\r\n", answers=1, forwarded=1, allowed=1, refusals=0)
    yield Case("behind: CR", GOOD + b"\r", answers=1, forwarded=1, allowed=1, refusals=0)
    yield Case("behind: NUL", GOOD + b"\x00", answers=1, forwarded=1, allowed=1, refusals=1)
    # What follows a request that closes the connection is no request (RFC 9112 §9.6).
    yield Case("behind: a request, after close", report(LENGTH_LINE, _CLOSE) + GOOD, forwarded=1, allowed=1, refusals=0)
    yield Case(
        "behind: a request, after HTTP/1.0", report(LENGTH_LINE, first=old) + GOOD, forwarded=1, allowed=1, refusals=0
    )
    kept = report(LENGTH_LINE, b"Connection: keep-alive", first=old)
    yield Case(
        "behind: a request, after HTTP/1.0 that is kept", kept + GOOD, answers=2, forwarded=2, allowed=2, refusals=0
    )
    yield Case("behind: a body of GET without a length", read + REPORT, forwarded=1, refusals=1)
    yield Case(
        "hidden: in a body with a length",
        report(b"Content-Length: %d" % len(HIDDEN), body=HIDDEN),
        forwarded=1,
        refusals=0,
    )
    yield Case(
        "hidden: in a chunk",
        report(CHUNKED_LINE, body=b"%x\r\n%b\r\n0\r\n\r\n" % (len(HIDDEN), HIDDEN)),
        forwarded=1,
        refusals=0,
    )
    yield Case("ends: in the head", GOOD[:60], answers=0)
    yield Case("ends: in the body", GOOD[:-1], answers=0)
    yield Case("ends: before a byte", b"", answers=0, refusals=0)
    yield Case("ends: after empty lines", b"\r\n\r\n\r\n", answers=0, refusals=0)
