"""Undoes Content-Encoding, strictly and within a limit.

Promise: what comes back is *the* body, the one every conforming receiver would see. Accepted are no encoding,
``identity`` and exactly one ``gzip`` member (RFC 1952) that fills the whole body. Everything that hides bytes from
one reader and shows them to another is refused: a second member, bytes after the end, header fields that carry text
(FEXTRA, FNAME, FCOMMENT), a missing end. So is what no decoder shows and no encoder writes: other flags, odd values of
the bytes for level and system, and a member that is larger than its contents stored as they are, which is full of
blocks that hold nothing. The time in the header is let through: encoders write it, and its 32 bits are no more than
those of one of the ids or times in the body. Output never grows beyond the limit, whatever the compression ratio.

Takes the raw body and the values of all Content-Encoding headers in order; gives the decoded bytes; raises
``WireError`` with one of ``wire.content-encoding``, ``wire.deflate-encoding``, ``wire.gzip-trailing-bytes``,
``wire.gzip-truncated``, ``wire.gzip-corrupt``, ``wire.gzip-header-field``, ``wire.gzip-padding``,
``wire.decoded-too-large``.
"""

import zlib
from collections.abc import Sequence

from beacon_audit.errors import WireError

_GZIP_WINDOW = 31  # zlib: 15 bits of window, plus 16 for a gzip header and nothing else
_GZIP_MAGIC = b"\x1f\x8b"
_FIXED_HEADER = 10  # RFC 1952 §2.3: magic, method, flags, time, extra flags, system
_FLAGS = {0x01: "FTEXT", 0x02: "FHCRC", 0x04: "FEXTRA", 0x08: "FNAME", 0x10: "FCOMMENT"}
_LEVELS = frozenset({0, 2, 4})
_SYSTEMS = frozenset({*range(14), 19, 255})  # 19 is what zlib writes on macOS
# The header, the check sums and the worst that storing costs (zlib's deflateBound), with room for some flushes.
_OVERHEAD = 256
_STORED_SHIFT = 5
# Only these are named in a message: any other token is the sender's own text.
_KNOWN_CODINGS = frozenset({"br", "bz2", "bzip2", "compress", "hex", "lz4", "rot13", "snappy", "x-gzip", "xz", "zstd"})


def decode_content(body: bytes, encodings: Sequence[str], *, limit: int) -> bytes:
    """The decoded body, at most ``limit`` bytes long."""
    coding = _single_coding(encodings)
    if coding == "identity":
        return _within(body, limit)
    if coding == "gzip":
        return _gunzip(body, limit)
    if coding == "deflate":
        raise WireError(
            "wire.deflate-encoding",
            "expected gzip or no encoding, got deflate, which receivers read in two different ways (RFC 9110 §8.4.1.2)",
        )
    named = coding if coding in _KNOWN_CODINGS else "an unknown coding"
    raise WireError("wire.content-encoding", f"expected gzip or no content encoding, got {named}")


def _single_coding(encodings: Sequence[str]) -> str:
    if not encodings:
        return "identity"
    codings = [part.strip(" \t").lower() for value in encodings for part in value.split(",")]
    if len(codings) > 1:
        raise WireError(
            "wire.content-encoding", f"expected at most one content encoding, got {len(codings)} stacked on one another"
        )
    if not codings[0]:
        raise WireError("wire.content-encoding", "expected a content encoding, got an empty header")
    return codings[0]


def _within(data: bytes, limit: int) -> bytes:
    if len(data) > limit:
        raise WireError("wire.decoded-too-large", f"expected a body of at most {limit} bytes, got more")
    return data


def _gunzip(body: bytes, limit: int) -> bytes:
    _check_header(body)
    decoder = zlib.decompressobj(_GZIP_WINDOW)
    corrupt = False
    data = b""
    try:
        # One byte over the limit is enough to know, and a limit of 0 would mean "no limit" to zlib.
        data = decoder.decompress(body, limit + 1)
    except zlib.error:
        corrupt = True
    if corrupt:
        raise WireError("wire.gzip-corrupt", "expected one gzip member, got bytes that do not decompress")
    data = _within(data, limit)
    if not decoder.eof:
        raise WireError("wire.gzip-truncated", "expected a whole gzip member, got one without its end")
    if decoder.unused_data:
        second = decoder.unused_data.startswith(_GZIP_MAGIC)
        what = "a second gzip member" if second else f"{len(decoder.unused_data)} more bytes"
        raise WireError("wire.gzip-trailing-bytes", f"expected nothing after the gzip member, got {what}")
    if len(body) > len(data) + (len(data) >> _STORED_SHIFT) + _OVERHEAD:
        raise WireError("wire.gzip-padding", "expected a gzip member that compresses, got one full of empty blocks")
    return data


def _check_header(body: bytes) -> None:
    if len(body) < _FIXED_HEADER or not body.startswith(_GZIP_MAGIC):
        return  # zlib calls it truncated or corrupt
    odd = [name for bit, name in _FLAGS.items() if body[3] & bit]
    odd += ["a level"] if body[8] not in _LEVELS else []
    odd += ["a system"] if body[9] not in _SYSTEMS else []
    if odd:
        raise WireError(
            "wire.gzip-header-field",
            f"expected a plain gzip header, got one with {' and '.join(odd)}, which carries bytes past the decoder",
        )
