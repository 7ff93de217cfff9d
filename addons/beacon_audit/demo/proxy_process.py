"""The proxy as a process of its own, as an operator would start it: ``beacon-audit run``.

It takes HOME and a policy file, waits for the ready line on stdout, and stops the process by its id at the end. What
the process says on stderr goes to a file that the person can read. Raises :class:`ProxyFailed`, which ends with the
tail of that file; the proxy scrubs secrets from everything it logs.
"""

import json
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from beacon_audit.errors import BeaconAuditError
from beacon_audit.home import Home

READY_S = 60.0
STOP_S = 30.0
_POLL_S = 0.02
_TAIL_LINES = 15


class ProxyFailed(BeaconAuditError):
    """The proxy did not start, or ended when it should not have."""


class ProxyProcess:
    """A context manager: ready inside, stopped after. ``address`` is ``host:port`` of the listening proxy."""

    def __init__(self, home: Home, policy: Path, log: Path) -> None:
        self.address = ""
        self._home = home
        self._policy = policy
        self._log = log
        self._ready = log.with_suffix(".ready")
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        # -P: what lies in the working directory is not imported.
        command = [
            *(sys.executable, "-P", "-m", "beacon_audit.cli", "run"),
            *("--home", str(self._home.path), "--policy", str(self._policy)),
            *("--mode", "regular", "--listen", "127.0.0.1:0"),
        ]
        with self._ready.open("wb") as out, self._log.open("ab") as err:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        try:
            self.address = str(self._await_ready(self._process)["proxy"])
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    @property
    def pid(self) -> int | None:
        """The id of the process while it runs."""
        return self._process.pid if self._process else None

    def wait(self) -> None:
        """Wait while the proxy serves; it never ends by itself, so its end is a :class:`ProxyFailed`."""
        if self._process is not None:
            status = self._process.wait()
            raise self._failed(f"the proxy ended with status {status}")

    def _await_ready(self, process: subprocess.Popen[bytes]) -> dict[str, object]:
        deadline = time.monotonic() + READY_S
        while time.monotonic() < deadline:
            ended = process.poll() is not None
            line, newline, _ = self._ready.read_bytes().partition(b"\n")
            if newline:
                return dict(json.loads(line))
            if ended:
                raise self._failed(f"the proxy ended with status {process.returncode} before it was ready")
            time.sleep(_POLL_S)
        raise self._failed(f"the proxy was not ready within {READY_S:.0f} seconds")

    def _stop(self) -> None:
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None
        self._ready.unlink(missing_ok=True)

    def _failed(self, what: str) -> ProxyFailed:
        lines = self._log.read_text("utf-8", "replace").splitlines()[-_TAIL_LINES:]
        return ProxyFailed("\n".join([f"{what}; the last lines of {self._log}:", *(f"  {line}" for line in lines)]))
