"""The ways in which a text is read when it is searched for secrets.

A *view* is the text after a chain of rewritings, and knows the way back to where each byte came from:

1. only what one sees, without white space (``appearance``): finds what stands there as it is, or broken over lines;
2. escapes decoded, then that: finds what is escaped;
3. that, then escapes decoded, then that again: finds what was escaped first and then broken over lines, also within an
   escape (``%6`` line end ``1``), or written in another dress.

The second and third are made only for text that holds an escape, the third only for text in which more than spaces,
tabs and separators went.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from beacon_audit.redaction.appearance import squeeze, squeezed_layer
from beacon_audit.redaction.escapes import may_be_escaped, unescaped, unescaped_layer
from beacon_audit.redaction.layers import Layer

#: What to put between texts that are searched together: not all of it goes away, so that neighbours never make a hit.
SEPARATOR = "\x1e|\x1e"
_COMMON = (b" ", b"\t", b"\x1e")


@dataclass(frozen=True, slots=True)
class View:
    """``data`` is what is searched. ``steps`` lead from the text to it: what was rewritten, and how (its layer is made
    only when something was found, which is rare)."""

    data: bytes
    steps: tuple[tuple[bytes, Callable[[bytes], Layer]], ...]

    def to_source(self, spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
        """Where ``spans`` of the view stand in the text."""
        layers = [layer_of(source) for source, layer_of in reversed(self.steps)]
        found = []
        for first, last in spans:
            start, end = first, last
            for layer in layers:
                start, end = layer.source_span(start, end)
            found.append((start, end))
        return found


def views_of(data: bytes) -> Iterator[View]:
    """Every view of ``data``. Raises ``Entangled``."""
    squeezed = squeeze(data)
    yield View(squeezed, ((data, squeezed_layer),))
    view = unescaped_view(data)
    if view.steps:
        yield View(squeeze(view.data), (*view.steps, (view.data, squeezed_layer)))
    if may_be_escaped(squeezed) and len(data) - len(squeezed) > sum(map(data.count, _COMMON)):
        view = unescaped_view(squeezed)
        if view.steps:
            yield View(squeeze(view.data), ((data, squeezed_layer), *view.steps, (view.data, squeezed_layer)))


def unescaped_view(data: bytes) -> View:
    """``data`` with its escapes decoded and its white space left in. Raises ``Entangled``."""
    *sources, last = unescaped(data)
    return View(last, tuple((source, unescaped_layer) for source in sources))
