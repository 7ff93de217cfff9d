"""An exchange takes the steps of its table and no others."""

import pytest

from beacon_audit.exchange.states import TRANSITIONS, Event, Exchange, IllegalTransition, State


def after(*events: Event) -> Exchange:
    exchange = Exchange("one", 0.0)
    for event in events:
        exchange.advance(event)
    return exchange


def test_allowed_request_is_recorded_before_it_is_released() -> None:
    steps = (Event.DECIDED, Event.INTENT_DURABLE, Event.RELEASED, Event.OUTCOME_DURABLE)
    passed = [after(*steps[:count]).state for count in range(1, 5)]
    assert passed == [State.DECIDED, State.RECORDED, State.FORWARDED, State.CLOSED]


@pytest.mark.parametrize("events", [(), (Event.DECIDED,), (Event.DECIDED, Event.INTENT_DURABLE)])
def test_request_can_be_refused_until_it_is_released(events: tuple[Event, ...]) -> None:
    exchange = after(*events)
    exchange.advance(Event.REFUSED)
    assert exchange.state is State.REFUSED


@pytest.mark.parametrize("events", [(), (Event.DECIDED,), (Event.REFUSED,)])
def test_request_without_a_durable_intent_cannot_be_released(events: tuple[Event, ...]) -> None:
    exchange = after(*events)
    before = exchange.state
    with pytest.raises(IllegalTransition, match=rf"exchange one: 'released' is not possible when {before.value}"):
        exchange.advance(Event.RELEASED)
    assert exchange.state is before


def test_every_state_but_the_last_two_leads_somewhere() -> None:
    assert {state for state, _ in TRANSITIONS} == set(State) - {State.CLOSED, State.REFUSED}
