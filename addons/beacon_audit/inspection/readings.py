"""What the texts of a document can be read as: as they are, and decoded once if they look encoded.

Readings are bytes (UTF-8). A text that is nothing but up to 32 lower-case hex digits, an id or a timestamp, holds
nothing that a pattern looks for; a body has thousands, so groups of them are not worth a search (``is_bare``). Readings
besides the text itself, each of at most its length:

- the bytes of a ``bytesValue`` (base64 in OTLP/JSON), without NUL, so that UTF-16 shows too;
- percent escapes decoded;
- a long run of base64 (both alphabets) or hex, if what comes out is readable (``veiled``).

One layer is taken off and no more. Text that was compressed or encrypted first is not found: see ``docs/findings.md``.
"""

import base64
import binascii
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes

from beacon_audit.inspection.patterns import SEPARATOR, pattern

_BARE = pattern(r"(?:[0-9a-f]{0,32}\x1e)*")
_ENCODED = pattern(r"[A-Za-z0-9+/_-]{40,}", r"%[0-9A-Fa-f]{2}")
_RUN = re.compile(rb"[A-Za-z0-9+/_-]{40,}={0,2}")
_HEX = re.compile(rb"[0-9A-Fa-f]+")  # no group that repeats: each of its turns is remembered, 60 bytes for a byte
_URL_SAFE = bytes.maketrans(b"-_", b"+/")
_UNREADABLE = re.compile(rb"[^\t\n\r -~\x80-\xff]")
_FEW = 16
# Taken apart piece by piece: all at once would make an object of each escape.
_PIECE = 1 << 16


@dataclass(frozen=True, slots=True)
class Readings:
    """``plain`` are the texts that are worth a search, ``joined`` all of them. ``decoded`` pairs a text with what it
    can be read as, ``behind`` is all of that; ``veiled`` are texts with a run that hides a readable one."""

    plain: tuple[str, ...]
    joined: bytes
    decoded: tuple[tuple[str, bytes], ...]
    behind: bytes
    veiled: frozenset[str]

    def matching(self, wanted: Any) -> Iterator[tuple[str, bytes]]:
        """The texts in which ``wanted`` is found, each with the reading in which it is. Clean texts cost one search."""
        if wanted.search(self.joined):
            for text in self.plain:
                reading = _bytes(text)
                if wanted.search(reading):
                    yield text, reading
        if self.decoded and wanted.search(self.behind):
            for text, reading in self.decoded:
                if wanted.search(reading):
                    yield text, reading


def readings_of(texts: Collection[str], encoded: Collection[str]) -> Readings:
    """Readings of ``texts``; ``encoded`` are those that are base64 of bytes."""
    plain = tuple(texts)
    joined = _bytes(SEPARATOR.join(plain))
    decoded = [(text, _decoded(_bytes(text))) for text in encoded]
    veiled: list[tuple[str, bytes]] = []
    if _ENCODED.search(joined):
        decoded += [(text, _unquoted(_bytes(text))) for text in plain if "%" in text]
        veiled = [(text, run) for text in plain if len(text) >= 40 for run in _readable_runs(_bytes(text))]
    decoded += veiled
    behind = SEPARATOR.encode().join(reading for _, reading in decoded)
    return Readings(plain, joined, tuple(decoded), behind, frozenset(text for text, _ in veiled))


def is_bare(group: Collection[str]) -> bool:
    """Whether ``group`` is many texts that are nothing but up to 32 lower-case hex digits each: ids or timestamps."""
    return len(group) > _FEW and _BARE.fullmatch(_bytes(SEPARATOR.join((*group, "")))) is not None


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _readable_runs(data: bytes) -> Iterator[bytes]:
    for run in _RUN.findall(data):
        for decoded in (_unhexed(run), _decoded(run)):
            if len(decoded) >= 20 and len(_UNREADABLE.findall(decoded)) * 20 <= len(decoded) and _is_text(decoded):
                yield decoded


def _unquoted(data: bytes) -> bytes:
    """``data`` without its percent escapes."""
    pieces: list[bytes] = []
    start = 0
    while start < len(data):
        end = min(start + _PIECE, len(data))
        cut = data.rfind(b"%", max(start + 1, end - 2), end)  # an escape that would be cut begins the next piece
        end = cut if cut > 0 and end < len(data) else end
        pieces.append(unquote_to_bytes(data[start:end]))
        start = end
    return b"".join(pieces)


def _is_text(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _unhexed(run: bytes) -> bytes:
    return bytes.fromhex(run.decode()) if len(run) % 2 == 0 and _HEX.fullmatch(run) else b""


def _decoded(run: bytes) -> bytes:
    """The bytes of base64, in either alphabet and with or without padding; of as much of it as is whole."""
    run = run.translate(_URL_SAFE).rstrip(b"=")
    try:
        return base64.b64decode(run[: len(run) & ~3] + _tail(run)).replace(b"\0", b"")
    except (binascii.Error, ValueError):
        return b""


def _tail(run: bytes) -> bytes:
    rest = run[len(run) & ~3 :]
    return rest + b"=" * (4 - len(rest)) if len(rest) > 1 else b""
