"""HTTP/1 as clients say it: requests and CONNECT, mostly good."""

import gzip
import random

from fuzz.connection.hello import hello
from fuzz.connection.pieces import LENGTHS, METHODS, TARGETS, rarely, split
from harness.client import HOST
from harness.usage_reports import PATH, usage_report

_VERSIONS = (b"HTTP/1.1", b"HTTP/1.1", b"HTTP/1.1", b"HTTP/1.0", b"HTTP/1.2", b"HTTP/2", b"http/1.1", b"")
_LINE_ENDS = (b"\r\n",) * 12 + (b"\n", b"\r", b"\r\r\n")
_ODD_FIELDS = (
    b"Expect: 100-continue", b"Upgrade: websocket", b"Connection: close", b"Connection: keep-alive, Upgrade",
    b"Transfer-Encoding: chunked", b"Transfer-Encoding: gzip, chunked", b"Transfer-Encoding : chunked",
    b"Content-Encoding: gzip", b"Host: elsewhere.example", b"X: \x00", b"X: a\r\n b", b" X: a", b"X:", b": x", b"X",
    b"Trailer: X", b"TE: trailers", b"Content-Length: 0", b"X: " + b"a" * 9000, b"Authorization: Basic YTpi",
)  # fmt: skip


def http1(chance: random.Random, number: int) -> bytes:
    """Requests, one behind the other, of reports with this number."""
    return b"".join(_request(chance, number) for _ in range(chance.choice((1, 1, 1, 2, 4))))


def _request(chance: random.Random, number: int) -> bytes:
    body = usage_report(number) if chance.random() < 0.8 else chance.randbytes(chance.choice((0, 1, 40, 3000)))
    fields = [b"Host: " + rarely(chance, HOST.encode(), (b"elsewhere.example", b"", b"a b", HOST.encode() + b":443"))]
    if chance.random() < 0.1:
        fields.append(b"Content-Encoding: gzip")
        body = gzip.compress(body, mtime=0)
    fields.append(b"Content-Type: " + rarely(chance, b"application/json", (b"text/plain", b"application/x-protobuf")))
    if chance.random() < 0.35:
        fields.append(
            b"Transfer-Encoding: " + rarely(chance, b"chunked", (b"Chunked", b"chunked, identity", b"xchunked"))
        )
        body = _chunked(body, chance)
    else:
        fields.append(b"Content-Length: " + chance.choice(LENGTHS)(len(body)))
    fields += [chance.choice(_ODD_FIELDS) for _ in range(chance.choice((0,) * 8 + (1, 3)))]
    if chance.random() < 0.2:
        chance.shuffle(fields)
    strange = chance.random() < 0.05
    first = b" ".join(
        (
            rarely(chance, b"POST", METHODS, 0.1),
            rarely(chance, PATH.encode(), TARGETS),
            rarely(chance, b"HTTP/1.1", _VERSIONS, 0.1),
        )
    )
    return b"".join(line + chance.choice(_LINE_ENDS[: 15 if strange else 12]) for line in (first, *fields, b"")) + body


def _chunked(body: bytes, chance: random.Random) -> bytes:
    made = bytearray()
    for piece in split(body, chance):
        size = b"%x" % len(piece)
        made += rarely(
            chance, size, (size + b";a=b", b"0" + size, size + b" ", b"0x" + size, b"%x" % (len(piece) + 1)), 0.1
        )
        made += b"\r\n" + piece + b"\r\n"
    return bytes(made) + rarely(
        chance, b"0\r\n\r\n", (b"0\r\nX: a\r\n\r\n", b"0\r\n", b"", b"00\r\n\r\n", b"0;a\r\n\r\n")
    )


def connect(chance: random.Random) -> bytes:
    """A CONNECT, and something behind it."""
    target = rarely(
        chance, f"{HOST}:443".encode(), (b"127.0.0.1:443", HOST.encode(), b"[::1]:443", b"a@b:443", b":443", b"*"), 0.5
    )
    line = b"%b %b %b\r\n" % (rarely(chance, b"CONNECT", METHODS), target, rarely(chance, b"HTTP/1.1", _VERSIONS))
    fields = b"".join(chance.choice(_ODD_FIELDS) + b"\r\n" for _ in range(chance.choice((0, 1, 3))))
    return (
        line
        + fields
        + b"\r\n"
        + chance.choice((b"", b"", b"GET / HTTP/1.1\r\n\r\n", chance.randbytes(30), hello(chance)))
    )
