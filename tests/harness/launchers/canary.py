"""The command line with hooks that fail loudly: ``canary.py loud|deaf run …`` for ``-m beacon_audit.cli run …``.

The file named by ``BEACON_AUDIT_TEST_FAULT`` holds the name of the place that fails now, out of ``PLACES``; without it
all is well. What is raised quotes the value of ``BEACON_AUDIT_TEST_CANARY`` in every way an exception can: in its
message, its cause, a note and a group. At the place ``noise`` the value is said in every other way that Python has.

``deaf`` is ``loud`` with a registry that finds nothing: the control that shows that the tests would see a leak.
"""

import asyncio
import base64
import logging
import os
import sys
import threading
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from beacon_audit.cli import main
from beacon_audit.exchange import record
from beacon_audit.proxy import addon, service, startup_canary
from beacon_audit.proxy.addon import AuditAddon
from beacon_audit.proxy.auditor import Auditor
from beacon_audit.proxy.chain import NextLayer, TlsConfig
from beacon_audit.proxy.gate import GatedEventLoop
from beacon_audit.proxy.recorder import Recorder
from beacon_audit.redaction import SecretRegistry

CANARY = os.environ["BEACON_AUDIT_TEST_CANARY"]
SWITCH = Path(os.environ["BEACON_AUDIT_TEST_FAULT"])
SAID = f"{CANARY} {CANARY!r} {CANARY.encode()!r} {CANARY.encode().hex()} {base64.b64encode(CANARY.encode()).decode()}"

PLACES: dict[str, tuple[Any, str]] = {
    **{
        name: (AuditAddon, name)
        for name in (
            "http_connect",
            "unreadable_request",
            "tls_failed_client",
            "client_disconnected",
            "requestheaders",
            "request",
            "server_connect",
            "response",
            "error",
        )
    },
    "request_of": (addon, "request_of"),
    "judge": (Auditor, "_judge"),
    "admit": (Auditor, "admit"),
    "settle": (Auditor, "settle"),
    "record": (Recorder, "record"),
    "request_fields": (record, "request_fields"),
    "next_layer": (NextLayer, "_next_layer"),
    "certificate": (TlsConfig, "get_cert"),
    "dial": (GatedEventLoop, "create_connection"),
}


def in_force(place: str) -> bool:
    return SWITCH.exists() and SWITCH.read_text() == place


def fail(kind: type[Exception]) -> NoReturn:
    error = kind(f"the worst message: {SAID}")
    error.add_note(f"and a note: {SAID}")
    raise error from ExceptionGroup(f"several: {SAID}", [ValueError(SAID), KeyError(SAID)])


def _failing(place: str, owner: Any, name: str) -> None:
    original: Callable[..., Any] = getattr(owner, name)
    kind = OSError if place == "dial" else RuntimeError

    def failing(*arguments: Any, **named: Any) -> Any:
        if in_force(place):
            fail(kind)
        return original(*arguments, **named)

    async def failing_later(*arguments: Any, **named: Any) -> Any:
        return await failing(*arguments, **named)

    setattr(owner, name, failing_later if asyncio.iscoroutinefunction(original) else failing)


class _Unraisable:
    def __del__(self) -> None:
        fail(RuntimeError)


async def _unawaited() -> None:
    fail(RuntimeError)


def _noise() -> None:
    """Everything but exceptions out of hooks."""
    logger = logging.getLogger("a.library")
    logger.warning("in the message: %s", SAID)
    logger.warning("in arguments: %(key)s %(raw)r", {"key": SAID, "raw": CANARY.encode()})
    logger.warning("in an attribute", extra={"value": SAID}, stack_info=True)
    logger.warning("wrong number of arguments: %s %s", SAID)
    later = logging.StreamHandler(sys.__stderr__)
    later.setFormatter(logging.Formatter("added later: %(message)s %(value)s", defaults={"value": SAID}))
    logger.addHandler(later)
    try:
        fail(RuntimeError)
    except RuntimeError:
        logger.exception("with a traceback")
        traceback.print_exc()
    logger.removeHandler(later)
    print(SAID)
    print(SAID, file=sys.stderr)
    for character in CANARY:
        sys.stderr.write(character)
    sys.stderr.write(CANARY[:20])
    sys.stderr.flush()
    sys.stderr.write(CANARY[20:] + "\n")
    warnings.warn(SAID, stacklevel=1)
    threading.Thread(target=fail, args=(RuntimeError,), name=CANARY).start()
    loop = asyncio.get_running_loop()
    loop.call_soon(fail, RuntimeError)
    loop.call_exception_handler({"message": SAID, "exception": ValueError(SAID)})
    task = asyncio.ensure_future(_unawaited())
    del task  # whose exception nobody retrieves
    _Unraisable()


def _noisy_requests() -> None:
    original = AuditAddon.requestheaders

    async def requestheaders(self: AuditAddon, flow: Any) -> None:
        if in_force("noise"):
            _noise()
        await original(self, flow)

    AuditAddon.requestheaders = requestheaders  # type: ignore[method-assign]


def _deafen() -> None:
    for name in ("scrub", "scrub_bytes", "scrub_line"):
        setattr(SecretRegistry, name, lambda _, text: text)
    setattr(SecretRegistry, "contains", lambda *_: False)  # noqa: B010 - a method is no attribute to mypy
    setattr(SecretRegistry, "unfinished_at", lambda _, text: len(text))  # noqa: B010 - as above
    startup_canary.check_secrecy = lambda *_: None  # it would not start


if __name__ == "__main__":
    warnings.simplefilter("always")
    service.DRAIN_SECONDS = 0.5  # a hook that fails can leave an exchange open for ever
    for place, (owner, name) in PLACES.items():
        _failing(place, owner, name)
    _noisy_requests()
    if sys.argv[1] == "deaf":
        _deafen()
    sys.exit(main(sys.argv[2:]))
