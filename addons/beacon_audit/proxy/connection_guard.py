"""The end of a client's connection, and of those that were opened for it: their sockets are closed, whatever happened.

mitmproxy ends a connection by cancelling the task that reads from it. When the task is told so twice, or while it waits
for its turn, it ends before it has closed its socket: the client waits for an end that never comes, and the file
descriptor is lost. It takes one bad chunk with more bytes behind it.

What came in is counted for ``proxy.garbage``, since what an ended connection held is not freed by itself.

``proxy.guards`` installs it.
"""

from typing import ClassVar

from mitmproxy.proxy import events

from beacon_audit.proxy.garbage import Garbage
from beacon_audit.proxy.hook_guard import PatientHandler


class GuardedConnectionHandler(PatientHandler):
    """The handler of one client, which leaves no socket behind."""

    garbage: ClassVar[Garbage] = Garbage()

    async def server_event(self, event: events.Event) -> None:
        """As the original, counted."""
        if isinstance(event, events.DataReceived):
            self.garbage.received(len(event.data))
        await super().server_event(event)

    async def handle_client(self) -> None:
        """As the original; what it has not closed by then is closed."""
        try:
            await super().handle_client()
        finally:
            for left_behind in self.transports.values():
                if left_behind.writer is not None:
                    left_behind.writer.close()
