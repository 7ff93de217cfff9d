"""The refusal matrix in the two modes that have no CONNECT: what is refused through a tunnel is refused there too, at
every endpoint, for the same reason."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from beacon_audit.demo.beacon import SimulatedBeacon
from harness.http2_client import fields, post
from harness.nothing_leaves import nothing_leaves
from harness.proxy import write_policy
from harness.redirection import network_of, proxy_in
from harness.rig import Rig
from harness.violations import OTLP, PATHS, VIOLATIONS, Sent, Violation, documented

#: All but those that are a violation by the target of their CONNECT.
WITHOUT_CONNECT = [violation for violation in VIOLATIONS if "connect" not in violation.make("license-verify").tunnel]


@pytest.fixture(scope="module", params=["reverse", "transparent"])
def rig(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    directory: Path = tmp_path_factory.mktemp(request.param)
    with (
        network_of(request.param),
        SimulatedBeacon(directory) as beacon,
        proxy_in(request.param, directory, write_policy(directory, beacon)) as proxy,
    ):
        yield Rig(beacon, proxy, directory / "unused")


def send(rig: Rig, sent: Sent) -> int:
    direct = replace(sent, tunnel={**sent.tunnel, "connect": None})
    return direct.to(rig.proxy.address, rig.proxy.home.ca_certificate).status


def test_the_matrix_loses_three_rows_without_connect() -> None:
    assert len(VIOLATIONS) - len(WITHOUT_CONNECT) == 3


@pytest.mark.parametrize("violation", WITHOUT_CONNECT, ids=str)
def test_a_violation_opens_nothing(rig: Rig, violation: Violation) -> None:
    for endpoint in PATHS:
        with nothing_leaves(rig.beacon, rig.proxy) as refusal:
            status = send(rig, violation.make(endpoint))
        named = refusal["endpoint"]
        assert status == refusal["status"] == (400 if named in OTLP else 403), (endpoint, refusal)
        found = {refusal["reason_code"], *(finding["code"] for finding in refusal["findings"])}
        assert violation.code in found, (endpoint, refusal)


@pytest.mark.parametrize("endpoint", PATHS)
def test_documented_traffic_passes(rig: Rig, endpoint: str) -> None:
    arrived = len(rig.beacon.requests)
    assert send(rig, Sent(PATHS[endpoint], documented(endpoint))) == (204 if endpoint == "usage-snapshot" else 200)
    assert [request.path for request in rig.beacon.requests[arrived:]] == [PATHS[endpoint]]


def test_http2_is_judged_alike(rig: Rig) -> None:
    path, body = PATHS["license-verify"], documented("license-verify")
    assert post(rig.proxy, fields(path), body) == 200
    with nothing_leaves(rig.beacon, rig.proxy) as refusal:
        assert post(rig.proxy, fields(path, authority="example.net"), body) == 403
    assert refusal["reason_code"] == "containment.host-mismatch"
