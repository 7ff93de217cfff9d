"""Storage of which one operation fails, and that remembers what was asked of it."""

import os
from pathlib import Path

from harness.quick_storage import QuickStorage


class FaultyStorage(QuickStorage):
    """Fails at one chosen operation: with ``error``, or, where there is none, with a write that takes half the bytes.

    ``fail_at`` counts operations from 0; with -1 none fails. Afterwards everything works again, as a disk does that
    has had space freed. ``operations`` names all that were asked for, ``late`` those after the failure. Closing is
    counted in ``held`` only: how many descriptors are open.
    """

    def __init__(self, fail_at: int = -1, error: int | None = None) -> None:
        self.fail_at = fail_at
        self.error = error
        self.operations: list[str] = []
        self.failed: str | None = None
        self.late: list[str] = []
        self.held = 0

    @property
    def done(self) -> int:
        return len(self.operations)

    def _count(self, name: str, *, can_be_short: bool = False) -> bool:
        """True when this operation is to be a short write."""
        if self.failed is not None:
            self.late.append(name)
        here = self.done == self.fail_at
        self.operations.append(name)
        if here and self.error is not None:
            self.failed = name
            raise OSError(self.error, os.strerror(self.error))
        if here and can_be_short:
            self.failed = name
        return here and can_be_short

    def close(self, descriptor: int) -> None:
        super().close(descriptor)
        self.held -= 1

    def open_append(self, path: Path) -> int:
        self._count("open_append")
        descriptor = super().open_append(path)
        self.held += 1
        return descriptor

    def create(self, path: Path) -> int:
        self._count("create")
        descriptor = super().create(path)
        self.held += 1
        return descriptor

    def write(self, descriptor: int, data: bytes) -> int:
        short = self._count("write", can_be_short=True)
        return super().write(descriptor, data[: len(data) // 2] if short else data)

    def start_writeback(self, descriptor: int) -> None:
        self._count("start_writeback")
        super().start_writeback(descriptor)

    def sync_data(self, descriptor: int) -> None:
        self._count("sync_data")
        super().sync_data(descriptor)

    def sync_directory(self, path: Path) -> None:
        self._count("sync_directory")
        super().sync_directory(path)

    def truncate(self, descriptor: int, size: int) -> None:
        self._count("truncate")
        super().truncate(descriptor, size)

    def status(self, path: Path) -> os.stat_result:
        self._count("status")
        return super().status(path)

    def replace(self, source: Path, target: Path) -> None:
        self._count("replace")
        super().replace(source, target)

    def remove(self, path: Path) -> None:
        self._count("remove")
        super().remove(path)

    def remove_directory(self, path: Path) -> None:
        self._count("remove_directory")
        super().remove_directory(path)

    def make_directory(self, path: Path) -> bool:
        self._count("make_directory")
        return super().make_directory(path)
