"""One rewriting of a text, with the way back to where each byte came from.

The way back costs far more than the rewriting, and is only needed where something was found: so the result is made
first, and a ``Layer`` of the same source when it is asked for. A place that was rewritten takes about 200 bytes while
it is kept, so a layer of more than ``MOST_REWRITES`` of them is not made (``Entangled``): memory is bounded by the text
and 40 MB.
"""

import re
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field, replace

MOST_REWRITES = 200_000

type Replacement = Callable[[re.Match[bytes]], bytes]


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


def layer_of(data: bytes, pattern: re.Pattern[bytes], replacement: Replacement) -> Layer:
    """What ``pattern.sub(replacement, data)`` gives, with the way back. Raises ``Entangled``."""
    layer = Layer(b"")
    pieces: list[bytes] = []
    written = copied = 0
    for match in pattern.finditer(data):
        new = replacement(match)
        if new == match.group():
            continue
        if len(layer.at) == MOST_REWRITES:
            raise Entangled
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
