"""Exchanges as a reviewer sees them: the entry that began one, joined with the entry that says what became of it.

An exchange begins with an ``intent`` (it was to be forwarded) or a ``refusal``; an ``outcome`` with the same id ends an
intent. An intent without an outcome is shown too, with the state ``unknown``: it is in flight, or the proxy died.

``Exchange.to_json`` is the machine output of ``log --json``: field names and their order are stable.
Reading raises what ``trail.reader`` raises (``TrailError``, ``TrailCorrupt``) after everything before the damage.
"""

import heapq
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import cast

from beacon_audit.home import Home
from beacon_audit.trail.reader import TrailReader

type Entry = Mapping[str, object]

# What is known when a request arrives, in the order of the machine output.
_BEGIN = ("id", "time", "source", "method", "host", "path", "endpoint", "class", "action", "reason")


@dataclass(frozen=True, slots=True, order=True)
class Exchange:
    """One exchange; ``index`` is the trail index of the entry that began it, and orders exchanges in time."""

    index: int
    begin: Entry = field(compare=False)
    outcome: Entry | None = field(default=None, compare=False)

    @property
    def refused(self) -> bool:
        return self.begin.get("type") == "refusal"

    @property
    def state(self) -> str:
        """``sent``, ``not_sent`` or ``unknown``."""
        if self.refused:
            return "not_sent"
        return str(self.outcome["state"]) if self.outcome else "unknown"

    @property
    def forwarded(self) -> bool | None:
        """Whether the request reached the upstream; ``None`` when nobody can know."""
        return {"sent": True, "not_sent": False}.get(self.state)

    @property
    def status(self) -> int | None:
        """The HTTP status that the client was given, by us or by the upstream."""
        entry = self.begin if self.refused else self.outcome
        status = entry.get("status") if entry else None
        return status if isinstance(status, int) else None

    @property
    def finding_codes(self) -> frozenset[str]:
        """Codes of every finding, in the request and in its response."""
        return frozenset(
            str(finding.get("code")) for entry in (self.begin, self.outcome) for finding in _findings(entry)
        )

    def text(self, name: str) -> str | None:
        """A field of the beginning as text; ``None`` when it is not known."""
        value = self.begin.get(name)
        return None if value is None else str(value)

    def to_json(self) -> dict[str, object]:
        """The exchange as one object of ``log --json``."""
        end: Entry = self.outcome or {}
        return {
            **{name: self.begin.get(name) for name in _BEGIN},
            "findings": _findings(self.begin),
            "license": self.begin.get("license"),
            "request_bytes": self.begin.get("request_bytes"),
            "forwarded": self.forwarded,
            "status": self.status,
            "response_bytes": end.get("response_bytes"),
            "duration_ms": end.get("duration_ms"),
            "state": self.state,
            "source_name": self.begin.get("source_name"),
            "original_destination": self.begin.get("original_destination"),
            "reason_code": self.begin.get("reason_code"),
            "alert": bool(self.begin.get("alert")),
            "outcome_reason": end.get("reason"),
            "response_findings": _findings(self.outcome),
        }


class ExchangeReader:
    """Joins the entries of one trail, which may be growing. ``on_other`` is given entries that are no exchange's."""

    def __init__(self, home: Home, on_other: Callable[[Entry], None] = lambda _: None) -> None:
        self._trail = TrailReader(home.trail)
        self._on_other = on_other
        self._open: dict[str, Exchange] = {}

    def poll(self) -> Iterator[Exchange]:
        """Exchanges that were completed since the last call, in the order of their completion."""
        for entry in self._trail.poll():
            identity = str(entry["id"])
            if entry["type"] == "refusal":
                yield Exchange(_index(entry), entry)
            elif entry["type"] == "intent":
                # An id that comes twice must not make the first exchange disappear.
                if identity in self._open:
                    yield self._open.pop(identity)
                self._open[identity] = Exchange(_index(entry), entry)
            elif entry["type"] == "outcome" and identity in self._open:
                begun = self._open.pop(identity)
                yield Exchange(begun.index, begun.begin, entry)
            elif entry["type"] != "outcome":
                self._on_other(entry)

    @property
    def oldest_unfinished(self) -> Exchange | None:
        return next(iter(self._open.values()), None)

    def unfinished(self) -> tuple[Exchange, ...]:
        """Exchanges that have begun and not ended, oldest first."""
        return tuple(self._open.values())


def iter_exchanges(home: Home, on_other: Callable[[Entry], None] = lambda _: None) -> Iterator[Exchange]:
    """Every exchange in the trail of ``home``, in the order in which they began; holds back only what overlaps.
    ``on_other`` is as for the reader."""
    reader = ExchangeReader(home, on_other)
    completed: list[Exchange] = []
    for exchange in reader.poll():
        heapq.heappush(completed, exchange)
        oldest = reader.oldest_unfinished
        while completed and (oldest is None or completed[0] < oldest):
            yield heapq.heappop(completed)
    yield from heapq.merge(sorted(completed), reader.unfinished())


def _index(entry: Entry) -> int:
    return cast(int, entry["index"])  # the reader has compared it with its place


def _findings(entry: Entry | None) -> list[Mapping[str, object]]:
    found = entry.get("findings") if entry else None
    return [finding for finding in found if isinstance(finding, Mapping)] if isinstance(found, list) else []
