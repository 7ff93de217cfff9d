"""Laws of content encoding and content type."""

import contextlib
import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beacon_audit.errors import WireError
from beacon_audit.wire import check_content_type, decode_content

ENCODINGS = st.lists(
    st.sampled_from(["gzip", "identity", "deflate", "br", "", "gzip, gzip", "GZIP"]) | st.text(max_size=6)
)


@given(st.binary(max_size=300) | st.binary(max_size=100).map(gzip.compress), ENCODINGS, st.integers(0, 200))
def test_any_body_decodes_within_the_limit_or_gives_our_error(body: bytes, encodings: list[str], limit: int) -> None:
    decoded = b""
    with contextlib.suppress(WireError):  # anything else fails the test
        decoded = decode_content(body, encodings, limit=limit)
    assert len(decoded) <= limit


@given(st.binary(max_size=500), st.integers(1, 9))
def test_one_gzip_member_round_trips(body: bytes, level: int) -> None:
    assert decode_content(gzip.compress(body, level), ["gzip"], limit=500) == body


@given(st.binary(max_size=100), st.binary(min_size=1, max_size=50))
def test_nothing_can_follow_a_gzip_member(body: bytes, hidden: bytes) -> None:
    with pytest.raises(WireError) as caught:
        decode_content(gzip.compress(body) + hidden, ["gzip"], limit=1000)
    assert caught.value.code == "wire.gzip-trailing-bytes"


@given(st.binary(max_size=100), st.integers(0, 119), st.integers(1, 255))
def test_a_changed_byte_never_changes_the_body_unnoticed(body: bytes, at: int, change: int) -> None:
    member = bytearray(gzip.compress(body, mtime=0))
    member[at % len(member)] ^= change
    try:
        decoded = decode_content(bytes(member), ["gzip"], limit=1000)
    except WireError:
        return
    assert decoded == body


@given(
    st.lists(st.text(max_size=40) | st.sampled_from(["application/json", "application/json; charset=x"]), max_size=3)
)
def test_any_header_gives_a_documented_type_or_a_finding(values: list[str]) -> None:
    media_type, findings = check_content_type(values, ("application/json",))
    assert media_type == "application/json" or findings
