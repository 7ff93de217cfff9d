"""A proxy whose hooks fail one at a time (``launchers/failing_hooks.py``), and what Beacon and the trail saw of it."""

import itertools
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from beacon_audit.demo.answers import Behaviour
from beacon_audit.demo.beacon import SimulatedBeacon
from beacon_audit.demo.received import ReceivedRequest
from beacon_audit.demo.tls_stream import TlsStream
from beacon_audit.home import Home
from beacon_audit.trail.reader import TrailReader
from harness.client import Tunnel
from harness.proxy import ProxyProcess, write_policy
from harness.rig import eventually
from harness.struck_clients import Victim
from harness.usage_reports import PATH, number_of, recorded_number, usage_report

_LAUNCHER = Path(__file__).parent / "launchers" / "failing_hooks.py"
_PATIENCE_S = 10.0
_RESTARTS_S = 90.0


class WitnessingBeacon(SimulatedBeacon):
    """A Beacon that looks into the trail when a request arrives. ``unrecorded``: the numbers of reports whose intent
    was not there. ``on_arrival`` is called once, with the next one; a ``behaviour`` holds for one answer."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self.record: Record | None = None
        self.arrived: list[int] = []
        self.unrecorded: list[int] = []
        self.on_arrival: Callable[[], object] | None = None

    def _answer(self, stream: TlsStream, request: ReceivedRequest) -> bool:
        number = number_of(request.body)
        assert self.record is not None
        if self.record.intent(number) is None:
            self.unrecorded.append(number)
        self.arrived.append(number)
        if self.on_arrival is not None:
            then, self.on_arrival = self.on_arrival, None
            then()
        try:
            return super()._answer(stream, request)
        finally:
            self.behaviour = Behaviour()


class Record:
    """What the trail says of each report, by its number; only what is new is read. Safe for threads."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._lock = threading.Lock()
        self._reader: TrailReader | None = None
        self._intents: dict[int, str] = {}
        self._outcomes: dict[str, list[str]] = {}

    def intent(self, number: int) -> str | None:
        """The id of its intent, if that is durable now."""
        with self._lock:
            self._read_on()
            return self._intents.get(number)

    def outcomes(self, number: int) -> list[str]:
        """The states of its outcomes; none while its intent is open, or when there is none."""
        identity = self.intent(number)
        return [] if identity is None else list(self._outcomes.get(identity, ()))

    def _read_on(self) -> None:
        self._reader = self._reader or TrailReader(self._home.trail)
        for entry in self._reader.poll():
            identity = str(entry["id"])
            if entry["type"] == "intent":
                self._intents[recorded_number(self._home, entry)] = identity
            elif entry["type"] == "outcome":
                self._outcomes.setdefault(identity, []).append(str(entry["state"]))


class StruckRig:
    """``proxy`` is restarted whenever it ends; ``ready`` waits for the one after so many."""

    def __init__(self, beacon: WitnessingBeacon, proxy: ProxyProcess, switch: Path) -> None:
        self.beacon, self.proxy, self._switch = beacon, proxy, switch
        self.outcomes = Record(proxy.home).outcomes
        self._struck = Path(f"{switch}.struck")
        self.numbers = itertools.count(1)

    @property
    def chain(self) -> list[str]:
        """The places of the chain that the running proxy has."""
        return Path(f"{self._switch}.chain").read_text().split("\n")

    def arm(self, kind: str, *places: str, victim: Victim | None = None) -> None:
        """This victim is struck when it comes there; without one, whatever is done for no client. Several places come
        one after the other."""
        address = victim.address if victim else "-"
        beside = self._switch.with_suffix(".new")
        beside.write_text("\n".join(f"{place} {kind} {address}" for place in places))
        beside.rename(self._switch)

    def struck(self) -> None:
        """Wait until the armed failure has happened, and forget it."""
        eventually(self._struck.exists, _PATIENCE_S)
        self._struck.unlink()

    @property
    def ends(self) -> list[int]:
        """The exit status of each proxy that has ended."""
        path = Path(f"{self._switch}.ended")
        return [int(line) for line in path.read_text().split()] if path.exists() else []

    def ready_lines(self) -> list[dict[str, Any]]:
        """Those of all proxies so far."""
        lines = (line for line in self.proxy.stdout.split("\n")[:-1] if '"ready"' in line)
        return [json.loads(line) for line in lines]

    def ready_again(self, ends: int) -> None:
        """Wait until the proxy that was started after so many ends is ready, and use that."""
        eventually(lambda: len(self.ends) >= ends, _RESTARTS_S)
        eventually(lambda: len(self.ready_lines()) > ends - self.never_ready, _RESTARTS_S)
        self.proxy.ready = self.ready_lines()[-1]

    #: How many ended before they were ready.
    never_ready = 0

    def bystander(self) -> int:
        """A good request of another client, and its status."""
        with Tunnel(self.proxy.address, self.proxy.home.ca_certificate) as tunnel:
            return tunnel.send(PATH, usage_report(next(self.numbers))).status


@contextmanager
def struck_rig(directory: Path, lines: str = "", **settings: Any) -> Iterator[StruckRig]:
    """A proxy without the ``lines`` of defence, ready; ``settings`` are top-level keys of its policy."""
    switch = directory / "armed"
    with WitnessingBeacon(directory) as beacon:
        environment = {"BEACON_AUDIT_TEST_FAULT": str(switch), "BEACON_AUDIT_TEST_DIAL": beacon.address}
        policy = write_policy(directory, beacon, **settings)
        proxy = ProxyProcess(directory, policy, environment=environment, launcher=(str(_LAUNCHER), lines))
        beacon.record = Record(proxy.home)
        with proxy:
            yield StruckRig(beacon, proxy, switch)
