"""Transparent mode: where the client was going is recorded and never dialled; where a request goes is decided by its
names. What it shares with reverse mode is in ``test_modes``, ``test_regional_hosts`` and
``test_refusals_without_connect``; the packet filter that belongs to it is in ``test_transparent_network``."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from beacon_audit.demo.beacon import SimulatedBeacon
from harness.client import HOST, Tunnel
from harness.nothing_leaves import nothing_leaves
from harness.parent_proxy import ParentProxy
from harness.proxy import ProxyProcess, write_policy
from harness.redirection import ELSEWHERE, ELSEWHERE_6, LISTENERS, RedirectedProxy, redirecting
from harness.rig import Rig, eventually
from harness.usage_reports import PATH, received_numbers, usage_report

_BREACH = Path(__file__).parents[1] / "harness" / "launchers" / "breach.py"
DOCUMENTED = usage_report(1)
REFUSED = DOCUMENTED.replace(b'{"', b'{"smuggled": "", "', 1)


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    directory = tmp_path_factory.mktemp("transparent")
    with redirected(directory) as made:
        yield made


@contextmanager
def redirected(directory: Path, *, down: str = "") -> Iterator[Rig]:
    """A proxy in transparent mode; ``down`` are lines of defence that do not stand (``launchers/breach.py``)."""
    with redirecting(), SimulatedBeacon(directory) as beacon:
        launcher = (str(_BREACH), down) if down else ("-m", "beacon_audit.cli")
        dial = {"BEACON_AUDIT_TEST_DIAL": beacon.address}
        policy = write_policy(directory, beacon)
        with RedirectedProxy(directory, policy, launcher=launcher, environment=dial) as proxy:
            yield Rig(beacon, proxy, directory / "unused")


def to(rig: Rig, place: tuple[str, int] = ELSEWHERE, *, sni: str | None = HOST, tls: bool = True) -> Tunnel:
    return Tunnel(place, rig.proxy.home.ca_certificate, connect=None, sni=sni, tls=tls, timeout=10)


# --- where a request goes ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "written"),
    [
        pytest.param(ELSEWHERE, "198.18.0.1:443", id="IPv4"),
        pytest.param(("198.19.255.254", 443), "198.19.255.254:443", id="another"),
        pytest.param(ELSEWHERE_6, "[2001:db8::1]:443", id="IPv6"),
    ],
)
def test_request_goes_where_its_names_say_and_its_address_is_recorded(
    rig: Rig, place: tuple[str, int], written: str
) -> None:
    with to(rig, place) as client:
        assert client.send(PATH, usage_report(7)).status == 200
        source = client._socket.getsockname()
    assert received_numbers(rig.beacon.requests[-1:]) == [7]
    intent = rig.proxy.entries("intent")[-1]
    assert (intent["host"], intent["original_destination"]) == (HOST, written)
    assert intent["source"] == (f"[{source[0]}]:{source[1]}" if ":" in source[0] else f"{source[0]}:{source[1]}")


def test_start_of_the_run_says_how_and_where_it_listens(rig: Rig) -> None:
    (begin,) = rig.proxy.entries("open")
    assert (begin["listening_mode"], begin["listen"]) == ("transparent", ", ".join(LISTENERS))
    assert (rig.proxy.ready["mode"], rig.proxy.ready["listen"]) == ("transparent", list(LISTENERS))


@pytest.mark.parametrize("port", [53, 80, 8443])
def test_request_to_another_port_is_refused_whatever_its_names_say(rig: Rig, port: int) -> None:
    place = (ELSEWHERE[0], port)
    with nothing_leaves(rig.beacon, rig.proxy) as refusal, to(rig, place) as client:
        assert client.send(PATH, DOCUMENTED, host=f"{HOST}:{port}").status == 403
    assert refusal["reason_code"] == "containment.undocumented-port"
    assert refusal["original_destination"] == f"{ELSEWHERE[0]}:{port}"


@pytest.mark.parametrize("host", [ELSEWHERE[0], f"{ELSEWHERE[0]}:443"])
def test_request_that_names_its_address_is_refused(rig: Rig, host: str) -> None:
    with nothing_leaves(rig.beacon, rig.proxy) as refusal, to(rig, sni=None) as client:
        assert client.send(PATH, DOCUMENTED, host=host).status == 403
    codes = {finding["code"] for finding in refusal["findings"]}
    assert {"containment.sni-missing", "containment.undocumented-host"} <= codes
    assert refusal["host"] == ELSEWHERE[0]


# --- what is not a request --------------------------------------------------------------------------------------------


def test_client_that_does_not_trust_our_authority_is_recorded_with_its_destination(rig: Rig) -> None:
    with (
        nothing_leaves(rig.beacon, rig.proxy) as refusal,
        socket.create_connection(ELSEWHERE, 10) as plain,
        pytest.raises(ssl.SSLCertVerificationError),
    ):
        ssl.create_default_context().wrap_socket(plain, server_hostname=HOST)
    assert refusal["reason_code"] == "containment.tls-handshake"
    assert (refusal["host"], refusal["original_destination"]) == (HOST, "198.18.0.1:443")


@pytest.mark.parametrize(
    "sent", [b"SSH-2.0-OpenSSH_9.2\r\n", b"\x00\x1c\x00\x01\x01\x00\x00\x01\r\n\r\n", b"EHLO a\r\n"]
)
def test_what_is_neither_tls_nor_http_is_refused_and_recorded(rig: Rig, sent: bytes) -> None:
    with nothing_leaves(rig.beacon, rig.proxy) as refusal, socket.create_connection(ELSEWHERE, 10) as plain:
        plain.sendall(sent)
        plain.shutdown(socket.SHUT_WR)
        while plain.recv(4096):
            pass
    assert refusal["reason_code"] == "wire.http-head"
    assert refusal["original_destination"] == "198.18.0.1:443"


# --- what was not redirected ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("listener", [("127.0.0.1", 8443), ("::1", 8443)])
def test_connection_to_the_proxy_itself_is_refused_where_connections_are_tracked(
    rig: Rig, listener: tuple[str, int]
) -> None:
    with nothing_leaves(rig.beacon, rig.proxy) as refusal, to(rig, listener) as client:
        assert client.send(PATH, DOCUMENTED).status == 403
    assert refusal["reason_code"] == "containment.not-redirected"
    assert refusal["original_destination"] is None


@pytest.mark.parametrize("tls", [True, False])
def test_connection_to_the_proxy_itself_is_refused_where_nothing_redirects(tmp_path: Path, tls: bool) -> None:
    with (
        SimulatedBeacon(tmp_path) as beacon,
        ProxyProcess(tmp_path, write_policy(tmp_path, beacon), mode="transparent") as proxy,
        nothing_leaves(beacon, proxy) as refusal,
        Tunnel(proxy.address, proxy.home.ca_certificate, connect=None, tls=tls, timeout=10) as client,
    ):
        assert client.send(PATH, DOCUMENTED).status == 403
    assert refusal["reason_code"] == "containment.not-redirected"


def test_proxy_that_is_led_to_itself_sends_nothing_and_ends(tmp_path: Path) -> None:
    """Its own connections are redirected here, as by a rule that forgot to leave them out."""
    with redirecting(), SimulatedBeacon(tmp_path) as beacon:
        upstream = {"address": f"{ELSEWHERE[0]}:{ELSEWHERE[1]}", "ca_file": str(beacon.ca_file)}
        with RedirectedProxy(tmp_path, write_policy(tmp_path, beacon, upstream=upstream)) as proxy:
            made = Rig(beacon, proxy, tmp_path / "unused")
            with to(made) as client:
                assert client.send(PATH, DOCUMENTED).status == 502
            eventually(lambda: len(proxy.entries("refusal")) == 1)
        kinds = [(entry["type"], entry.get("state"), entry.get("reason_code")) for entry in proxy.entries()]
    assert [kind for kind in kinds if kind[0] in ("intent", "outcome", "refusal")] in (
        [("intent", None, "documented"), *pair]
        for pair in (
            [("outcome", "not_sent", None), ("refusal", None, "containment.tls-handshake")],
            [("refusal", None, "containment.tls-handshake"), ("outcome", "not_sent", None)],
        )
    )


# --- one line of defence stands ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("down", "status"),
    [
        pytest.param("streams,gate", 403, id="only the hooks stand"),
        pytest.param("hooks,gate", 502, id="only the stream guard stands"),
        pytest.param("hooks,streams", 502, id="only the gate stands"),
    ],
)
def test_refused_request_opens_nothing_while_one_line_stands(tmp_path: Path, down: str, status: int) -> None:
    with redirected(tmp_path, down=down) as rig:
        with to(rig) as client:
            assert client.send(PATH, REFUSED).status == status
        assert rig.beacon.connections == 0
        assert [entry["action"] for entry in rig.proxy.entries("refusal")] == ["refused"]
        assert rig.proxy.entries("intent") == []


def test_with_no_line_left_it_would_be_seen(tmp_path: Path) -> None:
    with redirected(tmp_path, down="hooks,streams,gate") as rig:
        with to(rig) as client:
            client.send(PATH, REFUSED)
        assert rig.beacon.connections == 1


# --- the rest ---------------------------------------------------------------------------------------------------------


def test_parent_proxy_is_asked_for_the_name_and_not_for_the_address(tmp_path: Path) -> None:
    with redirecting(), SimulatedBeacon(tmp_path) as beacon, ParentProxy(beacon.address) as parent:
        policy = write_policy(tmp_path, beacon, upstream={"proxy": parent.url, "ca_file": str(beacon.ca_file)})
        with RedirectedProxy(tmp_path, policy) as proxy, to(Rig(beacon, proxy, tmp_path / "unused")) as client:
            for number in range(4):
                assert client.send(PATH, usage_report(number)).status == 200
        assert parent.targets == [f"{HOST}:443"]
        assert received_numbers(beacon.requests) == list(range(4))


def test_proxy_that_cannot_listen_everywhere_does_not_start(tmp_path: Path) -> None:
    with SimulatedBeacon(tmp_path) as beacon, socket.create_server(("127.0.0.1", 0)) as taken:
        policy = write_policy(tmp_path, beacon)
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        proxy = ProxyProcess(tmp_path, policy, mode="transparent", arguments=("--listen", listen))
        with pytest.raises(AssertionError, match="--listen: the proxy could not listen there"):
            proxy.start()
    assert proxy.entries("open") == []
