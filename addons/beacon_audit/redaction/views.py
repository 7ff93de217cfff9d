"""The ways in which a text is read when it is searched for secrets.

A *view* is the text after a chain of rewritings, and knows the way back to where each byte came from:

1. white space taken out: finds what stands there as it is, or broken over lines;
2. escapes decoded, then white space taken out: finds what is escaped;
3. white space taken out, then escapes decoded: finds what was escaped first and then broken over lines, also within
   an escape (``%6`` line end ``1``).

The second and third are made only for text that holds an escape, the third only for text of several lines.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from beacon_audit.redaction.escapes import Layer, squeeze, squeezed_layer, unescaped_layers


@dataclass(frozen=True, slots=True)
class View:
    """``data`` is what is searched. ``steps`` lead from the text to it: a layer, or bytes that were squeezed (their
    layer is made only when something was found, which is rare)."""

    data: bytes
    steps: tuple[Layer | bytes, ...]

    def to_source(self, spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
        """Where ``spans`` of the view stand in the text."""
        layers = [squeezed_layer(step) if isinstance(step, bytes) else step for step in reversed(self.steps)]
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
    yield View(squeezed, (data,))
    layers = unescaped_layers(data)
    if layers:
        last = layers[-1].data
        yield View(squeeze(last), (*layers, last))
    if b"\n" in data or b"\r" in data:
        layers = unescaped_layers(squeezed)
        if layers:
            last = layers[-1].data
            yield View(squeeze(last), (data, *layers, last))


def unescaped_view(data: bytes) -> View:
    """``data`` with its escapes decoded and its white space left in. Raises ``Entangled``."""
    layers = unescaped_layers(data)
    return View(layers[-1].data, tuple(layers)) if layers else View(data, ())
