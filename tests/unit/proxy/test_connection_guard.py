"""No socket is left behind when the task that reads from it is told to end while it waits for its turn."""

import asyncio
import socket
from typing import Any

import pytest
from mitmproxy.options import Options
from mitmproxy.proxy.mode_servers import ProxyConnectionHandler
from mitmproxy.proxy.mode_specs import ProxyMode

from beacon_audit.proxy.connection_guard import GuardedConnectionHandler
from harness.silent_master import SilentMaster


async def told_to_end_twice(kind: type[ProxyConnectionHandler], ours: socket.socket) -> asyncio.StreamWriter:
    """Runs a handler over ``ours``; its reader's task is cancelled, and again while it waits to tell its layer."""
    reader, writer = await asyncio.open_connection(sock=ours)
    made: Any = kind(SilentMaster(), reader, writer, Options(), ProxyMode.parse("regular"))
    running = asyncio.create_task(made.handle_client())
    while (reading := made.transports[made.client].handler) is None:
        await asyncio.sleep(0)
    await asyncio.sleep(0)  # it reads now
    async with made._server_event_lock:
        reading.cancel()
        await asyncio.sleep(0)
        reading.cancel()
        await asyncio.wait([reading])
    await running
    return writer


@pytest.mark.parametrize(
    ("kind", "closed"), [(GuardedConnectionHandler, True), (ProxyConnectionHandler, False)], ids=["ours", "mitmproxy's"]
)
def test_socket_is_closed_whatever_its_reader_was_told(kind: type[ProxyConnectionHandler], closed: bool) -> None:
    async def run(ours: socket.socket) -> bool:
        writer = await told_to_end_twice(kind, ours)
        was_closed = writer.is_closing()
        writer.close()
        return was_closed

    with socket.create_server(("127.0.0.1", 0)) as listener, socket.create_connection(listener.getsockname()):
        assert asyncio.run(run(listener.accept()[0])) is closed
