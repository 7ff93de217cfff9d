"""Everything the trail holds about one exchange: its entries as they are, and its payloads.

``read_dossier`` raises ``UsageError`` when no entry has the id, and what ``trail.reader`` raises.
"""

from dataclasses import dataclass

from beacon_audit.errors import UsageError
from beacon_audit.home import Home
from beacon_audit.review.exchanges import Entry, Exchange
from beacon_audit.review.payloads import RecordedPayload, read_recorded_payload
from beacon_audit.trail.reader import read_trail


@dataclass(frozen=True, slots=True)
class Dossier:
    """One exchange with its evidence; ``entries`` are in the order of the trail."""

    exchange: Exchange
    entries: tuple[Entry, ...]
    request_payload: RecordedPayload
    response_payload: RecordedPayload

    @property
    def altered(self) -> bool:
        """Whether a payload is not what the trail committed to."""
        return "altered" in (self.request_payload.state, self.response_payload.state)

    def to_json(self) -> dict[str, object]:
        """The object of ``show --json``."""
        return {
            "exchange": self.exchange.to_json(),
            "entries": [dict(entry) for entry in self.entries],
            "payloads": {"request": self.request_payload.to_json(), "response": self.response_payload.to_json()},
        }


def read_dossier(home: Home, identity: str) -> Dossier:
    """The exchange with the id ``identity`` (26 characters, lower case) in ``home``."""
    entries = tuple(entry for entry in read_trail(home.trail) if entry["id"] == identity)
    begin = next((entry for entry in entries if entry["type"] in ("intent", "refusal")), None)
    if begin is None:
        raise UsageError(f"no exchange with this id in {home.trail}; ids are listed by: beacon-audit log")
    outcome = next((entry for entry in entries if entry["type"] == "outcome"), None)
    index = begin["index"]
    return Dossier(
        exchange=Exchange(index if isinstance(index, int) else 0, begin, outcome),
        entries=entries,
        request_payload=read_recorded_payload(home, begin.get("payload")),
        response_payload=read_recorded_payload(home, outcome.get("payload") if outcome else None),
    )
