"""The states of one exchange, as a table.

::

    RECEIVED ──decided──► DECIDED ──intent durable──► RECORDED ──released──► FORWARDED ──outcome durable──► CLOSED
        │                    │                            │
        └──────refused───────┴──────────refused───────────┴──► REFUSED

The one rule that everything else serves: FORWARDED is reachable only from RECORDED, and RECORDED only by a durable
intent. ``Exchange.advance`` is the only way to change a state; a step that the table does not have raises.
"""

from dataclasses import dataclass
from enum import Enum

from beacon_audit.model import Decision, Endpoint
from beacon_audit.policy import Policy


class State(Enum):
    """Where an exchange stands."""

    RECEIVED = "received"
    DECIDED = "decided"
    RECORDED = "recorded"
    FORWARDED = "forwarded"
    CLOSED = "closed"
    REFUSED = "refused"


class Event(Enum):
    """What may happen to an exchange."""

    DECIDED = "decided"
    INTENT_DURABLE = "intent durable"
    RELEASED = "released"
    OUTCOME_DURABLE = "outcome durable"
    REFUSED = "refused"


TRANSITIONS: dict[tuple[State, Event], State] = {
    (State.RECEIVED, Event.DECIDED): State.DECIDED,
    (State.RECEIVED, Event.REFUSED): State.REFUSED,
    (State.DECIDED, Event.INTENT_DURABLE): State.RECORDED,
    (State.DECIDED, Event.REFUSED): State.REFUSED,
    (State.RECORDED, Event.RELEASED): State.FORWARDED,
    (State.RECORDED, Event.REFUSED): State.REFUSED,
    (State.FORWARDED, Event.OUTCOME_DURABLE): State.CLOSED,
}


class IllegalTransition(Exception):
    """A step that the table does not have: a mistake in our own code, so the request stays in."""


@dataclass(slots=True)
class Exchange:
    """One exchange under way. ``started`` is the monotonic clock in seconds when its headers arrived;
    ``outcome_given`` is set when its outcome went to the trail, durable or not: there is one outcome per intent.
    ``policy`` is the one that it was judged by; it goes by that to its end, whatever comes into force meanwhile."""

    id: str
    started: float
    state: State = State.RECEIVED
    endpoint: Endpoint | None = None
    decision: Decision | None = None
    policy: Policy | None = None
    outcome_given: bool = False

    def advance(self, event: Event) -> None:
        """Take one step of the table.

        Raises:
            IllegalTransition: the table has no such step.
        """
        following = TRANSITIONS.get((self.state, event))
        if following is None:
            raise IllegalTransition(f"exchange {self.id}: {event.value!r} is not possible when {self.state.value}")
        self.state = following
