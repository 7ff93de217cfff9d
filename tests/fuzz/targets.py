"""What is fuzzed: one function each, which takes any bytes and fails when a law is broken.

The laws: nothing is raised but ``WireError`` with a code of ours; output keeps its limits; a body without findings is
what another reader makes of it (``json`` of the standard library, the official protobuf parser); what is recorded of a
body never holds the license in clear.
"""

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from google.protobuf.message import DecodeError

from beacon_audit.contracts import load_contract
from beacon_audit.errors import WireError
from beacon_audit.exchange import record
from beacon_audit.exchange.judge import judge
from beacon_audit.model import Finding
from beacon_audit.redaction import SecretRegistry, Tokens
from beacon_audit.trail import build_payload
from beacon_audit.wire.content_encoding import decode_content
from beacon_audit.wire.content_length import check_content_length
from beacon_audit.wire.content_sniffing import looks_like, second_reading
from beacon_audit.wire.content_type import check_content_type
from beacon_audit.wire.json_body import read_json
from beacon_audit.wire.otlp_json import read_otlp_json
from beacon_audit.wire.otlp_protobuf import read_protobuf, read_protobuf_status
from harness.messages import request_to
from harness.otlp_messages import REQUESTS
from harness.policies import policy_with
from harness.violations import LICENSE, PATHS

_CODE = re.compile(r"wire\.[a-z0-9]+(?:-[a-z0-9]+)*")
_DEPTH = 64
_LIMIT = 1 << 16
_SIGNALS: tuple[Any, ...] = ("traces", "metrics", "logs")
_CONTRACT = load_contract("langsmith-beacon/2026-08")
_TOKENS = Tokens(b"k" * 32)
_POLICY = policy_with()
_ENDPOINTS = sorted(PATHS)
_MEDIA_TYPES = ("application/json", "application/x-protobuf", "application/json; charset=utf-16", "text/plain", "")
_ENCODINGS: tuple[tuple[str, ...], ...] = ((), ("gzip",), ("identity",), ("deflate",), ("gzip", "gzip"), ("br",))

type Read = Callable[[], tuple[Any, tuple[Finding, ...]]]


def _read(read: Read) -> tuple[Any, tuple[Finding, ...]] | None:
    """What ``read`` gives, ``None`` for an error of ours."""
    result = failure = None
    try:
        result = read()
    except WireError as error:
        failure = error
    codes = [finding.code for finding in result[1]] if result else [failure.code if failure else ""]
    assert all(_CODE.fullmatch(code) for code in codes)
    assert failure is None or failure.__cause__ is None
    return result


def json_body(data: bytes) -> None:
    """JSON that nobody finds fault with is what the standard library reads, each key once."""
    read = _read(lambda: read_json(data, max_depth=_DEPTH))
    for signal in _SIGNALS:
        as_otlp = _read(lambda signal=signal: read_otlp_json(data, signal, max_depth=_DEPTH))  # type: ignore[misc]
        assert (as_otlp is None) == (read is None)
    if read is not None and not read[1]:
        assert _same(json.loads(data, object_pairs_hook=_once), read[0])


def _once(members: list[tuple[str, Any]]) -> dict[str, Any]:
    assert len({key for key, _ in members}) == len(members)
    return dict(members)


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-15, abs_tol=5e-324)
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return type(one) is type(other) and bool(one == other)


def gzip_member(data: bytes) -> None:
    """What decompresses is within the limit."""
    read = _read(lambda: (decode_content(data, ("gzip",), limit=_LIMIT), ()))
    assert read is None or len(read[0]) <= _LIMIT


def headers(data: bytes) -> None:
    """Any values of headers, at the line ends of ``data``."""
    values = data.decode("latin-1").split("\n")
    media_type, findings = check_content_type(values, _MEDIA_TYPES[:2])
    assert media_type in _MEDIA_TYPES[:2] or findings
    length = check_content_length(values, len(data))
    assert length or (len(values) == 1 and int(values[0]) == len(data))
    _read(lambda: (decode_content(data, values, limit=_LIMIT), ()))
    looks_like(data)


def protobuf(data: bytes) -> None:
    """Protobuf that nobody finds fault with is what the official parser reads."""
    _read(lambda: read_protobuf_status(data, max_depth=_DEPTH))
    for signal in _SIGNALS:
        _read(lambda signal=signal: read_protobuf(data, signal, max_depth=_DEPTH, response=True))  # type: ignore[misc]
        read = _read(lambda signal=signal: read_protobuf(data, signal, max_depth=_DEPTH))  # type: ignore[misc]
        second_reading("application/x-protobuf", data, signal, max_depth=_DEPTH)
        try:
            message = REQUESTS[signal].FromString(data)
        except DecodeError:
            assert read is None or read[1]
            continue
        if read is not None and not read[1]:
            # Everything that is on the wire is known to the official parser: nothing is dropped.
            before = message.ByteSize()
            message.DiscardUnknownFields()
            assert message.ByteSize() == before


def whole_request(data: bytes) -> None:
    """A request whose first three bytes say where it goes and what its headers are."""
    if len(data) < 3:
        return
    where, media_type, encodings = data[0] % len(_ENDPOINTS), data[1] % len(_MEDIA_TYPES), data[2] % len(_ENCODINGS)
    registry = SecretRegistry(_TOKENS)
    registry.learn(LICENSE)
    named = [("content-type", _MEDIA_TYPES[media_type]), *(("content-encoding", e) for e in _ENCODINGS[encodings])]
    request = request_to(_ENDPOINTS[where], body=data[3:])
    request = replace(request, headers=(("host", request.host), *named))
    judgement = judge(request, (), contract=_CONTRACT, policy=_POLICY, registry=registry)
    context = record.RecordContext(registry, _TOKENS, "policy", "contract")
    entry = record.request_fields(context, request, judgement, None)
    payload = build_payload(
        record.request_payload(context, request, judgement), b"\0" * 32, name="a.json.zst", date="2026-01-01"
    )
    assert LICENSE not in json.dumps(entry)
    assert LICENSE.encode() not in payload.content


TARGETS: Mapping[str, Callable[[bytes], None]] = {
    target.__name__: target for target in (json_body, gzip_member, headers, protobuf, whole_request)
}
