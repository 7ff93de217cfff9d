"""Where the forms of known secrets stand in a text.

The windows of all forms of some secrets are one google-re2 alternation (linear time, whatever the text is); a hit is
then compared with the whole form. Secrets are kept in blocks, so that learning one more costs the same at the two
hundredth as at the first.

Everything here is immutable: learning makes a new ``Block``, so readers need no lock.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import re2

from beacon_audit.redaction.forms import Encoding, Form, fold
from beacon_audit.redaction.layers import Entangled
from beacon_audit.redaction.views import views_of

_PATTERN_MEMORY = 64 << 20
_ENCODINGS: tuple[Encoding, ...] = ("plain", "base64")
# A text in which secrets, or what resembles them, stand this often was made to cost time.
_MOST_WINDOWS = 10_000
_LONGEST_IN_PIECES = 4096


@dataclass(frozen=True, slots=True)
class Span:
    """``[start, end)`` of a text, and the token to put there."""

    start: int
    end: int
    token: str


@dataclass(frozen=True, slots=True)
class Block:
    """The forms of some secrets, and one pattern for each encoding that finds their windows, which have ``sizes``.

    ``haystacks`` are the forms by encoding, one after the other; rare and very long ones are left out, since pieces are
    looked for in them again and again.
    """

    secrets: tuple[tuple[Form, ...], ...]
    patterns: tuple[tuple[Encoding, Any], ...]  # re2 ships no type information
    by_window: Mapping[tuple[Encoding, bytes], tuple[Form, ...]]
    sizes: tuple[int, ...]
    haystacks: Mapping[Encoding, bytes]

    def hits(self, view: bytes) -> Iterator[Span]:
        """Every form in ``view``. Raises ``Entangled``."""
        for encoding, pattern in self.patterns:
            yield from self._hits_of(encoding, pattern, view)

    def _hits_of(self, encoding: Encoding, pattern: Any, view: bytes) -> Iterator[Span]:
        folded = fold(view, encoding)
        windows = 0
        match = pattern.search(folded)
        while match is not None:
            windows += 1
            if windows > _MOST_WINDOWS:
                raise Entangled
            start = match.start()
            # One window may be the beginning of another, so the match itself does not say which ones stand here.
            for size in self.sizes:
                for form in self.by_window.get((encoding, folded[start : start + size]), ()):
                    place = form.at(view, folded, start)
                    if place is not None:
                        yield Span(*place, form.token)
            # Secrets may overlap, so the next one is looked for within this one too.
            match = pattern.search(folded, start + 1)


def block_of(secrets: Sequence[tuple[Form, ...]]) -> Block:
    """A block that finds ``secrets``, each given as its forms."""
    windows: dict[tuple[Encoding, bytes], list[Form]] = {}
    for forms in secrets:
        for form in forms:
            windows.setdefault((form.encoding, form.window), []).append(form)
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.max_mem = _PATTERN_MEMORY
    options.log_errors = False  # it would print the pattern
    patterns = []
    for encoding in _ENCODINGS:
        alternatives = sorted(window for of, window in windows if of == encoding)
        if alternatives:
            patterns.append((encoding, re2.compile(b"|".join(re2.escape(window) for window in alternatives), options)))
    # The library keeps the last 128 patterns, should somebody make the same again. Nobody does, and they are secrets.
    re2.purge()
    return Block(
        secrets=tuple(secrets),
        patterns=tuple(patterns),
        by_window={key: tuple(forms) for key, forms in windows.items()},
        sizes=tuple(sorted({len(window) for _, window in windows})),
        haystacks={encoding: _haystack(secrets, encoding) for encoding in _ENCODINGS},
    )


def _haystack(secrets: Sequence[tuple[Form, ...]], encoding: Encoding) -> bytes:
    forms = (form for forms in secrets for form in forms)
    common = (form.data for form in forms if form.encoding == encoding and not form.rare)
    return b"\x00".join(data for data in common if len(data) <= _LONGEST_IN_PIECES)


def found_in(data: bytes, blocks: Sequence[Block]) -> bool:
    """Whether any form stands in ``data``. Raises ``Entangled``."""
    return any(next(block.hits(view.data), None) is not None for view in views_of(data) for block in blocks)


def spans_in(data: bytes, blocks: Sequence[Block]) -> list[Span]:
    """The places of all forms in ``data``; they may overlap. Raises ``Entangled``."""
    spans: list[Span] = []
    for view in views_of(data):
        hits = [hit for block in blocks for hit in block.hits(view.data)]
        if hits:
            places = view.to_source([(hit.start, hit.end) for hit in hits])
            spans += [Span(start, end, hit.token) for (start, end), hit in zip(places, hits, strict=True)]
    return spans


def replaced(data: bytes, spans: Sequence[Span]) -> bytes:
    """``data`` with each span, or group of overlapping spans, replaced by the token of its longest."""
    pieces: list[bytes] = []
    copied = 0
    for span in _merged(spans):
        pieces += (data[copied : span.start], span.token.encode())
        copied = span.end
    return b"".join((*pieces, data[copied:]))


def _merged(spans: Sequence[Span]) -> list[Span]:
    merged: list[Span] = []
    longest = 0
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        length = span.end - span.start
        if merged and span.start < merged[-1].end:
            last = merged[-1]
            token = span.token if length > longest else last.token
            longest = max(longest, length)
            merged[-1] = Span(last.start, max(last.end, span.end), token)
        else:
            merged.append(span)
            longest = length
    return merged
