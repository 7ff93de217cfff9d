"""Secrets that were cut: in log output the rest may stand in the next line, or in the next write.

``piece_spans`` finds words that are a piece of a secret; ``unfinished_at`` finds an end of the text that could be the
beginning of one, so that a stream can wait for more before it writes.
"""

import re
from collections.abc import Iterator, Sequence

from beacon_audit.redaction.escapes import without_unfinished_escape
from beacon_audit.redaction.forms import SHORTEST_SEARCHED, Encoding, Form, fold
from beacon_audit.redaction.search import Block, Span
from beacon_audit.redaction.views import unescaped_view, views_of

_ENCODINGS: tuple[Encoding, ...] = ("plain", "base64")
_WORD = re.compile(rb"[A-Za-z0-9_+/-]{%d,}" % SHORTEST_SEARCHED)
_PART = re.compile(rb"[A-Za-z0-9_-]{%d,}" % SHORTEST_SEARCHED)
# Lines often end in a first character of some form; waiting for these would delay every tenth line.
_SHORTEST_BEGINNING = 4


def piece_spans(data: bytes, blocks: Sequence[Block]) -> list[Span]:
    """The places of words that lie within a form. Raises ``Entangled``."""
    forms = tuple(_forms(blocks))
    haystacks = {of: b"\x00".join(form.data for form in forms if form.encoding == of) for of in _ENCODINGS}
    spans = []
    for view in (unescaped_view(data),):
        hits = [
            (start, end, encoding)
            for word in _WORD.finditer(view.data)
            for start, end, encoding in _pieces_of(word.group(), word.start(), haystacks)
        ]
        places = view.to_source([(start, end) for start, end, _ in hits])
        for (start, end), (first, last, encoding) in zip(places, hits, strict=True):
            piece = fold(view.data[first:last], encoding)
            token = next(form.token for form in forms if form.encoding == encoding and piece in form.data)
            spans.append(Span(start, end, f"{token}[piece]"))
    return spans


def _pieces_of(word: bytes, offset: int, haystacks: dict[Encoding, bytes]) -> Iterator[tuple[int, int, Encoding]]:
    """The whole of a word, or else the parts of it between ``+`` and ``/``, that lie within a form."""
    for encoding, haystack in haystacks.items():
        if fold(word, encoding) in haystack:
            yield offset, offset + len(word), encoding
            return
    for part in _PART.finditer(word):
        for encoding, haystack in haystacks.items():
            if fold(part.group(), encoding) in haystack:
                yield offset + part.start(), offset + part.end(), encoding
                break


def unfinished_at(data: bytes, blocks: Sequence[Block]) -> int:
    """Where the longest end of ``data`` begins that is the beginning of a form. Raises ``Entangled``."""
    forms = tuple(_forms(blocks))
    earliest = len(data)
    for text in {data, without_unfinished_escape(data)}:
        for view in views_of(text):
            folded = {encoding: fold(view.data, encoding) for encoding in _ENCODINGS}
            size = max((_beginning_at_end(folded[form.encoding], form) for form in forms), default=0)
            if size:
                [(start, _)] = view.to_source([(len(view.data) - size, len(view.data))])
                earliest = min(earliest, start)
    return earliest


def _beginning_at_end(folded: bytes, form: Form) -> int:
    """The length of the longest proper beginning of ``form`` that ``folded`` ends with; 0 for a negligible one."""
    position = folded.find(form.data[:_SHORTEST_BEGINNING], max(0, len(folded) - len(form.data) + 1))
    while position >= 0:
        if form.data.startswith(folded[position:]):
            return len(folded) - position
        position = folded.find(form.data[:_SHORTEST_BEGINNING], position + 1)
    return 0


def _forms(blocks: Sequence[Block]) -> Iterator[Form]:
    for block in blocks:
        for forms in block.secrets:
            yield from forms
