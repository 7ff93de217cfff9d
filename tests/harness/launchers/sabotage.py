"""The command line with one fault built in: ``sabotage.py FAULT run …`` in place of ``-m beacon_audit.cli run …``.

A fault is in force while the file named by ``BEACON_AUDIT_TEST_FAULT`` exists, so that a proxy can start well, fail,
and get well again. ``short-drain`` and ``short-patience`` are in force at all times.
"""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from beacon_audit.cli import main
from beacon_audit.proxy import connection_guard, service
from beacon_audit.proxy.auditor import Auditor
from beacon_audit.trail import TrailWriter, storage

SWITCH = "BEACON_AUDIT_TEST_FAULT"
SLOW_SECONDS = 0.7
DRAIN_SECONDS = 0.5
PATIENCE_SECONDS = 1.5
QUEUE_LIMIT = 2


def in_force() -> bool:
    return Path(os.environ[SWITCH]).exists()


def _raise(place: str, *arguments: object) -> NoReturn:
    """Fail as the worst defect would: the message quotes all that the function was given."""
    seen = [getattr(argument, "body", argument) for argument in arguments]
    seen += [getattr(argument, "request", None) and argument.request.content for argument in arguments]  # type: ignore[attr-defined]
    raise RuntimeError(f"sabotaged {place}: {seen!r}")


def _raising(owner: Any, name: str) -> None:
    original: Callable[..., Any] = getattr(owner, name)

    def replacement(*arguments: Any, **named: Any) -> Any:
        if in_force():
            _raise(name, *arguments)
        return original(*arguments, **named)

    setattr(owner, name, replacement)


def _slow_disk() -> None:
    original = storage._sync_data

    def slow(descriptor: int) -> None:
        if in_force():
            time.sleep(SLOW_SECONDS)
        original(descriptor)

    storage._sync_data = slow


def _stuck_disk() -> None:
    """The writer's thread waits while the fault is in force, and its queue is short."""
    original_sync, original_open = storage._sync_data, TrailWriter.open.__func__  # type: ignore[attr-defined]

    def stuck(descriptor: int) -> None:
        while in_force():
            time.sleep(0.01)
        original_sync(descriptor)

    def open_short(cls: type[TrailWriter], *arguments: Any, **named: Any) -> TrailWriter:
        writer: TrailWriter = original_open(cls, *arguments, **{**named, "queue_limit": QUEUE_LIMIT})
        return writer

    storage._sync_data = stuck
    TrailWriter.open = classmethod(open_short)  # type: ignore[method-assign, assignment]


def _short_drain() -> None:
    service.DRAIN_SECONDS = DRAIN_SECONDS


def _short_patience() -> None:
    connection_guard.FIRST_REQUEST_SECONDS = PATIENCE_SECONDS


FAULTS: dict[str, Callable[[], None]] = {
    "admit": lambda: _raising(Auditor, "admit"),
    "slow-disk": _slow_disk,
    "stuck-disk": _stuck_disk,
    "short-drain": _short_drain,
    "short-patience": _short_patience,
}

if __name__ == "__main__":
    FAULTS[sys.argv[1]]()
    sys.exit(main(sys.argv[2:]))
