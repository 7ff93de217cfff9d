"""No path through the table of states leads to FORWARDED but the one through a durable intent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beacon_audit.exchange.states import TRANSITIONS, Event, Exchange, IllegalTransition, State
from beacon_audit.proxy.permits import PermitRefused, Permits
from beacon_audit.trail import Receipt


@given(st.lists(st.sampled_from(Event), max_size=12))
def test_forwarded_comes_only_after_a_durable_intent(events: list[Event]) -> None:
    exchange = Exchange("id", 0.0)
    taken: list[Event] = []
    permits = Permits()
    for event in events:
        before = exchange.state
        try:
            exchange.advance(event)
        except IllegalTransition:
            assert exchange.state is before
        else:
            taken.append(event)
        if exchange.state in (State.FORWARDED, State.CLOSED):
            assert taken[:3] == [Event.DECIDED, Event.INTENT_DURABLE, Event.RELEASED]
        if exchange.state is not State.RECORDED:
            with pytest.raises(PermitRefused):
                permits.issue(exchange, Receipt(0, 0), "client", "host", 443)


def test_a_refused_or_closed_exchange_stays_so() -> None:
    assert not [state for state, _ in TRANSITIONS if state in (State.REFUSED, State.CLOSED)]


def test_only_recorded_leads_to_forwarded() -> None:
    assert [state for (state, _), to in TRANSITIONS.items() if to is State.FORWARDED] == [State.RECORDED]
