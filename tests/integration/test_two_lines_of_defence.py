"""Refusals hold when parts of the proxy are broken: each line of defence stands alone, and this is seen from Beacon.

The lines: the hooks' refusal, the stream guard (``proxy.stream_guard``), the gate (``proxy.gate``) with its watch
(``proxy.watch``).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from beacon_audit.demo.beacon import SimulatedBeacon
from harness.client import Tunnel
from harness.launchers.breach import SMUGGLED
from harness.proxy import ProxyProcess, write_policy
from harness.rig import Rig, eventually
from harness.usage_reports import PATH, usage_report

_BREACH = Path(__file__).parents[1] / "harness" / "launchers" / "breach.py"
DOCUMENTED = usage_report(1)
REFUSED = DOCUMENTED.replace(b'{"', b'{"smuggled": "", "', 1)


@contextmanager
def breached(directory: Path, lines: str, **settings: object) -> Iterator[Rig]:
    """A proxy whose ``lines`` of defence are down."""
    with SimulatedBeacon(directory) as beacon:
        proxy = ProxyProcess(
            directory,
            write_policy(directory, beacon, **settings),
            launcher=(str(_BREACH), lines),
            environment={"BEACON_AUDIT_TEST_DIAL": beacon.address},
        )
        with proxy:
            yield Rig(beacon, proxy, directory / "unused")


def ask(tunnel: Tunnel, body: bytes) -> int:
    return tunnel.send(PATH, body).status


@pytest.mark.parametrize(
    ("down", "status"),
    [
        pytest.param("streams,gate", 403, id="only the hooks stand"),
        pytest.param("hooks,gate", 502, id="only the stream guard stands"),
        pytest.param("hooks,streams", 502, id="only the gate stands"),
    ],
)
def test_refused_request_opens_nothing_while_one_line_stands(tmp_path: Path, down: str, status: int) -> None:
    with breached(tmp_path, down) as rig:
        with rig.tunnel() as tunnel:
            assert ask(tunnel, REFUSED) == status
        assert rig.beacon.connections == 0
        assert [entry["action"] for entry in rig.proxy.entries("refusal")] == ["refused"]
        assert rig.proxy.entries("intent") == []


def test_with_no_line_left_these_tests_would_see_what_gets_out(tmp_path: Path) -> None:
    with breached(tmp_path, "hooks,streams,gate") as rig:
        with rig.tunnel() as tunnel:
            assert ask(tunnel, REFUSED) == 200
        assert [request.body for request in rig.beacon.requests] == [REFUSED]


@pytest.mark.parametrize(
    ("down", "status"),
    [
        pytest.param("streams,gate", 403, id="only the hooks stand"),
        pytest.param("hooks,gate", 502, id="only the stream guard stands"),
        pytest.param("hooks,streams", 502, id="only the watch stands"),
    ],
)
def test_refused_request_does_not_leave_on_a_connection_that_is_open(tmp_path: Path, down: str, status: int) -> None:
    """The gate opened the connection, for an earlier request; its watch looks at what is written to it."""
    with breached(tmp_path, down) as rig:
        with rig.tunnel() as tunnel:
            assert ask(tunnel, DOCUMENTED) == 200
            received = rig.beacon.bytes_received
            assert ask(tunnel, REFUSED) == status
        assert [request.body for request in rig.beacon.requests] == [DOCUMENTED]
        assert rig.beacon.bytes_received - received < 100  # the close of TLS at most


def test_offline_mode_opens_nothing_when_its_refusals_are_lifted(tmp_path: Path) -> None:
    with breached(tmp_path, "hooks,streams", mode="offline") as rig:
        with rig.tunnel() as tunnel:
            assert ask(tunnel, DOCUMENTED) == 502
        assert rig.beacon.connections == 0
        assert [entry["reason_code"] for entry in rig.proxy.entries("refusal")] == ["policy.offline"]


def test_bytes_that_the_watch_stops_are_on_the_record(tmp_path: Path) -> None:
    with breached(tmp_path, "hooks,streams") as rig:
        with rig.tunnel() as tunnel:
            assert ask(tunnel, DOCUMENTED) == 200
            assert ask(tunnel, REFUSED) == 502
        eventually(lambda: len(rig.proxy.entries("refusal")) == 2)
        reasons = {(entry["reason_code"], entry["host"]) for entry in rig.proxy.entries("refusal")}
        assert ("containment.unpermitted-bytes", "beacon.langchain.com") in reasons
        assert "on an open connection that no recorded request was using" in rig.proxy.stderr


def test_bytes_on_an_idle_connection_do_not_leave(tmp_path: Path) -> None:
    """Something inside of the process writes past every hook, to a connection that an exchange has left open."""
    with breached(tmp_path, "idle") as rig:
        with rig.tunnel() as tunnel:
            assert ask(tunnel, DOCUMENTED) == 200
            eventually(lambda: len(rig.proxy.entries("refusal")) == 1)
            assert ask(tunnel, DOCUMENTED) == 200
            eventually(lambda: len(rig.proxy.entries("refusal")) == 2)
        assert rig.beacon.connections == 2  # the first one was torn down
        assert rig.beacon.bytes_received < SMUGGLED / 4
        assert len(rig.beacon.requests) == 2


def test_without_the_watch_bytes_on_an_idle_connection_would_be_seen(tmp_path: Path) -> None:
    with breached(tmp_path, "idle,gate") as rig, rig.tunnel() as tunnel:
        assert ask(tunnel, DOCUMENTED) == 200
        eventually(lambda: rig.beacon.bytes_received > SMUGGLED / 4)
