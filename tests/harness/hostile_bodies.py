"""Bodies made to cost time or memory, each of about ``size`` decoded bytes, as data.

One row is one idea of an attacker. ``endpoint`` names where it is sent; ``protobuf`` says that it is not JSON. What it
repeats is repeated as often as fits, so that a body of twice the size is twice as bad: work that grows faster than
the body shows in a doubling (``unit/exchange/test_bounds.py``).
"""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass

from harness.protobuf_bytes import attribute, chunk, number, varint

_TRACES = "telemetry-traces"
_JWT = (
    base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=")
    + b"."
    + base64.urlsafe_b64encode(b'{"sub":1}').rstrip(b"=")
    + b"."
)
_HEAD = b'{"resourceSpans":[{"scopeSpans":[{"spans":[{"attributes":['
_TAIL = b"]}]}]}]}"


@dataclass(frozen=True)
class HostileBody:
    """``make`` is given the size that the decoded body may have."""

    name: str
    make: Callable[[int], bytes]
    endpoint: str = _TRACES
    protobuf: bool = False

    def __str__(self) -> str:
        return self.name


def _filled(start: bytes, unit: bytes, end: bytes, *, between: bytes = b"") -> Callable[[int], bytes]:
    def make(size: int) -> bytes:
        times = max(1, (size - len(start) - len(end)) // (len(unit) + len(between)))
        return start + (unit + between) * (times - 1) + unit + end

    return make


def _numbered(start: bytes, unit: Callable[[int], bytes], end: bytes) -> Callable[[int], bytes]:
    def make(size: int) -> bytes:
        times = max(1, (size - len(start) - len(end)) // (len(unit(10**6)) + 1))
        return start + b",".join(map(unit, range(times))) + end

    return make


def _attribute(key: str, text: str) -> bytes:
    return json.dumps({"key": key, "value": {"stringValue": text}}, separators=(",", ":")).encode()


def _nested(size: int) -> bytes:
    """As deep as is allowed, as often as fits."""
    one = b"[" * 50 + b"]" * 50
    return b'{"a":[' + b",".join([one] * (size // (len(one) + 1))) + b"]}"


def _objects_in_a_field(of: bytes) -> Callable[[int], bytes]:
    return _filled(b'{"resourceSpans":[', of, b"]}", between=b",")


def _one_text(unit: bytes) -> Callable[[int], bytes]:
    return _filled(_HEAD + b'{"key":"env","value":{"stringValue":"', unit, b'"}}' + _TAIL)


def _one_key(unit: bytes) -> Callable[[int], bytes]:
    return _filled(b'{"', unit, b'":1}')


def _text_below_wrong_levels(size: int) -> bytes:
    return _below_wrong_levels(b'{"odd":1,"stringValue":"' + b"a" * max(1, size - 1_000) + b'"}')


def _values_below_wrong_levels(size: int) -> bytes:
    values = b",".join([b'{"x":1}'] * max(1, (size - 1_000) // 8))
    return _below_wrong_levels(b'{"odd":1,"arrayValue":{"odd":1,"values":[' + values + b"]}}")


def _below_wrong_levels(value: bytes) -> bytes:
    """Each level is wrong, and everything that is said of it may hold a copy of what is below."""
    for _ in range(12):
        value = b'{"odd":1,"kvlistValue":{"odd":1,"values":[{"odd":1,"key":"k","value":' + value + b"}]}}"
    return _HEAD + b'{"odd":1,"key":"env","value":' + value + b"}" + _TAIL


def _one_wide_character(size: int) -> bytes:
    """Python takes four bytes for each letter of a text that holds one of these."""
    return _one_text(b"a")(size - 4).replace(b'"}}', "\U0001f600".encode() + b'"}}')


def _protobuf_attributes(size: int) -> bytes:
    parts: list[bytes] = []
    total = 0
    while total < size:
        parts.append(attribute(f"k{len(parts)}", "v"))
        total += len(parts[-1])
    return chunk(1, chunk(2, chunk(2, *parts)))


def _attribute_again(size: int) -> bytes:
    """The same attribute, which the reader makes once, with as many values as it has room for."""
    one = chunk(9, chunk(1, b"k"), chunk(2, chunk(5, chunk(1, number(2, 1)) * 240)))
    return chunk(1, chunk(2, chunk(2, one * max(1, size // len(one)))))


def _packed(size: int) -> bytes:
    return chunk(1, chunk(2, chunk(2, number(99, 1) * (size // 3))))


HOSTILE = (
    HostileBody("brackets without end", _filled(b"", b"[", b"")),
    HostileBody("objects without end", _filled(b"", b'{"a":', b"")),
    HostileBody("brackets, closed", lambda size: b"[" * (size // 2) + b"]" * (size // 2)),
    HostileBody("as deep as allowed, again and again", _nested),
    HostileBody("empty objects", _objects_in_a_field(b"{}")),
    HostileBody("empty lists", _objects_in_a_field(b"[]")),
    HostileBody("nulls", _objects_in_a_field(b"null")),
    HostileBody("zeros", _objects_in_a_field(b"0")),
    HostileBody("attributes, each another key", _numbered(_HEAD, lambda n: _attribute(f"k{n}", "v"), _TAIL)),
    HostileBody("attributes, each another text", _numbered(_HEAD, lambda n: _attribute("env", f"v{n}"), _TAIL)),
    HostileBody("attributes, each a sentence", _numbered(_HEAD, lambda n: _attribute("a b", f"you and I {n}?"), _TAIL)),
    HostileBody("attributes, each an address", _numbered(_HEAD, lambda n: _attribute("x", f"u{n}@example.com"), _TAIL)),
    HostileBody(
        "attributes, each an escape", _numbered(_HEAD, lambda n: _attribute(f"k%2541{n}", f"\\u0041%41{n}"), _TAIL)
    ),
    HostileBody("distinct keys", _numbered(b"{", lambda n: b'"k%d":1' % n, b"}")),
    HostileBody("distinct keys in measures", _numbered(b'{"measures":{', lambda n: b'"k%d":1' % n, b"}}"),
                "usage-snapshot"),
    HostileBody("names with underscores", _numbered(b"{", lambda n: b'"k_%d":1' % n, b"}")),
    HostileBody("aliases", _objects_in_a_field(b'{"scope_spans":[]}')),
    HostileBody("duplicate keys", _filled(b"{", b'"a":1', b"}", between=b",")),
    HostileBody("duplicate keys by escape", _filled(b"{", b'"a":1,"\\u0061":2', b"}", between=b",")),
    HostileBody("one duplicate among distinct keys", _numbered(b'{"a":1,"a":2,', lambda n: b'"k%d":1' % n, b"}")),
    HostileBody("integers of 65 bits", _objects_in_a_field(b"18446744073709551616")),
    HostileBody("digits", _filled(b'{"resourceSpans":', b"9", b"}")),
    HostileBody("digits of a fraction", _filled(b'{"resourceSpans":0.', b"9", b"}")),
    HostileBody("white space", _filled(b'{"resourceSpans":', b" ", b"[]}")),
    HostileBody("one text of letters", _one_text(b"a")),
    HostileBody("one text of letters and one wide character", _one_wide_character),
    HostileBody("one text of letters below levels that are wrong", _text_below_wrong_levels),
    HostileBody("values below levels that are wrong", _values_below_wrong_levels),
    HostileBody("one text of underscores", _one_text(b"_")),
    HostileBody("one text of names with underscores", _one_text(b"a_")),
    HostileBody("one text of one escape", _filled(
        _HEAD + b'{"key":"env","value":{"stringValue":"%', b"25", b'41"}}' + _TAIL)),
    HostileBody("one text of backslashes", _one_text(b"\\\\")),
    HostileBody("one text of quotation marks", _one_text(b'\\"')),
    HostileBody("one text of escapes", _one_text(b"\\u0041")),
    HostileBody("one text of escaped escapes", _one_text(b"\\\\u005c\\\\u005c")),
    HostileBody("one text of percent signs", _one_text(b"%25")),
    HostileBody("one text of percent escapes", _one_text(b"%2541")),
    HostileBody("one text of tildes", _one_text(b"~0")),
    HostileBody("one text of line ends", _one_text(b"'\\n'")),
    HostileBody("one text of base64", _one_text(b"QUJD")),
    HostileBody("one text of base64 that is base64", _one_text(base64.b64encode(base64.b64encode(b"ABC" * 30)))),
    HostileBody("one text of hex", _one_text(b"41")),
    HostileBody("one text of runs of base64", _one_text(b"QUJD" * 12 + b" ")),
    HostileBody("one text of JSON web tokens", _one_text(_JWT + b" ")),
    HostileBody("one text of dots behind a JSON web token", _filled(
        _HEAD + b'{"key":"env","value":{"stringValue":"' + _JWT, b"eyJhbGciOjF9.", b'"}}' + _TAIL)),
    HostileBody("one text of beginnings of tokens", _one_text(b"eyJhbGciO.eyJ")),
    HostileBody("one text of beginnings of SQL", _one_text(b"SELECT a ")),
    HostileBody("one text of beginnings of SQL names", _one_text(b"SELECT a,")),
    HostileBody("one text of beginnings of URLs", _one_text(b"a://b:")),
    HostileBody("one text of beginnings of addresses", _one_text(b"a@b.")),
    HostileBody("one text of IP addresses", _one_text(b"1.2.3.4 ")),
    HostileBody("one text of colons", _one_text(b"1:")),
    HostileBody("one text of dots", _one_text(b"1.")),
    HostileBody("one text of PEM", _one_text(b"-----BEGIN A")),
    HostileBody("one text of passwords", _one_text(b"password=")),
    HostileBody("one text of basic", _one_text(b"basic QUJDOkRFRg== ")),
    HostileBody("one text of UUIDs", _one_text(b"01234567-89ab-4def-8123-456789abcdef ")),
    HostileBody("one text of letters beyond ASCII", _one_text("ü".encode())),
    HostileBody("texts of encoded bytes", _numbered(
        _HEAD, lambda n: b'{"key":"k","value":{"bytesValue":"%s"}}' % base64.b64encode(b"text %d" % n), _TAIL)),
    HostileBody("texts of JSON web tokens", _numbered(
        _HEAD, lambda n: _attribute("k", f"{_JWT.decode()}{n}"), _TAIL)),
    HostileBody("texts of base64", _numbered(
        _HEAD, lambda n: _attribute("k", base64.b64encode(b"something readable, number %09d" % n).decode()), _TAIL)),
    HostileBody("one key of letters", _one_key(b"a")),
    HostileBody("one key of slashes", _one_key(b"/")),
    HostileBody("log records", _filled(b'{"resourceLogs":[{"scopeLogs":[{"logRecords":[', b'{"severityNumber":9}',
                b"]}]}]}", between=b","), "telemetry-logs"),
    HostileBody("span ids that are none", _numbered(
        b'{"resourceSpans":[{"scopeSpans":[{"spans":[', lambda n: b'{"spanId":"x%d"}' % n, b"]}]}]}")),
    HostileBody("transactions without anything", _filled(b'{"license":"a","trace_transactions":[', b"{}", b"]}",
                between=b","), "usage-ingest"),
    HostileBody("transactions", _filled(b'{"license":"a","trace_transactions":[', b'{"id":1}', b"]}", between=b","),
                "usage-ingest"),
    HostileBody("one long license", _filled(b'{"license":"', b"a%", b'"}'), "license-verify"),
    HostileBody("protobuf: empty messages", lambda size: b"\x0a\x00" * (size // 2), protobuf=True),
    HostileBody("protobuf: empty messages in one", lambda size: chunk(1, b"\x12\x00" * (size // 2)), protobuf=True),
    HostileBody("protobuf: attributes", _protobuf_attributes, protobuf=True),
    HostileBody("protobuf: one attribute of many values, again and again", _attribute_again, protobuf=True),
    HostileBody("protobuf: unknown fields", _packed, protobuf=True),
    HostileBody("protobuf: distinct unknown fields", lambda size: b"".join(
        varint((n + 100) << 3) + b"\x00" for n in range(size // 5)), protobuf=True),
    HostileBody("protobuf: one field again", lambda size: chunk(1, chunk(3, b"") * (size // 2)), protobuf=True),
    HostileBody("protobuf: one text", lambda size: chunk(1, chunk(3, b"a" * size)), protobuf=True),
    HostileBody("protobuf: one text that is not UTF-8", lambda size: chunk(1, chunk(3, b"\xff" * size)), protobuf=True),
    HostileBody("protobuf: one bytes field", lambda size: chunk(1, chunk(2, chunk(2, chunk(
        9, chunk(2, chunk(7, b"a" * size)))))), protobuf=True),
    HostileBody("protobuf: packed numbers", lambda size: chunk(1, chunk(2, chunk(2, chunk(
        9, chunk(11, b"\x01" * size))))), "telemetry-metrics", protobuf=True),
    HostileBody("protobuf: groups", lambda size: b"\x0b" * size, protobuf=True),
    HostileBody("protobuf: long varints", lambda size: b"\x80" * size, protobuf=True),
)  # fmt: skip
