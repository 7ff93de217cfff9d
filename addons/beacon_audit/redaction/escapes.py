r"""Text brought to one canonical spelling, with a way back to the place where each byte came from.

Canonical means: percent escapes (any depth: ``%41``, ``%2541``) and backslash escapes (``\u0041``, ``\x41``, ``\/``,
doubled ones too) and those of JSON Pointers (``~1`` for ``/``, ``~0`` for ``~``: a finding names keys by pointer)
decoded again and again until none is left; adjoining string literals (``'ab'\n b'cd'``) joined;
white space, NUL and lone backslashes taken out, so that a line break or a hex dump's spaces do not hide anything.
Everything is bytes; text is UTF-8 with ``surrogatepass``. The result is only searched, never written.

``Entangled`` is raised when the text is still escaped after ``MAX_LAYERS`` rounds, or when more than ``MOST_REWRITES``
places of it would have to be kept: nobody but an attacker writes that. A place takes about 200 bytes while it is kept,
so memory is bounded by the text and 40 MB.
"""

import re
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field, replace

MAX_LAYERS = 8
MOST_REWRITES = 200_000

_SKIPPED = b" \t\r\n\v\f\x00"
_SKIPPED_RUN = re.compile(rb"[ \t\r\n\v\f\x00]+")
_ESCAPE = re.compile(
    # Possessive, because each turn of a group that could be given back is remembered: 60 bytes for a byte of text.
    rb"%(?:25(?=[0-9A-Fa-f]{2}))*+(?P<percent>[0-9A-Fa-f]{2})"
    rb"|\\+u(?P<high>[dD][89abAB][0-9A-Fa-f]{2})\\+u(?P<low>[dD][c-fC-F][0-9A-Fa-f]{2})"
    rb"|\\+(?:u(?P<u4>[0-9A-Fa-f]{4})|U(?P<u8>[0-9A-Fa-f]{8})|x(?P<x2>[0-9A-Fa-f]{2}))"
    rb"|\\+[abfnrtv0]?"
    rb"|~(?P<pointer>[01])"
    rb"|['\"][ \t\r]*+\n\s*+[bB]?['\"]"
)


class Entangled(Exception):
    """The text cannot be searched at a reasonable cost; the caller treats it as a secret found."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One rewriting of ``source`` into ``data``.

    The lists run in parallel, one element for each place that was rewritten: bytes ``[start, end)`` of the source
    became ``size`` bytes at ``at``. Everything between was copied.
    """

    data: bytes
    at: list[int] = field(default_factory=list)
    size: list[int] = field(default_factory=list)
    start: list[int] = field(default_factory=list)
    end: list[int] = field(default_factory=list)

    def source_span(self, first: int, last: int) -> tuple[int, int]:
        """The span of the source that became ``data[first:last]``."""
        return self._source_of(first)[0], self._source_of(last - 1)[1]

    def _source_of(self, position: int) -> tuple[int, int]:
        index = bisect_right(self.at, position) - 1
        if index < 0:
            return position, position + 1
        offset = position - self.at[index] - self.size[index]
        if offset < 0:
            return self.start[index], self.end[index]
        return self.end[index] + offset, self.end[index] + offset + 1


def squeeze(data: bytes) -> bytes:
    """``data`` without white space and NUL."""
    return data.translate(None, _SKIPPED)


def squeezed_layer(data: bytes) -> Layer:
    """``squeeze`` with the way back."""
    return _rewrite(data, _SKIPPED_RUN, lambda _: b"", MOST_REWRITES)


def unescaped_layers(data: bytes) -> list[Layer]:
    """The rounds of decoding that ``data`` needs, outermost first; empty when it holds no escape."""
    layers: list[Layer] = []
    left = MOST_REWRITES
    while b"%" in data or b"\\" in data or b"\n" in data or b"~" in data:
        layer = _rewrite(data, _ESCAPE, _decoded, left)
        left -= len(layer.at)
        if not layer.at:
            break
        if len(layers) == MAX_LAYERS:
            raise Entangled
        layers.append(layer)
        data = layer.data
    return layers


_LONGEST_UNFINISHED = 64
_UNFINISHED = re.compile(rb"(?:%(?:25)*[0-9A-Fa-f]?|\\+(?:u[0-9A-Fa-f]{0,3}|U[0-9A-Fa-f]{0,7}|x[0-9A-Fa-f]?)?|~)\s*\Z")


def without_unfinished_escape(data: bytes) -> bytes:
    """``data`` without an escape at its end that more text could complete."""
    # Only the end is looked at: a long run of backslashes would be tried from each of them.
    match = _UNFINISHED.search(data, max(0, len(data) - _LONGEST_UNFINISHED))
    return data if match is None else data[: match.start()]


def canonical(data: bytes) -> bytes:
    """The canonical spelling of ``data``."""
    layers = unescaped_layers(data)
    return squeeze(layers[-1].data if layers else data)


def _rewrite(
    data: bytes, pattern: re.Pattern[bytes], replacement: Callable[[re.Match[bytes]], bytes], most: int
) -> Layer:
    """``data`` with up to ``most`` matches of ``pattern`` replaced. Raises ``Entangled`` when there are more."""
    layer = Layer(b"")
    pieces: list[bytes] = []
    written = copied = 0
    for match in pattern.finditer(data):
        if len(layer.at) == most:
            raise Entangled
        new = replacement(match)
        written += match.start() - copied
        pieces += (data[copied : match.start()], new)
        layer.at.append(written)
        layer.size.append(len(new))
        layer.start.append(match.start())
        layer.end.append(match.end())
        written += len(new)
        copied = match.end()
    pieces.append(data[copied:])
    return replace(layer, data=b"".join(pieces))


def _decoded(match: re.Match[bytes]) -> bytes:
    groups = match.groupdict()
    for name in ("percent", "x2"):
        if groups[name] is not None:
            return bytes((int(groups[name], 16),))
    if groups["pointer"] is not None:
        return b"/" if groups["pointer"] == b"1" else b"~"
    if groups["high"] is not None:
        pair = 0x10000 + ((int(groups["high"], 16) & 0x3FF) << 10) + (int(groups["low"], 16) & 0x3FF)
        return chr(pair).encode()
    code_point = int(groups["u4"] or groups["u8"] or b"110000", 16)
    return chr(code_point).encode("utf-8", "surrogatepass") if code_point < 0x110000 else b""
