"""Which entries a bundle holds: those that were asked for, the other half of their exchanges, and those that
``coverage.json`` quotes; and so which entry bundles. Pure.

``selected`` goes from the first entry of the time asked for to the last, without a hole, and the entries before and
after it are there too: so a reader sees that nothing of that time was left out.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain

from beacon_audit.trail.tiles import TILE_WIDTH

type Ranges = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Extent:
    """Ranges of entries, first and last, in order and apart. ``included`` are whole entry bundles."""

    included: Ranges
    selected: Ranges

    def holds(self, number: int) -> bool:
        """Whether the entry bundle of this number is in."""
        after = bisect_right(self.included, number * TILE_WIDTH, key=lambda span: span[0])
        return after > 0 and number * TILE_WIDTH <= self.included[after - 1][1]

    @property
    def ends(self) -> tuple[int, ...]:
        """The first and the last entry that was selected."""
        return (self.selected[0][0], self.selected[-1][1]) if self.selected else ()


def everything(size: int) -> Extent:
    """All of a log of ``size`` entries."""
    whole = ((0, size - 1),) if size else ()
    return Extent(whole, whole)


def part(size: int, core: tuple[int, int] | None, partners: Iterable[int], quoted: Iterable[int]) -> Extent:
    """The part of a log of ``size`` entries whose first and last entry of the time asked for are ``core`` (``None``:
    there is none), with the other halves of exchanges (``partners``) and the entries that are quoted."""
    selected: Ranges = ()
    if core is not None:
        first, last = core
        others = sorted(set(partners))
        split = bisect_left(others, first)
        selected = ranges(chain(others[:split], range(first, last + 1), others[split:]))
    edges = [core] if core is not None else []
    around = {index for edge in (*edges, *selected[:1], *selected[-1:]) for index in _around(edge, size)}
    numbers = {index // TILE_WIDTH for index in chain(around, quoted)}
    for first, last in selected:
        numbers.update(range(first // TILE_WIDTH, last // TILE_WIDTH + 1))
    bundles = [(first * TILE_WIDTH, min((last + 1) * TILE_WIDTH, size) - 1) for first, last in ranges(sorted(numbers))]
    return Extent(tuple(bundles), selected)


def _around(span: tuple[int, int], size: int) -> tuple[int, int]:
    """The entries right before and after a range."""
    return max(span[0] - 1, 0), min(span[1] + 1, size - 1)


def ranges(numbers: Iterable[int]) -> Ranges:
    """Sorted numbers as ranges, first and last."""
    result: list[tuple[int, int]] = []
    for number in numbers:
        if result and result[-1][1] + 1 == number:
            result[-1] = (result[-1][0], number)
        else:
            result.append((number, number))
    return tuple(result)
