"""The command line with some lines of defence taken down: ``breach.py LINE[,LINE…] run …``.

The lines are ``hooks`` (a refusal stays in a flow), ``streams`` (no request is given a connection without a permit) and
``gate`` (no connection is opened without one). Where the gate is down, everything is dialled at the address that
``BEACON_AUDIT_TEST_DIAL`` names, so that what gets out is seen there.
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

DIAL = "BEACON_AUDIT_TEST_DIAL"
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
    for name in ("sock_connect", "getaddrinfo"):
        setattr(GatedEventLoop, name, getattr(_PLAIN, name))


LINES: dict[str, Callable[[], None]] = {"hooks": _hooks, "streams": _streams, "gate": _gate}

if __name__ == "__main__":
    for line in filter(None, sys.argv[1].split(",")):
        LINES[line]()
    sys.exit(main(sys.argv[2:]))
