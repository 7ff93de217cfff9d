"""Redacted bodies beside the trail: deletable files that entries commit to.

An entry holds only ``{"file", "commitment"}``; the body lies in ``HOME/payloads/<date>/<name>``. The commitment is
``sha256:`` and the hex form of ``SHA256(salt ‖ body)``. Because of the 32 random bytes of salt, which lie in the file
and nowhere else, deleting the file leaves nothing from which a guess at the body could be confirmed, and every proof
over the trail stays intact.

The file is the zstd frame of one JSON object, exactly ``{"body":<body>,"salt":"<64 hex digits>"}``. ``<body>`` stands
there byte for byte as it was committed to, so checking it needs no canonical form.
"""

import json
import re
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import orjson
import zstandard

from beacon_audit.errors import TrailCorrupt
from beacon_audit.trail.regular_file import read_regular

SALT_BYTES = 32
CONTENT_LIMIT = 256 * 1024 * 1024

_NAME = re.compile(r"[0-9a-z][0-9a-z._-]{0,99}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_FILE = re.compile(f"{_DATE.pattern}/{_NAME.pattern}")
_COMMITMENT = re.compile(r"sha256:[0-9a-f]{64}")
_HEAD = b'{"body":'
_MIDDLE = b',"salt":"'
_TAIL = b'"}'
_SALT_HEX = SALT_BYTES * 2
_END_BYTES = len(_MIDDLE) + _SALT_HEX + len(_TAIL)


@dataclass(frozen=True, slots=True)
class Payload:
    """A file to be written with an entry. ``content`` is the JSON object, still uncompressed (the writer's thread
    compresses it, so that the caller need not); ``commitment`` is what the entry says about it."""

    name: str
    date: str
    content: bytes
    commitment: str

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name) or not _DATE.fullmatch(self.date):
            raise ValueError("a payload file is named by lower-case letters, digits and .-_ and dated YYYY-MM-DD")

    @property
    def reference(self) -> dict[str, str]:
        """The ``payload`` field of the entry."""
        return {"file": f"{self.date}/{self.name}", "commitment": self.commitment}


def is_payload_file(value: object) -> bool:
    """Whether ``value`` names a payload file: ``<date>/<name>``, and so nothing outside of the payload directory."""
    return isinstance(value, str) and _FILE.fullmatch(value) is not None


def is_commitment(value: object) -> bool:
    """Whether ``value`` is a commitment as `commitment` gives it."""
    return isinstance(value, str) and _COMMITMENT.fullmatch(value) is not None


def build_payload(document: object, salt: bytes, *, name: str, date: str) -> Payload:
    """The payload file for a redacted JSON value. ``salt`` is 32 fresh random bytes, ``date`` is ``YYYY-MM-DD``."""
    if len(salt) != SALT_BYTES:
        raise ValueError(f"a salt has {SALT_BYTES} bytes, came {len(salt)}")
    body = _encode(document)
    content = b"".join((_HEAD, body, _MIDDLE, salt.hex().encode(), _TAIL))
    return Payload(name, date, content, commitment(salt, body))


def commitment(salt: bytes, body: bytes) -> str:
    """``sha256:<hex>`` of the salt and the body as they are in the file."""
    return f"sha256:{sha256(salt + body).hexdigest()}"


def decode_payload(data: bytes, place: object) -> tuple[bytes, bytes]:
    """Salt and body of the bytes of a payload file; ``place`` names it in errors. Raises `TrailCorrupt`."""
    try:
        if not 0 <= zstandard.frame_content_size(data) <= CONTENT_LIMIT:
            raise TrailCorrupt(f"{place}: expected at most {CONTENT_LIMIT} bytes of content")
        content = zstandard.ZstdDecompressor().decompress(data, allow_extra_data=False)
    except zstandard.ZstdError:
        raise TrailCorrupt(f"{place}: expected one zstd frame, came something else") from None
    end = len(content) - _END_BYTES
    tail = content[max(end, 0) :]
    salt_hex = tail[len(_MIDDLE) : -len(_TAIL)]
    if (
        end <= len(_HEAD)
        or not (content.startswith(_HEAD) and tail.startswith(_MIDDLE) and tail.endswith(_TAIL))
        or not re.fullmatch(rb"[0-9a-f]+", salt_hex)
    ):
        raise TrailCorrupt(f"{place}: expected a body and its salt, came something else")
    return bytes.fromhex(salt_hex.decode()), content[len(_HEAD) : end]


def read_payload(path: Path) -> tuple[bytes, bytes]:
    """Salt and body of a payload file. Raises `TrailCorrupt` when it is not one, `OSError` when it cannot be read."""
    return decode_payload(read_regular(path, CONTENT_LIMIT), path)


def check_payload(path: Path, expected: str) -> bytes:
    """The body of the file at ``path``, checked against the commitment of its entry.

    Raises `TrailCorrupt` when it is another body, `FileNotFoundError` when the file was deleted.
    """
    return check_content(read_regular(path, CONTENT_LIMIT), expected, path)


def check_content(data: bytes, expected: str, place: object) -> bytes:
    """The body in the bytes of a payload file, checked against the commitment of its entry. Raises `TrailCorrupt`."""
    salt, body = decode_payload(data, place)
    if commitment(salt, body) != expected:
        raise TrailCorrupt(f"{place}: expected the body that the trail committed to, came another one")
    return body


def _encode(document: object) -> bytes:
    try:
        return orjson.dumps(document, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:
        # What a request can hold and orjson cannot write: integers over 64 bits and lone surrogates.
        return json.dumps(document, sort_keys=True, separators=(",", ":"), allow_nan=False).encode("ascii")
