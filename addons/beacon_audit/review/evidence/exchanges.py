"""The halves of exchanges: which entries belong to one that was asked for, and what became of its intent. Pure.

Takes entries in order; memory grows with the intents that are open. An intent that was open when a proxy started or
stopped can only have an unknown outcome; one of the run that goes on, in a log that is being written, is in flight.
"""

from collections.abc import Iterable, Iterator

from beacon_audit.review.evidence.log_files import Entry

_TURNS = frozenset({"open", "close", "recovered"})


def partners(entries: Iterable[Entry | None], core: tuple[int, int]) -> Iterator[int]:
    """The entries outside of ``core`` (first, last) whose exchange has its other half in it."""
    first, last = core
    opened: dict[str, int] = {}
    for entry in entries:
        if entry is None:
            continue
        if entry.kind == "intent":
            opened[entry.id] = entry.index
        elif entry.kind == "outcome":
            intent = opened.pop(entry.id, None)
            if intent is None or (first <= intent <= last) == (first <= entry.index <= last):
                continue
            yield entry.index if first <= intent <= last else intent


class OpenIntents:
    """The intents without an outcome."""

    def __init__(self) -> None:
        self._turn = 0
        self._open: dict[str, tuple[int, int]] = {}

    def take(self, entry: Entry) -> None:
        if entry.kind == "intent":
            self._open[entry.id] = (entry.index, self._turn)
        elif entry.kind == "outcome":
            self._open.pop(entry.id, None)
        elif entry.kind in _TURNS:
            self._turn += 1

    def left(self) -> list[tuple[int, str, bool]]:
        """Index and id of each, and whether it belongs to the run that goes on; in the order of the log."""
        return sorted((index, identity, turn == self._turn) for identity, (index, turn) in self._open.items())
