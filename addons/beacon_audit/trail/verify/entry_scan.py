"""The entries of a part of the log, one by one: form, position, time, payload file; and their kinds and ids for later.

What depends on other entries is only noted here: `ScannedEntries` is what the rules about order (``entry_order``) need,
and no more, since it travels between processes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from beacon_audit.trail.verify.entry_fields import (
    EXCHANGE,
    MALFORMED,
    SPECIAL,
    Malformed,
    kind_of,
    payload_of,
    read_entry,
    read_time,
)
from beacon_audit.trail.verify.payload_check import PayloadChecker, PayloadTally
from beacon_audit.trail.verify.problem import Problem

#: A heartbeat is due after 60 seconds; two entries of one run are at most so far apart.
GAP = timedelta(seconds=150)


@dataclass(slots=True)
class ScannedEntries:
    """``kinds`` has a byte for each entry; ``ids`` the ids of those that belong to exchanges, in order; ``special`` the
    bytes of those of which more matters, by index. ``gaps`` are the indices of entries that are far in time from the
    one before; for the first entry of the part, ``first_time`` tells. A time is ``None`` when it is not known."""

    kinds: bytearray = field(default_factory=bytearray)
    ids: list[str] = field(default_factory=list)
    special: dict[int, bytes] = field(default_factory=dict)
    gaps: list[int] = field(default_factory=list)
    first_time: datetime | None = None
    last_time: datetime | None = None
    payloads: dict[str, PayloadTally] = field(default_factory=dict)


class EntryScan:
    """Takes the bundles of a part in order. Without ``payloads`` (the directory) payload files are not looked at."""

    def __init__(self, payloads: Path | None) -> None:
        self._payloads = payloads
        self._checker = PayloadChecker()
        self.scanned = ScannedEntries()
        self.problems: list[Problem] = []

    def take(self, entries: Sequence[bytes] | None, first: int, width: int, file: str) -> None:
        """The entries of a bundle that begins with the entry ``first``; ``None`` when they cannot be read."""
        scanned = self.scanned
        if entries is None:
            scanned.kinds += bytes((MALFORMED,)) * width
            scanned.last_time = None
            return
        for position, entry in enumerate(entries):
            try:
                kind, said = self._entry(entry, first + position)
            except Malformed as fault:
                self._problem("malformed-entry", str(fault), entries, first, position, file)
                kind, said = MALFORMED, first + position
            if said != first + position:
                fault_text = f"expected the entry {first + position}, came one that says it is {said}"
                self._problem("index-mismatch", fault_text, entries, first, position, file)
            scanned.kinds.append(kind)

    def _entry(self, entry: bytes, index: int) -> tuple[int, object]:
        """The kind of the entry, and the index that it says."""
        scanned = self.scanned
        fields = read_entry(entry)
        kind = kind_of(fields)
        time = read_time(fields)
        payload = payload_of(fields)
        before, scanned.last_time = scanned.last_time, time
        if before is not None:
            if not -GAP <= time - before <= GAP:
                scanned.gaps.append(index)
        elif not scanned.kinds:
            scanned.first_time = time
        if kind in EXCHANGE:
            scanned.ids.append(str(fields["id"]))
        elif kind in SPECIAL:
            scanned.special[index] = entry
        if payload is not None and self._payloads is not None:
            self._payload(self._payloads, payload, index)
        return kind, fields["index"]

    def _payload(self, payloads: Path, payload: tuple[str, str, str], index: int) -> None:
        date, name, commitment = payload
        tally = self.scanned.payloads.setdefault(date, PayloadTally())
        found = self._checker.check(f"{payloads}/{date}/{name}", commitment)
        tally.count(name, index, present=found.present)
        if found.code is not None:
            self.problems.append(Problem(found.code, found.message, index, f"payloads/{date}/{name}"))

    def _problem(self, code: str, message: str, entries: Sequence[bytes], first: int, position: int, file: str) -> None:
        offset = sum(2 + len(entry) for entry in entries[:position])
        self.problems.append(Problem(code, message, first + position, file, offset))
