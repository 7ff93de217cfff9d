"""Which intents have no outcome yet, oldest first. Pure; not safe for threads."""

from collections.abc import Iterable

from beacon_audit.trail.committed import Committed


class OpenIntents:
    """Follows a log from a moment on at which none was open, or from one before which it need not look."""

    def __init__(self) -> None:
        self._open: dict[str, int] = {}

    def follow(self, items: Iterable[Committed], first: int) -> None:
        """Take the entries that come next, the first of which has the index ``first``."""
        for index, item in enumerate(items, first):
            if item.kind == "intent":
                self._open[item.id] = index
            elif item.kind == "outcome":
                self._open.pop(item.id, None)

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(self._open)

    def oldest(self, default: int) -> int:
        """The index of the oldest; ``default`` when there is none."""
        return next(iter(self._open.values()), default)
