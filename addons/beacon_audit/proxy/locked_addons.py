"""mitmproxy's addon manager with a chain that is fixed once it is built, and in which no failure is passed over.

After ``lock`` nothing can be added, removed or replaced: an addon that came later could lift a refusal, or halt the
chain before ours is asked. Since the chain cannot change, the methods of each hook are looked up once.

A hook that fails is logged and the next addon is asked, as in mitmproxy; that the request then stays in is ours to see
to (``proxy.addon``). Other than in mitmproxy, that goes for whatever is raised: what is no ``Exception``, or halts the
chain, would end the hook's task and leave the client waiting. Some failures cannot be left to others: a proxy does not
start over a hook that failed, and a connection is not made, or is closed, when a hook failed that was to let it be
made, or to choose its protocol. What is raised to end the process ends it, with a status that says so.
"""

import asyncio
import inspect
import logging
from collections.abc import Callable
from typing import Any

from mitmproxy import hooks
from mitmproxy.addonmanager import AddonManager
from mitmproxy.proxy import layer, server_hooks
from mitmproxy.proxy.layers.http._hooks import HttpConnectHook

from beacon_audit.proxy.addon import AuditAddon
from beacon_audit.proxy.hook_guard import Closed
from beacon_audit.proxy.refusals import unavailable

logger = logging.getLogger(__name__)

_FAILED = "a hook failed"


class ChainLocked(Exception):
    """Something tried to change the chain of addons of a running proxy."""


class LockedAddons(AddonManager):
    """An addon manager that can be locked."""

    def __init__(self, master: Any) -> None:
        super().__init__(master)
        self._methods: dict[str, tuple[Callable[..., Any], ...]] | None = None

    def lock(self) -> None:
        """From now on the chain is as it is.

        Raises:
            ChainLocked: the first addon is not the audit; what comes before it could decide in its place.
        """
        if not self.chain or not isinstance(self.chain[0], AuditAddon):
            raise ChainLocked("the audit must be the first addon of the chain")
        self._methods = {}

    def register(self, addon: Any) -> Any:
        self._refuse_when_locked()
        return super().register(addon)

    def remove(self, addon: Any) -> None:
        self._refuse_when_locked()
        super().remove(addon)

    def clear(self) -> None:
        self._refuse_when_locked()
        super().clear()

    def trigger(self, event: hooks.Hook) -> None:
        """What mitmproxy asks while the proxy is put together (``configure``). Raises what an addon raises."""
        for addon in self.chain:
            self.invoke_addon_sync(addon, event)

    async def trigger_event(self, event: hooks.Hook) -> None:
        """Ask every addon that has a method for this hook, in the order of the chain.

        Raises:
            SystemExit: a hook raised something that ends the process.
            CancelledError: the task was cancelled.
        """
        if self._methods is None:
            await super().trigger_event(event)
            return
        for method in self._methods_for(event):
            try:
                result = method(*event.args())
                if inspect.isawaitable(result):
                    await result
            except (SystemExit, KeyboardInterrupt) as error:
                logger.critical("hook %s ends the process (%s)", event.name, type(error).__name__)
                raise SystemExit(1) from None
            except asyncio.CancelledError as error:
                _failed(event, error)
                if _being_cancelled():
                    raise
            except BaseException as error:  # noqa: BLE001 - whatever it was, the next addon is asked
                _failed(event, error)

    def _methods_for(self, event: hooks.Hook) -> tuple[Callable[..., Any], ...]:
        assert self._methods is not None  # noqa: S101 - for mypy: trigger_event looked
        methods = self._methods.get(event.name)
        if methods is None:
            methods = tuple(method for addon in self.chain for _, method in self._iter_hooks(addon, event))
            self._methods[event.name] = methods
        return methods

    def _refuse_when_locked(self) -> None:
        if self._methods is not None:
            raise ChainLocked("the chain of addons of a running proxy cannot be changed")


def _being_cancelled() -> bool:
    """Whether somebody cancels this task; else the hook met something that was cancelled, and failed over it."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _failed(event: hooks.Hook, error: BaseException) -> None:
    logger.error("hook %s failed", event.name, exc_info=error)
    match event:
        case hooks.RunningHook():
            raise ChainLocked(f"the proxy does not start: hook {event.name} failed") from None
        case server_hooks.ClientConnectedHook():
            event.client.error = _FAILED
        case server_hooks.ServerConnectHook():
            event.data.server.error = _FAILED
        case HttpConnectHook():
            event.flow.response = event.flow.response or unavailable(_FAILED).response()
        case layer.NextLayerHook():
            event.data.layer = Closed(event.data.context)
