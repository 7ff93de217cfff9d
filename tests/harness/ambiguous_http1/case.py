"""One case of the corpus, and the pieces that cases are made of."""

import json
from dataclasses import dataclass
from typing import Literal

from harness.client import HOST
from harness.usage_reports import PATH, usage_report

#: All reports of the corpus have this length, so that a case can name it before its number is known.
REPORT = json.dumps(json.loads(usage_report(100_000))).encode()
LENGTH = len(REPORT)
POST = f"POST {PATH} HTTP/1.1".encode()
HOST_LINE = f"Host: {HOST}".encode()
TYPE_LINE = b"Content-Type: application/json"
LENGTH_LINE = b"Content-Length: %d" % LENGTH
CHUNKED_LINE = b"Transfer-Encoding: chunked"
CHUNKS = b"%x\r\n%b\r\n0\r\n\r\n" % (LENGTH, REPORT)


@dataclass(frozen=True, slots=True)
class Case:
    """Bytes that a client sends at once, and what has to come of them.

    ``answers``: how many final answers the client waits for, if it is not cut off before; with 0 it ends its side as
    soon as all is sent. ``forwarded`` requests reach Beacon in observe mode, ``allowed`` of them in enforce mode too.
    ``refusals`` are recorded in observe mode; what is forwarded there only is one more refusal each in enforce mode.
    ``place``: inside the tunnel's TLS, or in the clear to the proxy itself.
    """

    name: str
    data: bytes
    answers: int = 1
    forwarded: int = 0
    allowed: int = 0
    refusals: int = 1
    place: Literal["tunnel", "outside"] = "tunnel"


def head(first: bytes, *lines: bytes) -> bytes:
    """A head, its lines ended properly."""
    return b"\r\n".join((first, *lines, b"", b""))


def report(*lines: bytes, first: bytes = POST, body: bytes = REPORT) -> bytes:
    """A usage report with Host and Content-Type; ``lines`` say how long it is, and more."""
    return head(first, HOST_LINE, TYPE_LINE, *lines) + body


#: A whole request that nothing is wrong with.
GOOD = report(LENGTH_LINE)
#: What an attacker hides in the body of another request.
HIDDEN = head(b"GET /v1/beacon/hidden HTTP/1.1", HOST_LINE)
