r"""Text brought to one canonical spelling: escapes decoded, and then only what one sees of it (``appearance``).

Escapes are those of URLs (any depth: ``%41``, ``%2541``, and ``%u0041``), of string literals (``\u0041``, ``\u{41}``,
``\x41``, ``\101``, ``\/``, doubled ones too), of HTML (``&#65;``, ``&#x41;``, ``&lowbar;``) and of JSON Pointers
(``~1`` for ``/``, ``~0`` for ``~``). They are decoded again and again until none is left; adjoining string literals
(``'ab'\n b'cd'``) are joined, and lone backslashes taken out, so that a line break does not hide anything.
Everything is bytes; text is UTF-8 with ``surrogatepass``. The result is only searched, never written.

``Entangled`` is raised when the text is still escaped after ``MAX_LAYERS`` rounds, or has more than ``MOST_REWRITES``
escapes: nobody but an attacker writes that.
"""

import re
import unicodedata
from html.entities import html5

from beacon_audit.redaction.appearance import squeeze
from beacon_audit.redaction.layers import MOST_REWRITES, Entangled, Layer, layer_of

MAX_LAYERS = 8

#: Entities of one character that is ASCII or has no appearance (``&nbsp;``, ``&shy;``), by name.
_ENTITIES = {
    name.removesuffix(";").encode(): character.encode()
    for name, character in html5.items()
    if name.endswith(";")
    and len(character) == 1
    and (character.isascii() or unicodedata.category(character) in ("Cf", "Zs"))
}
_ESCAPE = re.compile(
    # Possessive, because each turn of a group that could be given back is remembered: 60 bytes for a byte of text.
    rb"%(?:25(?=[0-9A-Fa-f]{2}))*+(?:(?P<percent>[0-9A-Fa-f]{2})|u(?P<percent_u>[0-9A-Fa-f]{4}))"
    rb"|\\+u(?P<high>[dD][89abAB][0-9A-Fa-f]{2})\\+u(?P<low>[dD][c-fC-F][0-9A-Fa-f]{2})"
    rb"|\\+(?:u(?P<u4>[0-9A-Fa-f]{4})|u\{(?P<braced>[0-9A-Fa-f]{1,6})\}|U(?P<u8>[0-9A-Fa-f]{8})"
    rb"|x(?P<x2>[0-9A-Fa-f]{2})|(?P<octal>[0-3][0-7]{2}))"
    rb"|\\+[abfnrtv0]?"
    rb"|~(?P<pointer>[01])"
    rb"|&#(?:(?P<decimal>[0-9]{1,8})|[xX](?P<entity>[0-9A-Fa-f]{1,8}));?"
    rb"|&(?P<named>" + b"|".join(sorted(_ENTITIES)) + rb");"
    rb"|['\"][ \t\r]*+\n\s*+[bB]?['\"]"
)
_MARKS = (b"%", b"\\", b"\n", b"~", b"&")
_BASES = {"octal": 8, "decimal": 10}  # 16 for all others


def may_be_escaped(data: bytes) -> bool:
    """Whether a character stands in ``data`` without which there is no escape."""
    return any(mark in data for mark in _MARKS)


def unescaped(data: bytes) -> list[bytes]:
    """``data`` and what it becomes in each round of decoding that it needs."""
    rounds = [data]
    left = MOST_REWRITES
    while may_be_escaped(data):
        data, escapes = _ESCAPE.subn(_decoded, data, left + 1)
        if not escapes:
            break
        left -= escapes
        if left < 0 or len(rounds) > MAX_LAYERS:
            raise Entangled
        rounds.append(data)
    return rounds


def unescaped_layer(data: bytes) -> Layer:
    """One round of decoding with the way back."""
    return layer_of(data, _ESCAPE, _decoded)


_LONGEST_UNFINISHED = 64
_UNFINISHED = re.compile(
    rb"(?:%(?:25)*(?:u[0-9A-Fa-f]{0,3}|[0-9A-Fa-f]?)"
    rb"|\\+(?:u[0-9A-Fa-f]{0,3}|u\{[0-9A-Fa-f]{0,6}|U[0-9A-Fa-f]{0,7}|x[0-9A-Fa-f]?|[0-3][0-7]?)?"
    rb"|&(?:#(?:[0-9]{0,8}|[xX][0-9A-Fa-f]{0,8})|[A-Za-z]{0,8})"
    rb"|~)\s*\Z"
)


def without_unfinished_escape(data: bytes) -> bytes:
    """``data`` without an escape at its end that more text could complete."""
    # Only the end is looked at: a long run of backslashes would be tried from each of them.
    match = _UNFINISHED.search(data, max(0, len(data) - _LONGEST_UNFINISHED))
    return data if match is None else data[: match.start()]


def canonical(data: bytes) -> bytes:
    """The canonical spelling of ``data``."""
    return squeeze(unescaped(data)[-1])


def _decoded(match: re.Match[bytes]) -> bytes:
    kind = match.lastgroup
    if kind is None:
        return b""
    digits = match[kind]
    if kind == "pointer":
        return b"/" if digits == b"1" else b"~"
    if kind == "named":
        return _ENTITIES[digits]
    if kind == "low":
        return chr(0x10000 + ((int(match["high"], 16) & 0x3FF) << 10) + (int(digits, 16) & 0x3FF)).encode()
    code_point = int(digits, _BASES.get(kind, 16))
    if kind in ("percent", "x2", "octal"):
        return bytes((code_point,))
    return chr(code_point).encode("utf-8", "surrogatepass") if code_point < 0x110000 else b""
