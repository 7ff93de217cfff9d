"""Content-Encoding: one reading of the bytes, within a limit, or a named fault."""

import gzip
import random
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


@pytest.mark.parametrize(
    ("at", "value", "name"),
    [(3, 0x01, "FTEXT"), (8, 1, "a level"), (8, 0x61, "a level"), (9, 14, "a system"), (9, 0x61, "a system")],
)
def test_header_byte_that_no_encoder_writes_is_refused(at: int, value: int, name: str) -> None:
    carrying = MEMBER[:at] + bytes([value]) + MEMBER[at + 1 :]
    assert gzip.decompress(carrying) == BODY  # other readers see nothing odd
    error = fault(carrying, ["gzip"])
    assert error.code == "wire.gzip-header-field"
    assert name in error.message


def test_check_sum_of_the_header_is_refused() -> None:
    head = MEMBER[:3] + b"\x02" + MEMBER[4:10]
    carrying = head + (zlib.crc32(head) & 0xFFFF).to_bytes(2, "little") + MEMBER[10:]
    assert zlib.decompress(carrying, 31) == BODY
    assert fault(carrying, ["gzip"]).code == "wire.gzip-header-field"


@pytest.mark.parametrize("flags", [0x20, 0x40, 0x80])
def test_reserved_flags_are_refused(flags: int) -> None:
    assert fault(MEMBER[:3] + bytes([flags]) + MEMBER[4:], ["gzip"]).code == "wire.gzip-corrupt"


@pytest.mark.parametrize(("level", "system"), [(0, 255), (2, 255), (4, 3), (0, 0), (0, 10), (0, 11), (0, 19)])
def test_header_as_encoders_write_it_is_accepted(level: int, system: int) -> None:
    """Python writes the time, level 2, system 255; Node 0 and 3 (Linux), 10 (Windows) or 19 (macOS); Go 0 and 255."""
    head = MEMBER[:4] + (1_760_000_000).to_bytes(4, "little") + bytes([level, system])
    assert decode_content(head + MEMBER[10:], ["gzip"], limit=1000) == BODY


def deflated(*blocks: bytes) -> bytes:
    """A member of ``BODY`` behind ``blocks`` of deflate."""
    packed = zlib.compressobj(wbits=-15)
    return MEMBER[:10] + b"".join(blocks) + packed.compress(BODY) + packed.flush() + MEMBER[-8:]


def test_member_full_of_empty_blocks_is_refused() -> None:
    """Stored blocks of no bytes: that they are there, and the bits that fill up their first byte, are a message."""
    carrying = deflated(b"\x00\x00\x00\xff\xff" * 200)
    assert gzip.decompress(carrying) == BODY
    assert fault(carrying, ["gzip"]).code == "wire.gzip-padding"


@pytest.mark.parametrize("level", [0, 1, 9])
@pytest.mark.parametrize("size", [0, 1, 100, 70_000, 1_000_000])
def test_contents_that_do_not_compress_are_no_padding(level: int, size: int) -> None:
    contents = random.Random(size).randbytes(size)
    assert decode_content(gzip.compress(contents, level), ["gzip"], limit=size) == contents


def test_some_flushes_are_no_padding() -> None:
    packed = zlib.compressobj(wbits=31)
    member = b"".join(packed.compress(BODY) + packed.flush(zlib.Z_SYNC_FLUSH) for _ in range(20)) + packed.flush()
    assert decode_content(member, ["gzip"], limit=1000) == BODY * 20


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
