"""Entries whose bytes are not those of docs/trail-format.md, as the standalone verifier reads them."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beacon_audit.review.evidence.verify import MAX_ENTRY, Malformed, canonical, moment, parse_entry, split_bundle
from beacon_audit.trail.entry import encode_entry
from beacon_audit.trail.tiles import encode_bundle

GOOD = b'{"id":"a","index":0,"time":"2026-01-02T10:00:00Z","type":"open"}'


def test_entry_is_read() -> None:
    assert parse_entry(GOOD) == {"id": "a", "index": 0, "time": "2026-01-02T10:00:00Z", "type": "open"}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b'"text"',
        GOOD + b" ",
        b" " + GOOD,
        GOOD.replace(b",", b", "),
        GOOD.replace(b'"id":"a",', b'"id":"a","id":"b",'),
        GOOD.replace(b'"id":"a","index":0', b'"index":0,"id":"a"'),
        GOOD.replace(b'"a"', b'{"z":1,"a":2}'),
        GOOD.replace(b'"a"', b'"\\ud800"'),
        GOOD.replace(b'"a"', b'"\xff"'),
        GOOD.replace(b'"a"', b'""'),
        GOOD.replace(b'"a"', b"7"),
        GOOD.replace(b":0", b":0.0"),
        GOOD.replace(b":0", b":true"),
        GOOD.replace(b":0", b":NaN"),
        GOOD.replace(b"{", b'{"big":1e999,', 1),
        GOOD.replace(b"{", b'{"big":' + b"9" * 5000 + b",", 1),
        GOOD.replace(b"{", b'{"deep":' + b"[" * 30_000 + b"]" * 30_000 + b",", 1),
        GOOD.replace(b"{", b'{"a":"' + b"x" * MAX_ENTRY + b'",', 1),
        b"\xef\xbb\xbf" + GOOD,
    ],
)
def test_other_bytes_are_malformed(data: bytes) -> None:
    with pytest.raises(Malformed):
        parse_entry(data)


# What our writer can be given: orjson takes 64-bit integers, finite floats, and no lone surrogates.
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner)
    ),
    max_leaves=10,
)


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), VALUES, max_size=4))
def test_whatever_our_writer_writes_is_read(extra: dict[str, object]) -> None:
    fields = {**extra, "type": "open", "id": "a", "time": "2026-01-02T10:00:00Z"}
    fields.pop("index", None)
    data = encode_entry(fields, 7)
    assert parse_entry(data) == json.loads(data)


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_malformed(data: bytes) -> None:
    with contextlib.suppress(Malformed):
        assert canonical(parse_entry(data))


@given(st.lists(st.binary(max_size=40), max_size=8), st.integers(0, 9))
def test_bundle_is_split_as_it_was_made(entries: list[bytes], count: int) -> None:
    found, offsets, problem = split_bundle(encode_bundle(entries), count)
    assert found == entries[:count]
    assert len(offsets) == len(found)
    assert (problem is None) == (count == len(entries))


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("1970-01-01T00:00:00Z", 0), ("2024-02-29T23:59:59.5Z", 1709251199.5), ("2026-01-02T10:00:00.000Z", 1767348000)],
)
def test_moment_is_in_nanoseconds(text: str, seconds: float) -> None:
    assert moment(text) == int(seconds * 10**9)


@pytest.mark.parametrize(
    "text",
    ["2026-01-02", "2026-13-01T00:00:00Z", "2026-02-29T00:00:00Z", "2026-01-02T24:00:00Z", "2026-01-02T10:60:00Z",
     "2026-01-02T10:00:60Z", "0000-01-01T00:00:00Z", "2026-01-02T10:00:00.Z", "2026-01-02t10:00:00z",
     "2026-01-02T10:00:00Z\n", "\u0662026-01-02T10:00:00Z", "2026-01-02T10:00:00.1234567890Z"],
)  # fmt: skip
def test_time_of_another_form_is_malformed(text: str) -> None:
    with pytest.raises(Malformed):
        moment(text)
