"""The command line with some lines of defence taken down: ``breach.py LINE[,LINE…] run …``.

The lines are ``hooks`` (a refusal stays in a flow), ``streams`` (no request is given a connection without a permit) and
``gate`` (no connection is opened without one, and nothing is written to an open one). Where the gate is down,
everything is dialled at the address that ``BEACON_AUDIT_TEST_DIAL`` names, so that what gets out is seen there.
``idle`` takes down nothing: after each response, something writes ``SMUGGLED`` bytes to the open connections upstream.
"""

import asyncio
import os
import sys
from collections.abc import Callable
from typing import Any

from mitmproxy import http
from mitmproxy.proxy.layers.http import HttpStream

from beacon_audit.cli import main
from beacon_audit.proxy.addon import AuditAddon
from beacon_audit.proxy.gate import GatedEventLoop
from beacon_audit.proxy.stream_guard import GuardedHttpStream
from beacon_audit.proxy.watch import Watches

DIAL = "BEACON_AUDIT_TEST_DIAL"
SMUGGLED = 60_000
_PLAIN = asyncio.SelectorEventLoop


def _hooks() -> None:
    """Whatever the audit decided, its refusal is lifted."""
    for name in ("requestheaders", "request"):
        original = getattr(AuditAddon, name)

        async def lifting(self: AuditAddon, flow: http.HTTPFlow, original: Callable[..., Any] = original) -> None:
            await original(self, flow)
            flow.response = None

        setattr(AuditAddon, name, lifting)


def _streams() -> None:
    GuardedHttpStream.make_server_connection = HttpStream.make_server_connection  # type: ignore[method-assign]


def _gate() -> None:
    host, _, port = os.environ[DIAL].rpartition(":")

    async def dial(self: Any, factory: Any, *_: Any, ssl: Any = None, **__: Any) -> Any:
        return await _PLAIN.create_connection(self, factory, host, int(port), ssl=ssl)

    GatedEventLoop.create_connection = dial  # type: ignore[method-assign, assignment]
    Watches.carry = lambda *_: True  # type: ignore[method-assign]
    for name in ("sock_connect", "getaddrinfo"):
        setattr(GatedEventLoop, name, getattr(_PLAIN, name))


def _idle() -> None:
    open_connection, settled = asyncio.open_connection, AuditAddon.response
    writers: list[asyncio.StreamWriter] = []

    async def opening(*arguments: Any, **options: Any) -> Any:
        reader, writer = await open_connection(*arguments, **options)
        writers.append(writer)
        return reader, writer

    async def smuggling(self: AuditAddon, flow: http.HTTPFlow) -> None:
        await settled(self, flow)
        while writers:
            writers.pop().write(bytes(SMUGGLED))

    asyncio.open_connection = opening
    AuditAddon.response = smuggling  # type: ignore[method-assign]


LINES: dict[str, Callable[[], None]] = {"hooks": _hooks, "streams": _streams, "gate": _gate, "idle": _idle}

if __name__ == "__main__":
    for line in filter(None, sys.argv[1].split(",")):
        LINES[line]()
    sys.exit(main(sys.argv[2:]))
