"""Clients whose hook fails, and what they do to make it run.

A ``Victim`` acts in a thread of its own, because a hook that hangs holds it.
"""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from beacon_audit.demo.answers import Behaviour
from harness.client import HOST, Answer, Tunnel
from harness.rig import request_head
from harness.usage_reports import PATH, usage_report

if TYPE_CHECKING:
    from harness.struck import StruckRig

_PATIENCE_S = 10.0
_LONGER_S = 60.0  # a client does not end by itself while it is waited for


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
