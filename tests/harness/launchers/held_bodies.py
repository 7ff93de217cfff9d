"""The command line, which tells on SIGUSR1 how many bytes of bodies it holds: a line ``held N`` on stderr.

While the file named by ``BEACON_AUDIT_TEST_FAULT`` exists, every hook that is asked about a whole request, an answer or
an error raises.
"""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mitmproxy import http

from beacon_audit.cli import main
from beacon_audit.policy import Limits
from beacon_audit.proxy.addon import AuditAddon
from beacon_audit.proxy.body_budget import BodyBudget

SWITCH = "BEACON_AUDIT_TEST_FAULT"
_of = BodyBudget.of


def _told(limits: Limits) -> BodyBudget:
    made = _of(limits)
    signal.signal(signal.SIGUSR1, lambda *_: os.write(2, f"held {made.held}\n".encode()) and None)
    return made


def _failing(name: str) -> None:
    original: Callable[..., Any] = getattr(AuditAddon, name)

    async def hook(self: AuditAddon, flow: http.HTTPFlow) -> None:
        if Path(os.environ[SWITCH]).exists():
            raise RuntimeError("a fault")
        await original(self, flow)

    setattr(AuditAddon, name, hook)


if __name__ == "__main__":
    BodyBudget.of = _told  # type: ignore[method-assign]
    for hook_name in ("request", "response", "error"):
        _failing(hook_name)
    sys.exit(main(sys.argv[1:]))
