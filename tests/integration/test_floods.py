"""Many connections at once: those beyond the limit are closed unread, and so are those that say nothing; the others are
served."""

import resource
import socket
from contextlib import ExitStack
from pathlib import Path

from beacon_audit.demo.beacon import SimulatedBeacon
from harness.client import Tunnel
from harness.memory import memory_of
from harness.proxy import ProxyProcess, write_policy
from harness.rig import Rig, eventually, running_rig
from harness.usage_reports import PATH, usage_report


def is_closed(connection: socket.socket) -> bool:
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


def is_served(rig: Rig) -> bool:
    try:
        return rig.send(2).status == 200
    except OSError:  # the proxy has not seen yet that the others are gone
        return False


def test_connections_beyond_the_limit_are_closed_unread_and_recorded_as_a_number(tmp_path: Path) -> None:
    with running_rig(tmp_path, limits={"connections": 20}) as rig:
        with ExitStack() as stack:
            honest = stack.enter_context(rig.tunnel())
            idle = [stack.enter_context(socket.create_connection(rig.proxy.address, 10)) for _ in range(50)]
            assert [is_closed(connection) for connection in idle[14:]] == [True] * 36  # of one source: three quarters
            assert honest.send(PATH, usage_report(1)).status == 200
        eventually(lambda: is_served(rig), seconds=20)
        assert rig.proxy.stop() == 0
        refusals = rig.proxy.entries("refusal")
        assert {entry["reason_code"] for entry in refusals} == {"containment.too-many-connections"}
        turned_away = [int(entry["reason"].split()[0]) for entry in refusals]
        assert sum(turned_away) >= 36
        assert len(turned_away) <= 2


def test_one_source_leaves_places_for_others(tmp_path: Path) -> None:
    with running_rig(tmp_path, limits={"connections": 20}) as rig, ExitStack() as stack:
        flood = [stack.enter_context(socket.create_connection(rig.proxy.address, 10)) for _ in range(50)]
        assert all(is_closed(connection) for connection in flood[15:])
        with rig.tunnel(source="127.0.0.2") as honest:
            assert honest.send(PATH, usage_report(1)).status == 200
        other = [
            stack.enter_context(socket.create_connection(rig.proxy.address, 10, ("127.0.0.3", 0))) for _ in range(20)
        ]
        eventually(lambda: is_closed(other[-1]))


def test_connection_without_a_request_is_closed_and_one_that_was_served_is_not(tmp_path: Path) -> None:
    """However far it has come: nothing, half a head, half a handshake, a tunnel, TLS."""
    with running_rig(tmp_path, fault="short-patience") as rig, ExitStack() as stack:
        kept = stack.enter_context(rig.tunnel())
        assert kept.send(PATH, usage_report(1)).status == 200
        with rig.tunnel() as refused:
            assert refused.send(PATH, b"{}").status == 403
            silent = [stack.enter_context(socket.create_connection(rig.proxy.address, 20)) for _ in range(4)]
            silent[1].sendall(b"POST / HTTP/1.1\r\nHost: beacon.")
            silent[2].sendall(b"CONNECT beacon.langchain.com:443 HTTP/1.1\r\n\r\n")
            silent[3].sendall(b"CONNECT beacon.langchain.com:443 HTTP/1.1\r\n\r\n")
            for opened in silent[2:]:
                assert opened.recv(4096).startswith(b"HTTP/1.1 200 ")
            silent[3].sendall(b"\x16\x03\x01\x00\x06\x01\x00")
            waiting = stack.enter_context(rig.tunnel())
            waiting.read_to_the_end()
            assert all(map(is_closed, silent))
            assert refused.send(PATH, usage_report(2)).status == 200
        assert kept.send(PATH, usage_report(3)).status == 200
        assert rig.proxy.stop() == 0
        _, *closed = rig.proxy.entries("refusal")
        assert {entry["reason_code"] for entry in closed} == {"containment.silent-connections"}
        assert sum(int(entry["reason"].split()[0]) for entry in closed) == 5


def test_a_thousand_idle_connections_disturb_nobody(tmp_path: Path) -> None:
    with running_rig(tmp_path, limits={"connections": 2000}) as rig, ExitStack() as stack:
        before = memory_of(rig.proxy.pid)
        for _ in range(1000):
            stack.enter_context(socket.create_connection(rig.proxy.address, 10))
        for number in range(10):
            assert rig.send(number).status == 200
        assert memory_of(rig.proxy.pid) - before < 100_000_000


def few_descriptors() -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))


def test_flood_does_not_take_the_descriptors_that_the_trail_needs(tmp_path: Path) -> None:
    """Without a descriptor for a file of its own the trail would be given up until a restart."""
    with SimulatedBeacon(tmp_path) as beacon, ExitStack() as stack:
        policy = write_policy(tmp_path, beacon)
        proxy = stack.enter_context(ProxyProcess(tmp_path, policy, preexec=few_descriptors))
        honest = stack.enter_context(Tunnel(proxy.address, proxy.home.ca_certificate))
        flood = [stack.enter_context(socket.create_connection(proxy.address, 10)) for _ in range(300)]
        assert is_closed(flood[-1])
        for number in range(3):
            assert honest.send(PATH, usage_report(number)).status == 200
        assert "limits.connections is 1000, and this process may open 256 files" in proxy.stderr
