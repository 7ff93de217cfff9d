"""Keeps the account of payload files: those that entries name, those that are there, those that were pruned.

A ``prune`` entry accounts for files of dates before its ``before`` that entries *before it* name; what is recorded
later it cannot have deleted. Names are looked at only for a date on which the numbers differ.
"""

import os
import re
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import orjson

from beacon_audit.trail.verify.evidence import list_directory
from beacon_audit.trail.verify.payload_check import PayloadTally
from beacon_audit.trail.verify.problem import Problem
from beacon_audit.trail.verify.verdict import PayloadCount

type Entries = Callable[[int], Iterable[tuple[int, bytes]]]

_MAKING = ".new"
_MADE = re.compile(r"[0-9]+")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_PAUSE_S = 0.1


class PayloadLedger:
    """For the payload files in ``directory``."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._tallies: dict[str, PayloadTally] = {}
        #: The index of each prune entry and its ``before``.
        self._prunes: list[tuple[int, str]] = []
        self._pruned = 0

    def count(self, tallies: dict[str, PayloadTally]) -> None:
        """What was counted in the next part of the log."""
        for date, tally in tallies.items():
            self._tallies.setdefault(date, PayloadTally()).join(tally)

    def prune(self, index: int, before: str) -> None:
        """The entry ``index`` says that what is dated before ``before`` was deleted."""
        self._prunes.append((index, before))

    @property
    def total(self) -> PayloadCount:
        return PayloadCount(sum(tally.present for tally in self._tallies.values()), self._pruned)

    def missing(self, blind_to: int = -1) -> Iterator[Problem]:
        """A problem for each date of which a file is missing that no prune entry accounts for. ``blind_to`` is the
        index of the last entry that cannot be read: it may be a prune that accounts for what earlier entries name."""
        self._pruned = 0
        for date, tally in sorted(self._tallies.items()):
            covered = self._covered(date)
            lost = [named for named in (tally.first_missing, tally.last_missing) if named and named[0] > covered]
            sure = [named for named in lost if named[0] > blind_to]
            if lost:
                message = f"missing, with {tally.missing - 1} others of this day; no prune entry accounts for it"
                index, name = (sure or lost)[0]
                if not sure:
                    message += ", as far as they can be read"
                code = "payload-missing" if sure else "payload-unaccounted"
                yield Problem(code, message, index, f"payloads/{date}/{name}")
            else:
                self._pruned += tally.missing

    def unfinished(self, patience_s: float) -> Iterator[Problem]:
        """A problem for each date whose files a prune entry calls deleted, and one is still there after a while."""
        deadline = time.monotonic() + patience_s
        for date, tally in sorted(self._tallies.items()):
            covered = self._covered(date)
            if not tally.first_present or tally.first_present[0] > covered:
                continue
            index, name = tally.first_present
            path = self._directory / date / name
            while os.path.lexists(path) and time.monotonic() < deadline:
                time.sleep(_PAUSE_S)
            if os.path.lexists(path):
                message = f"entry {covered} says this was deleted; run the same `beacon-audit prune` again"
                yield Problem("prune-unfinished", message, index, f"payloads/{date}/{name}")

    def surplus(self, entries: Entries, later: Entries, size: int) -> Iterator[Problem]:
        """A problem for each file that no entry names. ``entries`` gives those of the log from an index on, ``later``
        those that follow it by now, from ``size`` on."""
        for name, listed in self._list():
            if listed is None:
                yield _surplus(f"payloads/{name}")
                continue
            tally = self._tallies.get(name, PayloadTally())
            if listed > tally.present:
                yield from self._unnamed(name, tally, entries, later, size)

    def _covered(self, date: str) -> int:
        """The index of the last prune entry that speaks of ``date``."""
        return max((index for index, before in self._prunes if before > date), default=-1)

    def _list(self) -> Iterator[tuple[str, int | None]]:
        """Names in the directory; how many files there are in those that are dates, `None` for what is no such and
        not the writer's, who makes files in one directory and gives them numbers."""
        try:
            found = list_directory(self._directory)
        except FileNotFoundError:
            return
        for entry in found:
            if _DATE.fullmatch(entry.name) and entry.is_dir(follow_symlinks=False):
                try:
                    with os.scandir(entry.path) as files:
                        yield entry.name, sum(1 for _ in files)
                except FileNotFoundError:
                    continue  # being pruned
            elif entry.name == _MAKING and entry.is_dir(follow_symlinks=False):
                with suppress(FileNotFoundError), os.scandir(entry.path) as files:
                    yield from ((f"{_MAKING}/{file.name}", None) for file in files if not _MADE.fullmatch(file.name))
            else:
                yield entry.name, None

    def _unnamed(
        self, date: str, tally: PayloadTally, entries: Entries, later: Entries, size: int
    ) -> Iterator[Problem]:
        try:
            names = set(os.listdir(self._directory / date))  # noqa: PTH208 - names, not paths
        except FileNotFoundError:
            return
        if tally.first_present and tally.last_present:
            _strike_out(names, date, entries(tally.first_present[0]), tally.last_present[0])
        if names:
            _strike_out(names, date, later(size), None)
        for name in sorted(names):
            yield _surplus(f"payloads/{date}/{name}")


def _strike_out(names: set[str], date: str, entries: Iterable[tuple[int, bytes]], last: int | None) -> None:
    """Take the names out of ``names`` that ``entries`` up to the index ``last`` give."""
    mark = f'"file":"{date}/'.encode()
    for index, entry in entries:
        if last is not None and index > last:
            return
        if mark in entry:
            names.discard(_name_in(entry))


def _name_in(entry: bytes) -> str:
    try:
        return str(orjson.loads(entry)["payload"]["file"]).partition("/")[2]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return ""


def _surplus(file: str) -> Problem:
    return Problem("surplus-payload", "no entry of the log names this", None, file.encode(errors="replace").decode())
