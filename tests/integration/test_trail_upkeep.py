"""What an operator does to the trail of a real proxy: keys are changed, bodies deleted, and never behind its back."""

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import zstandard

from beacon_audit.cli import main
from beacon_audit.home import Home, create_home
from beacon_audit.trail.payload_files import read_payload
from harness.outsider import is_signed_by
from harness.rig import Rig, eventually, running_rig
from harness.timed_rig import start_at, timed_rig

_FRAME = b"\x28\xb5\x2f\xfd"


def today() -> str:
    return datetime.now(UTC).date().isoformat()


def run(home: Home, *arguments: str) -> int:
    return main([arguments[0], "--home", str(home.path), *arguments[1:]])


def prune(home: Home) -> int:
    return run(home, "prune", "--before", today(), "--reason", "asked to")


def rotate(home: Home) -> int:
    return run(home, "rotate-key", "--reason", "once a year")


def run_proxy(home: Home) -> "subprocess.CompletedProcess[str]":
    """The command line of a proxy that is expected not to start."""
    command = [sys.executable, "-m", "beacon_audit.cli", "run", "--home", str(home.path), "--policy", "offline"]
    return subprocess.run(
        [*command, "--listen", "127.0.0.1:0"], capture_output=True, text=True, timeout=30, check=False
    )


def listed(home: Home, capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    capsys.readouterr()
    assert run(home, "log", "--json") == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def body_state(home: Home, identity: str, capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    assert run(home, "show", identity, "--json") == 0
    return str(json.loads(capsys.readouterr().out)["payloads"]["request"]["state"])


def notes(stdout: str) -> list[bytes]:
    lines = [json.loads(line) for line in stdout.splitlines()]
    return [line["checkpoint"].encode() for line in lines if line["event"] == "checkpoint"]


def holding(home: Home, sought: bytes) -> list[str]:
    """The files of ``home``, hidden ones too, with ``sought`` in them, as it is, in hexadecimal or in a zstd frame."""
    found = []
    for path in (path for path in home.path.rglob("*") if path.is_file()):
        data = path.read_bytes()
        views = [data]
        for frame in data.split(_FRAME)[1:]:
            try:
                views.append(zstandard.ZstdDecompressor().decompressobj().decompress(_FRAME + frame))
            except zstandard.ZstdError:
                continue
        if any(sought in view or sought.hex().encode() in view for view in views):
            found.append(str(path.relative_to(home.path)))
    return found


def salts(home: Home) -> list[bytes]:
    return [read_payload(path)[0] for path in home.payloads.rglob("*.zst")]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """A proxy for tests that leave it as it is."""
    with running_rig(tmp_path_factory.mktemp("running")) as rig:
        assert rig.send(1).status == 200
        yield rig


@pytest.mark.parametrize("command", [prune, rotate])
def test_running_proxy_keeps_its_key_and_its_bodies(
    running: Rig, command: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    home = running.proxy.home
    eventually(lambda: list(home.payloads.glob("20*/*")))
    watched = [home.trail_key, home.trail_vkey, *home.payloads.glob("20*/*")]
    before = [path.read_bytes() for path in watched]
    assert command(home) == 4

    error = capsys.readouterr().err
    assert str(home.trail) in error
    assert "another process writes to this trail; stop it first" in error
    assert [path.read_bytes() for path in watched] == before
    assert not home.next_trail_key.exists()
    assert running.send(2).status == 200


def test_second_proxy_on_a_home_is_refused_and_the_first_goes_on(running: Rig) -> None:
    second = run_proxy(running.proxy.home)

    assert second.returncode == 4
    assert second.stdout == ""
    assert "another process writes to this trail" in second.stderr
    assert len(running.proxy.entries("open")) == 1
    assert running.send(3).status == 200


@pytest.mark.parametrize("name", ["trail.key", "trail.key.next"])
@pytest.mark.parametrize("command", ["run", "rotate-key", "prune"])
def test_key_that_others_could_read_is_not_used(
    tmp_path: Path, name: str, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    home = create_home(tmp_path / "home", ("beacon.langchain.com",))
    path = home.keys / name
    if not path.exists():
        path.write_bytes(home.trail_key.read_bytes())
    path.chmod(0o644)
    before = {file: file.read_bytes() for file in home.path.rglob("*") if file.is_file()}
    if command == "run":
        done = run_proxy(home)
        status, error = done.returncode, done.stderr
    else:
        status = prune(home) if command == "prune" else rotate(home)
        error = capsys.readouterr().err

    assert status == 4
    assert f"{path}: mode is 0644, expected 0600, others could read it; run: chmod 0600 {path}" in error
    assert {file: file.read_bytes() for file in home.path.rglob("*") if file.is_file()} == before


def test_key_changes_between_two_runs_and_everything_else_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with running_rig(tmp_path) as rig:
        home = rig.proxy.home
        others = [home.ca_private, home.ca_certificate, home.tokens_key]
        before = [path.read_bytes() for path in others]
        old = home.trail_vkey.read_text().strip()
        assert rig.send(1).status == 200
        assert rig.proxy.stop() == 0
        first_run = notes(rig.proxy.stdout)

        assert rotate(home) == 0
        new = capsys.readouterr().out.strip()
        assert new == home.trail_vkey.read_text().strip()
        rig.proxy.start()
        # Over TLS, with the authority that the client has trusted all along.
        assert rig.send(2).status == 200
        assert rig.proxy.stop() == 0
        second_run = notes(rig.proxy.stdout)[len(first_run) :]

        assert [path.read_bytes() for path in others] == before
        assert [(is_signed_by(note, old), is_signed_by(note, new)) for note in first_run] == [(True, False)] * len(
            first_run
        )
        assert [(is_signed_by(note, old), is_signed_by(note, new)) for note in second_run] == [(False, True)] * len(
            second_run
        )
        assert len(first_run) > 1
        assert len(second_run) > 1
        tokens = {intent["license"] for intent in rig.proxy.entries("intent")}
        assert len(tokens) == 1
        assert None not in tokens
        exchanges = listed(home, capsys)
        assert [exchange["state"] for exchange in exchanges] == ["sent", "sent"]
        assert [body_state(home, exchange["id"], capsys) for exchange in exchanges] == ["present", "present"]
        for line in (old, new):
            (tmp_path / "vkey").write_text(line)
            arguments = ("--vkey", str(tmp_path / "vkey"), "--anchor", str(rig.proxy.stdout_path))
            assert run(home, "verify", *arguments) == 0


def test_pruned_bodies_are_gone_with_their_salts_and_the_record_stays_whole(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with timed_rig(tmp_path) as rig:
        home = rig.proxy.home
        start_at(rig, days_ago=3)
        assert rig.send(1).status == 200
        assert rig.proxy.stop() == 0
        (exchange,) = listed(home, capsys)
        of_then = salts(home)
        assert len(of_then) == 2  # of the request and of its response
        assert all(holding(home, salt) for salt in of_then)

        assert prune(home) == 0
        assert "deleted 2 payload files of 1 days" in capsys.readouterr().out
        assert [holding(home, salt) for salt in of_then] == [[], []]
        assert body_state(home, exchange["id"], capsys) == "deleted"
        assert run(home, "show", exchange["id"]) == 0
        assert "deleted" in capsys.readouterr().out
        assert prune(home) == 0
        assert "nothing to delete" in capsys.readouterr().out
        assert [entry["type"] for entry in rig.proxy.entries()][-2:] == ["close", "prune"]
        assert run(home, "verify", "--anchor", str(rig.proxy.stdout_path)) == 0


def test_proxy_keeps_bodies_no_longer_than_its_policy_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with timed_rig(tmp_path, recording={"retention_days": 30}) as rig:
        home = rig.proxy.home
        ids = []
        for days_ago in (40, 20):
            start_at(rig, days_ago=days_ago)
            assert rig.send(1).status == 200
            assert rig.proxy.stop() == 0
            ids.append(listed(home, capsys)[-1]["id"])
        assert len(list(home.payloads.glob("20*"))) == 2
        assert [body_state(home, identity, capsys) for identity in ids] == ["present", "present"]
        of_then = salts(home)

        # The clock says that the proxy stood still for 20 days. It may be wrong, so nothing is deleted yet.
        doubt = "payload files are kept by the earlier day"
        before = rig.proxy.stderr.count(doubt)
        start_at(rig)
        eventually(lambda: rig.proxy.stderr.count(doubt) > before)
        assert rig.proxy.stop() == 0
        assert [body_state(home, identity, capsys) for identity in ids] == ["present", "present"]

        start_at(rig)
        eventually(lambda: len(list(home.payloads.glob("20*"))) == 1)
        assert rig.send(2).status == 200
        assert [body_state(home, identity, capsys) for identity in ids] == ["deleted", "present"]
        (entry,) = rig.proxy.entries("prune")
        assert (entry["by"], entry["reason"], entry["files"]) == ("policy", "recording.retention_days: 30", 2)
        assert entry["index"] > rig.proxy.entries("policy")[-1]["index"]
        assert sorted(len(holding(home, salt)) for salt in of_then) == [0, 0, 1, 1]
        assert rig.proxy.stop() == 0
        assert run(home, "verify", "--anchor", str(rig.proxy.stdout_path)) == 0
