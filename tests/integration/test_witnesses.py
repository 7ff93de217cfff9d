"""A real proxy whose trail is witnessed: nothing leaves while nobody watches, and all of it is in the trail."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from beacon_audit.demo.beacon import SimulatedBeacon
from beacon_audit.trail.cosignature import parse_witness_key
from beacon_audit.trail.note import parse_note, parse_vkey, signed_by
from harness import witness_faults as faults
from harness.proxy import ProxyProcess, write_policy
from harness.rig import Rig
from harness.witness import SimulatedWitness


@pytest.fixture
def witness(tmp_path: Path) -> Iterator[SimulatedWitness]:
    with SimulatedWitness(tmp_path / "witness.json", {}) as witness:
        yield witness


@pytest.fixture
def rig(tmp_path: Path, witness: SimulatedWitness) -> Iterator[Rig]:
    with SimulatedBeacon(tmp_path) as beacon:
        settings = {
            "servers": [{"url": witness.url, "vkey": witness.vkey}],
            "refuse_after_s": 2,
        }
        proxy = ProxyProcess(tmp_path, write_policy(tmp_path, beacon, witnesses=settings))
        key = parse_vkey(proxy.home.trail_vkey.read_text().strip())
        witness.logs[key.name] = key.public
        with proxy:
            yield Rig(beacon, proxy, tmp_path / "unused")


def eventually(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 15
    while not condition():
        assert time.monotonic() < end, "it never came about"
        time.sleep(0.05)


def test_nothing_leaves_while_no_witness_answers_and_traffic_goes_on_when_one_does(
    rig: Rig, witness: SimulatedWitness
) -> None:
    witnessed = rig.proxy.home.trail / "checkpoint.witnessed"
    eventually(witnessed.exists)
    assert rig.send(1).status == 200
    assert rig.readiness() == (200, "recording")

    witness.misbehaviour = faults.status(500)
    eventually(lambda: rig.readiness()[0] == 503)
    assert "no quorum of witnesses (1 of 1)" in rig.readiness()[1]
    received, connections = len(rig.beacon.requests), rig.beacon.connections
    intents = len(rig.proxy.entries("intent"))
    refused = rig.send(2)
    assert refused.status == 503
    assert "no quorum of witnesses" in json.loads(refused.body)["reason"]
    assert (len(rig.beacon.requests), rig.beacon.connections) == (received, connections)
    assert len(rig.proxy.entries("intent")) == intents
    assert [entry["reason_code"] for entry in rig.proxy.entries("refusal")] == ["witness.stale"]

    witness.misbehaviour = None
    eventually(lambda: rig.readiness()[0] == 200)
    assert rig.send(3).status == 200


def test_all_of_a_run_is_cosigned_by_its_end(rig: Rig, witness: SimulatedWitness) -> None:
    assert rig.send(1).status == 200
    assert rig.proxy.stop() == 0
    trail = rig.proxy.home.trail
    newest, witnessed = (trail / "checkpoint").read_bytes(), (trail / "checkpoint.witnessed").read_bytes()
    assert witnessed.startswith(newest)
    assert signed_by(parse_note(witnessed), parse_witness_key(witness.vkey))
    assert not any(b"usage" in request for request in witness.requests)
