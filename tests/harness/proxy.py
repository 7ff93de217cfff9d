"""A real proxy process on a home of its own."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import yaml

from beacon_audit.demo.beacon import SimulatedBeacon
from beacon_audit.home import Home, create_home
from beacon_audit.trail import read_trail

READY_SECONDS = 30.0
STOP_SECONDS = 25.0


def write_policy(directory: Path, beacon: SimulatedBeacon | None, **settings: Any) -> Path:
    """A policy file that dials ``beacon``; ``settings`` are its other top-level keys."""
    document: dict[str, Any] = {"version": 1, **settings}
    if beacon is not None and "upstream" not in document:
        document["upstream"] = {"address": beacon.address, "ca_file": str(beacon.ca_file)}
    path = directory / "policy.yaml"
    path.write_text(yaml.safe_dump(document))
    return path


class ProxyProcess:
    """A context manager: started and ready inside, stopped by SIGTERM at its end.

    ``launcher`` replaces ``-m beacon_audit.cli`` for tests that sabotage the process from inside; ``prefix`` is a
    command that runs it.
    """

    def __init__(
        self,
        directory: Path,
        policy: Path | str,
        *,
        mode: str = "regular",
        listen: str = "127.0.0.1:0",
        admin: str = "127.0.0.1:0",
        arguments: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
        launcher: Sequence[str] = ("-m", "beacon_audit.cli"),
        preexec: Any = None,
        prefix: Sequence[str] = (),
    ) -> None:
        self.home: Home = create_home(directory / "home", ("beacon.langchain.com",))
        self.stderr_path = directory / "stderr.log"
        self.stdout_path = directory / "stdout.log"
        self._command = [
            *prefix, sys.executable, *launcher, "run", "--home", str(self.home.path), "--policy", str(policy),
            "--mode", mode, "--listen", listen, "--admin", admin, *arguments,
        ]  # fmt: skip
        self._environment = {**os.environ, **(environment or {})}
        self._preexec = preexec
        self._process: subprocess.Popen[bytes] | None = None
        self.ready: dict[str, Any] = {}

    def start(self) -> Self:
        with self.stdout_path.open("ab") as out, self.stderr_path.open("ab") as err:
            offset = out.tell()
            self._process = subprocess.Popen(
                self._command, stdout=out, stderr=err, env=self._environment, preexec_fn=self._preexec
            )
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            line = self.stdout_path.read_bytes()[offset:]
            if b"\n" in line:
                self.ready = json.loads(line.splitlines()[0])
                return self
            if self._process.poll() is not None:
                break
            time.sleep(0.02)
        self._process.kill()
        self._process.wait()
        raise AssertionError(f"the proxy did not get ready:\n{self.stderr}")

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def has_ended(self) -> bool:
        """Whether the process is no more."""
        assert self._process is not None
        return self._process.poll() is not None

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens."""
        host, _, port = self.ready["proxy"].rpartition(":")
        return host, int(port)

    @property
    def url(self) -> str:
        return f"http://{self.ready['proxy']}"

    @property
    def admin_url(self) -> str:
        return f"http://{self.ready['admin']}"

    @property
    def stderr(self) -> str:
        return self.stderr_path.read_text(errors="replace")

    @property
    def stdout(self) -> str:
        return self.stdout_path.read_text(errors="replace")

    def entries(self, kind: str | None = None) -> list[dict[str, Any]]:
        """What the trail holds, of one type if given."""
        return [entry for entry in read_trail(self.home.trail) if kind is None or entry["type"] == kind]

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send a signal, wait for the end, give the exit status."""
        assert self._process is not None
        if self._process.poll() is None:
            self._process.send_signal(number)
        return self.wait()

    def wait(self) -> int:
        """Wait for the end, give the exit status."""
        assert self._process is not None
        try:
            return self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise AssertionError(f"the proxy did not stop:\n{self.stderr}") from None

    def kill(self) -> None:
        self.stop(signal.SIGKILL)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
