"""Runs the demonstration: for every phase a simulated Beacon, a real proxy process, and its messages one by one.

All phases share one HOME, so that its trail tells the whole story afterwards. ``directory`` holds HOME, the policy
files, the proxy's logs and the certificates of the simulated Beacons; it is kept. Raises ``ProxyFailed`` when the proxy
does not run, and the errors of ``home`` and ``trail``.
"""

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import yaml

from beacon_audit.demo.beacon import BEACON_HOST, SimulatedBeacon
from beacon_audit.demo.client import send
from beacon_audit.demo.observation import Entry, Observation, is_complete
from beacon_audit.demo.payloads import Payloads
from beacon_audit.demo.plain_search import files_with
from beacon_audit.demo.proxy_process import ProxyProcess
from beacon_audit.demo.traffic import LANGSMITH_CONFIG, LANGSMITH_CONFIG_FILE, Phase, Scenario, phases
from beacon_audit.home import Home, create_home
from beacon_audit.trail import TrailReader

_RECORD_S = 5.0
_POLL_S = 0.02


@dataclass(frozen=True, slots=True)
class PhaseResult:
    """What was seen of one phase. The counts are those of its simulated Beacon after the proxy had stopped."""

    phase: Phase
    observations: tuple[Observation, ...]
    connections: int
    bytes_received: int
    requests: int

    @property
    def expected_requests(self) -> int:
        return sum(scenario.expected.action == "allowed" for scenario in self.phase.scenarios)

    @property
    def as_it_should(self) -> bool:
        """Nothing arrived but what was allowed, on no more connections than that takes: one a message, as the client
        opens them. Where nothing was allowed, not one byte came."""
        silent = self.expected_requests > 0 or self.bytes_received == 0
        return silent and self.connections <= self.expected_requests == self.requests


@dataclass(frozen=True, slots=True)
class Result:
    """The whole demonstration. ``leaks`` are the files in which the license key or the prompt was found in clear."""

    phases: tuple[PhaseResult, ...]
    leaks: tuple[Path, ...]

    @property
    def observations(self) -> tuple[Observation, ...]:
        return tuple(observation for result in self.phases for observation in result.observations)

    @property
    def as_it_should(self) -> bool:
        """Whether everything happened as it should."""
        return (
            not self.leaks
            and all(result.as_it_should for result in self.phases)
            and not any(observation.differences for observation in self.observations)
        )


@dataclass(frozen=True, slots=True)
class Stage:
    """Where the demonstration takes place. The license key is made up, anew for each stage."""

    directory: Path
    home: Home
    payloads: Payloads = field(repr=False)

    @classmethod
    def prepare(cls, directory: Path) -> Self:
        """Make HOME and the vendor's configuration file in ``directory``, which exists and is empty."""
        (directory / LANGSMITH_CONFIG_FILE).write_text(LANGSMITH_CONFIG, "utf-8")
        home = create_home(directory / "home", (BEACON_HOST,))
        return cls(directory, home, Payloads(f"lcl_demo_{secrets.token_hex(12)}"))

    @property
    def phases(self) -> tuple[Phase, ...]:
        return phases(self.payloads)

    def log_file(self, phase: Phase) -> Path:
        """What the proxy of ``phase`` said on stderr."""
        return self.directory / f"proxy-{phase.name}.log"

    @contextmanager
    def running(self, phase: Phase) -> Iterator[tuple[SimulatedBeacon, ProxyProcess]]:
        """A simulated Beacon and a proxy that enforces the policy of ``phase``, until the block ends."""
        beacon_directory = self.directory / f"beacon-{phase.name}"
        beacon_directory.mkdir(exist_ok=True)
        with SimulatedBeacon(beacon_directory) as beacon:
            policy = self.directory / f"{phase.name}.yaml"
            upstream = {"address": beacon.address, "ca_file": str(beacon.ca_file)}
            policy.write_text(yaml.safe_dump({"version": 1, **phase.settings, "upstream": upstream}), "utf-8")
            with ProxyProcess(self.home, policy, self.log_file(phase)) as proxy:
                yield beacon, proxy


def play(stage: Stage, on_step: Callable[[str], None]) -> Result:
    """Run all phases; ``on_step`` is told what comes next (a title), once for each proxy and each message."""
    results = tuple(_play_phase(stage, phase, on_step) for phase in stage.phases)
    return Result(results, files_with(stage.directory, stage.payloads.sensitive))


def _play_phase(stage: Stage, phase: Phase, on_step: Callable[[str], None]) -> PhaseResult:
    on_step(f"starting the proxy with policy {phase.name}")
    with stage.running(phase) as (beacon, proxy):
        trail = TrailReader(stage.home.trail)
        list(trail.poll())  # what earlier phases and the start of this proxy recorded
        observations = []
        for scenario in phase.scenarios:
            on_step(scenario.title)
            observations.append(_observe(scenario, beacon, proxy, stage.home, trail))
    return PhaseResult(phase, tuple(observations), beacon.connections, beacon.bytes_received, len(beacon.requests))


def _observe(
    scenario: Scenario, beacon: SimulatedBeacon, proxy: ProxyProcess, home: Home, trail: TrailReader
) -> Observation:
    connections, requests = beacon.connections, len(beacon.requests)
    answer = send(scenario.message, proxy.address, home.ca_certificate)
    entries = _recorded(trail)
    return Observation(scenario, answer, beacon.connections - connections, tuple(beacon.requests[requests:]), entries)


def _recorded(trail: TrailReader) -> tuple[Entry, ...]:
    """The entries of one exchange. They are durable before the client has its answer, unless it was cut off."""
    entries: list[Entry] = list(trail.poll())
    deadline = time.monotonic() + _RECORD_S
    while not is_complete(entries) and time.monotonic() < deadline:
        time.sleep(_POLL_S)
        entries += trail.poll()
    return tuple(entries)
