"""Text reduced to what an eye sees of it, as far as that is ASCII: white space and what is invisible is taken out, and
what is ASCII in another dress is undressed.

A key with a zero-width space behind every letter, or in full-width or mathematical letters, is in clear to whoever
looks at it. So these go, all of them one-to-one or to nothing, after Unicode's own tables (``unicodedata``):

- white space, control and format characters, separators (categories Cc, Cf, Zs, Zl, Zp), and what else has no
  appearance of its own: variation selectors, fillers, combining marks for any script;
- characters whose compatibility form (NFKC) is ASCII, decimal digits of any script, dashes.

Letters of other scripts that look alike (a Cyrillic U+0430) stay what they are. Everything is bytes: UTF-8 with
``surrogatepass``; bytes that are no UTF-8 stay. The result is only searched, never written.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache

from beacon_audit.redaction.layers import Layer, layer_of

_ASCII = bytes(range(0x80))
_SKIPPED = bytes(range(0x21)) + b"\x7f"
_SKIPPED_RUN = rb"[\x00-\x20\x7f]+"
_CHARACTER = rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
_ANYTHING = re.compile(_SKIPPED_RUN + b"|" + _CHARACTER)
#: Up to so many different ones are replaced one after the other, which is far faster than looking at every character.
_FEW = 32

_NOTHING = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp"})
#: Default_Ignorable_Code_Point and the blank of Braille, as far as their categories do not say it; combining marks.
_ALSO_NOTHING = (
    (0x0300, 0x036F), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F), (0x1AB0, 0x1AFF), (0x1DC0, 0x1DFF),
    (0x20D0, 0x20FF), (0x2800, 0x2800), (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFE20, 0xFE2F), (0xFFA0, 0xFFA0),
    (0xE0000, 0xE0FFF),
)  # fmt: skip
#: Where such characters are; between these there are ideographs, syllables and private use.
_BLOCKS = ((0x80, 0x33FF), (0xA000, 0xABFF), (0xF900, 0x11FFF), (0x13400, 0x1345F), (0x1BC00, 0x1BCFF),
           (0x1D000, 0x1FBFF), (0xE0000, 0xE0FFF))  # fmt: skip


def squeeze(data: bytes) -> bytes:
    """``data`` as it looks, without white space."""
    if not data.isascii():
        present = _present(data)
        if present is None:
            return _ANYTHING.sub(_undressed, data)
        for character in present:
            data = data.replace(character, _dress()[character])
    return data.translate(None, _SKIPPED)


def squeezed_layer(data: bytes) -> Layer:
    """``squeeze`` with the way back."""
    present = [] if data.isascii() else _present(data)
    if present is None:
        return layer_of(data, _ANYTHING, _undressed)
    pattern = b"|".join((_SKIPPED_RUN, *map(re.escape, present)))
    return layer_of(data, re.compile(pattern), _undressed)


def _present(data: bytes) -> list[bytes] | None:
    """The characters in ``data`` that do not stay; ``None`` when there are many, or when it is no UTF-8: there, what
    is left could run together to a character that was none."""
    try:
        characters = set(data.translate(None, _ASCII).decode("utf-8", "surrogatepass"))
    except UnicodeDecodeError:
        return None
    present = [code for character in characters if (code := character.encode("utf-8", "surrogatepass")) in _dress()]
    return present if len(present) <= _FEW else None


def _undressed(match: re.Match[bytes]) -> bytes:
    found = match.group()
    return b"" if found[0] <= 0x7F else _dress().get(found, found)


@cache
def _dress() -> Mapping[bytes, bytes]:
    """What does not stay, in UTF-8, and what it becomes. Made on first use, in some 30 ms."""
    return dict(_characters())


def _characters() -> Iterator[tuple[bytes, bytes]]:
    for first, last in _BLOCKS:
        for code in range(first, last + 1):
            plain = _plain(chr(code))
            if plain is not None:
                yield chr(code).encode(), "".join(plain.split()).encode()


def _plain(character: str) -> str | None:
    category = unicodedata.category(character)
    if category in _NOTHING or any(first <= ord(character) <= last for first, last in _ALSO_NOTHING):
        return ""
    if category in ("Cn", "Co", "Cs"):
        return None
    if category == "Pd":
        return "-"
    if category == "Nd":
        return str(unicodedata.digit(character))
    compatible = unicodedata.normalize("NFKC", character)
    return compatible if compatible.isascii() else None
