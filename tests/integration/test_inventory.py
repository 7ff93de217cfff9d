"""A new name on its way from alert to note: listed, approved while the proxy runs, in force there and ever after."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from beacon_audit.cli import main
from beacon_audit.home import open_trail_writer
from beacon_audit.home.approval_spool import ask, is_refused
from beacon_audit.proxy.identity import new_id, now
from beacon_audit.trail.approval import approval_fields
from beacon_audit.trail.merkle import leaf_hash
from beacon_audit.trail.payload_files import read_payload
from beacon_audit.trail.tiles import TILE_WIDTH, TilePlace, decode_bundle, encode_bundle
from harness.rig import Rig, eventually, running_rig
from harness.violations import LICENSE, PATHS, documented

type Run = Callable[..., dict[str, Any]]

NEW = "tenant.plan"
APPROVED = "contract.approved-name"


def metrics(*keys: str, name: str | None = None) -> bytes:
    """The documented metrics with attributes of these keys, and under another name if given."""
    document = json.loads(documented("telemetry-metrics"))
    metric = document["resourceMetrics"][0]["scopeMetrics"][0]["metrics"][0]
    attributes = next(data for data in metric.values() if isinstance(data, dict))["dataPoints"][0]["attributes"]
    attributes += [{"key": key, "value": {"stringValue": "goldplan"}} for key in keys]
    if name is not None:
        metric["name"] = name
    return json.dumps(document).encode()


def send(rig: Rig, body: bytes) -> dict[str, Any]:
    """The entry of its intent or refusal."""
    with rig.tunnel() as tunnel:
        tunnel.send(PATHS["telemetry-metrics"], body)
    return [entry for entry in rig.proxy.entries() if entry["type"] in ("intent", "refusal")][-1]


def dispositions(entry: dict[str, Any]) -> dict[str, str]:
    found = {finding["code"]: finding["disposition"] for finding in entry["findings"]}
    return {code: found[code] for code in found if code != "contract.otlp-invalid"}


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with running_rig(tmp_path) as rig:
        yield rig


@pytest.fixture
def run(rig: Rig, capsys: pytest.CaptureFixture[str]) -> Run:
    """The JSON answer of ``beacon-audit inventory …`` on the home of ``rig``, which must end with 0."""

    def command(*arguments: str) -> dict[str, Any]:
        capsys.readouterr()
        words = ["inventory", *arguments, "--home", str(rig.proxy.home.path), "--json"]
        assert main(words) == 0, capsys.readouterr().err
        answer: dict[str, Any] = json.loads(capsys.readouterr().out)
        return answer

    return command


def approve(run: Run, *names: str) -> dict[str, Any]:
    return run("approve", "--by", "R. Viewer", "--reason", "release 0.12", *names)


def item(answer: dict[str, Any], kind: str, name: str) -> dict[str, Any]:
    (found,) = (each for each in answer["items"] if (each["kind"], each["name"]) == (kind, name))
    return dict(found)


def test_new_key_is_an_alert_until_it_is_approved_and_a_note_from_then_on(rig: Rig, run: Run) -> None:
    first = send(rig, metrics(NEW))
    assert dispositions(first) == {"contract.new-attribute-key": "alert"}
    listed = item(run(), "attribute-key", NEW)
    assert (listed["status"], listed["approval"], listed["count"]) == ("new", None, 1)
    assert listed["first_seen"] == listed["last_seen"] == first["time"]
    assert item(run(), "attribute-key", "service_name")["status"] == "documented"

    answer = approve(run, NEW)
    assert answer["running"] is True
    assert dispositions(send(rig, metrics(NEW))) == {APPROVED: "note"}
    listed = item(run(), "attribute-key", NEW)
    assert (listed["status"], listed["count"]) == ("approved", 2)
    assert listed["approval"] == answer["approvals"][0]["id"]
    (entry,) = rig.proxy.entries("approval")
    assert (entry["id"], entry["index"]) == (listed["approval"], answer["approvals"][0]["entry"])
    assert (entry["by"], entry["reason"], entry["names"]) == ("R. Viewer", "release 0.12", {"attribute-key": [NEW]})
    assert f"uid {os.getuid()}" in entry["operator"]
    assert list(rig.proxy.home.requests.iterdir()) == []

    rig.restart()
    assert dispositions(send(rig, metrics(NEW))) == {APPROVED: "note"}
    assert rig.proxy.stop() == 0
    assert main(["verify", "--home", str(rig.proxy.home.path), "--anchor", str(rig.proxy.stdout_path)]) == 0


def test_value_under_an_approved_key_is_judged_and_hidden_as_before(rig: Rig, run: Run) -> None:
    approve(run, f"attribute-key:{NEW}", "attribute-key:user.id")
    assert dispositions(send(rig, metrics("user.id")))["promise.identity-attribute"] == "block"
    assert dispositions(send(rig, metrics(LICENSE)))["contract.new-attribute-key"] == "alert"
    assert dispositions(send(rig, metrics(NEW))) == {APPROVED: "note"}
    assert rig.proxy.stop() == 0
    bodies = [read_payload(path)[1] for path in rig.proxy.home.payloads.rglob("*.zst")]
    assert any(NEW.encode() in body for body in bodies)
    assert not any(b"goldplan" in body for body in bodies)


def test_new_since_lists_only_what_came_after_the_approval(rig: Rig, run: Run) -> None:
    send(rig, metrics(NEW))
    approval = approve(run, NEW)["approvals"][0]["id"]
    assert run("--new-since", approval)["items"] == []
    send(rig, metrics(NEW, "tenant.region"))
    newer = [each for each in run("--new-since", approval)["items"] if each["kind"] == "attribute-key"]
    assert [(each["name"], each["status"]) for each in newer] == [("tenant.region", "new")]


def test_name_that_is_not_recorded_is_approved_by_what_it_is(rig: Rig, run: Run) -> None:
    name = "GET /tenants/{id} latency"
    send(rig, metrics(name=name))
    (hidden,) = (each for each in run()["items"] if each["hidden"] and each["kind"] == "metric-name")
    assert hidden["status"] == "new"
    assert approve(run, "--all") == {"approvals": [], "names": [], "settled": [], "hidden": 1, "running": False}

    answer = approve(run, f"metric-name:{name}")
    assert answer["names"] == [f"metric-name:{hidden['name']}"]
    assert APPROVED in dispositions(send(rig, metrics(name=name)))
    assert item(run(), "metric-name", hidden["name"])["status"] == "approved"
    assert "contract.new-metric-name" in dispositions(send(rig, metrics(name=f"{name}s")))
    assert "tenants" not in json.dumps(rig.proxy.entries())


def test_request_that_holds_a_known_license_is_refused_by_the_proxy(rig: Rig) -> None:
    send(rig, metrics())
    with rig.tunnel() as tunnel:
        tunnel.send(PATHS["license-verify"], documented("license-verify"))
    fields = approval_fields({"metric-name": [LICENSE]}, by="a", operator="b", reason="c")
    identity = "0" * 26
    ask(rig.proxy.home, identity, fields)
    eventually(lambda: is_refused(rig.proxy.home, identity), 20)
    assert rig.proxy.entries("approval") == []
    assert LICENSE not in rig.proxy.stderr


def test_approval_while_no_proxy_runs_is_in_force_from_the_next_start(rig: Rig, run: Run) -> None:
    assert rig.proxy.stop() == 0
    assert approve(run, f"attribute-key:{NEW}")["running"] is False
    rig.proxy.start()
    assert dispositions(send(rig, metrics(NEW))) == {APPROVED: "note"}


def test_proxy_does_not_start_on_an_approval_that_was_written_into_the_log(rig: Rig, run: Run) -> None:
    assert rig.proxy.stop() == 0
    approve(run, f"attribute-key:{NEW}")
    home = rig.proxy.home
    for _ in range(
        2
    ):  # so that it lies below what the journal still holds, in a tile that a start has no other use for
        writer = open_trail_writer(home, new_id=new_id, now=now)
        for _ in range(TILE_WIDTH):
            writer.submit({"type": "heartbeat", "id": new_id(), "time": now()})
        writer.close()
    bundle, tile = (home.trail / TilePlace(level, 0).path for level in (None, 0))
    entries = decode_bundle(bundle.read_bytes().replace(NEW.encode(), b"tenant.role"), TILE_WIDTH)
    bundle.write_bytes(encode_bundle(entries))
    tile.write_bytes(b"".join(leaf_hash(entry) for entry in entries))
    with pytest.raises(AssertionError, match=r"the approval at entry [0-9]+ is not what was signed"):
        rig.proxy.start()
