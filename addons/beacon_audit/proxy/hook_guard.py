"""What mitmproxy waits for on behalf of a connection: it never waits for what cannot come any more.

Each hook of a connection runs in a task, and so does each attempt to open a connection upstream; mitmproxy goes on when
the task says that it is done. When such a task fails in a way that mitmproxy does not expect, or is cancelled, it says
nothing, and the client waits for ever. Here it always does:

- after a hook that was cancelled, mitmproxy goes on with what the hook has left. Every hook of ours puts a refusal in
  place before it waits for anything (``proxy.addon``), so that is what goes on;
- after an attempt that failed, the connection counts as not opened;
- where no protocol was chosen, the connection is closed (``Closed``).

``proxy.guards`` installs it.
"""

import asyncio
import contextlib
import logging

from mitmproxy.proxy import commands, events, layer, server

logger = logging.getLogger(__name__)

_NOT_OPENED = "the connection was not opened: a defect"
_open_connection = server.ConnectionHandler.open_connection


async def guarded_hook_task(handler: server.ConnectionHandler, hook: commands.StartHook) -> None:
    """As the original, ``ConnectionHandler.hook_task``, which is a method."""
    with contextlib.suppress(asyncio.CancelledError):  # logged where it was caught first (``proxy.locked_addons``)
        await handler.handle_hook(hook)
    if hook.blocking:
        await handler.server_event(events.HookCompleted(hook))


async def guarded_open_connection(handler: server.ConnectionHandler, command: commands.OpenConnection) -> None:
    """As the original, ``ConnectionHandler.open_connection``, which is a method."""
    connection = command.connection
    try:
        await _open_connection(handler, command)
    except (SystemExit, KeyboardInterrupt):
        raise
    except BaseException as error:
        # The original tells before it raises only if there was a connection, or dialling ended in an error.
        begun, failed = connection.timestamp_start is not None, connection.error is not None
        if connection.timestamp_tcp_setup is None and not (begun and failed):
            connection.error = _NOT_OPENED
            await handler.server_event(events.OpenConnectionCompleted(command, _NOT_OPENED))
        if isinstance(error, asyncio.CancelledError):
            raise
        logger.error("a connection upstream could not be opened, or failed", exc_info=error)


class Closed(layer.Layer):
    """The protocol of a connection for which none was chosen."""

    def _handle_event(self, _event: events.Event) -> layer.CommandGenerator[None]:
        yield commands.CloseConnection(self.context.client)
