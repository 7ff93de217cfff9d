"""The signed log of a real proxy: what it prints, what is verified, proved, deleted and re-keyed, and after a kill."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import zstandard

from beacon_audit.home import Home
from beacon_audit.trail.checkpoint import Checkpoint, parse_checkpoint
from beacon_audit.trail.merkle import leaf_hash
from beacon_audit.trail.note import parse_note, parse_vkey, signed_by
from beacon_audit.trail.proof import check_consistency, check_inclusion, parse_consistency, parse_inclusion
from harness.rig import Rig, eventually, running_rig


def command(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """``beacon-audit`` as a process of its own."""
    line = [sys.executable, "-m", "beacon_audit.cli", *map(str, arguments)]
    return subprocess.run(line, capture_output=True, text=True, timeout=60)


def verdict(home: Home, *arguments: str | Path) -> tuple[int, dict[str, Any]]:
    done = command("verify", "--home", home.path, "--json", *arguments)
    return done.returncode, json.loads(done.stdout)


def printed(rig: Rig) -> list[dict[str, Any]]:
    """The lines on stdout after the first, which says that it is ready."""
    lines = [json.loads(line) for line in rig.proxy.stdout.splitlines()]
    assert lines[0]["event"] == "ready"
    assert {line["event"] for line in lines[1:]} == {"checkpoint"}
    return lines[1:]


def checkpoint_of(note: str) -> Checkpoint:
    return parse_checkpoint(parse_note(note.encode()).text)


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    return tmp_path / "kept.jsonl"


def test_every_checkpoint_is_printed_and_anchors_the_log(tmp_path: Path, kept: Path) -> None:
    with running_rig(tmp_path) as rig:
        for number in range(3):
            assert rig.send(number).status == 200
            time.sleep(1.1)
        assert rig.proxy.stop() == 0
        home = rig.proxy.home
        lines = printed(rig)
        key = parse_vkey(home.trail_vkey.read_text().strip())
        assert all(signed_by(parse_note(line["checkpoint"].encode()), key) for line in lines)
        sizes = [line["size"] for line in lines]
        assert sizes == sorted(set(sizes))
        assert len(sizes) >= 4
        logged = [json.loads(line) for line in (home.trail / "checkpoints.log").read_text().splitlines()]
        assert [checkpoint_of(note).size for note in logged] == [0, *sizes]
        assert rig.proxy.entries()[-1]["type"] == "close"
        assert sizes[-1] == len(rig.proxy.entries())

        kept.write_text(rig.proxy.stdout)
        assert verdict(home)[0] == 3
        status, said = verdict(home, "--anchor", kept)
        assert (status, said["verdict"], said["size"], said["anchored_size"]) == (0, "ok", sizes[-1], sizes[-1])


def test_live_log_is_verified_while_it_grows(tmp_path: Path) -> None:
    with running_rig(tmp_path) as rig:
        for number in range(4):
            assert rig.send(number).status == 200
            status, said = verdict(rig.proxy.home)
            assert (status, said["problems"]) == (3, [])
            assert said["writer_at_work"]


def test_stdout_that_nobody_reads_holds_up_neither_requests_nor_the_end(tmp_path: Path) -> None:
    read, write = os.pipe()
    with running_rig(tmp_path) as rig:
        rig.proxy.stop()
        os.set_blocking(write, False)
        with pytest.raises(BlockingIOError):  # noqa: PT012 - until the pipe is full
            while True:
                os.write(write, b"x" * 4096)
        os.set_blocking(write, True)
        line = rig.proxy._command
        # It prints the line that it is ready first: room for that, and for nothing else.
        os.read(read, 4096)
        with subprocess.Popen(line, stdout=write, stderr=subprocess.DEVNULL) as process:
            eventually(lambda: b'"ready"' in os.read(read, 65536 * 2), 20)
            os.set_blocking(write, False)
            with pytest.raises(BlockingIOError):  # noqa: PT012
                while True:
                    os.write(write, b"x")
            os.set_blocking(write, True)
            time.sleep(2.5)
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0
        os.close(read)
        os.close(write)
        assert rig.proxy.entries()[-1]["type"] == "close"


def test_policy_in_force_stands_in_the_trail_in_full(tmp_path: Path) -> None:
    with running_rig(tmp_path, strictness="strict") as rig:
        opened, policy = rig.proxy.entries()[:2]
        assert (opened["type"], policy["type"]) == ("open", "policy")
        assert policy["digest"] == opened["policy"] == rig.proxy.ready["policy"]
        canonical = json.dumps(policy["document"], sort_keys=True, separators=(",", ":")).encode()
        assert policy["digest"] == f"sha256:{hashlib.sha256(canonical).hexdigest()}"
        assert policy["document"]["strictness"] == "strict"


def test_record_is_proved_to_somebody_without_the_log(tmp_path: Path, kept: Path) -> None:
    with running_rig(tmp_path) as rig:
        assert rig.send(1).status == 200
        eventually(lambda: printed(rig))
        kept.write_text(printed(rig)[0]["checkpoint"])
        assert rig.send(2).status == 200
        rig.proxy.stop()
        home = rig.proxy.home
        intent = rig.proxy.entries("intent")[1]
        proof = tmp_path / "record.tlog-proof"
        assert command("prove", intent["id"], "--home", home.path, "-o", proof).returncode == 0
        for file, kind in ((proof, "intent"), (proof.with_name("record.tlog-proof.outcome"), "outcome")):
            found = parse_inclusion(file.read_bytes())
            newest = checkpoint_of(found.note.decode())
            assert found.entry is not None
            assert json.loads(found.entry)["type"] == kind
            check_inclusion(leaf_hash(found.entry), found.index, newest.size, found.proof, newest.root)

        grown = tmp_path / "grown"
        assert command("prove", "--since", kept, "--home", home.path, "-o", grown).returncode == 0
        consistency = parse_consistency(grown.read_bytes())
        old, new = checkpoint_of(kept.read_text()), checkpoint_of(consistency.note.decode())
        assert consistency.old == old.size < new.size
        check_consistency(old.size, old.root, new.size, new.root, consistency.proof)

        again = command("prove", intent["id"], "--home", home.path, "-o", proof)
        assert again.returncode == 4
        assert "exists and is not overwritten" in again.stderr


def test_commands_that_write_are_refused_while_a_proxy_runs(tmp_path: Path) -> None:
    with running_rig(tmp_path) as rig:
        home = rig.proxy.home.path
        for arguments in (("prune", "--before", "2026-01-01"), ("rotate-key",)):
            done = command(*arguments, "--home", home, "--reason", "test")
            assert done.returncode == 4
            assert "another process writes to this trail; stop it first" in done.stderr
        assert rig.send(1).status == 200


def test_deleted_bodies_are_gone_and_everything_else_is_whole(tmp_path: Path, kept: Path) -> None:
    with running_rig(tmp_path) as rig:
        assert rig.send(4711).status == 200
        rig.proxy.stop()
        home = rig.proxy.home
        (day,) = [path for path in home.payloads.iterdir() if path.name[0] == "2"]
        files = sorted(day.iterdir())
        contents = [json.loads(zstandard.ZstdDecompressor().decompress(path.read_bytes())) for path in files]
        assert len(files) == 2  # request and answer
        # The day must be over before its bodies may go.
        older = home.payloads / "2026-01-05"
        shutil.move(day, older)
        kept.write_text(rig.proxy.stdout)
        assert verdict(home, "--anchor", kept)[0] == 1  # they are not where the entries say

        done = command("prune", "--home", home.path, "--before", "2026-02-01", "--reason", "ticket 4711", "--json")
        assert json.loads(done.stdout) == {"before": "2026-02-01", "files": 2, "days": 1, "entry": 5}
        (entry,) = rig.proxy.entries("prune")
        assert (entry["reason"], entry["files"]) == ("ticket 4711", 2)
        everything = b"".join(path.read_bytes() for path in home.path.rglob("*") if path.is_file())
        for content in contents:
            assert content["salt"].encode() not in everything
            assert bytes.fromhex(content["salt"]) not in everything
        again = command("prune", "--home", home.path, "--before", "2026-02-01", "--reason", "again")
        assert (again.returncode, "nothing to delete" in again.stdout) == (0, True)


def test_bodies_go_by_themselves_when_their_time_is_up(tmp_path: Path) -> None:
    with running_rig(tmp_path, recording={"payloads": "redacted", "retention_days": 30}) as rig:
        rig.proxy.stop()
        expired, other = rig.proxy.home.payloads / "2020-02-29", rig.proxy.home.payloads / "9999-12-31"
        for directory in (expired, other):
            directory.mkdir(mode=0o700)
            (directory / "x.json.zst").write_bytes(b"x")
        rig.proxy.start()
        eventually(lambda: not expired.exists())
        (entry,) = rig.proxy.entries("prune")
        assert (entry["by"], entry["reason"], entry["files"]) == ("policy", "recording.retention_days: 30", 1)
        assert other.exists()


def test_another_key_signs_after_its_change_and_either_is_enough_to_verify(tmp_path: Path, kept: Path) -> None:
    with running_rig(tmp_path) as rig:
        assert rig.send(1).status == 200
        rig.proxy.stop()
        home = rig.proxy.home
        old_vkey = tmp_path / "old.vkey"
        shutil.copy(home.trail_vkey, old_vkey)
        before = checkpoint_of((home.trail / "checkpoint").read_text())
        certificate = home.ca_certificate.read_bytes()
        assert command("rotate-key", "--home", home.path, "--reason", "yearly").returncode == 0
        rig.proxy.start()
        assert rig.send(2).status == 200
        rig.proxy.stop()
        kept.write_text(rig.proxy.stdout)

        old, new = (parse_vkey(path.read_text().strip()) for path in (old_vkey, home.trail_vkey))
        assert (old.name, old.public != new.public) == (new.name, True)
        notes = [json.loads(line) for line in (home.trail / "checkpoints.log").read_text().splitlines()]
        for note in notes:
            signer = old if checkpoint_of(note).size <= before.size else new
            assert signed_by(parse_note(note.encode()), signer)
        assert home.ca_certificate.read_bytes() == certificate
        assert verdict(home, "--anchor", kept)[0] == 0
        done = command("verify", "--trail", home.trail, "--vkey", old_vkey, "--anchor", kept, "--json")
        assert json.loads(done.stdout)["verdict"] == "ok"
        assert len(command("log", "--home", home.path, "--json").stdout.splitlines()) == 2


@pytest.mark.parametrize("name", ["keys/trail.key", "keys/trail.key.next"])
def test_key_that_others_could_read_is_refused_by_name(tmp_path: Path, name: str) -> None:
    with running_rig(tmp_path) as rig:
        rig.proxy.stop()
        home = rig.proxy.home
        key = home.path / name
        if not key.exists():
            shutil.copy(home.trail_key, key)
        key.chmod(0o644)
        for arguments in (("run", "--listen", "127.0.0.1:0"), ("rotate-key", "--reason", "x")):
            done = command(*arguments, "--home", home.path)
            assert done.returncode == 4
            assert f"chmod 0600 {key}" in done.stderr


def test_dead_home_can_be_read_and_is_published_by_the_next_start(tmp_path: Path, kept: Path) -> None:
    with running_rig(tmp_path) as rig:
        assert rig.send(1).status == 200
        time.sleep(0.1)
        assert rig.send(2).status == 200  # within the second after a checkpoint: it is in the journal only
        rig.proxy.kill()
        home = rig.proxy.home
        kept.write_text(rig.proxy.stdout)
        listed = [json.loads(line) for line in command("log", "--home", home.path, "--json").stdout.splitlines()]
        assert len(listed) == 2
        shown = json.loads(command("show", listed[1]["id"], "--home", home.path, "--json").stdout)
        assert shown["payloads"]["request"]["state"] == "present"
        status, said = verdict(home, "--anchor", kept)
        assert (status, {problem["code"] for problem in said["problems"]}) == (2, {"unsigned-tail"})

        rig.proxy.start()
        rig.proxy.stop()
        status, said = verdict(home, "--anchor", kept)
        assert (status, said["problems"]) == (0, [])
