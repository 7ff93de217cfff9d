"""What `verify` can find: a code for each broken rule of docs/trail-format.md, and how bad that is. Pure.

``tampered``: this is not what was signed, or nothing signed confirms it any more. ``incomplete``: something is missing
or not known, and what is there is what was signed. Codes are stable; messages are for people.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Literal

type Severity = Literal["tampered", "incomplete"]

#: So many problems are kept and listed; all are counted.
LISTED = 100

TAMPERED = frozenset(
    {
        # checkpoints and anchors
        "no-checkpoint", "malformed-checkpoint", "bad-signature", "checkpoint-log-damaged", "checkpoint-log-mismatch",
        "root-mismatch", "rolled-back", "anchor-mismatch", "foreign-anchor", "key-change-invalid",
        # files
        "bundle-mismatch", "wrong-count", "surplus-bytes", "tile-mismatch", "truncated-tile", "surplus-file",
        "journal-corrupt", "payload-altered", "payload-missing",
        # entries
        "malformed-entry", "index-mismatch", "refusal-sent", "outcome-without-intent", "second-outcome", "id-reused",
        "late-outcome", "policy-digest-mismatch", "unconfirmed-entries",
    }
)  # fmt: skip

INCOMPLETE = frozenset(
    {
        "missing-tile", "missing-bundle", "checkpoint-behind", "unpublished-file", "unsigned-tail", "torn-tail",
        "heartbeat-gap", "recovered", "unknown-outcome", "unknown-entry-type", "prune-unfinished", "surplus-payload",
        "anchor-not-compared", "payload-unaccounted", "payload-unchecked",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Problem:
    """``entry`` is an index, ``file`` relative to the trail directory (or ``payloads/…``), ``offset`` a byte in it;
    ``None`` where there is no such thing."""

    code: str
    message: str
    entry: int | None = None
    file: str | None = None
    offset: int | None = None

    @property
    def severity(self) -> Severity:
        return "tampered" if self.code in TAMPERED else "incomplete"

    def to_json(self) -> dict[str, object]:
        return asdict(self)


class Problems:
    """Collects problems: keeps the worst and first, counts all, so that its size does not grow with the log's."""

    def __init__(self) -> None:
        self.tampered = 0
        self.incomplete = 0
        self._kept: list[Problem] = []

    @property
    def total(self) -> int:
        return self.tampered + self.incomplete

    def add(
        self, code: str, message: str, *, entry: int | None = None, file: str | None = None, offset: int | None = None
    ) -> None:
        self.extend([Problem(code, message, entry, file, offset)])

    def extend(self, problems: Iterable[Problem]) -> None:
        for problem in problems:
            if problem.code not in TAMPERED | INCOMPLETE:
                raise ValueError(f"no such problem: {problem.code}")
            if problem.severity == "tampered":
                self.tampered += 1
            else:
                self.incomplete += 1
            self._kept.append(problem)
            if len(self._kept) >= 4 * LISTED:
                self._kept = list(self.listed())

    def listed(self) -> tuple[Problem, ...]:
        """At most `LISTED` of them: tampering first, then by entry; what belongs to no entry comes last."""
        return tuple(sorted(self._kept, key=_order)[:LISTED])


def _order(problem: Problem) -> tuple[bool, bool, int]:
    return problem.severity != "tampered", problem.entry is None, problem.entry or 0
