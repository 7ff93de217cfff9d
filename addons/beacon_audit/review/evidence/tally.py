"""Counts over the entries that were selected, for ``coverage.json``. Pure."""

from collections import Counter
from typing import Literal

from beacon_audit.review.evidence.log_files import Entry

type PayloadState = Literal["missing", "none", "present", "pruned"]

EXCHANGE = frozenset({"intent", "outcome", "refusal"})
#: Stands for a field that says nothing.
NONE = "none"


class Tally:
    """``payloads`` counts what became of the bodies of exchanges."""

    def __init__(self) -> None:
        self.types: Counter[str] = Counter()
        self.endpoints: Counter[str] = Counter()
        self.actions: Counter[str] = Counter()
        self.payloads: dict[PayloadState, int] = {"missing": 0, "none": 0, "present": 0, "pruned": 0}
        self.unknown: list[dict[str, object]] = []

    def take(self, entry: Entry, payload: PayloadState) -> None:
        """An entry that was selected; ``payload`` is ``none`` for those that never have one."""
        self.types[entry.kind] += 1
        if entry.kind in ("intent", "refusal"):
            self.endpoints[_label(entry, "endpoint")] += 1
            self.actions[_label(entry, "action")] += 1
        if entry.kind in EXCHANGE:
            self.payloads[payload] += 1
        if entry.kind == "outcome" and entry.fields.get("state") == "unknown":
            self.unknown.append({"id": entry.id, "index": entry.index})


def _label(entry: Entry, name: str) -> str:
    value = entry.fields.get(name)
    return value if isinstance(value, str) else NONE
