"""The end of a client's connection, and of those that were opened for it: their sockets are closed, whatever happened.

mitmproxy ends a connection by cancelling the task that reads from it. When the task is told so twice, or while it waits
for its turn, it ends before it has closed its socket: the client waits for an end that never comes, and the file
descriptor is lost. It takes one bad chunk with more bytes behind it.

A connection on which no request came within ``FIRST_REQUEST_SECONDS`` is closed: by then a client has sent the head of
one, through a tunnel and TLS where there are any. One on which requests came may be idle for as long as mitmproxy lets
it, ten minutes: clients keep theirs.

What a client does not take of its answers counts as held, also when its connection was closed; what it has not taken
``LINGER_SECONDS`` later is thrown away.

While a hook works, mitmproxy reads on, and whoever waits for the hook keeps what comes. Here it reads no more than
``MOST_UNATTENDED`` bytes until the hooks of the connection have ended.

What came in is counted for ``proxy.garbage``, since what an ended connection held is not freed by itself; and what it
held of ``proxy.body_budget`` is given back, once none of its hooks goes on with it.

``proxy.guards`` installs it.
"""

import asyncio
from typing import Any, ClassVar

from mitmproxy.proxy import commands, events
from mitmproxy.proxy.layers.http._hooks import HttpRequestHeadersHook

from beacon_audit.proxy.body_budget import BodyBudget
from beacon_audit.proxy.connections import Connections
from beacon_audit.proxy.garbage import Garbage
from beacon_audit.proxy.hook_guard import PatientHandler

#: How long a connection may be open without a request.
FIRST_REQUEST_SECONDS = 30.0
#: How long a connection that was closed may take to hand over what is left.
LINGER_SECONDS = 30.0
_LOOK_SECONDS = 0.5
#: How many bytes may come while hooks work.
MOST_UNATTENDED = 1024 * 1024


class GuardedConnectionHandler(PatientHandler):
    """The handler of one client, which leaves no socket and no bodies behind. ``budget`` and ``connections``
    are those of the running proxy."""

    garbage: ClassVar[Garbage] = Garbage()
    budget: ClassVar[BodyBudget] = BodyBudget(0, 0)
    connections: ClassVar[Connections] = Connections(0)

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._hooks = 0
        self._unattended = 0
        self._attended = asyncio.Event()
        self._has_ended = False
        self._patience: asyncio.TimerHandle | None = None
        writer = self.transports[self.client].writer
        assert isinstance(writer, asyncio.StreamWriter)  # noqa: S101 - for mypy: it listens on TCP only
        self._transport = writer.transport
        # Not in the name of the client: it stays when all that is the client's is given back.
        self._untaken = self.budget.untaken(f"{self.client.id} socket", self._transport.get_write_buffer_size)

    async def server_event(self, event: events.Event) -> None:
        """As the original, counted."""
        if isinstance(event, events.DataReceived):
            self.garbage.received(len(event.data))
            self._unattended += len(event.data) if self._hooks else 0
        await super().server_event(event)
        self._untaken.look()

    async def drain_writers(self) -> None:
        """As the original, after which the next piece is read."""
        await super().drain_writers()
        while self._hooks and self._unattended > MOST_UNATTENDED:
            self._attended.clear()
            await self._attended.wait()

    async def handle_client(self) -> None:
        """As the original; what it has not closed by then is closed."""
        self._patience = asyncio.get_running_loop().call_later(FIRST_REQUEST_SECONDS, self._close_silent)
        try:
            await super().handle_client()
        finally:
            self._patience.cancel()
            self._has_ended = True
            self._give_back_soon()
            self._linger(asyncio.get_running_loop().time() + LINGER_SECONDS)
            for left_behind in self.transports.values():
                if left_behind.writer is not None:
                    left_behind.writer.close()

    async def hook_task(self, hook: commands.StartHook) -> None:
        """As the original; what it works on is held until it ends, whoever has left."""
        if isinstance(hook, HttpRequestHeadersHook) and self._patience is not None:
            self._patience.cancel()
        self._hooks += 1
        try:
            await super().hook_task(hook)
        finally:
            self._hooks -= 1
            if not self._hooks:
                self._unattended = 0
                self._attended.set()
            self._give_back_soon()

    def _close_silent(self) -> None:
        transport = self.transports.get(self.client)
        if transport is not None and transport.handler is not None:
            self.connections.give_up(self.client.id)
            transport.handler.cancel("no request came")

    def _linger(self, until: float) -> None:
        loop = asyncio.get_running_loop()
        self._untaken.look()
        if self._untaken.size and loop.time() < until:
            loop.call_later(_LOOK_SECONDS, self._linger, until)
            return
        if self._untaken.size:
            self._transport.abort()
        self._untaken.release()

    def _give_back_soon(self) -> None:
        if self._has_ended:  # soon: tasks of hooks that were begun before have not all run yet
            asyncio.get_running_loop().call_soon(self._give_back)

    def _give_back(self) -> None:
        if not self._hooks:
            self.budget.release_all(self.client.id)
