"""What bytes look like, and whether that is what the header says."""

import bz2
import gzip
import lzma
import zlib

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from beacon_audit.wire.content_sniffing import looks_like, mismatch, second_reading
from harness.protobuf_bytes import attribute, chunk, trace
from harness.violations import documented

JSON = "application/json"
PROTOBUF = "application/x-protobuf"
TEXT = '{"license":"made-up"}'
BODY = TEXT.encode()


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (BODY, "JSON"), (b' \n[{"a":1}]', "JSON"), (b'"text"', "JSON"), (b"-1", "JSON"), (b"null", "JSON"),
        (b"{'a':1}", "JSON"), (b"\xef\xbb\xbf{}", "JSON"), (b"[NaN]", "JSON"),
        (gzip.compress(BODY, mtime=0), "gzip"), (zlib.compress(BODY), "zlib (deflate)"),
        (zlib.compress(BODY, 1), "zlib (deflate)"), (zlib.compress(BODY, 9), "zlib (deflate)"),
        (zstandard.compress(BODY), "Zstandard"), (bz2.compress(BODY), "bzip2"), (lzma.compress(BODY), "xz"),
        (b"\x04\x22\x4d\x18rest", "LZ4"), (b"PK\x03\x04rest", "a ZIP archive"),
        (b"\xff\x06\x00\x00sNaPpYrest", "Snappy"),
        (TEXT.encode("utf-16"), "UTF-16"), (TEXT.encode("utf-16-le"), "UTF-16"), (TEXT.encode("utf-16-be"), "UTF-16"),
        (TEXT.encode("utf-32"), "UTF-32"), (TEXT.encode("utf-32-le"), "UTF-32"), (TEXT.encode("utf-32-be"), "UTF-32"),
        (b"<?xml version='1.0'?><a/>", "XML or HTML"), (b"\n<!DOCTYPE html>", "XML or HTML"),
        (b"<html>", "XML or HTML"),
        (b"license=made-up&x=%20", "a form"), (b"license=", "a form"), (b"a[0]=1&b=a+b", "a form"),
        (b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n--x--', "multipart"),
        (trace(chunk(5, "name")), "protobuf"), (chunk(1, attribute("env", "x")), "protobuf"), (b"\x08\x01", "protobuf"),
        (b"\x00\x00\x00\x00\x02\x0a\x00", "a gRPC message"), (b"\x01\x00\x00\x00\x00", "a gRPC message"),
        (b"some words of nobody", "plain text"),
    ],
)  # fmt: skip
def test_format_is_told_by_how_it_begins(data: bytes, name: str) -> None:
    assert looks_like(data) == name


@pytest.mark.parametrize("data", [b"", b"\x80", b"\xfe\xfd\xfc", b"\x0b\x0b", b"\x0a\xff"])
def test_what_is_not_known_has_no_name(data: bytes) -> None:
    assert looks_like(data) is None


@pytest.mark.parametrize(
    ("says", "data", "message"),
    [
        (JSON, gzip.compress(BODY, mtime=0), "the header says JSON, but the bytes look like gzip"),
        (JSON, trace(), "the header says JSON, but the bytes look like protobuf"),
        (PROTOBUF, BODY, "the header says protobuf, but the bytes look like JSON"),
        ("gzip", BODY, "the header says gzip, but the bytes look like JSON"),
    ],
)
def test_lie_is_named(says: str, data: bytes, message: str) -> None:
    (finding,) = mismatch(says, data)
    assert (finding.code, finding.message) == ("wire.unlike-header", message)


@pytest.mark.parametrize(
    ("says", "data"),
    [(JSON, BODY), (JSON, b"{]"), (PROTOBUF, b"\x0a\x00"), (JSON, b""), (None, BODY), ("gzip", b"\x1f\x8b")],
)
def test_what_is_as_it_says_or_says_nothing_is_no_lie(says: str | None, data: bytes) -> None:
    assert mismatch(says, data) == ()


@pytest.mark.parametrize("data", [b'\t{"a":[]}', b"\r{}\r\n", b"\r[] \n\r[1] "[:5] + b"\r    "])
def test_body_that_is_both_json_and_protobuf_is_found_whatever_its_header_says(data: bytes) -> None:
    """White space is a tag, too: a tab says that 8 bytes follow, a return 4."""
    for media_type in (JSON, PROTOBUF):
        (finding,) = second_reading(media_type, data, "traces", max_depth=64)
        assert finding.code == "wire.unlike-header"
    assert second_reading(JSON, data, None, max_depth=64) == ()


@pytest.mark.parametrize("data", [b'\n{"resourceSpans": []}\n', b' {"a":1}', b"{}", documented("telemetry-traces")])
def test_json_behind_white_space_is_no_protobuf(data: bytes) -> None:
    assert second_reading(JSON, data, "traces", max_depth=64) == ()


def test_protobuf_whose_first_length_is_a_brace_is_no_json() -> None:
    data = chunk(1, b"\x1a" + bytes([121]) + b"x" * 121)
    assert data.startswith(b"\n{")
    assert second_reading(PROTOBUF, data, "traces", max_depth=64) == ()


@given(st.binary(max_size=80))
def test_anything_can_be_looked_at(data: bytes) -> None:
    looks_like(data)
    for media_type in (JSON, PROTOBUF):
        second_reading(media_type, data, "traces", max_depth=64)
