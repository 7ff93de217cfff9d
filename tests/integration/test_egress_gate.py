"""The two lines of defence, each without the other; and that in offline mode nothing is even asked."""

from pathlib import Path

import pytest

from beacon_audit.demo.beacon import SimulatedBeacon
from harness import launchers
from harness.client import HOST, Tunnel
from harness.proxy import ProxyProcess, write_policy
from harness.violations import PATHS, VIOLATIONS, Sent, documented

SABOTAGE = Path(next(iter(launchers.__path__))) / "gate_sabotage.py"
VERIFY = Sent(PATHS["license-verify"], documented("license-verify"))
IN_THE_TUNNEL = [violation for violation in VIOLATIONS if "connect" not in violation.make("license-verify").tunnel]


def sabotaged(directory: Path, policy: Path, defence: str, watch: Path | None = None) -> ProxyProcess:
    environment = {"BEACON_AUDIT_TEST_WATCH": str(watch)} if watch else {}
    return ProxyProcess(directory, policy, launcher=(str(SABOTAGE), defence), environment=environment)


def test_without_the_refusal_the_gate_opens_nothing(tmp_path: Path) -> None:
    with (
        SimulatedBeacon(tmp_path) as beacon,
        sabotaged(tmp_path, write_policy(tmp_path, beacon), "no-refusal") as proxy,
    ):
        for violation in IN_THE_TUNNEL:
            answer = violation.make("license-verify").to(proxy.address, proxy.home.ca_certificate)
            assert answer.status == 502, violation
        assert (beacon.connections, beacon.bytes_received) == (0, 0)
        assert len(proxy.entries("refusal")) == len(IN_THE_TUNNEL)
        assert proxy.stderr.count("egress gate: denied") == len(IN_THE_TUNNEL)
        # The sabotage changes nothing for what may leave: the gate is closed by the missing record, not by chance.
        assert VERIFY.to(proxy.address, proxy.home.ca_certificate).status == 200
        assert beacon.connections == 1


def test_without_the_gate_the_refusal_still_holds(tmp_path: Path) -> None:
    with SimulatedBeacon(tmp_path) as beacon, sabotaged(tmp_path, write_policy(tmp_path, beacon), "no-gate") as proxy:
        for violation in VIOLATIONS:
            answer = violation.make("license-verify").to(proxy.address, proxy.home.ca_certificate)
            assert answer.status == 403, violation
        assert (beacon.connections, beacon.bytes_received) == (0, 0)


@pytest.mark.parametrize("mode", ["offline", "enforce"])
def test_offline_asks_no_name_and_connects_nowhere(tmp_path: Path, mode: str) -> None:
    watch = tmp_path / "watched"
    policy = write_policy(tmp_path, None, mode=mode)
    with sabotaged(tmp_path, policy, "watch", watch) as proxy:
        for endpoint in PATHS:
            sent = Sent(PATHS[endpoint], documented(endpoint))
            answer = sent.to(proxy.address, proxy.home.ca_certificate)
            assert answer.status == ({"enforce": 502} | ({"offline": 400 if "telemetry" in endpoint else 403}))[mode]
    # The admin listener binds to an address, which is no question to anybody.
    watched = watch.read_text().replace("socket.getaddrinfo 127.0.0.1\n", "")
    if mode == "offline":
        assert watched == ""
    else:
        # The same watch sees the question that enforce mode asks, once for each request: the check can fail.
        assert watched.count(f"socket.getaddrinfo {HOST}") == len(PATHS)


def test_a_name_that_leads_to_loopback_is_not_dialled(tmp_path: Path) -> None:
    policy = write_policy(tmp_path, None)
    with sabotaged(tmp_path, policy, "loopback-name") as proxy:
        assert VERIFY.to(proxy.address, proxy.home.ca_certificate).status == 502
        assert "resolves to a private, loopback or link-local address" in proxy.stderr
        assert [entry["state"] for entry in proxy.entries("outcome")] == ["not_sent"]


def test_one_permit_serves_one_connection_and_keep_alive_needs_no_other(tmp_path: Path) -> None:
    with SimulatedBeacon(tmp_path) as beacon, ProxyProcess(tmp_path, write_policy(tmp_path, beacon)) as proxy:
        with Tunnel(proxy.address, proxy.home.ca_certificate) as tunnel:
            for number in range(20):
                host = HOST.upper() if number % 2 else HOST
                assert tunnel.send(VERIFY.path, VERIFY.body, host=host).status == 200
        assert (beacon.connections, len(beacon.requests)) == (1, 20)
        assert [entry["state"] for entry in proxy.entries("outcome")] == ["sent"] * 20
