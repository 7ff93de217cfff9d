"""The byte strings that a secret is searched as: plain, hexadecimal, and base64 in its three phases, and what these
become when they are encoded once more (``encodings``).

A form is compared against *canonical* text (``escapes``): escapes decoded, white space taken out. So percent and
backslash escapes need no forms of their own, and the secret is brought to its canonical spelling the same way.

- ``plain`` and ``hex`` forms are compared without regard to ASCII case (a key in a host name arrives in lower case);
- ``base64`` forms are compared with case, and ``-_`` counts as ``+/``. A form holds only the characters whose six
  bits all come from the secret, so it does not depend on what stands before or after it (RFC 4648, section 4).
"""

import json
import re
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from beacon_audit.redaction.appearance import squeeze
from beacon_audit.redaction.encodings import base64_core, byte_lists, encoded_once
from beacon_audit.redaction.escapes import canonical, without_unfinished_escape

type Encoding = Literal["plain", "base64"]

SHORTEST_SEARCHED = 8
"""Shorter values are never searched for: "learning" the letter e would blank the trail."""

_URLSAFE_TO_STANDARD = bytes.maketrans(b"-_", b"+/")
_ALPHABET = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_")
# An unfinished escape before the secret ("%6" + "1bc…", "\\U0001" + "f600…") swallows up to this many characters of it.
_SWALLOWED = 8
_LONGEST_WINDOW = 48
# There are many of them, and a pattern of a third of the size is made in a third of the time.
_LONGEST_RARE_WINDOW = 16
# Unpublished as the format of licenses is, a long one with escapes in it would be somebody's try to cost time.
_LONGEST_ODD = 128
# Nested forms are many times as long as the secret, and it is kept as long as the process runs.
_LONGEST_NESTED = 1024
_PERCENT = re.compile(rb"%[0-9A-F]{2}")


def fold(data: bytes, encoding: Encoding) -> bytes:
    """``data`` as it is compared for forms of ``encoding``."""
    return data.lower() if encoding == "plain" else data.translate(_URLSAFE_TO_STANDARD)


@dataclass(frozen=True, slots=True)
class Form:
    """One spelling of a secret: ``data`` is folded; ``window`` is the part that is searched for, the rest is then
    compared around it. ``edges`` counts base64 characters (0 or 1 a side) that carry the secret's outer bits. ``rare``
    ones are looked for as a whole only: in cut text, their pieces are not."""

    data: bytes
    encoding: Encoding
    token: str
    edges: tuple[int, int] = (0, 0)
    rare: bool = False

    @property
    def head(self) -> int:
        """How many first characters may be missing, or be something else."""
        return min(_SWALLOWED, len(self.data) - SHORTEST_SEARCHED)

    @property
    def window(self) -> bytes:
        return self.data[self.head : self.head + (_LONGEST_RARE_WINDOW if self.rare else _LONGEST_WINDOW)]

    def at(self, view: bytes, folded: bytes, start: int) -> tuple[int, int] | None:
        """The span of this form in ``view`` when its window stands at ``start``, or ``None`` when the rest differs.

        ``folded`` is ``fold(view, encoding)``. Where first characters were swallowed, the span covers what swallowed
        them: nothing of the secret stays.
        """
        if not folded.startswith(self.data[self.head :], start):
            return None
        end = start - self.head + len(self.data)
        first, missing = start, self.head
        while missing and first and folded[first - 1] == self.data[missing - 1]:
            first, missing = first - 1, missing - 1
        if missing:
            first = _character_before(view, first)
        before, after = self.edges
        if before and first and view[first - 1] in _ALPHABET:
            first -= 1
        if after and end < len(view) and view[end] in _ALPHABET:
            end += 1
        return first, end


def _character_before(view: bytes, position: int) -> int:
    """Where the UTF-8 character that ends at ``position`` begins."""
    position = max(0, position - 1)
    while position and view[position] & 0xC0 == 0x80:
        position -= 1
    return position


def forms_of(value: str, token: str) -> tuple[Form, ...]:
    """Every form of ``value``; empty when it is too short to be searched for. Raises ``Entangled`` when it is escaped
    too deeply itself."""
    trimmed = value.strip()
    spelled = {trimmed.encode("utf-8", "surrogatepass")}
    if len(squeeze(*spelled)) < SHORTEST_SEARCHED:
        return ()
    if not trimmed.isascii():
        # Header values reach us as latin-1, and repr() of a str shows \xe9 where UTF-8 has two bytes.
        spelled |= {data.decode("latin-1").encode() for data in tuple(spelled)}
        if max(trimmed) <= "\xff":
            spelled.add(trimmed.encode("latin-1"))
    forms: dict[tuple[bytes, Encoding], Form] = {}
    for data in sorted(spelled):
        if len(squeeze(data)) >= SHORTEST_SEARCHED:
            for form in (*_plain_forms(trimmed, data, token), *_encoded_forms(trimmed, data, token)):
                if len(form.data) >= SHORTEST_SEARCHED:
                    forms.setdefault((form.data, form.encoding), form)
    if forms and len(trimmed) <= _LONGEST_NESTED:
        for form in _rare_forms(trimmed, token):
            forms.setdefault((form.data, form.encoding), form)
    return tuple(forms.values())


def _plain_forms(value: str, data: bytes, token: str) -> Iterator[Form]:
    # A form-encoded space is "+". A secret that ends in "%4" loses these two to whatever stands after it.
    spellings = {squeeze(data), squeeze(data.replace(b" ", b"+")), canonical(data)}
    spellings.add(canonical(without_unfinished_escape(data)))
    # Where the character after a backslash of the secret is escaped ("\%6E"), only the backslash is taken out.
    spellings.add(canonical(data.replace(b"\\", b"")))
    if len(value) <= _LONGEST_ODD and not value.isalnum():
        # A secret that looks escaped itself decodes to something else when it was escaped once or twice before.
        once = set(_as_in_a_body(value))
        twice = {again for spelling in once for again in _as_in_a_body(spelling.decode("utf-8", "surrogatepass"))}
        spellings |= {canonical(spelling) for spelling in once | twice}
    for spelling in sorted(spellings):
        yield Form(fold(spelling, "plain"), "plain", token)


def _encoded_forms(value: str, data: bytes, token: str) -> Iterator[Form]:
    """Hexadecimal and base64 of the secret, and of what it becomes inside a JSON or URL-encoded body."""
    for spelling in sorted({data, *_as_in_a_body(value)}):
        yield Form(spelling.hex().encode(), "plain", token)
        for phase in range(3):
            yield _base64_form(spelling, phase, token)


def _rare_forms(value: str, token: str) -> Iterator[Form]:
    """Bytes one by one, and hexadecimal and base64 of what was encoded before."""
    for spelling in byte_lists(value.encode("utf-8", "surrogatepass")):
        yield Form(spelling, "plain", token, rare=True)
    for inner in encoded_once(value):
        yield Form(inner.hex().encode(), "plain", token, rare=True)
        for phase in range(3):
            yield replace(_base64_form(inner, phase, token), rare=True)


def _as_in_a_body(value: str) -> Iterator[bytes]:
    for ensure_ascii in (True, False):
        quoted = json.dumps(value, ensure_ascii=ensure_ascii)[1:-1].encode("utf-8", "surrogatepass")
        yield quoted
        yield quoted.replace(b"/", b"\\/")
    data = value.encode("utf-8", "surrogatepass")
    for safe in ("", "/"):
        quoted = urllib.parse.quote(data, safe=safe).encode()
        yield quoted
        yield quoted.replace(b"%20", b"+")
        yield _PERCENT.sub(lambda match: match.group().lower(), quoted)


def _base64_form(data: bytes, phase: int, token: str) -> Form:
    edges = (int(phase != 0), int((phase + len(data)) % 3 != 0))
    return Form(base64_core(data, phase), "base64", token, edges)
