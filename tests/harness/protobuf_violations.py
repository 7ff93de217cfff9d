"""Ways in which a batch in protobuf is not as documented: rows of the refusal matrix, like those of ``violations``."""

import functools
import gzip
from collections.abc import Callable

from harness.documented_protobuf import documented_protobuf
from harness.protobuf_bytes import chunk, number, tag
from harness.violations import LICENSE, PATHS, Sent, Violation, documented

PROTOBUF = "application/x-protobuf"
EDITION = "langsmith-beacon/2026-08"


def documented_batch(endpoint: str, *, compressed: bool = False) -> Sent:
    """The documented sample of an OTLP endpoint."""
    return _sent(endpoint, lambda body: gzip.compress(body, mtime=0) if compressed else body, compressed=compressed)


def _sent(endpoint: str, change: Callable[[bytes], bytes], *, compressed: bool = False) -> Sent:
    headers = {"Content-Type": PROTOBUF, **({"Content-Encoding": "gzip"} if compressed else {})}
    body = change(documented_protobuf(EDITION, endpoint.removeprefix("telemetry-")))
    return Sent(PATHS[endpoint], body, request={"headers": headers})


def _changed(change: Callable[[bytes], bytes]) -> Callable[[str], Sent]:
    return lambda endpoint: _sent(endpoint, change)


def _adding(fields: bytes) -> Callable[[str], Sent]:
    return _changed(lambda body: body + fields)


@functools.cache
def _bomb_bytes() -> bytes:
    return gzip.compress(bytes(80_000_000), mtime=0)


def _bomb(endpoint: str) -> Sent:
    return _sent(endpoint, lambda _: _bomb_bytes(), compressed=True)


def _with_license(endpoint: str) -> Sent:
    """It is learned from its header and found in a field that no parser shows."""
    sent = _adding(chunk(99, LICENSE))(endpoint)
    sent.request["headers"]["X-Langchain-License-Key"] = LICENSE
    return sent


def _in_disguise(endpoint: str) -> Sent:
    return Sent(PATHS[endpoint], documented(endpoint), request={"headers": {"Content-Type": PROTOBUF}})


def _nested(levels: int) -> bytes:
    value = chunk(1, "deep")
    for _ in range(levels):
        value = chunk(5, chunk(1, value))
    return chunk(1, chunk(1, chunk(1, chunk(1, "k"), chunk(2, value))))


PROTOBUF_VIOLATIONS = (
    Violation("unknown field", "wire.protobuf-unknown-field", _adding(chunk(99, "hidden"))),
    Violation("license in an unknown field", "promise.license-misplaced", _with_license),
    Violation("other wire type", "wire.protobuf-wire-type", _adding(number(1, 5))),
    Violation("repeated field", "wire.protobuf-repeated-field", _adding(chunk(1, chunk(1), chunk(1)))),
    Violation("text that is no UTF-8", "wire.protobuf-utf8", _adding(chunk(1, chunk(3, b"\xff")))),
    Violation("cut-off integer", "wire.protobuf-integer-range", _adding(chunk(1, chunk(1, number(2, 1 << 32))))),
    Violation("longer varint", "wire.protobuf-noncanonical", _adding(tag(1, 2) + b"\x80\x00")),
    Violation("group", "wire.protobuf-invalid", _adding(tag(99, 3) + tag(99, 4))),
    Violation("cut off", "wire.protobuf-invalid", _changed(lambda body: body[:-1])),
    Violation("JSON that says protobuf", "wire.protobuf-invalid", _in_disguise),
    Violation("too deep", "wire.protobuf-depth", _adding(_nested(40))),
    Violation("bomb", "wire.decoded-too-large", _bomb),
    Violation("second gzip member", "wire.gzip-trailing-bytes", lambda endpoint: _sent(
        endpoint, lambda body: gzip.compress(body, mtime=0) * 2, compressed=True)),
    Violation("no byte at all", "contract.missing-field", _changed(lambda _: b"")),
)  # fmt: skip
