"""The answer of `verify`, as values. Pure."""

import base64
from dataclasses import dataclass
from typing import Literal

from beacon_audit.trail.verify.problem import Problem

type Answer = Literal["ok", "tampered", "incomplete", "unanchored"]


@dataclass(frozen=True, slots=True)
class PayloadCount:
    """Payload files that entries name: ``present`` match their commitments unless a problem says otherwise;
    ``pruned`` are gone, and a ``prune`` entry accounts for them."""

    present: int
    pruned: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """``size`` and ``root`` are those of the newest checkpoint (``None`` without one), up to which everything was
    checked. ``anchored_size`` is the size of the largest anchor that the log agrees with (``None`` without one).
    ``problems`` are the first of ``problems_total``. ``writer_at_work``: somebody holds the writer's lock and has had
    something signed of late. ``in_flight`` counts the open intents of a log that is being written. ``payloads`` is
    ``None`` when they were not looked at."""

    verdict: Answer
    origin: str
    size: int | None
    root: bytes | None
    problems: tuple[Problem, ...]
    problems_total: int
    anchored_size: int | None
    anchors: int
    checkpoints: int
    keys: tuple[str, ...]
    writer_at_work: bool
    in_flight: int
    payloads: PayloadCount | None

    def to_json(self) -> dict[str, object]:
        """The object that ``verify --json`` prints."""
        return {
            "verdict": self.verdict,
            "origin": self.origin,
            "size": self.size,
            "root": base64.b64encode(self.root).decode("ascii") if self.root is not None else None,
            "problems": [problem.to_json() for problem in self.problems],
            "problems_total": self.problems_total,
            "anchored_size": self.anchored_size,
            "anchors": self.anchors,
            "checkpoints": self.checkpoints,
            "keys": list(self.keys),
            "writer_at_work": self.writer_at_work,
            "in_flight": self.in_flight,
            "payloads": {"present": self.payloads.present, "pruned": self.payloads.pruned} if self.payloads else None,
        }
