"""For a client that has left no connection upstream is dialled, and whoever waits for it is told."""

import asyncio
import socket
import time
from typing import Any

import pytest
from mitmproxy.connection import Server
from mitmproxy.options import Options
from mitmproxy.proxy import commands, events, server
from mitmproxy.proxy.mode_servers import ProxyConnectionHandler
from mitmproxy.proxy.mode_specs import ProxyMode

from beacon_audit.proxy.hook_guard import PatientHandler
from harness.silent_master import SilentMaster


async def dialled(ours: socket.socket, made: Any, destination: tuple[str, int]) -> tuple[list[events.Event], bool]:
    """What is told of a dial for a client that has left, and whether something was connected."""
    reader, writer = await asyncio.open_connection(sock=ours)
    handler = made(SilentMaster(), reader, writer, Options(), ProxyMode.parse("regular"))
    handler.client.timestamp_end = time.time()
    told: list[events.Event] = []

    async def tell(event: events.Event) -> None:
        told.append(event)

    handler.server_event = tell
    upstream = Server(address=destination)
    handler.transports[upstream] = server.ConnectionIO()
    dialling = asyncio.create_task(handler.open_connection(commands.OpenConnection(upstream)))
    while not told:
        await asyncio.sleep(0)
    dialling.cancel()
    await asyncio.wait([dialling])
    writer.close()
    return told, upstream.timestamp_tcp_setup is not None


@pytest.mark.parametrize(
    ("kind", "connected"),
    [(PatientHandler, False), (ProxyConnectionHandler, True)],
    ids=["ours", "mitmproxy's"],
)
def test_nothing_is_dialled_for_a_client_that_has_left(kind: Any, connected: bool) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        socket.create_connection(listener.getsockname()),
        socket.create_server(("127.0.0.1", 0)) as upstream,
    ):
        told, was_connected = asyncio.run(dialled(listener.accept()[0], kind, upstream.getsockname()))
    (completed, *_) = told
    assert was_connected is connected
    assert isinstance(completed, events.OpenConnectionCompleted)
    assert bool(completed.reply) is not connected
