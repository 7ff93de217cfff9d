"""Where requests go: to the documented host by its own name and certificate, through the parent proxy if there is one,
and to no address inside the network unless the policy names it."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from beacon_audit.demo import certificates
from beacon_audit.demo.answers import Behaviour
from beacon_audit.demo.beacon import SimulatedBeacon
from harness.client import HOST, Tunnel
from harness.memory import memory_of
from harness.odd_hello import encrypted_hello
from harness.parent_proxy import ParentProxy
from harness.proxy import ProxyProcess, write_policy
from harness.rig import eventually, request_head, running_rig
from harness.scripted_upstream import Scripted
from harness.usage_reports import PATH, received_numbers, usage_report

MARK = b"zebra-4711-quoted"
_HANDSHAKE_RECORD = 0x16  # RFC 8446 §5.1; an alert would be 0x15
_WATCHED = Path(__file__).parents[1] / "harness" / "launchers" / "watched.py"


# --- TLS to Beacon --------------------------------------------------------------------------------------------------


def not_sent_to(beacon: SimulatedBeacon, directory: Path, **upstream: str) -> str:
    """The reason that is recorded when a documented request to ``beacon`` fails."""
    with running_rig(directory, upstream={"address": beacon.address, **upstream}) as rig:
        answer = rig.send(1)
        assert answer.status == 502
        [outcome] = rig.proxy.entries("outcome")
        assert answer.json()["record"] == outcome["id"]
        # Who reads the log of the process must not have to look into the trail for why clients get 502.
        eventually(lambda: f"not_sent {outcome['id']}: {outcome['reason']}\n" in rig.proxy.stderr)
    assert outcome["state"] == "not_sent"
    assert (beacon.connections, beacon.requests) == (1, [])
    return str(outcome["reason"])


def test_server_with_another_name_in_its_certificate_gets_nothing(tmp_path: Path) -> None:
    with SimulatedBeacon(tmp_path, names=("collector.example.net",)) as beacon:
        ca_file = beacon.ca_file.rename(tmp_path / "other.crt")
        (tmp_path / "proxy").mkdir()
        reason = not_sent_to(beacon, tmp_path / "proxy", ca_file=str(ca_file))
    assert "hostname mismatch" in reason


def test_server_with_a_certificate_that_nobody_vouches_for_gets_nothing(tmp_path: Path) -> None:
    for name in ("trusted", "actual", "proxy"):
        (tmp_path / name).mkdir()
    trusted = SimulatedBeacon(tmp_path / "trusted").ca_file
    with SimulatedBeacon(tmp_path / "actual") as beacon:
        reason = not_sent_to(beacon, tmp_path / "proxy", ca_file=str(trusted))
    assert "certificate" in reason


def test_usual_authorities_do_not_vouch_for_a_server_of_ours(tmp_path: Path) -> None:
    (tmp_path / "proxy").mkdir()
    with SimulatedBeacon(tmp_path) as beacon:
        assert "certificate" in not_sent_to(beacon, tmp_path / "proxy")


def test_server_whose_certificate_has_expired_gets_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(certificates, "_LIFETIME", timedelta(minutes=-30))
    (tmp_path / "proxy").mkdir()
    with SimulatedBeacon(tmp_path) as beacon:
        reason = not_sent_to(beacon, tmp_path / "proxy", ca_file=str(beacon.ca_file))
    assert "expired" in reason


def test_certificate_of_a_client_is_neither_asked_for_nor_shown_to_beacon(tmp_path: Path) -> None:
    """It would tell who somebody is, and may hold any text."""
    own = certificates.issue(("zebra.example",))
    (tmp_path / "client.pem").write_bytes(own.chain)
    (tmp_path / "client-ca.crt").write_bytes(own.authority)
    with Scripted(tmp_path, before=b"", ask_for=tmp_path / "client-ca.crt") as upstream:
        policy = write_policy(tmp_path, None, upstream={"address": upstream.address, "ca_file": str(upstream.ca_file)})
        with (
            ProxyProcess(tmp_path, policy) as proxy,
            Tunnel(proxy.address, proxy.home.ca_certificate, certificate=tmp_path / "client.pem") as tunnel,
        ):
            assert tunnel.send(PATH, usage_report(1)).status == 200
    assert upstream.shown == [None]


def test_server_that_asks_for_a_certificate_notices_one_that_is_shown(tmp_path: Path) -> None:
    """So that the test above can fail. The certificate is one for servers, which this one does not take."""
    own = certificates.issue(("zebra.example",))
    (tmp_path / "client.pem").write_bytes(own.chain)
    (tmp_path / "client-ca.crt").write_bytes(own.authority)
    with Scripted(tmp_path, before=b"", ask_for=tmp_path / "client-ca.crt") as upstream:
        context = ssl.create_default_context(cafile=str(upstream.ca_file))
        context.load_cert_chain(tmp_path / "client.pem")
        host, _, port = upstream.address.rpartition(":")
        with (
            context.wrap_socket(socket.create_connection((host, int(port))), server_hostname=HOST) as direct,
            pytest.raises(ssl.SSLError, match=r"(?i)unsupported.certificate"),
        ):
            direct.recv(1)
    assert upstream.shown == []


def test_name_in_an_encrypted_client_hello_leads_nowhere_and_is_not_told_to_beacon(tmp_path: Path) -> None:
    """Only the name outside counts; such a client then finds that its extension was not accepted (RFC 9849)."""
    with running_rig(tmp_path) as rig:
        with socket.create_connection(rig.proxy.address, 10) as plain:
            plain.sendall(f"CONNECT {HOST}:443 HTTP/1.1\r\n\r\n".encode())
            assert plain.recv(4096).startswith(b"HTTP/1.1 200 ")
            plain.sendall(encrypted_hello(HOST, MARK))
            answer = plain.recv(65536)
        assert answer[0] == _HANDSHAKE_RECORD
        eventually(lambda: rig.proxy.entries("refusal"))
        [refusal] = rig.proxy.entries("refusal")
        assert refusal["reason_code"] == "containment.tls-handshake"
        assert refusal["host"] == HOST
        assert rig.beacon.connections == 0
        assert MARK.decode() not in rig.proxy.stderr + repr(rig.proxy.entries())


def test_what_the_client_offers_in_its_handshake_is_not_told_to_beacon(tmp_path: Path) -> None:
    """The list of protocols (ALPN) is any text, and travels in clear."""
    offered = ["zebra-crossing", "h2", "http/1.1"]
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        policy = write_policy(tmp_path, None, upstream={"address": f"127.0.0.1:{port}"})
        with (
            ProxyProcess(tmp_path, policy) as proxy,
            Tunnel(proxy.address, proxy.home.ca_certificate, alpn=["http/1.1", *offered]) as tunnel,
        ):
            body = usage_report(1)
            tunnel.write(request_head(len(body)) + body)
            upstream, _ = listener.accept()
            with upstream:
                hello = upstream.recv(65536)
    assert HOST.encode() in hello
    assert b"http/1.1" in hello
    assert b"zebra" not in hello
    assert b"\x02h2" not in hello


# --- a parent proxy -------------------------------------------------------------------------------------------------


def test_requests_go_through_the_parent_proxy_and_refused_ones_do_not_reach_it(tmp_path: Path) -> None:
    with SimulatedBeacon(tmp_path) as beacon, ParentProxy(beacon.address) as parent:
        policy = write_policy(tmp_path, beacon, upstream={"proxy": parent.url, "ca_file": str(beacon.ca_file)})
        with ProxyProcess(tmp_path, policy) as proxy:
            with Tunnel(proxy.address, proxy.home.ca_certificate) as tunnel:
                assert tunnel.send(PATH, b"{}").status == 403
                assert (parent.targets, beacon.connections) == ([], 0)
                for number in range(4):
                    assert tunnel.send(PATH, usage_report(number)).status == 200
            assert parent.targets == [f"{HOST}:443"]
            assert received_numbers(beacon.requests) == list(range(4))
            assert [entry["state"] for entry in proxy.entries("outcome")] == ["sent"] * 4


@pytest.mark.parametrize(
    "behaviour",
    [Behaviour(close_after=0), Behaviour(raw=MARK + b"\r\n\r\n"), Behaviour(raw=b"HTTP/1.1 200 OK\r\nx: " + MARK)],
    ids=["closes", "speaks no HTTP", "closes in the head"],
)
def test_what_was_sent_through_a_parent_proxy_is_never_called_not_sent(tmp_path: Path, behaviour: Behaviour) -> None:
    with SimulatedBeacon(tmp_path, behaviour=behaviour) as beacon, ParentProxy(beacon.address) as parent:
        policy = write_policy(tmp_path, beacon, upstream={"proxy": parent.url, "ca_file": str(beacon.ca_file)})
        with ProxyProcess(tmp_path, policy) as proxy, Tunnel(proxy.address, proxy.home.ca_certificate) as tunnel:
            assert tunnel.send(PATH, usage_report(1)).status == 502
            assert received_numbers(beacon.requests) == [1]
            (outcome,) = proxy.entries("outcome")
    assert outcome["state"] == "unknown"
    assert MARK.decode() not in str(outcome)


class Endless:
    """A parent proxy whose answer to a CONNECT has a head without end: as long as it is read, up to 64 MiB."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    def answer_one(self) -> None:
        connection, _ = self.listener.accept()
        with connection, contextlib.suppress(OSError):
            connection.recv(4096)
            connection.sendall(b"HTTP/1.1 200 OK\r\nx: " + MARK)
            for _ in range(1024):
                connection.sendall(b"a" * 65_536)
            connection.recv(1)


def test_answer_of_a_parent_proxy_whose_head_never_ends_is_given_up(tmp_path: Path) -> None:
    parent = Endless()
    with parent.listener, running_rig(tmp_path, upstream={"proxy": parent.url}) as rig:
        before = memory_of(rig.proxy.pid)
        thread = threading.Thread(target=parent.answer_one)
        thread.start()
        assert rig.send(1).status == 502
        thread.join()
        assert memory_of(rig.proxy.pid) - before < 20_000_000
        assert [state for _, state in rig.outcomes()] == ["not_sent"]
        assert MARK.decode() not in rig.proxy.stderr


def test_parent_proxy_that_is_not_there_is_not_gone_around(tmp_path: Path) -> None:
    with SimulatedBeacon(tmp_path) as beacon:
        with ParentProxy(beacon.address) as parent:
            url = parent.url
        policy = write_policy(tmp_path, beacon, upstream={"proxy": url, "ca_file": str(beacon.ca_file)})
        with ProxyProcess(tmp_path, policy) as proxy:
            with Tunnel(proxy.address, proxy.home.ca_certificate) as tunnel:
                assert tunnel.send(PATH, usage_report(1)).status == 502
            assert [entry["state"] for entry in proxy.entries("outcome")] == ["not_sent"]
        assert beacon.connections == 0


# --- names and addresses --------------------------------------------------------------------------------------------


@dataclass
class Watched:
    """A proxy that reaches nobody, and the list of what it tried (``launchers/watched.py``)."""

    proxy: ProxyProcess
    log: Path

    def resolve_to(self, *addresses: str) -> None:
        self.log.with_name(f"{self.log.name}.addresses").write_text("\n".join(addresses))

    def attempts(self, body: bytes = usage_report(1), **options: Any) -> tuple[int, list[str]]:
        """Send one request; its status and what was tried on its behalf."""
        self.log.unlink(missing_ok=True)
        with Tunnel(self.proxy.address, self.proxy.home.ca_certificate, timeout=10, **options) as tunnel:
            answer = tunnel.send(PATH, body) if tunnel.connect_status == 200 else tunnel.connect_answer
        return answer.status, self.log.read_text().splitlines() if self.log.exists() else []


@contextmanager
def watched(directory: Path, **settings: Any) -> Iterator[Watched]:
    log = directory / "network.log"
    policy = write_policy(directory, None, **settings)
    with ProxyProcess(directory, policy, launcher=(str(_WATCHED), str(log))) as proxy:
        yield Watched(proxy, log)


@pytest.fixture(scope="module")
def enforcing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    with watched(tmp_path_factory.mktemp("enforcing")) as running:
        yield running


INWARD = (
    "127.0.0.1", "10.1.2.3", "192.168.1.1", "172.16.0.1", "169.254.169.254", "100.64.0.1", "192.0.2.1", "::1",
    "0.0.0.0",  # noqa: S104 - nothing listens there
    "fe80::1", "fd00::1", "::ffff:127.0.0.1", "100.100.100.200", "168.63.129.16", "192.0.0.192", "198.18.0.1",
    "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "::", "::127.0.0.1", "fec0::1", "fd00:ec2::254",
    "ff02::1", "ff0e::1", "::ffff:169.254.169.254", "::ffff:0:127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::a00:1", "2001::1", "2001:db8::1", "2002:7f00:1::", "3fff::1",
)  # fmt: skip


@pytest.mark.parametrize("address", INWARD)
def test_name_that_leads_inwards_is_not_followed(enforcing: Watched, address: str) -> None:
    """DNS rebinding: the documented name with an address of the network's own."""
    enforcing.resolve_to(address)
    assert enforcing.attempts() == (502, [f"lookup {HOST}"])
    assert enforcing.proxy.entries("outcome")[-1]["state"] == "not_sent"


@pytest.mark.parametrize("address", ["::ffff:8.8.8.8", "64:ff9b::808:808", "2606:4700::1111"])
def test_public_address_is_dialled_however_it_is_written(enforcing: Watched, address: str) -> None:
    enforcing.resolve_to(address)
    assert enforcing.attempts() == (502, [f"lookup {HOST}", f"connect {address}:443"])


def test_name_that_led_outside_before_is_judged_anew_each_time(enforcing: Watched) -> None:
    """DNS rebinding as it is done: the first answer is public, and the next one is not."""
    enforcing.resolve_to("8.8.8.8")
    assert enforcing.attempts() == (502, [f"lookup {HOST}", "connect 8.8.8.8:443"])
    enforcing.resolve_to("169.254.169.254", "::1")
    assert enforcing.attempts() == (502, [f"lookup {HOST}"])


def test_of_several_addresses_only_public_ones_are_dialled(enforcing: Watched) -> None:
    enforcing.resolve_to("127.0.0.1", "8.8.8.8", "10.0.0.1", "9.9.9.9")
    assert enforcing.attempts() == (502, [f"lookup {HOST}", "connect 8.8.8.8:443", "connect 9.9.9.9:443"])


def test_refused_request_asks_for_no_name(enforcing: Watched) -> None:
    enforcing.resolve_to("8.8.8.8")
    assert enforcing.attempts(b"{}") == (403, [])
    assert enforcing.attempts(connect="example.net:443") == (403, [])
    assert enforcing.attempts(sni="example.net") == (403, [])


def test_place_that_the_policy_names_may_lie_inside(tmp_path: Path) -> None:
    with watched(tmp_path, upstream={"address": "beacon.internal:8443"}) as running:
        running.resolve_to("127.0.0.1")
        assert running.attempts() == (502, ["lookup beacon.internal", "connect 127.0.0.1:8443"])


def test_offline_mode_asks_for_no_name_and_reaches_for_nothing(tmp_path: Path) -> None:
    with watched(tmp_path, mode="offline") as running:
        running.resolve_to("8.8.8.8")
        assert running.attempts() == (403, [])
        assert running.attempts(b"{}") == (403, [])
        assert running.attempts(connect="example.net:443") == (403, [])
        with running.proxy.stderr_path.open() as log:
            assert "defect" not in log.read()
        types = [entry["type"] for entry in running.proxy.entries()]
        assert types == ["open", "policy", "refusal", "refusal", "refusal"]
        running.proxy.stop()
        assert not running.log.exists()
