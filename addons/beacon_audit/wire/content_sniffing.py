"""What a body looks like, whatever its headers say.

Never used to read a body: it is read as its headers say, or not at all. It tells a person what is wrong when that fails
(``wire.unlike-header``: "the header says JSON, but the bytes look like gzip"), and finds bytes that are a document
both as JSON and as protobuf, of which two receivers see two.

Takes decoded bytes, or raw ones where they do not decode; gives the name of a format, or ``None``. Only the beginning
is looked at, but for a second reading of what is well-formed. Never raises. Sources: RFC 1950 §2.2 (zlib), RFC 1952
§2.3.1 (gzip), RFC 8878 §3.1.1 (Zstandard), RFC 4627 §3 (UTF-16 and UTF-32 by their zeros), gRPC over HTTP/2,
"Length-Prefixed-Message".
"""

import re
from collections.abc import Mapping

from beacon_audit.errors import WireError
from beacon_audit.model.finding import Finding
from beacon_audit.wire.content_type import PROTOBUF
from beacon_audit.wire.json_body import read_json
from beacon_audit.wire.otlp_messages import Signal
from beacon_audit.wire.otlp_protobuf import read_protobuf
from beacon_audit.wire.protobuf_format import BYTES_WIRE, FIXED32_WIRE, FIXED64_WIRE, VARINT_WIRE, read_varint

_CODE = "wire.unlike-header"
_BEGINNING = 1024
_NAMES: Mapping[str | None, str] = {"application/json": "JSON", PROTOBUF: "protobuf"}

_MAGIC: Mapping[bytes, str] = {
    b"\x1f\x8b": "gzip",
    b"\x28\xb5\x2f\xfd": "Zstandard",
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"\x04\x22\x4d\x18": "LZ4",
    b"PK\x03\x04": "a ZIP archive",
    b"\xff\x06\x00\x00sNaPpY": "Snappy",
    b"\xff\xfe\x00\x00": "UTF-32",
    b"\x00\x00\xfe\xff": "UTF-32",
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
}
_PATTERNS: tuple[tuple[re.Pattern[bytes], str], ...] = (
    (
        re.compile(rb"[^\x00]\x00\x00\x00(?:[^\x00]\x00\x00\x00|$)|\x00\x00\x00[^\x00](?:\x00\x00\x00[^\x00]|$)"),
        "UTF-32",
    ),
    (re.compile(rb"(?:[^\x00]\x00){2}|(?:\x00[^\x00]){2}"), "UTF-16"),
    (re.compile(rb"\s*<[?!A-Za-z]"), "XML or HTML"),
    (re.compile(rb"--[^\r\n]{1,70}\r?\n[Cc]ontent-"), "multipart"),
    (re.compile(rb"[A-Za-z0-9_.~*+%\[\]-]+=[A-Za-z0-9_.~*+%\[\]-]*(?:&[^\s{}\"]*)?$"), "a form"),
    (re.compile(rb"[ \t\r\n]*(?:[{\[\"/tfnNI0-9-])"), "JSON"),
    (re.compile(rb"[\t\r\n -~]{4,}$"), "plain text"),
)
_ZLIB_HEADERS = (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")
_GRPC_PREFIX = 5
_MOST_FIELDS = 100


def mismatch(says: str | None, data: bytes) -> tuple[Finding, ...]:
    """A finding when ``data`` looks like something else than ``says``: a media type, or a content coding."""
    looks = looks_like(data)
    named = _NAMES.get(says, says)
    if named is None or looks is None or looks == named:
        return ()
    return (Finding(_CODE, "", f"the header says {named}, but the bytes look like {looks}"),)


def second_reading(
    media_type: str | None, data: bytes, signal: Signal | None, *, max_depth: int
) -> tuple[Finding, ...]:
    """A finding when ``data``, a well-formed body of ``media_type`` for an endpoint of OTLP, is well-formed in the
    other encoding, too. Only white space lets that happen, so the common body costs a look at its first byte."""
    if signal is None:
        return ()
    try:
        if media_type == PROTOBUF:
            if data.lstrip(b" \t\r\n")[:1] not in (b"{", b"["):
                return ()
            read_json(data, max_depth=max_depth)
        else:
            if data[:1] not in (b" ", b"\t", b"\r", b"\n"):
                return ()
            read_protobuf(data, signal, max_depth=max_depth)
    except WireError:
        return ()
    return (
        Finding(_CODE, "", "the bytes are a body both as JSON and as protobuf; receivers differ in which they see"),
    )


def looks_like(data: bytes) -> str | None:
    """The name of the format that ``data`` begins like; ``None`` for nothing that is known, or nothing at all."""
    for magic, name in _MAGIC.items():
        if data.startswith(magic):
            return name
    if data.startswith(_ZLIB_HEADERS):
        return "zlib (deflate)"
    if len(data) >= _GRPC_PREFIX and data[0] <= 1 and int.from_bytes(data[1:_GRPC_PREFIX]) == len(data) - _GRPC_PREFIX:
        return "a gRPC message"
    beginning = data[:_BEGINNING].removeprefix(b"\xef\xbb\xbf")
    if beginning.startswith(b"\n") and _is_protobuf(data):  # as OTLP begins; JSON rarely does
        return "protobuf"
    for pattern, name in _PATTERNS:
        if pattern.match(beginning):
            return name
    return "protobuf" if _is_protobuf(data) else None


def _is_protobuf(data: bytes) -> bool:
    """Whether ``data`` is, or at length begins like, fields of protobuf."""
    position = 0
    for _ in range(_MOST_FIELDS):
        if position == len(data):
            return position > 0
        try:
            tag, position, _ = read_varint(data, position, len(data))
            size = _size(tag & 7, data, position)
        except WireError:
            return False
        if size < 0 or tag >> 3 == 0 or position + size > len(data):
            return False
        position += size
    return True


def _size(wire: int, data: bytes, position: int) -> int:
    """How many bytes follow the tag at ``position``; -1 for a wire type that OTLP has not."""
    if wire == VARINT_WIRE:
        return read_varint(data, position, len(data))[1] - position
    if wire == BYTES_WIRE:
        size, start, _ = read_varint(data, position, len(data))
        return start - position + size
    return {FIXED64_WIRE: 8, FIXED32_WIRE: 4}.get(wire, -1)
