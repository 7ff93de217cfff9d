"""What was seen of one scenario from three sides, and how that differs from what must happen. Pure.

The client saw a status, Beacon saw requests (or none), the trail holds a record. All three must agree with the
expectation: an allowed request arrives exactly once and byte for byte, a refused one does not even open a connection.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from beacon_audit.demo.client import Answer
from beacon_audit.demo.received import ReceivedRequest
from beacon_audit.demo.traffic import Scenario

type Entry = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Observation:
    """``entries`` are the trail entries that this scenario led to, ``arrived`` the requests at Beacon, and
    ``connections`` how many TCP connections Beacon accepted for it."""

    scenario: Scenario
    answer: Answer
    connections: int
    arrived: tuple[ReceivedRequest, ...]
    entries: tuple[Entry, ...]

    @property
    def record(self) -> Entry:
        """The entry with the decision; empty when nothing was recorded."""
        return next(iter(_decisions(self.entries)), {})

    @property
    def record_id(self) -> str | None:
        """The id that ``show`` takes."""
        return str(self.record["id"]) if "id" in self.record else None

    @property
    def action(self) -> str:
        """The recorded action, ``unrecorded`` without a record."""
        return str(self.record.get("action", "unrecorded"))

    @property
    def reason(self) -> str:
        """The recorded code and reason in one sentence."""
        if not self.record:
            return "there is no record of it"
        return f"{self.record.get('reason_code')}: {self.record.get('reason')}"

    @property
    def differences(self) -> tuple[str, ...]:
        """Everything that is not as it must be; empty when all is well."""
        return (*self._client_differences(), *self._record_differences(), *self._beacon_differences())

    def _client_differences(self) -> Iterator[str]:
        expected = self.scenario.expected.status
        if self.answer.status != expected:
            yield f"the client expected status {expected}, got {self.answer.status or self.answer.error}"

    def _record_differences(self) -> Iterator[str]:
        expected = self.scenario.expected
        if (count := len(_decisions(self.entries))) != 1:
            yield f"expected one recorded decision, found {count}"
            return
        if self.action != expected.action:
            yield f"expected it {expected.action}, it was {self.action}"
        if self.record.get("reason_code") != expected.code:
            yield f"expected {expected.code}, found {self.record.get('reason_code')}"
        if expected.action == "allowed" and [entry["state"] for entry in _outcomes(self.entries)] != ["sent"]:
            yield "expected one recorded outcome with state sent"

    def _beacon_differences(self) -> Iterator[str]:
        count = len(self.arrived)
        if self.scenario.expected.action == "refused":
            if count:
                yield f"expected that nothing arrives at Beacon, {count} requests did"
            if self.connections:
                yield f"expected that no connection to Beacon is opened, it accepted {self.connections}"
            return
        if count != 1:
            yield f"expected one request at Beacon, {count} arrived"
            return
        sent, came = self.scenario.message, self.arrived[0]
        if (came.method, came.target, came.body) != (sent.method, sent.path, sent.body):
            yield "what arrived at Beacon is not what was sent"


def is_complete(entries: Sequence[Entry]) -> bool:
    """Whether the trail tells the whole story: a refusal, or an intent with its outcome."""
    return any(entry.get("type") in ("refusal", "outcome") for entry in entries)


def _decisions(entries: Sequence[Entry]) -> list[Entry]:
    return [entry for entry in entries if entry.get("type") in ("intent", "refusal")]


def _outcomes(entries: Sequence[Entry]) -> list[Entry]:
    return [entry for entry in entries if entry.get("type") == "outcome"]
