"""One case of the corpus, and the pieces that cases are made of."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from harness.client import HOST
from harness.http2_corpus.wire import PREFACE, Field, block, data, headers, settings
from harness.usage_reports import PATH, usage_report

#: All reports of the corpus have this length, so that a case can name it before its number is known.
FIRST_NUMBER = 100_000
REPORT = json.dumps(json.loads(usage_report(FIRST_NUMBER))).encode()
LENGTH = b"%d" % len(REPORT)
BEGINNING = PREFACE + settings()
HEAD, MESSAGE = "wire.http-head", "wire.http-message"

METHOD: Field = (b":method", b"POST")
SCHEME: Field = (b":scheme", b"https")
AUTHORITY: Field = (b":authority", HOST.encode())
TARGET: Field = (b":path", PATH.encode())
TYPE: Field = (b"content-type", b"application/json")
GOOD = (METHOD, SCHEME, AUTHORITY, TARGET, TYPE)


@dataclass(frozen=True, slots=True)
class Case:
    """Bytes that a client sends at once behind ``begins``, and what has to come of them.

    ``refused``: the codes of the refusals in the trail. ``forwarded`` requests reach Beacon; each has an intent.
    ``cut_off`` are whole requests that are taken back while they are looked at: each has one record, a refusal or an
    intent, and may reach Beacon with the latter. ``statuses``: the answers, by stream; ``resets`` are streams that the
    proxy ends without one. ``closes``: the proxy ends the connection. A case without ``fence`` ends in the middle of
    something. ``fields``: what a forwarded request was made of, where that is not ``GOOD``.
    """

    name: str
    data: bytes
    refused: tuple[str, ...] = (HEAD,)
    forwarded: int = 0
    statuses: tuple[tuple[int, int], ...] = ()
    resets: tuple[int, ...] = ()
    closes: bool = True
    fence: bool = True
    begins: bytes = BEGINNING
    cut_off: int = 0
    fields: Sequence[Field] = ()


def request(stream: int, fields: Sequence[Field] = GOOD, body: bytes = REPORT) -> bytes:
    """A whole request: one HEADERS frame, one DATA frame."""
    return headers(stream, block(fields)) + data(stream, body)


def malformed(name: str, *fields: Field, body: bytes = REPORT) -> Case:
    """A request whose head is none: the connection ends."""
    return Case(name, request(1, fields, body))


def refused(name: str, code: str, *fields: Field, status: int = 403, body: bytes = REPORT) -> Case:
    """A request that is valid HTTP/2, and is refused for what it says."""
    return Case(name, request(1, fields, body), (code,), statuses=((1, status),), closes=False)


def forwarded(name: str, *fields: Field, status: int = 200, body: bytes = REPORT) -> Case:
    """A request that nothing is wrong with, to HTTP/2."""
    sent = request(1, fields, body)
    return Case(name, sent, (), 1, statuses=((1, status),), closes=False, fields=fields)


def with_fields(*fields: Field) -> tuple[Field, ...]:
    """A good request with these besides."""
    return (*GOOD, *fields)


def instead(*fields: Field) -> tuple[Field, ...]:
    """A good request with these in the place of those of the same name."""
    given = dict(fields)
    return tuple((name, given.get(name, value)) for name, value in GOOD)


def without(name: bytes) -> tuple[Field, ...]:
    """A good request but for one field."""
    return tuple(field for field in GOOD if field[0] != name)
