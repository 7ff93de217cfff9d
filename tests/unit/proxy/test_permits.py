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


def test_a_permit_covers_its_exchange_until_that_ends(permits: Permits) -> None:
    assert permits.covers("one", "beacon.langchain.com", 443)
    assert permits.use("client") is not None
    assert permits.covers("one", "beacon.langchain.com", 443)
    permits.withdraw("one")
    assert not permits.covers("one", "beacon.langchain.com", 443)


@pytest.mark.parametrize(
    ("exchange", "host", "port"),
    [("two", "beacon.langchain.com", 443), ("one", "example.net", 443), ("one", "beacon.langchain.com", 80)],
)
def test_a_permit_covers_no_other_exchange_and_place(permits: Permits, exchange: str, host: str, port: int) -> None:
    assert not permits.covers(exchange, host, port)


def test_the_oldest_permit_of_a_client_is_used_first(permits: Permits) -> None:
    permits.issue(recorded("two"), RECEIPT, "client", "beacon.langchain.com", 443)
    used = [permits.use("client", "beacon.langchain.com", 443) for _ in range(2)]
    assert [permit and permit.exchange for permit in used] == ["one", "two"]
