"""A chain of addons that cannot change, and that survives an addon's mistake."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from mitmproxy import hooks, http
from mitmproxy.master import Master
from mitmproxy.options import Options
from mitmproxy.proxy.layers.http._hooks import HttpRequestHook
from mitmproxy.test.tflow import tflow

from beacon_audit.proxy.addon import AuditAddon
from beacon_audit.proxy.locked_addons import ChainLocked, LockedAddons


class First(AuditAddon):
    """The audit's place in the chain, without its parts."""

    def __init__(self, seen: list[str], defect: Exception | None = None) -> None:
        self.seen = seen
        self.defect = defect

    async def request(self, _flow: http.HTTPFlow) -> None:
        self.seen.append("first")
        if self.defect:
            raise self.defect


class Second:
    def __init__(self, seen: list[str]) -> None:
        self.seen = seen

    def request(self, _flow: http.HTTPFlow) -> None:
        self.seen.append("second")


def chain(*addons: object) -> LockedAddons:
    master = Master(Options(), event_loop=asyncio.new_event_loop())
    master.event_loop.close()
    master._legacy_log_events.uninstall()  # it would hand every log record of this process to a closed loop
    made = LockedAddons(master)
    master.addons = made
    made.add(*addons)  # type: ignore[no-untyped-call]
    return made


def ask(made: LockedAddons) -> None:
    event: hooks.Hook = HttpRequestHook(tflow())
    asyncio.run(made.trigger_event(event))


@pytest.mark.parametrize("error", [None, RuntimeError("a defect")])
def test_every_addon_is_asked_in_order_whatever_one_of_them_does(error: Exception | None) -> None:
    seen: list[str] = []
    made = chain(First(seen, error), Second(seen))
    made.lock()
    ask(made)
    ask(made)
    assert seen == ["first", "second"] * 2


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda made: made.add(Second([])), id="add"),
        pytest.param(lambda made: made.register(Second([])), id="register"),
        pytest.param(lambda made: made.remove(made.chain[0]), id="remove"),
        pytest.param(lambda made: made.clear(), id="clear"),
    ],
)
def test_locked_chain_cannot_be_changed(change: Callable[[LockedAddons], Any]) -> None:
    made = chain(First([]))
    made.lock()
    with pytest.raises(ChainLocked, match="cannot be changed"):
        change(made)
    assert len(made.chain) == 1


@pytest.mark.parametrize("addons", [(), (Second([]), First([]))], ids=["empty", "audit second"])
def test_chain_that_does_not_begin_with_the_audit_is_not_locked(addons: tuple[object, ...]) -> None:
    with pytest.raises(ChainLocked, match="the audit must be the first addon"):
        chain(*addons).lock()
