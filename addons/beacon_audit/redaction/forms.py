"""The byte strings that a secret is searched as: plain, hexadecimal, and base64 in its three phases.

A form is compared against *canonical* text (``escapes``): escapes decoded, white space taken out. So percent and
backslash escapes need no forms of their own, and the secret is brought to its canonical spelling the same way.

- ``plain`` and ``hex`` forms are compared without regard to ASCII case (a key in a host name arrives in lower case);
- ``base64`` forms are compared with case, and ``-_`` counts as ``+/``. A form holds only the characters whose six
  bits all come from the secret, so it does not depend on what stands before or after it (RFC 4648, section 4).
"""

import base64
from dataclasses import dataclass
from typing import Literal

from beacon_audit.redaction.escapes import canonical, squeeze

type Encoding = Literal["plain", "base64"]

SHORTEST_SEARCHED = 8
"""Shorter values are never searched for: "learning" the letter e would blank the trail."""

_URLSAFE_TO_STANDARD = bytes.maketrans(b"-_", b"+/")
_ALPHABET = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_")
# An unfinished escape before the secret ("%6" + "1bc…", "\u" + "0a1b…") swallows up to this many characters of it.
_SWALLOWED = 4
_LONGEST_WINDOW = 48


def fold(data: bytes, encoding: Encoding) -> bytes:
    """``data`` as it is compared for forms of ``encoding``."""
    return data.lower() if encoding == "plain" else data.translate(_URLSAFE_TO_STANDARD)


@dataclass(frozen=True, slots=True)
class Form:
    """One spelling of a secret: ``data`` is folded; ``window`` is the part that is searched for, the rest is then
    compared around it. ``edges`` counts base64 characters (0 or 1 a side) that carry the secret's outer bits."""

    data: bytes
    encoding: Encoding
    token: str
    edges: tuple[int, int] = (0, 0)

    @property
    def head(self) -> int:
        """How many first characters may be missing."""
        return min(_SWALLOWED, len(self.data) - SHORTEST_SEARCHED)

    @property
    def window(self) -> bytes:
        return self.data[self.head : self.head + _LONGEST_WINDOW]

    def at(self, view: bytes, start: int) -> tuple[int, int] | None:
        """The span of this form in ``view`` when its window stands at ``start``, or ``None`` when the rest differs."""
        end = start - self.head + len(self.data)
        if fold(view[start:end], self.encoding) != self.data[self.head :]:
            return None
        first = max(0, start - self.head)
        # Beheaded matches are widened over the swallowed characters too: nothing of the secret stays.
        before, after = self.edges
        if before and first and view[first - 1] in _ALPHABET:
            first -= 1
        if after and end < len(view) and view[end] in _ALPHABET:
            end += 1
        return first, end


def forms_of(value: str, token: str) -> tuple[Form, ...]:
    """Every form of ``value``; empty when it is too short to be searched for."""
    trimmed = value.strip()
    spelled = {trimmed.encode("utf-8", "surrogatepass")}
    if not trimmed.isascii():
        # Header values reach us as latin-1, and repr() of a str shows \xe9 where UTF-8 has two bytes.
        spelled.add(trimmed.encode("latin-1", "replace") if _is_latin_1(trimmed) else min(spelled))
        spelled |= {data.decode("latin-1").encode() for data in tuple(spelled)}
    forms: dict[tuple[bytes, Encoding], Form] = {}
    for data in sorted(spelled):
        for form in _spellings(data, token):
            if len(form.data) >= SHORTEST_SEARCHED:
                forms.setdefault((form.data, form.encoding), form)
    return tuple(forms.values())


def _is_latin_1(text: str) -> bool:
    return all(ord(character) < 256 for character in text)


def _spellings(data: bytes, token: str) -> list[Form]:
    if len(squeeze(data)) < SHORTEST_SEARCHED:
        return []
    plain = {squeeze(data), squeeze(data.replace(b" ", b"+")), canonical(data)}
    forms = [Form(fold(spelling, "plain"), "plain", token) for spelling in sorted(plain)]
    forms.append(Form(data.hex().encode(), "plain", token))
    forms.extend(_base64_form(data, phase, token) for phase in range(3))
    return forms


def _base64_form(data: bytes, phase: int, token: str) -> Form:
    """The characters of base64 that stay the same whatever stands around ``data``, ``phase`` bytes into a triple."""
    encoded = base64.b64encode(b"\x00" * phase + data)
    first = -(-8 * phase // 6)
    last = (phase + len(data)) * 8 // 6
    return Form(encoded[first:last], "base64", token, (int(phase != 0), int((phase + len(data)) % 3 != 0)))
