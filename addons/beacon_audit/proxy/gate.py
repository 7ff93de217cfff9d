"""The egress gate: an event loop that is the only way out of the process.

mitmproxy dials through ``asyncio.open_connection``, so what this loop does not open is not opened. It opens a
connection only to a destination for which a permit exists (``proxy.permits``), after the address that it resolved to
was checked, has everything watched that is written to it (``proxy.watch``), and answers no other name look-up.
Everything else that could reach out (datagrams, UNIX sockets, subprocesses, sockets handed in) is refused. In offline
mode there are no permits, and no gate to ask for one.

It knows nothing of hooks: a mistake in an addon, in mitmproxy or in the chain of addons opens nothing.

Source of the approach: ADR 0002. Raises ``EgressDenied``, an ``OSError``, which mitmproxy turns into a 502.
"""

import asyncio
import logging
import socket
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, NoReturn

from beacon_audit.errors import EgressDenied
from beacon_audit.policy import Upstream
from beacon_audit.proxy.addresses import is_public
from beacon_audit.proxy.permits import Permit, Permits
from beacon_audit.proxy.watch import Watches

logger = logging.getLogger(__name__)

#: The client connection on whose behalf the current task dials; set by the addon's ``server_connect`` hook.
dialling_for: ContextVar[str | None] = ContextVar("dialling_for", default=None)
#: The socket address that the gate itself decided on, while it dials it.
_cleared: ContextVar[tuple[str, int] | None] = ContextVar("cleared", default=None)


@dataclass(frozen=True, slots=True)
class Clearance:
    """What is to be dialled on a permit. ``named``: the operator named that place, so its address is not judged.
    ``nested``: there is a layer of TLS around the one to Beacon."""

    permit: Permit
    host: str
    port: int
    named: bool
    nested: bool = False


class Gate:
    """What may be dialled now. ``upstream`` is the section of the policy."""

    def __init__(self, permits: Permits, watches: Watches, upstream: Upstream) -> None:
        self.watches = watches
        self._permits = permits
        self._upstream = upstream
        #: How many attempts were denied since the start.
        self.denials = 0

    def clear(self, host: object, port: object) -> Clearance:
        """Use a permit for ``host:port``.

        Raises:
            EgressDenied: no permit covers it.
        """
        client = dialling_for.get()
        proxy = self._upstream.proxy
        if client is None or not isinstance(host, str) or not isinstance(port, int):
            self.deny("a connection that no client connection asked for")
        if proxy is not None:
            if (host, port) == proxy[1:] and (permit := self._permits.use(client)):
                return Clearance(permit, host, port, named=True, nested=proxy[0] == "https")
        elif permit := self._permits.use(client, host, port):
            address = self._upstream.address
            return Clearance(permit, *(address or (host, port)), named=address is not None)
        if self._permits.was_given_up(client, host, port):
            raise EgressDenied("denied: the request has ended meanwhile")
        return self.deny("a connection without a durable record of its request")

    def deny(self, what: str) -> NoReturn:
        """Refuse, count and log it."""
        self.denials += 1
        logger.error("egress gate: denied %s; nothing was opened. This is a defect: please report it", what)
        raise EgressDenied(f"denied: {what}")


class GatedEventLoop(asyncio.SelectorEventLoop):
    """An event loop that opens nothing until ``gate`` is set, and then only what the gate clears."""

    gate: Gate | None = None

    def _closed_gate(self, what: str) -> NoReturn:
        if self.gate is not None:
            self.gate.deny(what)
        raise EgressDenied(f"denied: {what}: this process has no way out (offline mode, or it is not ready yet)")

    async def create_connection(  # type: ignore[override]
        self,
        protocol_factory: Callable[[], asyncio.BaseProtocol],
        host: str | None = None,
        port: int | None = None,
        *,
        local_addr: tuple[str, int] | None = None,
        **options: Any,
    ) -> tuple[asyncio.Transport, asyncio.BaseProtocol]:
        """Dial a cleared destination, and only by an address that was checked.

        Raises:
            EgressDenied: there is no permit, or the name leads to an address that is not a public one.
            OSError: every address failed.
        """
        if self.gate is None or options.get("sock") is not None:
            self._closed_gate("a connection")
        gate, cleared = self.gate, self.gate.clear(host, port)
        failure: OSError = OSError(f"no address for {cleared.host}")
        for address in await self._addresses(cleared):
            token = _cleared.set((address, cleared.port))
            try:
                transport, protocol = await super().create_connection(
                    protocol_factory, address, cleared.port, local_addr=local_addr, **options
                )
            except OSError as error:
                failure = error
            else:
                watched: Any = gate.watches.transport(transport, cleared.permit, nested=cleared.nested)
                return watched, protocol
            finally:
                _cleared.reset(token)
        raise failure

    async def _addresses(self, cleared: Clearance) -> list[str]:
        """The addresses to dial; only public ones unless the operator named the place himself."""
        host = cleared.host
        found = await super().getaddrinfo(host, cleared.port, type=socket.SOCK_STREAM)
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        if cleared.named:
            return addresses
        public = [address for address in addresses if is_public(address)]
        if addresses and not public:
            # A name that leads inwards is DNS rebinding, or a set-up that must be said in the policy.
            logger.error(
                "egress gate: %s resolves to a private, loopback or link-local address; "
                "if that is intended, name it in the policy as upstream.address",
                host,
            )
            raise EgressDenied(f"denied: {host} does not resolve to a public address")
        return public

    async def sock_connect(self, sock: socket.socket, address: Any) -> None:
        """Connect a socket to the address that the gate decided on, and to no other."""
        if _cleared.get() != tuple(address[:2]):
            self._closed_gate("a socket to an address that was not cleared")
        await super().sock_connect(sock, address)

    async def getaddrinfo(self, *_: Any, **__: Any) -> NoReturn:
        self._closed_gate("a name look-up")

    async def getnameinfo(self, *_: Any, **__: Any) -> NoReturn:
        self._closed_gate("a reverse name look-up")

    async def create_datagram_endpoint(self, *_: Any, **__: Any) -> NoReturn:
        self._closed_gate("a datagram socket")

    async def create_unix_connection(self, *_: Any, **__: Any) -> NoReturn:
        self._closed_gate("a UNIX socket")

    async def start_tls(self, *_: Any, **__: Any) -> NoReturn:
        self._closed_gate("TLS past the watch of a connection")

    async def sendfile(self, *_: Any, **__: Any) -> NoReturn:
        self._closed_gate("a file past the watch of a connection")

    async def sock_sendall(self, *_: Any, **__: Any) -> NoReturn:
        self._closed_gate("bytes past the watch of a connection")

    async def sock_sendfile(self, *_: Any, **__: Any) -> NoReturn:
        self._closed_gate("a file past the watch of a connection")

    async def sock_sendto(self, *_: Any, **__: Any) -> NoReturn:
        self._closed_gate("a datagram")

    async def subprocess_exec(self, *_: Any, **__: Any) -> NoReturn:
        self._closed_gate("a subprocess")

    async def subprocess_shell(self, *_: Any, **__: Any) -> NoReturn:
        self._closed_gate("a subprocess")
