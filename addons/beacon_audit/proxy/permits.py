"""Permits: the proof that a durable intent exists.

A permit is issued for one exchange that stands at RECORDED, names the client connection it came on and the destination
it may go to, opens at most one connection, and ends with its exchange. The gate asks for it before it opens a
connection (``proxy.gate``), the stream guard before a request is given one, new or kept (``proxy.stream_guard``), the
watch before anything is written to one (``proxy.watch``).
"""

from collections import deque
from dataclasses import dataclass

from beacon_audit.exchange.states import Exchange, State
from beacon_audit.trail import Receipt

_MOST_GIVEN_UP = 1000


@dataclass(frozen=True, slots=True)
class Permit:
    """``receipt`` is where the intent stands in the trail; ``client`` identifies a client connection."""

    exchange: str
    receipt: Receipt
    client: str
    host: str
    port: int


class PermitRefused(Exception):
    """A permit was asked for without a durable intent: a mistake in our own code."""


class Permits:
    """The permits that are open now."""

    def __init__(self) -> None:
        self._open: dict[str, Permit] = {}
        #: Those of them that have opened no connection yet, in the order of issue.
        self._unused: dict[str, Permit] = {}
        #: Where permits led that ended before they were used: their clients left.
        self._given_up: deque[tuple[str, str, int]] = deque(maxlen=_MOST_GIVEN_UP)

    def issue(self, exchange: Exchange, receipt: Receipt, client: str, host: str, port: int) -> Permit:
        """Issue the permit of an exchange whose intent is durable.

        Raises:
            PermitRefused: the exchange has no durable intent.
        """
        if exchange.state is not State.RECORDED:
            raise PermitRefused(f"exchange {exchange.id} is {exchange.state.value}, not recorded")
        permit = Permit(exchange.id, receipt, client, host, port)
        self._open[exchange.id] = self._unused[exchange.id] = permit
        return permit

    def covers(self, exchange: str, host: str, port: int) -> bool:
        """Whether the request of this exchange may go to ``host:port`` now."""
        permit = self._open.get(exchange)
        return permit is not None and (permit.host, permit.port) == (host, port)

    def of(self, exchange: str) -> Permit | None:
        """The permit of this exchange, if it has been issued and has not ended."""
        return self._open.get(exchange)

    def any_in_force(self, client: str, host: str, port: int) -> bool:
        """Whether any request of a client connection may go to ``host:port`` now."""
        return any((permit.client, permit.host, permit.port) == (client, host, port) for permit in self._open.values())

    def withdraw(self, exchange: str) -> None:
        """End the permit of an exchange; it may have been used up already."""
        self._open.pop(exchange, None)
        unused = self._unused.pop(exchange, None)
        if unused is not None:
            self._given_up.append((unused.client, unused.host, unused.port))

    def was_given_up(self, client: str, host: str, port: int) -> bool:
        """Whether a client connection lately had a permit for ``host:port`` that ended unused: mitmproxy may still
        want to dial for it, and that is nobody's mistake."""
        return (client, host, port) in self._given_up

    def use(self, client: str, host: str | None = None, port: int | None = None) -> Permit | None:
        """Open a connection on the oldest permit of a client connection for a destination (any, for a parent proxy),
        if there is one. A permit does that once: one exchange needs one connection at the most."""
        for permit in self._unused.values():
            if permit.client == client and (host is None or (permit.host, permit.port) == (host, port)):
                del self._unused[permit.exchange]
                return permit
        return None
