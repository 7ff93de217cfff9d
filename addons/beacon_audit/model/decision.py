"""What is done with a request, and why, in a sentence that an operator understands."""

from dataclasses import dataclass
from typing import Literal

from beacon_audit.model.finding import Finding

type Action = Literal["allowed", "refused", "observed"]
type Disposition = Literal["note", "alert", "block"]


@dataclass(frozen=True, slots=True)
class Decision:
    """``allowed`` and ``observed`` may be forwarded once their intent is durable; ``refused`` never is.

    ``code`` is what led to the action: a finding code, ``policy.…`` for a rule of the policy, or ``documented``.
    ``reason`` is one sentence without any value from the payload. ``dispositions`` pairs every finding with what the
    policy makes of it, in the order of the findings. ``alert`` is true when a person should look at it.
    """

    action: Action
    code: str
    reason: str
    dispositions: tuple[tuple[Finding, Disposition], ...] = ()

    @property
    def findings(self) -> tuple[Finding, ...]:
        return tuple(finding for finding, _ in self.dispositions)

    @property
    def alert(self) -> bool:
        return any(disposition != "note" for _, disposition in self.dispositions)
