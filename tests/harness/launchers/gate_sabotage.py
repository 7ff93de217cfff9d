"""The command line with one of the two lines of defence taken out: ``gate_sabotage.py DEFENCE run …``.

``no-refusal``: after every hook the addon's refusal is lifted, whatever was decided. ``no-gate``: the event loop dials
whatever it is asked to. ``watch``: nothing is taken out, but every name look-up and every connection that is attempted
anywhere in the process is written to the file named by ``BEACON_AUDIT_TEST_WATCH``. ``loopback-name``: every name
resolves to loopback.
"""

import asyncio
import os
import socket
import sys
from pathlib import Path
from typing import Any

from mitmproxy import http

from beacon_audit.cli import main
from beacon_audit.proxy.addon import AuditAddon
from beacon_audit.proxy.gate import GatedEventLoop

WATCH = "BEACON_AUDIT_TEST_WATCH"


def _no_refusal() -> None:
    original = AuditAddon.request

    async def request(self: AuditAddon, flow: http.HTTPFlow) -> None:
        await original(self, flow)
        flow.response = None

    AuditAddon.request = request  # type: ignore[method-assign]


def _no_gate() -> None:
    for name in ("create_connection", "getaddrinfo", "sock_connect"):
        setattr(GatedEventLoop, name, getattr(asyncio.SelectorEventLoop, name))


def _watch() -> None:
    seen = Path(os.environ[WATCH])

    def note(event: str, arguments: tuple[Any, ...]) -> None:
        if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"):
            with seen.open("a") as file:
                file.write(f"{event} {arguments[1] if event == 'socket.connect' else arguments[0]}\n")

    sys.addaudithook(note)


def _loopback_name() -> None:
    def resolve(*_: Any, **__: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 443))]

    socket.getaddrinfo = resolve


DEFENCES = {"no-refusal": _no_refusal, "no-gate": _no_gate, "watch": _watch, "loopback-name": _loopback_name}

if __name__ == "__main__":
    DEFENCES[sys.argv[1]]()
    sys.exit(main(sys.argv[2:]))
