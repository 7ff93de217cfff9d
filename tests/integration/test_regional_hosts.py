"""Several documented hosts: a request for one of them goes to that one, by its own name and certificate, and what names
two of them goes nowhere."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path

import pytest

from beacon_audit.demo.beacon import SimulatedBeacon
from harness.client import HOSTS, Answer, Tunnel
from harness.http2_client import fields, post
from harness.nothing_leaves import nothing_leaves
from harness.parent_proxy import ParentProxy
from harness.proxy import ProxyProcess, write_policy
from harness.redirection import network_of, proxy_in
from harness.rig import Rig
from harness.usage_reports import PATH, received_numbers, usage_report

US, EU, APAC = HOSTS
MIXED = [names for names in product((US, EU), repeat=3) if len(set(names)) > 1]


@contextmanager
def running(directory: Path, mode: str, *, names: tuple[str, ...] = HOSTS) -> Iterator[Rig]:
    with (
        network_of(mode),
        SimulatedBeacon(directory, names=names) as beacon,
        proxy_in(mode, directory, write_policy(directory, beacon)) as proxy,
    ):
        yield Rig(beacon, proxy, directory / "unused")


@pytest.fixture(scope="module", params=["regular", "reverse", "transparent"])
def rig(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with running(tmp_path_factory.mktemp(request.param), request.param) as made:
        yield made


def client(rig: Rig, host: str, *, connect: str | None = None) -> Tunnel:
    """By SNI ``host``; through a tunnel to ``connect`` (the same) where the proxy wants one."""
    target = f"{connect or host}:443" if rig.proxy.ready["mode"] == "regular" else None
    return Tunnel(rig.proxy.address, rig.proxy.home.ca_certificate, connect=target, sni=host, timeout=10)


@pytest.mark.parametrize("host", HOSTS)
def test_request_for_a_region_goes_there_on_one_connection(rig: Rig, host: str) -> None:
    before = rig.beacon.connections
    with client(rig, host) as tunnel:
        for number in range(4):
            assert tunnel.send(PATH, usage_report(number), host=host).status == 200
    arrived = rig.beacon.requests[-4:]
    assert received_numbers(arrived) == list(range(4))
    assert {request.header_values("host") for request in arrived} == {(host,)}
    assert {entry["host"] for entry in rig.proxy.entries("intent")[-4:]} == {host}
    assert rig.beacon.connections == before + 1


@pytest.mark.parametrize("mode", ["regular", "reverse", "transparent"])
@pytest.mark.parametrize("region", [EU, US])
def test_server_of_another_region_gets_nothing(tmp_path: Path, mode: str, region: str) -> None:
    """Every name leads to one server here, and it can prove to be that of one region only."""
    other = US if region == EU else EU
    with running(tmp_path, mode, names=(region,)) as rig:
        with client(rig, region) as tunnel:
            assert tunnel.send(PATH, usage_report(1), host=region).status == 200
        with client(rig, other) as tunnel:
            assert tunnel.send(PATH, usage_report(2), host=other).status == 502
        assert received_numbers(rig.beacon.requests) == [1]
        sent, failed = rig.proxy.entries("outcome")
    assert (sent["state"], failed["state"]) == ("sent", "not_sent")
    assert "hostname mismatch" in failed["reason"]


@pytest.mark.parametrize(("connect", "sni", "host"), MIXED)
def test_request_that_names_two_regions_goes_nowhere(rig: Rig, connect: str, sni: str, host: str) -> None:
    def ask() -> Answer:
        with client(rig, sni, connect=connect) as tunnel:
            return tunnel.send(PATH, usage_report(1), host=host)

    if rig.proxy.ready["mode"] != "regular" and sni == host:
        assert ask().status == 200  # there is no CONNECT, and the other two agree
        return
    with nothing_leaves(rig.beacon, rig.proxy) as refusal:
        assert ask().status == 403
    assert {finding["code"] for finding in refusal["findings"]} <= {
        "containment.sni-mismatch", "containment.host-mismatch", "containment.connect-mismatch",
    }  # fmt: skip
    assert refusal["findings"]


def test_http2_connection_to_one_region_carries_no_request_for_another(tmp_path: Path) -> None:
    """Browsers do that (RFC 9113 §9.1.1, connection reuse); here it would hide where a request goes."""
    with running(tmp_path, "regular") as rig:
        with nothing_leaves(rig.beacon, rig.proxy) as refusal:
            assert post(rig.proxy, fields(PATH, authority=EU), usage_report(1)) == 403
        assert refusal["reason_code"] == "containment.host-mismatch"
        assert post(rig.proxy, fields(PATH, authority=US), usage_report(2)) == 200


def test_name_of_engines_gateway_is_refused_with_what_it_is(tmp_path: Path) -> None:
    with running(tmp_path, "regular") as rig, nothing_leaves(rig.beacon, rig.proxy) as refusal:
        target = "beacon.aws.langchain.com:443"
        with Tunnel(rig.proxy.address, rig.proxy.home.ca_certificate, connect=target) as tunnel:
            assert tunnel.connect_status == 403
    assert refusal["reason_code"] == "containment.undocumented-host"
    assert "the gateway of LangSmith Intelligence (Engine)" in refusal["reason"]


def test_reverse_mode_may_answer_as_one_region_only(tmp_path: Path) -> None:
    with running(tmp_path, f"reverse:{EU}") as rig:
        with Tunnel(rig.proxy.address, rig.proxy.home.ca_certificate, connect=None, sni=EU) as tunnel:
            assert tunnel.send(PATH, usage_report(1), host=EU).status == 200
        with (
            nothing_leaves(rig.beacon, rig.proxy) as refusal,
            # Not verified, for the certificate is that of the region.
            Tunnel(rig.proxy.address, rig.proxy.home.ca_certificate, connect=None, sni="example.net") as tunnel,
        ):
            assert tunnel.send(PATH, usage_report(2), host=US).status == 403
        assert "containment.host-mismatch" in {finding["code"] for finding in refusal["findings"]}


def test_parent_proxy_is_asked_for_the_region_of_the_request(tmp_path: Path) -> None:
    with SimulatedBeacon(tmp_path, names=HOSTS) as beacon, ParentProxy(beacon.address) as parent:
        policy = write_policy(tmp_path, beacon, upstream={"proxy": parent.url, "ca_file": str(beacon.ca_file)})
        with ProxyProcess(tmp_path, policy) as proxy:
            for host in (EU, APAC, US):
                with Tunnel(proxy.address, proxy.home.ca_certificate, connect=f"{host}:443", sni=host) as tunnel:
                    assert tunnel.send(PATH, usage_report(1), host=host).status == 200
        assert parent.targets == [f"{host}:443" for host in (EU, APAC, US)]
