"""The rules about the order of entries (docs/trail-format.md, "Entries"): one outcome for an intent, none for a
refusal, no missing time in a run. Takes the parts of a log in order; memory grows with the open intents only.

An outcome that fits no open intent is noted, and so is an id that was perhaps refused and answered (`IdFilter`);
`second_look` says which and reads the log again for them.
"""

from collections.abc import Callable, Iterator
from datetime import datetime

from beacon_audit.trail.verify.entry_fields import (
    CLOSE,
    EXCHANGE,
    HEARTBEAT,
    INTENT,
    MALFORMED,
    OPEN,
    OUTCOME,
    RECOVERED,
    REFUSAL,
    UNKNOWN_OUTCOME,
)
from beacon_audit.trail.verify.entry_scan import GAP, ScannedEntries
from beacon_audit.trail.verify.id_filter import IdFilter

type Report = Callable[[str, str, int], None]

#: So many outcomes without an open intent are looked up; more are reported without.
_LOOKED_UP = 1000


class EntryOrder:
    """``report`` takes code, message and index of what is wrong; ``size`` is about how many entries will come."""

    def __init__(self, size: int, report: Report) -> None:
        self._report = report
        #: Intents without an outcome and their indices, of the run that goes on and of runs that have ended.
        self.open: dict[str, int] = {}
        self.stale: dict[str, int] = {}
        #: Outcomes without an open intent (and whether it may be among what cannot be read), and ids that were perhaps
        #: refused as well as answered.
        self.unmatched: list[tuple[int, str, bool]] = []
        self.suspects: set[str] = set()
        self._refused = IdFilter(size)
        self._answered = IdFilter(size)
        #: The last entry so far that cannot be read: what earlier ones miss may be among those.
        self.blind_to = -1
        self._running = False
        #: When the last entry was written, if that is known.
        self.last_time: datetime | None = None

    def take(self, first: int, scanned: ScannedEntries) -> None:
        """The entries from ``first`` on."""
        gaps = set(scanned.gaps)
        if self.last_time and scanned.first_time and not -GAP <= scanned.first_time - self.last_time <= GAP:
            gaps.add(first)
        ids = iter(scanned.ids)
        for index, kind in enumerate(scanned.kinds, first):
            if gaps and index in gaps:
                self._gap(index, kind)
            if kind == INTENT:
                self._intent(next(ids), index)
            elif kind in EXCHANGE:
                self._end(next(ids), index, kind)
            elif kind != HEARTBEAT:
                self._other(index, kind)
        self.last_time = scanned.last_time

    def _intent(self, identity: str, index: int) -> None:
        if self._is_open(identity):
            self._report("id-reused", f"an intent with the id {identity} is open already", index)
        self.stale.pop(identity, None)
        self.open[identity] = index

    def _is_open(self, identity: str) -> bool:
        """Whether it was opened since the last entry that cannot be read."""
        return self.open.get(identity, self.stale.get(identity, -1)) > self.blind_to

    def _end(self, identity: str, index: int, kind: int) -> None:
        if kind == REFUSAL:
            if self._is_open(identity):
                self._report("id-reused", f"an intent with the id {identity} is open, and it is refused", index)
            if identity in self._answered:
                self.suspects.add(identity)
            self._refused.add(identity)
            return
        if identity in self._refused:
            self.suspects.add(identity)
        self._answered.add(identity)
        if self.open.pop(identity, None) is None:
            self._end_stale(identity, index, kind)
        if kind == UNKNOWN_OUTCOME:
            self._report("unknown-outcome", f"nobody knows whether the request {identity} arrived", index)

    def _end_stale(self, identity: str, index: int, kind: int) -> None:
        if self.stale.pop(identity, None) is None:
            blind = self.blind_to >= 0
            if len(self.unmatched) < _LOOKED_UP:
                self.unmatched.append((index, identity, blind))
            elif not blind:
                self._report("outcome-without-intent", f"no intent with the id {identity} is open", index)
        elif kind == OUTCOME:
            message = f"the proxy that began the exchange {identity} had stopped; expected the state unknown"
            self._report("late-outcome", message, index)

    def _other(self, index: int, kind: int) -> None:
        if kind == MALFORMED:
            self.blind_to = index
        elif kind in (OPEN, CLOSE, RECOVERED):
            self._running = kind == OPEN
            self.stale.update(self.open)
            self.open.clear()
            if kind == RECOVERED:
                self._report("recovered", "the proxy did not stop in good order before this entry", index)

    def _gap(self, index: int, kind: int) -> None:
        # What `recovered` says includes that time is missing.
        if self._running and kind != RECOVERED:
            message = (
                f"more than {GAP.seconds} seconds, or the clock went back, since the entry before; time is missing"
            )
            self._report("heartbeat-gap", message, index)


def second_look(order: EntryOrder, exchanges: Iterator[tuple[int, int, str]], report: Report) -> None:
    """Judge what ``order`` noted; ``exchanges`` are index, kind and id of all entries that belong to exchanges."""
    if not order.unmatched and not order.suspects:
        return
    wanted = order.suspects.union(identity for _, identity, _ in order.unmatched)
    refused: dict[str, int] = {}
    outcomes: dict[str, list[int]] = {}
    for index, kind, identity in exchanges:
        if identity not in wanted:
            continue
        if kind == REFUSAL:
            refused.setdefault(identity, index)
        elif kind != INTENT:
            outcomes.setdefault(identity, []).append(index)
    for identity in sorted(refused.keys() & outcomes.keys()):
        message = f"the exchange {identity} was refused (entry {refused[identity]}), and here is an outcome"
        report("refusal-sent", message, outcomes[identity][0])
    for index, identity, blind in order.unmatched:
        if identity not in refused:
            first = outcomes.get(identity, [index])[0]
            _judge_unmatched(index, identity, report, second=first < index, blind=blind)


def _judge_unmatched(index: int, identity: str, report: Report, *, second: bool, blind: bool) -> None:
    if second:
        report("second-outcome", f"the exchange {identity} has an outcome already", index)
    elif not blind:
        report("outcome-without-intent", f"no intent with the id {identity} is open", index)
