"""Storage that stops at a chosen operation until it is let go, so that a test can look at what has not happened yet."""

import os
from pathlib import Path
from threading import Event

from harness.quick_storage import QuickStorage


class Hold:
    """A place where somebody waits: ``reached`` once he is there, until `let_go`, with an ``error`` or without."""

    def __init__(self) -> None:
        self.reached = Event()
        self._go_on = Event()
        self._error: int | None = None

    def wait(self) -> None:
        """Until the operation is about to be done."""
        assert self.reached.wait(10)

    def let_go(self, error: int | None = None) -> None:
        """Let it be done, or fail with the error number ``error``."""
        self._error = error
        self._go_on.set()

    def _stop(self) -> None:
        self.reached.set()
        assert self._go_on.wait(10)
        if self._error is not None:
            raise OSError(self._error, os.strerror(self._error))


class HeldStorage(QuickStorage):
    """Works, but for the operations that `hold` names."""

    def __init__(self) -> None:
        self._holds: list[tuple[str, str, Hold]] = []
        self._names: dict[int, str] = {}

    def hold(self, operation: str, name: str) -> Hold:
        """Stop at ``operation`` on the next file or directory whose path contains ``name``, and at all that follow."""
        held = Hold()
        self._holds.append((operation, name, held))
        return held

    def _pass(self, operation: str, path: str) -> None:
        for wanted, name, held in self._holds:
            if wanted == operation and name in path:
                held._stop()

    def create(self, path: Path) -> int:
        self._pass("create", str(path))
        descriptor = super().create(path)
        self._names[descriptor] = str(path)
        return descriptor

    def open_append(self, path: Path) -> int:
        descriptor = super().open_append(path)
        self._names[descriptor] = str(path)
        return descriptor

    def write(self, descriptor: int, data: bytes) -> int:
        self._pass("write", self._names[descriptor])
        return super().write(descriptor, data)

    def sync_data(self, descriptor: int) -> None:
        self._pass("sync_data", self._names[descriptor])

    def sync_directory(self, path: Path) -> None:
        self._pass("sync_directory", str(path))

    def replace(self, source: Path, target: Path) -> None:
        self._pass("replace", str(target))
        super().replace(source, target)

    def remove(self, path: Path) -> None:
        self._pass("remove", str(path))
        super().remove(path)
