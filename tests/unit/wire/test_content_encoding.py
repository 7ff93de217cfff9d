"""Content-Encoding: one reading of the bytes, within a limit, or a named fault."""

import gzip
import tracemalloc
import zlib

import pytest

from beacon_audit.errors import WireError
from beacon_audit.wire import decode_content

BODY = b'{"license":"made-up"}'
MEMBER = gzip.compress(BODY, mtime=0)


def fault(body: bytes, encodings: list[str], limit: int = 1000) -> WireError:
    with pytest.raises(WireError) as caught:
        decode_content(body, encodings, limit=limit)
    return caught.value


@pytest.mark.parametrize("encodings", [[], ["identity"], [" Identity "]])
def test_body_without_encoding_comes_back_as_it_is(encodings: list[str]) -> None:
    assert decode_content(BODY, encodings, limit=1000) == BODY


@pytest.mark.parametrize("encodings", [["gzip"], ["GZIP"], ["\tgzip "]])
def test_single_gzip_member_is_decoded(encodings: list[str]) -> None:
    assert decode_content(MEMBER, encodings, limit=1000) == BODY


@pytest.mark.parametrize(
    "encodings",
    [["gzip", "gzip"], ["gzip, gzip"], ["identity, gzip"], ["gzip", "identity"], ["gzip,"], [""], [","]],
)
def test_stacked_or_empty_encodings_are_refused(encodings: list[str]) -> None:
    assert fault(MEMBER, encodings).code == "wire.content-encoding"


@pytest.mark.parametrize("coding", ["hex", "bz2", "rot13", "br", "zstd", "x-gzip", "utf-7"])
def test_every_other_coding_is_refused(coding: str) -> None:
    assert fault(BODY, [coding]).code == "wire.content-encoding"


def test_known_coding_is_named_and_an_unknown_one_is_not_quoted() -> None:
    assert "zstd" in fault(BODY, ["zstd"]).message
    assert "lcl_made_up_key" not in str(fault(BODY, ["lcl_made_up_key"]))


def test_deflate_has_a_code_of_its_own() -> None:
    assert fault(zlib.compress(BODY), ["deflate"]).code == "wire.deflate-encoding"


def test_second_member_is_refused_although_common_readers_stop_after_the_first() -> None:
    error = fault(MEMBER + gzip.compress(b"hidden"), ["gzip"])
    assert error.code == "wire.gzip-trailing-bytes"
    assert "second gzip member" in error.message


def test_bytes_after_the_member_are_refused() -> None:
    error = fault(MEMBER + b"hidden", ["gzip"])
    assert error.code == "wire.gzip-trailing-bytes"
    assert "6 more bytes" in error.message


@pytest.mark.parametrize("length", range(len(MEMBER)))
def test_member_cut_anywhere_is_refused(length: int) -> None:
    assert fault(MEMBER[:length], ["gzip"]).code == "wire.gzip-truncated"


@pytest.mark.parametrize("body", [b"plain text, not gzip", zlib.compress(BODY), MEMBER[:-8] + b"\x00" * 8])
def test_bytes_that_are_not_gzip_are_refused(body: bytes) -> None:
    assert fault(body, ["gzip"]).code == "wire.gzip-corrupt"


@pytest.mark.parametrize(
    ("flag", "field", "name"),
    [(0x04, b"\x06\x00hidden", "FEXTRA"), (0x08, b"hidden\x00", "FNAME"), (0x10, b"hidden\x00", "FCOMMENT")],
)
def test_text_in_the_gzip_header_is_refused(flag: int, field: bytes, name: str) -> None:
    carrying = MEMBER[:3] + bytes([flag]) + MEMBER[4:10] + field + MEMBER[10:]
    assert gzip.decompress(carrying) == BODY  # other readers see nothing odd
    error = fault(carrying, ["gzip"])
    assert error.code == "wire.gzip-header-field"
    assert name in error.message


@pytest.mark.parametrize("encodings", [[], ["gzip"]])
def test_limit_is_the_largest_allowed_size(encodings: list[str]) -> None:
    body = MEMBER if encodings else BODY
    assert decode_content(body, encodings, limit=len(BODY)) == BODY
    assert fault(body, encodings, limit=len(BODY) - 1).code == "wire.decoded-too-large"


def test_limit_of_zero_does_not_mean_no_limit() -> None:
    assert decode_content(gzip.compress(b""), ["gzip"], limit=0) == b""
    assert fault(MEMBER, ["gzip"], limit=0).code == "wire.decoded-too-large"


def test_bomb_never_takes_more_memory_than_the_limit() -> None:
    bomb = gzip.compress(b"\x00" * 50_000_000)
    assert len(bomb) < 60_000
    tracemalloc.start()
    try:
        assert fault(bomb, ["gzip"], limit=1_000_000).code == "wire.decoded-too-large"
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4_000_000
