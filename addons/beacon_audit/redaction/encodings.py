"""Bytes written as text, as far as that does not depend on what stands around them. Pure.

``base64_core`` is the part of base64 that stays the same; ``byte_lists`` are bytes one by one, as dumps and programs
write them; ``encoded_once`` is what a text may have become before it is written in hexadecimal or base64 (again).
"""

import base64
from collections.abc import Iterator

_URLSAFE = bytes.maketrans(b"+/", b"-_")


def base64_core(data: bytes, phase: int) -> bytes:
    """The characters whose six bits all come from ``data``, ``phase`` bytes into a triple (RFC 4648 §4)."""
    encoded = base64.b64encode(b"\x00" * phase + data)
    return encoded[-(-8 * phase // 6) : (phase + len(data)) * 8 // 6]


def byte_lists(data: bytes) -> Iterator[bytes]:
    """Without white space: ``6c:63``, ``6c-63``, ``6c,63``, ``0x6c,0x63``, ``0x6c0x63``, ``=6C=63``, ``108,99`` and
    ``10899``; what stands before the first byte is left out."""
    for separator in (":", "-", ",", ",0x", "0x", "="):
        yield separator.join(f"{byte:02x}" for byte in data).encode()
    for separator in (",", ""):
        yield separator.join(map(str, data)).encode()


def encoded_once(text: str) -> Iterator[bytes]:
    """UTF-16 in both orders; and of UTF-8, hexadecimal, every character in percent escapes, base64 of each phase."""
    for order in ("utf-16-le", "utf-16-be"):
        yield text.encode(order, "surrogatepass")
    data = text.encode("utf-8", "surrogatepass")
    escaped = "".join(f"%{byte:02x}" for byte in data).encode()
    yield from (data.hex().encode(), data.hex().upper().encode(), escaped, escaped.upper())
    for phase in range(3):
        core = base64_core(data, phase)
        yield from {core, core.translate(_URLSAFE)}
