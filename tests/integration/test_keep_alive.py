"""Many requests of one client share one connection to Beacon, refused ones and other spellings of the host included."""

from pathlib import Path

import pytest

from harness.client import HOST, Tunnel
from harness.rig import running_rig
from harness.usage_reports import PATH, received_numbers, usage_report

SPELLINGS = (HOST, HOST.upper(), "Beacon.LangChain.com", f"{HOST}.", f"{HOST}:443", "BEACON.langchain.com.:443")


def test_twenty_requests_on_one_client_connection_use_one_upstream_connection(tmp_path: Path) -> None:
    with running_rig(tmp_path) as rig:
        with rig.tunnel() as tunnel:
            for number in range(20):
                assert tunnel.send(PATH, usage_report(number)).status == 200
        assert received_numbers(rig.beacon.requests) == list(range(20))
        assert rig.beacon.connections == 1
        assert [state for _, state in rig.outcomes()] == ["sent"] * 20


@pytest.mark.parametrize(("connect", "sni"), [(f"{HOST}:443", HOST), ("BEACON.LangChain.com.:443", f"{HOST.upper()}.")])
def test_spelling_of_the_host_changes_nothing(tmp_path: Path, connect: str, sni: str) -> None:
    with running_rig(tmp_path) as rig:
        address, ca_file = rig.proxy.address, rig.proxy.home.ca_certificate
        with Tunnel(address, ca_file, connect=connect, sni=sni) as tunnel:
            for number in range(20):
                host = SPELLINGS[number % len(SPELLINGS)]
                assert tunnel.send(PATH, usage_report(number), host=host).status == 200
        assert rig.beacon.connections == 1
        assert [request.header_values("host") for request in rig.beacon.requests] == [
            (SPELLINGS[number % len(SPELLINGS)],) for number in range(20)
        ]
        assert {entry["host"] for entry in rig.proxy.entries("intent")} == {HOST}


def test_refusals_in_between_leave_both_connections_open(tmp_path: Path) -> None:
    with running_rig(tmp_path) as rig:
        with rig.tunnel() as tunnel:
            for number in range(6):
                assert tunnel.send(PATH, usage_report(number)).status == 200
                assert tunnel.send(PATH, b"{}").status == 403
        assert received_numbers(rig.beacon.requests) == list(range(6))
        assert rig.beacon.connections == 1
        assert len(rig.proxy.entries("refusal")) == 6


def test_refused_head_has_no_body_that_would_be_the_next_answer(tmp_path: Path) -> None:
    with running_rig(tmp_path) as rig, rig.tunnel() as tunnel:
        for number in range(3):
            head = tunnel.send(PATH, b"", method="HEAD")
            assert (head.status, head.body) == (403, b"")
            answer = tunnel.send(PATH, usage_report(number))
            assert (answer.status, answer.json()) == (200, {"inserted_count": 1})
