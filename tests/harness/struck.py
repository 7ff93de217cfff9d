"""A proxy whose hooks fail one at a time (``launchers/failing_hooks.py``), the clients that make each of them run, and
what Beacon and the trail saw of it.

A ``Victim`` is a client whose hook fails; it acts in a thread of its own, because a hook that hangs holds it. A
``Law`` is broken when Beacon gets a request that is not on record, or a client an answer of Beacon's that is not.
"""

import contextlib
import itertools
import json
import socket
import ssl
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
from harness.client import HOST, Answer, Tunnel
from harness.proxy import ProxyProcess, write_policy
from harness.rig import eventually, request_head
from harness.usage_reports import PATH, number_of, recorded_number, usage_report

_LAUNCHER = Path(__file__).parent / "launchers" / "failing_hooks.py"
_PATIENCE_S = 10.0
_RESTARTS_S = 90.0
_LONGER_S = 60.0  # a client does not end by itself while it is waited for


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


class Victim:
    """One client; ``act`` gets its number, and gives what it was answered at last, if anything."""

    def __init__(self, rig: "StruckRig", act: "Act") -> None:
        self.number = next(rig.numbers)
        self.address = f"127.1.{self.number >> 8}.{self.number & 255}"
        self.answer: Answer | None = None
        self.rig, self._act = rig, act
        self.tunnels: list[VictimTunnel] = []
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._ended = threading.Event()

    def start(self) -> None:
        """Begin to act."""
        self._thread.start()

    def __enter__(self) -> "Victim":
        return self

    def __exit__(self, *_: object) -> None:
        self.leave()

    def _run(self) -> None:
        with contextlib.suppress(OSError, ssl.SSLError, ValueError, Exception):
            self.answer = self._act(self)
        self._ended.set()

    def tunnel(self, *, tls: bool = True, connect: str = f"{HOST}:443") -> "VictimTunnel":
        """Its connection; ``leave`` ends it even while it waits."""
        return VictimTunnel(self, connect, tls=tls)

    @property
    def waits(self) -> bool:
        """Whether it was neither answered nor closed."""
        return not self._ended.is_set()

    def ended(self) -> bool:
        """Wait until it has its answer, or its connection has ended."""
        return self._ended.wait(_PATIENCE_S)

    def leave(self) -> None:
        """Close its connection, and wait for its thread."""
        for tunnel in self.tunnels:
            tunnel.end()
        self._thread.join(_PATIENCE_S)
        for tunnel in self.tunnels:
            tunnel.close()
        assert not self._thread.is_alive(), "the client could not be ended"


class VictimTunnel(Tunnel):
    """A connection that the victim knows from its beginning, so that it can be ended while it is made."""

    def __init__(self, victim: Victim, connect: str, *, tls: bool) -> None:
        proxy = victim.rig.proxy
        self._socket = socket.create_connection(proxy.address, _LONGER_S, (victim.address, 0))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        victim.tunnels.append(self)
        self._socket.sendall(f"CONNECT {connect} HTTP/1.1\r\nHost: {connect}\r\n\r\n".encode())
        self.connect_answer = self._read_answer("CONNECT")
        if tls and self.connect_answer.status != 200:
            victim.answer = self.connect_answer
            raise ConnectionRefusedError("no tunnel")
        if tls:
            context = ssl.create_default_context(cafile=str(proxy.home.ca_certificate))
            self._socket = context.wrap_socket(self._socket, server_hostname=HOST, do_handshake_on_connect=False)
            self._socket.do_handshake()

    def end(self) -> None:
        """Whoever waits for it waits no more."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)


type Act = Callable[[Victim], Answer | None]


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


# --- what clients do ----------------------------------------------------------------------------------------------


def posts(victim: Victim) -> Answer:
    """One good request."""
    return victim.tunnel().send(PATH, usage_report(victim.number))


def posts_what_is_refused(victim: Victim) -> Answer:
    """One that has a field too many."""
    return victim.tunnel().send(PATH, usage_report(victim.number).replace(b'{"', b'{"more": "", "', 1))


def connects_elsewhere(victim: Victim) -> Answer:
    """A tunnel to a host that nobody documents."""
    return victim.tunnel(tls=False, connect="elsewhere.example:443").connect_answer


def posts_half(victim: Victim) -> None:
    """The beginning of one, and leaves."""
    tunnel = victim.tunnel()
    body = usage_report(victim.number)
    tunnel.write(request_head(len(body)) + body[:20])
    tunnel.close()


def writes_no_http(victim: Victim) -> Answer:
    """Bytes inside of TLS that are no request."""
    return victim.tunnel().send_raw(b"POST\x00/ HTTP/1.1\r\n\r\n")


def writes_no_tls(victim: Victim) -> Answer:
    """Something else where a handshake should begin."""
    tunnel = victim.tunnel(tls=False)
    return tunnel.send_raw(b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00")


def is_cut_off(victim: Victim) -> Answer:
    """One good request, to which Beacon says nothing whole."""
    victim.rig.beacon.behaviour = Behaviour(close_after=20)
    return posts(victim)
