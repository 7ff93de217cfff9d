"""What mitmproxy waits for on behalf of a connection: it never waits for what cannot come any more.

Each hook of a connection runs in a task, and so does each attempt to open a connection upstream; mitmproxy goes on when
the task says that it is done. When such a task fails in a way that mitmproxy does not expect, or is cancelled, it says
nothing, and the client waits for ever. Here it always does:

- after a hook that was cancelled, mitmproxy goes on with what the hook has left. Every hook of ours puts a refusal in
  place before it waits for anything (``proxy.addon``), so that is what goes on;
- after an attempt that failed, the connection counts as not opened; for a client that has left, none is attempted:
  mitmproxy would never close it;
- where no protocol was chosen, the connection is closed (``Closed``).

``proxy.connection_guard`` builds on it.
"""

import asyncio
import contextlib
import logging

from mitmproxy.proxy import commands, events, layer, mode_servers

logger = logging.getLogger(__name__)

_NOT_OPENED = "the connection was not opened: a defect"
_CLIENT_LEFT = "the connection was not opened: the client has left"


class PatientHandler(mode_servers.ProxyConnectionHandler):
    """mitmproxy's handler of one client, which goes on whatever became of a hook or of a dial."""

    async def hook_task(self, hook: commands.StartHook) -> None:
        """As the original, also after a hook that was cancelled."""
        with contextlib.suppress(asyncio.CancelledError):  # logged where it was caught first (``proxy.locked_addons``)
            await self.handle_hook(hook)
        if hook.blocking:
            await self.server_event(events.HookCompleted(hook))

    async def open_connection(self, command: commands.OpenConnection) -> None:
        """As the original, for a client that is there; whoever waits is told of every failure."""
        connection = command.connection
        if self.client.timestamp_end is not None:
            await self._tell_not_opened(command, _CLIENT_LEFT)
            return
        try:
            await super().open_connection(command)
        except (SystemExit, KeyboardInterrupt, GeneratorExit):
            raise
        except BaseException as error:
            # The original tells before it raises only if there was a connection, or dialling ended in an error.
            begun, failed = connection.timestamp_start is not None, connection.error is not None
            if connection.timestamp_tcp_setup is None and not (begun and failed):
                await self._tell_not_opened(command, _NOT_OPENED)
            if isinstance(error, asyncio.CancelledError):
                raise
            logger.error("a connection upstream could not be opened, or failed", exc_info=error)

    async def _tell_not_opened(self, command: commands.OpenConnection, why: str) -> None:
        """Also when this task is cancelled meanwhile, as all are when a client leaves: or its exchange never ends."""
        command.connection.error = why
        told = asyncio.ensure_future(self.server_event(events.OpenConnectionCompleted(command, why)))
        while not told.done():
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.shield(told)


class Closed(layer.Layer):
    """The protocol of a connection for which none was chosen."""

    def _handle_event(self, _event: events.Event) -> layer.CommandGenerator[None]:
        yield commands.CloseConnection(self.context.client)
