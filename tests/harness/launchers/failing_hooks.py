"""The command line with one hook, or one call behind it, that fails once: ``failing_hooks.py LINES run …``.

Each line of the file named by ``BEACON_AUDIT_TEST_FAULT`` arms a failure, ``PLACE KIND ADDRESS``: the first one strikes
once, on behalf of the client at that address (``-`` for none), and is taken out; after the last, the file is renamed to
``….struck``. A place is ``Addon.hook`` for every hook method of every addon that the chain really takes, or
``Class.method`` out of ``BEHIND`` for what hooks wait for. Beside it, ``….chain`` names the places of the chain that
were found. ``LINES`` are lines of defence that are down, by name, out of ``LINES`` here.

The proxy runs in a child; when it ends, another one is started on the same home, as a service manager would, and
``ended STATUS`` is added to ``….ended``. So a failure that ends the process costs no new interpreter.
"""

import asyncio
import functools
import inspect
import os
import signal
import sys
from collections.abc import Callable
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from mitmproxy import exceptions, hooks
from mitmproxy.proxy import server
from mitmproxy.proxy.layers.http import HttpStream

from beacon_audit.cli import main
from beacon_audit.proxy import service
from beacon_audit.proxy.addon import AuditAddon
from beacon_audit.proxy.auditor import Auditor
from beacon_audit.proxy.gate import GatedEventLoop
from beacon_audit.proxy.locked_addons import LockedAddons
from beacon_audit.proxy.recorder import Recorder
from beacon_audit.proxy.stream_guard import GuardedHttpStream
from beacon_audit.proxy.watch import Watches
from beacon_audit.trail import TrailWriter

SWITCH = Path(os.environ.get("BEACON_AUDIT_TEST_FAULT", ""))
DIAL = "BEACON_AUDIT_TEST_DIAL"
_PLAIN = asyncio.SelectorEventLoop


#: The address of the client on whose behalf something is done.
_client: ContextVar[str] = ContextVar("client", default="-")


class Odd(BaseException):
    """What no ``except Exception`` catches, and asyncio knows nothing of."""


_RAISED: dict[str, type[BaseException]] = {
    "raises": RuntimeError,
    "raises-base": Odd,
    "raises-halt": exceptions.AddonHalt,
    "raises-cancelled": asyncio.CancelledError,
    "raises-exit": SystemExit,
    "raises-interrupt": KeyboardInterrupt,
}


def _struck(place: str) -> str | None:
    """The kind of failure, if it is armed for this ``place`` and client."""
    try:
        first, *others = SWITCH.read_text().splitlines()
    except FileNotFoundError:
        return None
    armed, kind, client = first.split()
    if (armed, client) != (place, _client.get()):
        return None
    if others:
        SWITCH.write_text("\n".join(others))
    else:
        SWITCH.rename(f"{SWITCH}.struck")
    return kind


def _worst_message(arguments: tuple[Any, ...]) -> str:
    """All that the function was given, with the bodies in it."""
    requests = [getattr(argument, "request", argument) for argument in arguments]
    return f"{arguments!r} {[getattr(request, 'raw_content', None) for request in requests]!r}"


async def _waits(kind: str, original: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    if kind == "hangs":
        await asyncio.Event().wait()
    task = asyncio.current_task()
    assert task is not None
    cancelling = asyncio.get_running_loop().call_soon(task.cancel)
    if kind == "cancelled-inside":
        try:
            return await original(*arguments)
        finally:
            cancelling.cancel()  # it has not waited
    await asyncio.Event().wait()
    raise AssertionError("unreachable")


def _sabotaged(place: str, original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def replacement(*arguments: Any, **named: Any) -> Any:
        kind = _struck(place)
        if kind is None:
            return original(*arguments, **named)
        if kind in _RAISED:
            # The exit status is that of an end without a fault: it must not pass for one.
            raise _RAISED[kind](0 if kind == "raises-exit" else _worst_message(arguments))
        return _waits(kind, functools.partial(original, **named), arguments)

    return replacement


def _know_the_client() -> None:
    """Whatever is done for a client is done in tasks that begin in the one of its connection."""
    handle = server.ConnectionHandler.handle_client

    async def handling(self: server.ConnectionHandler) -> None:
        _client.set(self.client.peername[0])
        await handle(self)

    server.ConnectionHandler.handle_client = handling  # type: ignore[method-assign]


def _sabotage_chain() -> None:
    register, lock = LockedAddons.register, LockedAddons.lock
    found: list[str] = []

    def registering(self: LockedAddons, addon: Any) -> Any:
        for name in hooks.all_hooks:
            method = getattr(addon, name, None)
            if callable(method):
                place = f"{type(addon).__name__}.{name}"
                found.append(place)
                setattr(addon, name, _sabotaged(place, method))
        return register(self, addon)

    def locking(self: LockedAddons) -> None:
        lock(self)
        Path(f"{SWITCH}.chain").write_text("\n".join(found))

    LockedAddons.register = registering  # type: ignore[method-assign]
    LockedAddons.lock = locking  # type: ignore[method-assign]


#: What hooks wait for: every coroutine of the audit that is no hook, and where it meets the disk and the network.
BEHIND: dict[type[Any], tuple[str, ...]] = {
    **{
        owner: tuple(
            name
            for name, method in vars(owner).items()
            if inspect.iscoroutinefunction(method) and name not in hooks.all_hooks and name != "unreadable_request"
        )
        for owner in (AuditAddon, Auditor, Recorder)
    },
    TrailWriter: ("submit",),
    GatedEventLoop: ("create_connection", "_addresses", "sock_connect"),
}


def places_behind() -> list[str]:
    """The names of all of them."""
    return [f"{owner.__name__}.{name}" for owner, names in BEHIND.items() for name in names]


def _sabotage_behind() -> None:
    for owner, names in BEHIND.items():
        for name in names:
            setattr(owner, name, _sabotaged(f"{owner.__name__}.{name}", getattr(owner, name)))


# --- lines of defence ---------------------------------------------------------------------------------------------


def _refusals() -> None:
    """The first hook of a request puts no refusal in place, so one that fails leaves a flow that is to be forwarded."""
    AuditAddon.requestheaders = _nothing  # type: ignore[method-assign, assignment]


async def _nothing(_self: AuditAddon, _flow: Any) -> None: ...


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


def _answers() -> None:
    """The stream lets any answer go that the hooks left in a flow."""
    GuardedHttpStream.send_response = HttpStream.send_response  # type: ignore[method-assign]


LINES: dict[str, Callable[[], None]] = {
    "refusals": _refusals,
    "streams": _streams,
    "gate": _gate,
    "answers": _answers,
}


# --- the service manager ------------------------------------------------------------------------------------------


def supervise(arguments: list[str]) -> int:
    """Run the command line in a child, and again whenever it ends, until SIGTERM."""
    child = 0
    stopping = False

    def stop(number: int, _frame: object) -> None:
        nonlocal stopping
        stopping = True
        if child:
            os.kill(child, number)

    signal.signal(signal.SIGTERM, stop)
    while not stopping:
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            sys.exit(main(arguments))
        if stopping:
            os.kill(child, signal.SIGTERM)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        with Path(f"{SWITCH}.ended").open("a") as ended:
            ended.write(f"{status}\n")
    return 0


if __name__ == "__main__":
    service.DRAIN_SECONDS = 0.5  # what hangs is in flight for ever
    for line in filter(None, sys.argv[1].split(",")):
        LINES[line]()
    _know_the_client()
    _sabotage_chain()
    _sabotage_behind()
    sys.exit(supervise(sys.argv[2:]))
