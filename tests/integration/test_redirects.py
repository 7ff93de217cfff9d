"""An answer sends the proxy nowhere: what it says of other places is handed to the client, in both modes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from beacon_audit.demo.answers import Behaviour
from beacon_audit.demo.beacon import SimulatedBeacon
from harness.client import HOST
from harness.either_mode import BODY, client, running
from harness.rig import Rig
from harness.usage_reports import PATH, received_numbers, usage_report


@pytest.fixture(scope="module", params=["regular", "reverse"])
def rig(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with running(tmp_path_factory.mktemp(request.param), request.param) as made:
        yield made


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("where", ["elsewhere", "here"])
def test_redirect_is_handed_to_the_client_and_not_followed(rig: Rig, tmp_path: Path, status: int, where: str) -> None:
    with SimulatedBeacon(tmp_path) as other:
        location = f"https://{other.address}/v1" if where == "elsewhere" else f"https://{HOST}/intelligence"
        lines = (f"Location: {location}", f"Refresh: 0; url={location}", "Content-Length: 0")
        head = "\r\n".join((f"HTTP/1.1 {status} Moved", *lines, "", ""))
        before, already = rig.beacon.connections, len(rig.beacon.requests)
        rig.beacon.behaviour = Behaviour(raw=head.encode())
        with client(rig) as tunnel:
            answer = tunnel.send(PATH, BODY)
        rig.beacon.behaviour = Behaviour()
        assert other.connections == 0
    assert (answer.status, answer.headers["location"]) == (status, location)
    assert (rig.beacon.connections, len(rig.beacon.requests)) == (before + 1, already + 1)
    outcome = rig.proxy.entries("outcome")[-1]
    assert (outcome["state"], outcome["status"]) == ("sent", status)
    assert [finding["code"] for finding in outcome["findings"]] == ["contract.response-undocumented-status"]


def test_request_after_a_redirect_goes_where_it_says_itself(rig: Rig, tmp_path: Path) -> None:
    """An answer teaches the proxy nothing: neither a redirect nor an alternative service (RFC 7838)."""
    with SimulatedBeacon(tmp_path) as other:
        fields_of_answer = f'Location: https://{other.address}/\r\nAlt-Svc: h2="{other.address}"; ma=9999; persist=1'
        head = f"HTTP/1.1 301 Moved\r\n{fields_of_answer}\r\nContent-Length: 0\r\n\r\n"
        rig.beacon.behaviour = Behaviour(raw=head.encode())
        with client(rig) as tunnel:
            assert tunnel.send(PATH, BODY).status == 301
            rig.beacon.behaviour = Behaviour()
            already = len(rig.beacon.requests)
            assert tunnel.send(PATH, usage_report(2)).status == 200
        assert received_numbers(rig.beacon.requests[already:]) == [2]
        assert other.connections == 0
