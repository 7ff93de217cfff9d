"""The connections upstream of one client: those that have ended or never came about are forgotten.

mitmproxy keeps each, with the TLS state of it, for as long as its client stays. Over HTTP/2 every request gets one of
its own, 70 KiB each; and after one that could not be opened, no other is ever tried for that client: one failed look-up
would be the end of all its requests.

``proxy.guards`` installs it.
"""

from mitmproxy.connection import Connection
from mitmproxy.proxy import events, layer
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.layers import http as http_layer


class GuardedHttpLayer(http_layer.HttpLayer):
    """mitmproxy's layer between streams and connections, which keeps those that are of use."""

    def __init__(self, context: Context, mode: http_layer.HTTPMode) -> None:
        super().__init__(context, mode)
        self._ended: set[Connection] = set()

    def _handle_event(self, event: events.Event) -> layer.CommandGenerator[None]:
        if isinstance(event, events.ConnectionEvent) and self._was_forgotten(event.connection):
            return
        yield from super()._handle_event(event)
        if isinstance(event, events.ConnectionClosed) and event.connection is not self.context.client:
            self._ended.add(event.connection)
        if self._ended:
            self._forget()

    def register_connection(self, command: http_layer.RegisterHttpConnection) -> layer.CommandGenerator[None]:
        """As the original, whose next request would be told the same error."""
        yield from super().register_connection(command)
        if command.err:
            self._ended.add(command.connection)

    def _was_forgotten(self, connection: Connection) -> bool:
        return connection not in self.connections and connection is not self.context.server

    def _forget(self) -> None:
        in_use = {stream.context.server for stream in self.streams.values()} | {self.context.server}
        for connection in self._ended - in_use - self.waiting_for_establishment.keys():
            self._ended.discard(connection)
            self.connections.pop(connection, None)
