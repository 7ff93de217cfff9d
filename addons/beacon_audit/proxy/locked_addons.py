"""mitmproxy's addon manager with a chain that is fixed once it is built.

After ``lock`` nothing can be added, removed or replaced: an addon that came later could lift a refusal, or halt the
chain before ours is asked. Since the chain cannot change, the methods of each hook are looked up once. As in mitmproxy,
an exception in a hook is logged and the next addon is asked; that the request then stays in is ours to see to
(``proxy.addon``).
"""

import inspect
from collections.abc import Callable
from typing import Any

from mitmproxy import hooks
from mitmproxy.addonmanager import AddonManager, safecall

from beacon_audit.proxy.addon import AuditAddon


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

    async def trigger_event(self, event: hooks.Hook) -> None:
        """Ask every addon that has a method for this hook, in the order of the chain."""
        if self._methods is None:
            await super().trigger_event(event)
            return
        for method in self._methods_for(event):
            with safecall():
                result = method(*event.args())
                if inspect.isawaitable(result):
                    await result

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
