"""What happened over the whole log, for ``coverage.json``: runs, downtime, gaps, keys, policies, deletions. Pure.

Takes the entries in order, and ``None`` for one or more that could not be read. Notes by the way which entries it
quotes, where the time asked for begins and ends, and which entries are halves of one exchange. Memory grows with what
it tells, and with the intents that are open.

A run goes from ``open`` to ``close``, or, when there is none, to the last entry before the next ``open`` or
``recovered``.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from beacon_audit.review.evidence.log_files import Entry

HEARTBEAT_GAP = timedelta(seconds=150)
#: Types that are quoted one by one, each with a proof.
QUOTED = frozenset({"open", "close", "policy", "key-change", "prune", "recovered"})

type Fields = dict[str, object]


class Survey:
    """Reads a log. ``since`` and ``until`` (exclusive) are the time asked for."""

    def __init__(self, since: datetime | None, until: datetime | None) -> None:
        self._since = since
        self._until = until
        self._previous: tuple[Entry, datetime] | None = None
        self._running = False
        self._stop: Fields | None = None
        #: First and last entry of the time asked for.
        self.core: tuple[int, int] | None = None
        #: Entries to be proved one by one, and those that are quoted besides.
        self.proved: list[int] = []
        self.quoted: set[int] = set()
        self.runs: list[Fields] = []
        self.downtime: list[Fields] = []
        self.heartbeat_gaps: list[Fields] = []
        self.recovered: list[Fields] = []
        self.prunes: list[Fields] = []
        self.key_changes: list[Fields] = []
        self.policies: list[Fields] = []
        #: Name of each contract by its digest.
        self.contracts: dict[str, object] = {}

    def take(self, entry: Entry | None) -> None:
        """The next entry."""
        time = moment_of(entry) if entry is not None else None
        if entry is None or time is None:
            self._previous = None
            return
        if (self._since is None or time >= self._since) and (self._until is None or time < self._until):
            self.core = (self.core[0] if self.core else entry.index, entry.index)
        self._check_distance(entry, time)
        if entry.kind in QUOTED:
            self.proved.append(entry.index)
            self._event(entry)
        self._previous = (entry, time)

    def _check_distance(self, entry: Entry, time: datetime) -> None:
        if self._previous is None or not self._running or entry.kind == "recovered":
            return
        before, before_time = self._previous
        if abs(time - before_time) > HEARTBEAT_GAP:
            self.heartbeat_gaps.append({"after": before.index, "from": before.time, "to": entry.time})
            self.quoted.update((before.index, entry.index))

    def _event(self, entry: Entry) -> None:
        here: Fields = {"index": entry.index, "time": entry.time}
        fields = entry.fields
        match entry.kind:
            case "open" | "close" | "recovered" as kind:
                self._turn(kind, here)
                digest = fields.get("contract_digest")
                if kind == "open" and isinstance(digest, str):
                    self.contracts.setdefault(digest, fields.get("contract"))
                if kind == "recovered":
                    self.recovered.append(here)
            case "prune":
                self.prunes.append(here | _some(fields, "before", "files"))
            case "key-change":
                self.key_changes.append(here | _some(fields, "old", "new"))
            case "policy":
                self.policies.append(here | _some(fields, "digest", "name"))

    def _turn(self, kind: str, here: Fields) -> None:
        if self._running:
            self._running = False
            if kind == "close":
                self._stop = {**here, "clean": True}
            elif self._previous is not None:
                last = self._previous[0]
                self._stop = {"index": last.index, "time": last.time, "clean": False}
                self.quoted.add(last.index)
            self.runs[-1]["stop"] = self._stop
        if kind != "close" and self._stop is not None:
            stop, self._stop = self._stop, None
            span = {"after": stop["index"], "before": here["index"], "from": stop["time"], "to": here["time"]}
            self.downtime.append({**span, "clean": stop["clean"]})
        if kind == "open":
            self._running = True
            self.runs.append({"start": here, "stop": None})


def moment_of(entry: Entry) -> datetime | None:
    """When it was written, if it says so as it should."""
    try:
        moment = datetime.fromisoformat(entry.time)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None


def _some(fields: Mapping[str, object], *names: str) -> Fields:
    return {name: fields.get(name) for name in names}
