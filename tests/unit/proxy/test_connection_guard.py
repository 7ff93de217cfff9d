"""No socket is left behind when the task that reads from it is told to end while it waits for its turn, and no body
when its connection ends before its exchange has.
"""

import asyncio
import socket
from typing import Any

import pytest
from mitmproxy.connection import Server
from mitmproxy.options import Options
from mitmproxy.proxy import server_hooks
from mitmproxy.proxy.mode_servers import ProxyConnectionHandler
from mitmproxy.proxy.mode_specs import ProxyMode

from beacon_audit.proxy.body_budget import BodyBudget
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


def test_bodies_of_a_connection_that_ended_are_held_until_no_hook_works_on_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    budget = BodyBudget(10, 10)
    monkeypatch.setattr(GuardedConnectionHandler, "budget", budget)
    asyncio.run(_leave_during_a_hook(budget))


async def _leave_during_a_hook(budget: BodyBudget) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname())
        reader, writer = await asyncio.open_connection(sock=listener.accept()[0])
        made: Any = GuardedConnectionHandler(SilentMaster(), reader, writer, Options(), ProxyMode.parse("regular"))
        hook_may_end, hook_began = asyncio.Event(), asyncio.Event()

        async def handle_hook(hook: Any) -> None:
            if isinstance(hook, server_hooks.ServerDisconnectedHook):
                hook_began.set()
                await hook_may_end.wait()

        made.handle_hook = handle_hook
        assert budget.open(made.client.id, lambda: None).take(7)
        hook = server_hooks.ServerDisconnectedHook(
            server_hooks.ServerConnectionHookData(server=Server(address=None), client=made.client)
        )
        hook_task = asyncio.create_task(made.hook_task(hook))
        await hook_began.wait()
        client.close()
        await made.handle_client()
        await asyncio.sleep(0)
        assert budget.held == 7
        hook_may_end.set()
        await hook_task
        await asyncio.sleep(0)
        assert budget.held == 0
