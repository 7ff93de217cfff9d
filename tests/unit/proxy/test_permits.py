"""A permit opens one connection, for one client, to one place."""

import pytest

from beacon_audit.exchange.states import Event, Exchange
from beacon_audit.proxy.permits import Permits
from beacon_audit.trail import Receipt

RECEIPT = Receipt(1, 1)


def recorded(name: str) -> Exchange:
    exchange = Exchange(name, 0.0)
    exchange.advance(Event.DECIDED)
    exchange.advance(Event.INTENT_DURABLE)
    return exchange


@pytest.fixture
def permits() -> Permits:
    permits = Permits()
    permits.issue(recorded("one"), RECEIPT, "client", "beacon.langchain.com", 443)
    return permits


def test_a_permit_is_used_once(permits: Permits) -> None:
    assert permits.use("client", "beacon.langchain.com", 443) is not None
    assert permits.use("client", "beacon.langchain.com", 443) is None


@pytest.mark.parametrize(
    ("client", "host", "port"),
    [
        ("other", "beacon.langchain.com", 443),
        ("client", "example.net", 443),
        ("client", "beacon.langchain.com", 80),
    ],
)
def test_a_permit_is_for_its_client_and_place_only(permits: Permits, client: str, host: str, port: int) -> None:
    assert permits.use(client, host, port) is None


def test_a_permit_ends_with_its_exchange(permits: Permits) -> None:
    permits.withdraw("one")
    assert permits.use("client", "beacon.langchain.com", 443) is None
