"""Code that is interrupted at one of its operations on files, whoever asks for it: by an error, or by a kill."""

import errno
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Literal
from unittest.mock import patch

from beacon_audit.trail import storage

_OPERATIONS = (
    "open", "write", "fsync", "fdatasync", "rename", "replace", "unlink", "mkdir", "rmdir", "fchmod", "ftruncate",
)  # fmt: skip


class Interruption:
    """Lets the operation number ``at`` (from 0) fail, or kills the process there. ``reached`` tells whether it came."""

    def __init__(self, at: int, how: Literal["error", "kill"]) -> None:
        self._left = at
        self._how = how
        self.reached = False

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """Interrupt what is done inside."""
        operations: dict[str, Any] = {name: partial(self._do, getattr(os, name)) for name in _OPERATIONS}
        with patch.multiple(os, **operations), patch.object(storage, "_sync_data", operations["fdatasync"]):
            yield

    def _do(self, operation: Callable[..., object], *arguments: object, **named: object) -> object:
        self._left -= 1
        if self._left == -1:
            self.reached = True
            if self._how == "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            raise OSError(errno.EIO, "Input/output error")
        return operation(*arguments, **named)


def killed_at(at: int, call: Callable[[], object]) -> bool:
    """Call in a process that is killed at the operation number ``at``; whether it was."""
    process = os.fork()
    if process == 0:
        try:
            with Interruption(at, "kill")():
                call()
        finally:
            os._exit(0)
    _, status = os.waitpid(process, 0)
    return os.WIFSIGNALED(status)
