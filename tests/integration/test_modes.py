"""Reverse and transparent mode: the proxy answers TLS as the documented host, by the same rules as through a tunnel."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from beacon_audit.demo.beacon import SimulatedBeacon
from harness.client import HOST, Answer, Tunnel
from harness.nothing_leaves import nothing_leaves
from harness.proxy import ProxyProcess, write_policy
from harness.redirection import network_of, proxy_in
from harness.rig import Rig
from harness.usage_reports import PATH, received_numbers, usage_report


@pytest.fixture(scope="module", params=["reverse", "transparent"])
def rig(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    directory = tmp_path_factory.mktemp(request.param)
    with (
        network_of(request.param),
        SimulatedBeacon(directory) as beacon,
        proxy_in(request.param, directory, write_policy(directory, beacon)) as proxy,
    ):
        yield Rig(beacon, proxy, directory / "unused")


def direct(rig: Rig, *, sni: str | None = HOST, tls: bool = True) -> Tunnel:
    return Tunnel(rig.proxy.address, rig.proxy.home.ca_certificate, connect=None, sni=sni, tls=tls, timeout=5)


def test_requests_by_tls_are_served_and_share_one_upstream_connection(rig: Rig) -> None:
    before = rig.beacon.connections
    with direct(rig) as client:
        for number in range(20):
            assert client.send(PATH, usage_report(number)).status == 200
    assert received_numbers(rig.beacon.requests[-20:]) == list(range(20))
    assert rig.beacon.connections == before + 1
    assert {entry["host"] for entry in rig.proxy.entries("intent")} == {HOST}


@pytest.mark.parametrize(
    ("sni", "host"), [(HOST.upper(), HOST), (f"{HOST}.", f"{HOST}:443"), (HOST, f"{HOST.upper()}.")]
)
def test_spelling_of_the_host_changes_nothing(rig: Rig, sni: str, host: str) -> None:
    with direct(rig, sni=sni) as client:
        assert client.send(PATH, usage_report(1), host=host).status == 200


@pytest.mark.parametrize(
    ("sni", "host", "code"),
    [
        (None, HOST, "containment.sni-missing"),
        ("example.net", HOST, "containment.sni-mismatch"),
        ("example.net", "example.net", "containment.sni-mismatch"),
        (HOST, "example.net", "containment.host-mismatch"),
        (HOST, None, "containment.host-missing"),
    ],
)
def test_request_for_another_place_is_refused(rig: Rig, sni: str | None, host: str | None, code: str) -> None:
    def ask() -> Answer:
        with direct(rig, sni=sni) as client:
            return client.send(PATH, usage_report(1), host=host)

    with nothing_leaves(rig.beacon, rig.proxy) as refusal:
        assert ask().status == 403
    assert code in [finding["code"] for finding in refusal["findings"]]


def test_undocumented_body_is_refused(rig: Rig) -> None:
    with nothing_leaves(rig.beacon, rig.proxy) as refusal, direct(rig) as client:
        assert client.send(PATH, b'{"license": "lcl_7f3a52c9e1d04b6897ab"}').status == 403
    assert refusal["reason_code"] == "contract.missing-field"


def test_plain_http_is_refused(rig: Rig) -> None:
    with nothing_leaves(rig.beacon, rig.proxy) as refusal, direct(rig, tls=False) as client:
        assert client.send(PATH, usage_report(1)).status == 403
    assert "containment.plaintext" in [finding["code"] for finding in refusal["findings"]]


def test_tunnel_is_refused(rig: Rig) -> None:
    with nothing_leaves(rig.beacon, rig.proxy) as refusal, direct(rig, tls=False) as client:
        answer = client.send_raw(f"CONNECT {HOST}:443 HTTP/1.1\r\nHost: {HOST}:443\r\n\r\n".encode(), "GET")
    assert answer.status in (400, 403)
    assert refusal["action"] == "refused"


def test_host_that_no_contract_documents_cannot_be_answered_as(tmp_path: Path) -> None:
    with SimulatedBeacon(tmp_path) as beacon:
        proxy = ProxyProcess(tmp_path, write_policy(tmp_path, beacon), mode="reverse:example.net")
        with pytest.raises(AssertionError, match=r"--mode reverse: expected a host of .*beacon\.langchain\.com"):
            proxy.start()
