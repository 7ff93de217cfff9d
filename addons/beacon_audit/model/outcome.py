"""What became of a request that had a durable intent."""

from dataclasses import dataclass
from typing import Literal

from beacon_audit.model.finding import Finding

type SendState = Literal["sent", "not_sent", "unknown"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """``sent``: a whole response came back. ``not_sent``: no connection was ever opened for it. ``unknown``: some or
    all of the request may have arrived (the connection broke, or the proxy died). ``response_bytes`` counts the body
    as received; ``duration_ms`` runs from the intent to the response."""

    state: SendState
    reason: str
    status: int | None = None
    response_bytes: int | None = None
    duration_ms: int | None = None
    findings: tuple[Finding, ...] = ()
