"""Where fuzzing begins: bodies that are read to their end, and pieces of which bodies are made."""

import gzip
from collections.abc import Mapping, Sequence

from beacon_audit.contracts import load_contract
from harness.documented_protobuf import documented_protobuf
from harness.hostile_bodies import HOSTILE
from harness.violations import LICENSE, PATHS, documented

_EDITION = "langsmith-beacon/2026-08"
_JSON = [documented(endpoint) for endpoint in sorted(PATHS)]
_PROTOBUF = [documented_protobuf(_EDITION, signal) for signal in ("traces", "metrics", "logs")]
_HOSTILE = [body.make(300) for body in HOSTILE]
_GZIP = [gzip.compress(body, mtime=0) for body in (*_JSON, b"", b"{}")]
_HEADERS = [
    b"application/json", b"application/json; charset=utf-8", b'application/json;charset="utf-8"', b"gzip",
    b"gzip, gzip", b"identity", b"deflate", b"5\n5", b"application/x-protobuf", b"1",
]  # fmt: skip
_WHOLE = [
    bytes([where, how, 0]) + body
    for where, endpoint in enumerate(sorted(PATHS))
    for how, body in ((0, documented(endpoint)), *((1, body) for body in _PROTOBUF))
]

SEEDS: Mapping[str, Sequence[bytes]] = {
    "json_body": [*_JSON, *_HOSTILE],
    "gzip_member": _GZIP,
    "headers": _HEADERS,
    "protobuf": [*_PROTOBUF, *_HOSTILE],
    "whole_request": [*_WHOLE, *(bytes([at % 6, at % 2, 0]) + body for at, body in enumerate(_HOSTILE))],
}

#: Pieces that mean something to a reader.
WORDS: Sequence[bytes] = (
    b"{", b"}", b"[", b"]", b":", b",", b'"', b"\\", b"\\u0065", b"\\ud800", b"\\udc00", b"null", b"-", b"1e",
    b"0." * 20, b"18446744073709551616", b"-9223372036854775809", b"NaN", b"\xef\xbb\xbf", b"\xff\xfe",
    b"\xed\xa0\x80", b"\x00", b"//", b"\x1f\x8b\x08", b"\x0a", b"\x0a\x00", b"\x12\x00", b"\x80",
    b"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", b"\xff\xff\xff\x0f", b"%41", b"%2541", b"~1", b"\x1e",
    b'"license":', b'"licens\\u0065":', LICENSE.encode(), LICENSE.encode().hex().encode(), b'"key":',
    b'"value":{"stringValue":', b"scope_spans", b"eyJhbGciOiJub25lIn0.e30.", b"SELECT a FROM b",
)  # fmt: skip

# The contract is read once, before the first input is timed.
load_contract(_EDITION)
