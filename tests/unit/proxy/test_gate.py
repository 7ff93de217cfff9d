"""The event loop opens nothing by itself, by whatever way it is asked."""

import asyncio
import socket
from collections.abc import Awaitable, Callable

import pytest

from beacon_audit.errors import EgressDenied
from beacon_audit.exchange.states import Event, Exchange
from beacon_audit.policy import Upstream
from beacon_audit.proxy.gate import Gate, GatedEventLoop, dialling_for
from beacon_audit.proxy.permits import Permits
from beacon_audit.proxy.watch import Watches
from beacon_audit.trail import Receipt

WAYS: dict[str, Callable[[GatedEventLoop], Awaitable[object]]] = {
    "a connection": lambda loop: loop.create_connection(asyncio.Protocol, "127.0.0.1", 9),
    "a name": lambda loop: loop.getaddrinfo("beacon.langchain.com", 443),
    "a reverse name": lambda loop: loop.getnameinfo(("127.0.0.1", 9)),
    "a datagram socket": lambda loop: loop.create_datagram_endpoint(asyncio.DatagramProtocol, ("127.0.0.1", 0)),
    "a UNIX socket": lambda loop: loop.create_unix_connection(asyncio.Protocol, "/nowhere"),
    "a subprocess": lambda loop: loop.subprocess_exec(asyncio.SubprocessProtocol, "true"),
    "a shell": lambda loop: loop.subprocess_shell(asyncio.SubprocessProtocol, "true"),
    "TLS on top": lambda loop: loop.start_tls(None, None, None),
    "a file": lambda loop: loop.sendfile(None, None),
    "bytes": lambda loop: loop.sock_sendall(None, b""),
    "a datagram": lambda loop: loop.sock_sendto(None, b"", ("127.0.0.1", 9)),
    "a file on a socket": lambda loop: loop.sock_sendfile(None, None),
}


def gate_on(permits: Permits, upstream: Upstream) -> Gate:
    return Gate(permits, Watches(permits, lambda _: None), upstream)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("gate", [None, gate_on(Permits(), Upstream())], ids=["no gate", "gate without permits"])
def test_no_way_out_without_a_permit(way: str, gate: Gate | None) -> None:
    async def attempt() -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, GatedEventLoop)
        loop.gate = gate
        dialling_for.set("client")
        with pytest.raises(EgressDenied):
            await WAYS[way](loop)

    with asyncio.Runner(loop_factory=GatedEventLoop) as runner:
        runner.run(attempt())


def test_a_socket_that_is_handed_in_is_not_connected() -> None:
    async def attempt() -> None:
        loop = asyncio.get_running_loop()
        with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as client:
            client.setblocking(False)
            with pytest.raises(EgressDenied):
                await loop.sock_connect(client, server.getsockname())
            server.settimeout(0.1)
            with pytest.raises(TimeoutError):
                server.accept()

    with asyncio.Runner(loop_factory=GatedEventLoop) as runner:
        runner.run(attempt())


def with_permit() -> Permits:
    exchange = Exchange("one", 0.0)
    exchange.advance(Event.DECIDED)
    exchange.advance(Event.INTENT_DURABLE)
    permits = Permits()
    permits.issue(exchange, Receipt(0, 0), "client", "beacon.langchain.com", 443)
    return permits


def test_a_permit_opens_one_connection_to_the_place_that_the_policy_names() -> None:
    async def attempt() -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, GatedEventLoop)
        with socket.create_server(("127.0.0.1", 0)) as server:
            loop.gate = gate_on(with_permit(), Upstream(address=server.getsockname()[:2]))
            dialling_for.set("client")
            transport, _ = await loop.create_connection(asyncio.Protocol, "beacon.langchain.com", 443)
            assert transport.get_extra_info("peername") == server.getsockname()
            transport.abort()
            with pytest.raises(EgressDenied):
                await loop.create_connection(asyncio.Protocol, "beacon.langchain.com", 443)
            assert loop.gate.denials == 1

    with asyncio.Runner(loop_factory=GatedEventLoop) as runner:
        runner.run(attempt())


@pytest.mark.parametrize(
    ("client", "host", "port"),
    [
        (None, "beacon.langchain.com", 443),
        ("other", "beacon.langchain.com", 443),
        ("client", "example.net", 443),
        ("client", "eu.beacon.langchain.com", 443),  # documented, but not where this request may go
        ("client", "beacon.langchain.com", 80),
        ("client", None, 443),
        ("client", "beacon.langchain.com", None),
    ],
)
@pytest.mark.parametrize("upstream", [Upstream(), Upstream(proxy=("http", "proxy.internal", 3128))])
def test_a_permit_clears_nothing_else(
    client: str | None, host: str | None, port: int | None, upstream: Upstream
) -> None:
    gate = gate_on(with_permit(), upstream)
    token = dialling_for.set(client)
    with pytest.raises(EgressDenied):
        gate.clear(host, port)
    dialling_for.reset(token)


def test_behind_a_parent_proxy_nothing_but_the_proxy_is_dialled() -> None:
    gate = gate_on(with_permit(), Upstream(proxy=("http", "proxy.internal", 3128)))
    token = dialling_for.set("client")
    with pytest.raises(EgressDenied):
        gate.clear("beacon.langchain.com", 443)
    cleared = gate.clear("proxy.internal", 3128)
    assert (cleared.host, cleared.port, cleared.named) == ("proxy.internal", 3128, True)
    dialling_for.reset(token)


def test_connection_for_a_request_that_has_ended_is_denied_and_is_no_defect() -> None:
    permits = with_permit()
    gate = gate_on(permits, Upstream())
    token = dialling_for.set("client")
    permits.withdraw("one")
    with pytest.raises(EgressDenied, match="ended meanwhile"):
        gate.clear("beacon.langchain.com", 443)
    assert gate.denials == 0
    with pytest.raises(EgressDenied, match="durable record"):
        gate.clear("eu.beacon.langchain.com", 443)
    assert gate.denials == 1
    dialling_for.reset(token)
