"""A simulated Beacon and a real proxy process in front of it, with one fault that can be switched on and off."""

import json
import resource
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from beacon_audit.demo.answers import Behaviour
from beacon_audit.demo.beacon import SimulatedBeacon
from harness.client import Answer, Tunnel
from harness.proxy import ProxyProcess, write_policy
from harness.usage_reports import LICENSE, PATH, usage_report

_LAUNCHERS = Path(__file__).parent / "launchers"


@dataclass
class Rig:
    """``switch`` is the file that puts the fault in force while it exists."""

    beacon: SimulatedBeacon
    proxy: ProxyProcess
    switch: Path

    def tunnel(self, timeout: float = 20.0, source: str | None = None) -> Tunnel:
        return Tunnel(self.proxy.address, self.proxy.home.ca_certificate, timeout=timeout, source=source)

    def send(self, number: int) -> Answer:
        """One usage report on a connection of its own."""
        with self.tunnel() as tunnel:
            return tunnel.send(PATH, usage_report(number))

    def readiness(self) -> tuple[int, str]:
        """Status and reason of ``GET /readyz``."""
        try:
            with urllib.request.urlopen(f"{self.proxy.admin_url}/readyz") as response:  # noqa: S310 - our own URL
                return response.status, json.load(response)["reason"]
        except urllib.error.HTTPError as refused:
            return refused.code, json.load(refused)["reason"]

    def outcomes(self) -> list[tuple[str, str]]:
        """Id of the intent and state of every outcome, in the order of the trail."""
        return [(entry["id"], entry["state"]) for entry in self.proxy.entries("outcome")]

    def restart(self) -> None:
        self.proxy.stop()
        self.proxy.start()

    @property
    def journal(self) -> Path:
        """The newest file of the journal."""
        return sorted((self.proxy.home.trail / ".state").glob("journal-*.wal"))[-1]


@contextmanager
def running_rig(
    directory: Path,
    *,
    fault: str | None = None,
    launcher: str = "",
    behaviour: Behaviour | None = None,
    **settings: Any,
) -> Iterator[Rig]:
    """Started; at the end everything is stopped, and nothing that was written to stderr may hold the license.

    ``launcher`` is the name of one in ``harness/launchers``; ``settings`` are top-level keys of the policy.
    """
    switch = directory / "fault"
    environment = {"BEACON_AUDIT_TEST_FAULT": str(switch)}
    command = (str(_LAUNCHERS / f"{launcher}.py"),) if launcher else ("-m", "beacon_audit.cli")
    if fault is not None:
        command = (str(_LAUNCHERS / "sabotage.py"), fault)
    with SimulatedBeacon(directory, behaviour=behaviour) as beacon:
        policy = write_policy(directory, beacon, **settings)
        proxy = ProxyProcess(directory, policy, environment=environment, launcher=command)
        with proxy:
            yield Rig(beacon, proxy, switch)
        assert LICENSE not in proxy.stderr


def limit_file_size(rig: Rig, room: int) -> None:
    """From now on the journal has ``room`` bytes left: the next write is cut short, as on a full disk."""
    size = rig.journal.stat().st_size + room
    resource.prlimit(rig.proxy.pid, resource.RLIMIT_FSIZE, (size, size))


def request_head(length: int) -> bytes:
    """The head of a usage report whose body has ``length`` bytes."""
    lines = (f"POST {PATH} HTTP/1.1", "Host: beacon.langchain.com", "Content-Type: application/json")
    return "\r\n".join((*lines, f"Content-Length: {length}", "", "")).encode()


def eventually(condition: Callable[[], object], seconds: float = 5.0) -> None:
    """Wait until ``condition`` holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.01)
