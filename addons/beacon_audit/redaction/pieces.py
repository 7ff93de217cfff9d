"""Secrets that were cut: in log output the rest may stand in the next line, or in the next write.

``piece_spans`` finds pieces of a secret; ``unfinished_at`` finds an end of the text that could be the beginning of one,
so that a stream can wait for more before it writes. Rare forms are not looked for in pieces.
"""

import re
from collections.abc import Iterator, Sequence

from beacon_audit.redaction.escapes import without_unfinished_escape
from beacon_audit.redaction.forms import SHORTEST_SEARCHED, Encoding, Form, fold
from beacon_audit.redaction.search import Block, Span
from beacon_audit.redaction.views import unescaped_view, views_of

_ENCODINGS: tuple[Encoding, ...] = ("plain", "base64")
_WORD = re.compile(rb"[A-Za-z0-9_+/-]{%d,}" % SHORTEST_SEARCHED)
# Lines often end in a first character of some form; waiting for these would delay every tenth line.
_SHORTEST_BEGINNING = 4

type _Piece = tuple[int, int, Encoding]


def piece_spans(data: bytes, blocks: Sequence[Block]) -> list[Span]:
    """The places of pieces of 8 bytes or more of a form. Raises ``Entangled``."""
    view = unescaped_view(data)
    spans: list[Span] = []
    for block in blocks:
        pieces = [piece for word in _WORD.finditer(view.data) for piece in _pieces_of(word, block)]
        places = view.to_source([(start, end) for start, end, _ in pieces])
        for (start, end), (first, last, encoding) in zip(places, pieces, strict=True):
            piece = fold(view.data[first:last], encoding)
            token = next(form.token for form in _forms((block,)) if form.encoding == encoding and piece in form.data)
            spans.append(Span(start, end, f"{token}[piece]"))
    return spans


def _pieces_of(word: re.Match[bytes], block: Block) -> Iterator[_Piece]:
    folded = [(encoding, fold(word.group(), encoding), block.haystacks[encoding]) for encoding in _ENCODINGS]
    size = len(word.group())
    start = 0
    while start + SHORTEST_SEARCHED <= size:
        end = start
        for encoding, text, haystack in folded:
            if text[start : start + SHORTEST_SEARCHED] in haystack:
                end = start + SHORTEST_SEARCHED
                while end < size and text[start : end + 1] in haystack:
                    end += 1
                yield word.start() + start, word.start() + end, encoding
                break
        start = max(end, start + 1)


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
    beginning = form.data[:_SHORTEST_BEGINNING]
    position = folded.find(beginning, max(0, len(folded) - len(form.data) + 1))
    while position >= 0:
        if form.data.startswith(folded[position:]):
            return len(folded) - position
        position = folded.find(beginning, position + 1)
    return 0


def _forms(blocks: Sequence[Block]) -> Iterator[Form]:
    for block in blocks:
        for forms in block.secrets:
            yield from (form for form in forms if not form.rare)
