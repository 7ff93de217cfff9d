"""An open connection carries bytes of an exchange under way, and what TLS writes by itself."""

from types import SimpleNamespace
from typing import Any

import pytest

from beacon_audit.exchange.states import Event, Exchange
from beacon_audit.proxy.permits import Permit, Permits
from beacon_audit.proxy.watch import MOST_UPKEEP, Watch, Watches
from beacon_audit.trail import Receipt

HOST, PORT, CLIENT = "beacon.langchain.com", 443, "client"
#: As OpenSSL writes them: the end of a session, and the answer to a key update.
CLOSE_1_3 = bytes((23, 3, 3, 0, 19)) + bytes(19)
KEY_UPDATE = bytes((23, 3, 3, 0, 22)) + bytes(22)
CLOSE_1_2 = bytes((21, 3, 3, 0, 26)) + bytes(26)
ANYTHING = b"POST / HTTP/1.1\r\n"


def issue(permits: Permits, name: str, *, client: str = CLIENT, port: int = PORT) -> Permit:
    exchange = Exchange(name, 0.0)
    exchange.advance(Event.DECIDED)
    exchange.advance(Event.INTENT_DURABLE)
    return permits.issue(exchange, Receipt(0, 0), client, HOST, port)


@pytest.fixture
def permits() -> Permits:
    return Permits()


@pytest.fixture
def watch(permits: Permits) -> Watch:
    return Watch(permits, issue(permits, "first"), nested=False)


def test_handshake_passes_while_a_request_of_this_client_waits_for_the_connection(
    permits: Permits, watch: Watch
) -> None:
    assert watch.passes(ANYTHING)
    permits.withdraw("first")
    assert not watch.passes(ANYTHING)
    issue(permits, "of another client", client="other")
    issue(permits, "to another port", port=8443)
    assert not watch.passes(ANYTHING)
    issue(permits, "second")
    assert watch.passes(ANYTHING)


def test_once_given_away_only_the_permit_of_that_request_counts(permits: Permits, watch: Watch) -> None:
    watch.carry("first")
    assert watch.passes(ANYTHING)
    permits.withdraw("first")
    issue(permits, "second")
    assert not watch.passes(ANYTHING)
    watch.carry("second")
    assert watch.passes(ANYTHING)


@pytest.mark.parametrize("upkeep", [CLOSE_1_3, KEY_UPDATE, CLOSE_1_2, KEY_UPDATE + CLOSE_1_3])
def test_upkeep_of_tls_passes_between_exchanges(permits: Permits, watch: Watch, upkeep: bytes) -> None:
    watch.carry("first")
    permits.withdraw("first")
    assert watch.passes(upkeep)


def test_upkeep_is_no_way_to_send_something_in_pieces(permits: Permits, watch: Watch) -> None:
    watch.carry("first")
    permits.withdraw("first")
    assert [watch.passes(KEY_UPDATE) for _ in range(MOST_UPKEEP + 1)] == [True] * MOST_UPKEEP + [False]
    issue(permits, "second")
    watch.carry("second")
    permits.withdraw("second")
    assert watch.passes(CLOSE_1_3)


@pytest.mark.parametrize(
    "data",
    [
        bytes((23, 3, 3, 0, 28)) + bytes(28),
        bytes((21, 3, 3, 0, 92)) + bytes(92),
        bytes((22, 3, 3, 0, 4)) + bytes(4),
        bytes((23, 3, 3, 0, 19)) + bytes(18),
        bytes((23, 3, 1, 0, 19)) + bytes(19),
        CLOSE_1_3 + b"x",
        b"GET /",
        b"\x17",
    ],
    ids=["long data", "long alert", "handshake", "cut", "other version", "more behind", "clear text", "a byte"],
)
def test_anything_else_between_exchanges_does_not_pass(permits: Permits, watch: Watch, data: bytes) -> None:
    watch.carry("first")
    permits.withdraw("first")
    assert not watch.passes(data)


def test_second_layer_of_tls_has_room_for_its_own_records(permits: Permits) -> None:
    watch = Watch(permits, issue(permits, "first"), nested=True)
    watch.carry("first")
    permits.withdraw("first")
    assert watch.passes(bytes((23, 3, 3, 0, 41)) + bytes(41))  # the end of the inner session, in a record of the outer


class Recording:
    """A transport that keeps what it was told."""

    def __init__(self) -> None:
        self.told: list[Any] = []
        self.write, self.abort = self.told.append, lambda: self.told.append("aborted")

    def get_extra_info(self, name: str) -> Any:
        return SimpleNamespace(sockname=("127.0.0.1", 1)).__dict__.get(name)


def test_stopped_bytes_tear_the_connection_down_and_are_reported_once(permits: Permits) -> None:
    breaches: list[str] = []
    watches = Watches(permits, breaches.append)
    inner = Recording()
    transport = watches.transport(inner, issue(permits, "first"), nested=False)
    assert watches.carry(("127.0.0.1", 1), "first")
    transport.writelines([b"one ", b"request"])
    permits.withdraw("first")
    transport.write(b"")
    transport.write(ANYTHING)
    transport.write(ANYTHING)
    transport.writelines([CLOSE_1_3])
    assert inner.told == [b"one request", "aborted"]
    assert breaches == [HOST]


def test_connection_that_nobody_watches_carries_nothing(permits: Permits) -> None:
    watches = Watches(permits, lambda _: None)
    assert not watches.carry(("127.0.0.1", 1), "first")
    transport = watches.transport(Recording(), issue(permits, "first"), nested=False)
    assert watches.carry(("127.0.0.1", 1), "first")
    del transport  # closed, and its port may be used again
    assert not watches.carry(("127.0.0.1", 1), "first")


def test_behind_a_parent_proxy_a_permit_of_the_same_client_is_what_counts(permits: Permits) -> None:
    watches = Watches(permits, lambda _: None)
    inner = Recording()
    transport = watches.transport(inner, issue(permits, "first"), nested=False)
    issue(permits, "of another client", client="other")
    assert watches.carry(None, "first")
    assert not watches.carry(None, "of another client")
    assert not watches.carry(None, "never issued")
    transport.write(ANYTHING)
    permits.withdraw("first")
    transport.write(ANYTHING)
    assert inner.told == [ANYTHING, "aborted"]


@pytest.mark.parametrize(
    "data", [bytes((22, 3, 1, 0, 5)) + bytes(5), bytes((20, 3, 3, 0, 1, 1)), b"CONNECT b:443 HTTP"]
)
def test_handshake_of_a_request_that_has_ended_is_given_up_and_is_no_breach(permits: Permits, data: bytes) -> None:
    breaches: list[str] = []
    watches = Watches(permits, breaches.append)
    inner = Recording()
    transport = watches.transport(inner, issue(permits, "first"), nested=False)
    permits.withdraw("first")
    transport.write(data)
    assert inner.told == ["aborted"]
    assert breaches == []


def test_handshake_on_a_connection_that_was_in_use_is_a_breach(permits: Permits) -> None:
    breaches: list[str] = []
    watches = Watches(permits, breaches.append)
    transport = watches.transport(Recording(), issue(permits, "first"), nested=False)
    watches.carry(("127.0.0.1", 1), "first")
    permits.withdraw("first")
    transport.write(bytes((22, 3, 1, 0, 5)) + bytes(5))
    assert breaches == [HOST]
