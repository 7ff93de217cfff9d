"""A defect in our own code, wherever it strikes: the request or the response stays in, and no log line quotes it."""

from pathlib import Path

import pytest

from harness.rig import running_rig
from harness.usage_reports import LICENSE


@pytest.mark.parametrize("place", ["request-of", "admit", "judge"])
def test_request_stays_in_when_deciding_fails(tmp_path: Path, place: str) -> None:
    with running_rig(tmp_path, fault=place) as rig:
        rig.switch.touch()
        answer = rig.send(1)
        assert answer.status == 503
        assert answer.json()["reason"] == "a defect (RuntimeError); the log of the proxy says where"
        assert rig.beacon.connections == 0
        assert rig.proxy.entries("intent") == []
        assert "a request could not be decided or recorded; it stays in" in rig.proxy.stderr
        assert "sabotage.py" in rig.proxy.stderr  # the frames say where
        assert LICENSE not in rig.proxy.stderr  # which no hook had learned, and which the message quotes

        rig.switch.unlink()
        assert rig.send(2).status == 200
        assert rig.readiness()[0] == 200


def test_connect_is_refused_when_judging_it_fails(tmp_path: Path) -> None:
    with running_rig(tmp_path, fault="connect-findings") as rig:
        rig.switch.touch()
        with rig.tunnel() as tunnel:
            assert tunnel.connect_status == 503
        assert rig.beacon.connections == 0


def test_response_is_withheld_when_its_outcome_cannot_be_assessed(tmp_path: Path) -> None:
    with running_rig(tmp_path, fault="settle") as rig:
        rig.switch.touch()
        answer = rig.send(1)
        assert answer.status == 503
        assert answer.json()["sent"] is True
        assert b"inserted_count" not in answer.body
        assert len(rig.beacon.requests) == 1
        (intent,) = rig.proxy.entries("intent")

        rig.restart()
        assert rig.outcomes() == [(intent["id"], "unknown")]
