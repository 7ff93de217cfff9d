"""Which exchanges a reviewer asked for. Pure.

``since`` and ``until`` compare with the time of the entry that began an exchange; ``until`` is exclusive. Every other
field is a set of alternatives, empty for "any"; the fields must all match. A finding is selected by its code, or by
its basis alone (``wire``), in the request or in the response.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from beacon_audit.review.exchanges import Exchange


@dataclass(frozen=True, slots=True)
class Selection:
    """What to list; the default is everything."""

    since: datetime | None = None
    until: datetime | None = None
    endpoints: frozenset[str] = frozenset()
    actions: frozenset[str] = frozenset()
    findings: frozenset[str] = frozenset()

    def matches(self, exchange: Exchange) -> bool:
        """Whether ``exchange`` is asked for."""
        return (
            self._matches_time(exchange)
            and (not self.endpoints or exchange.text("endpoint") in self.endpoints)
            and (not self.actions or exchange.text("action") in self.actions)
            and (not self.findings or self._matches_findings(exchange))
        )

    def _matches_time(self, exchange: Exchange) -> bool:
        if self.since is None and self.until is None:
            return True
        moment = datetime.fromisoformat(str(exchange.begin["time"]))
        return (self.since is None or moment >= self.since) and (self.until is None or moment < self.until)

    def _matches_findings(self, exchange: Exchange) -> bool:
        codes = exchange.finding_codes
        return not self.findings.isdisjoint(codes | {code.partition(".")[0] for code in codes})


def read_moment(text: str, *, ends_range: bool = False) -> datetime:
    """An ISO 8601 date or time, UTC unless it says otherwise. A date that ends a range includes its day.

    Raises:
        ValueError: it is neither.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    is_date = len(text) <= len("2026-01-31")
    return moment + timedelta(days=1) if ends_range and is_date else moment
