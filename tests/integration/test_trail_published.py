"""The signed log of a real proxy, as somebody outside sees it: on stdout, in the trail, and after a crash."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from hashlib import sha256
from http.client import HTTPException
from pathlib import Path
from typing import Any

import pytest

from beacon_audit.cli import main
from beacon_audit.demo.beacon import SimulatedBeacon
from beacon_audit.home import Home
from harness.client import Tunnel
from harness.outsider import check_consistency_file, check_inclusion_file, read_checkpoint
from harness.piped_proxy import PipedProxy
from harness.proxy import ProxyProcess, write_policy
from harness.rig import Rig, eventually, running_rig
from harness.timed_rig import start_at, timed_rig
from harness.usage_reports import PATH, number_of, usage_report


def vkey(home: Home) -> str:
    return home.trail_vkey.read_text().strip()


def printed(rig: Rig) -> list[dict[str, Any]]:
    """The lines of stdout."""
    return [json.loads(line) for line in rig.proxy.stdout.splitlines()]


def published_size(rig: Rig) -> int:
    return int((rig.proxy.home.trail / "checkpoint").read_bytes().split(b"\n")[1])


def verify(rig: Rig) -> int:
    """Exit status of ``verify`` with stdout as the SIEM that kept it."""
    home = rig.proxy.home
    return main(["verify", "--home", str(home.path), "--anchor", str(rig.proxy.stdout_path)])


def cli_json(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> Any:
    capsys.readouterr()
    assert main([*map(str, arguments), "--json"]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_every_checkpoint_is_a_line_on_stdout_and_the_last_one_covers_the_end(tmp_path: Path) -> None:
    with running_rig(tmp_path) as rig:
        for number in (1, 2):
            assert rig.send(number).status == 200
            eventually(lambda: published_size(rig) == len(rig.proxy.entries()))
        assert rig.proxy.stop() == 0

        ready, *lines = printed(rig)
        assert ready["event"] == "ready"
        assert {line["event"] for line in lines} == {"checkpoint"}
        trees = [read_checkpoint(line["checkpoint"].encode(), vkey(rig.proxy.home)) for line in lines]
        sizes = [tree.size for tree in trees]
        assert len(sizes) >= 3
        assert sizes == sorted(set(sizes))
        for line, tree in zip(lines, trees, strict=True):
            assert (line["origin"], line["size"]) == (tree.origin, tree.size)
        log = (rig.proxy.home.trail / "checkpoints.log").read_bytes().splitlines()
        assert [line["checkpoint"] for line in lines] == [json.loads(line) for line in log[1:]]
        entries = rig.proxy.entries()
        assert entries[-1]["type"] == "close"
        assert sizes[-1] == len(entries)
        assert verify(rig) == 0


def test_run_begins_with_the_policy_in_force_and_its_digest_is_that_of_its_document(tmp_path: Path) -> None:
    settings: dict[str, Any] = {
        "sources": [{"name": "platform", "cidr": "127.0.0.0/8"}],
        "limits": {"commit_deadline_s": 2.5},
    }
    with running_rig(tmp_path, **settings) as rig:
        rig.send(1)
        began, policy, intent, *_ = rig.proxy.entries()

        assert (began["type"], policy["type"]) == ("open", "policy")
        text = json.dumps(policy["document"], sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        digest = f"sha256:{sha256(text.encode()).hexdigest()}"
        assert digest == policy["digest"] == rig.proxy.ready["policy"] == began["policy"] == intent["policy"]
        assert policy["name"] == began["policy_name"] == "policy.yaml"
        assert policy["document"]["sources"] == [["platform", "127.0.0.0/8"]]


def test_policy_that_is_too_long_for_the_record_is_refused_before_anything_is_recorded(tmp_path: Path) -> None:
    networks = [{"name": "net", "cidr": f"10.{number // 256}.{number % 256}.0/24"} for number in range(3000)]
    proxy = ProxyProcess(tmp_path, write_policy(tmp_path, None, mode="offline", sources=networks))
    with pytest.raises(AssertionError, match="did not get ready"):
        proxy.start()
    assert "policy.yaml: too long to be recorded whole, name fewer sources" in proxy.stderr[-500:]
    assert proxy.entries() == []


class Impatient(threading.Thread):
    """A client that is there before the proxy is, and sends as soon as somebody listens."""

    def __init__(self, port: int, ca_file: Path) -> None:
        super().__init__()
        self._proxy, self._ca_file = ("127.0.0.1", port), ca_file
        self.enough = threading.Event()
        self.statuses: list[int] = []

    def run(self) -> None:
        while not self.enough.is_set():
            try:
                with Tunnel(self._proxy, self._ca_file) as tunnel:
                    self.statuses.append(tunnel.send(PATH, usage_report(1)).status)
            except (OSError, HTTPException):
                time.sleep(0.001)


def test_requests_that_come_before_the_run_is_on_record_wait_for_it(tmp_path: Path) -> None:
    """An intent from before ``open`` is one of a run that ended, and its outcome would be taken for a forgery."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    slow = tmp_path / "fault"
    slow.touch()
    sabotage = Path(__file__).parents[1] / "harness" / "launchers" / "sabotage.py"
    with SimulatedBeacon(tmp_path) as beacon:
        proxy = ProxyProcess(
            tmp_path, write_policy(tmp_path, beacon), listen=f"127.0.0.1:{port}",
            environment={"BEACON_AUDIT_TEST_FAULT": str(slow)}, launcher=(str(sabotage), "slow-disk"),
        )  # fmt: skip
        client = Impatient(port, proxy.home.ca_certificate)
        client.start()
        try:
            with proxy:
                slow.unlink()
                eventually(lambda: client.statuses, 10)
        finally:
            client.enough.set()
            client.join()
        rig = Rig(beacon, proxy, slow)
        assert client.statuses[0] == 200
        assert [entry["type"] for entry in proxy.entries()][:3] == ["open", "policy", "intent"]
        assert verify(rig) == 0


@pytest.fixture
def piped(tmp_path: Path) -> Iterator[Rig]:
    with SimulatedBeacon(tmp_path) as beacon:
        proxy = PipedProxy(tmp_path, write_policy(tmp_path, beacon))
        with proxy:
            yield Rig(beacon, proxy, tmp_path / "unused")


@pytest.mark.parametrize("stdout", ["full", "gone"])
def test_stdout_that_nobody_reads_holds_up_neither_requests_nor_the_end(piped: Rig, stdout: str) -> None:
    proxy = piped.proxy
    assert isinstance(proxy, PipedProxy)
    if stdout == "full":
        proxy.fill()
    else:
        proxy.leave()
    for number in (1, 2):
        assert piped.send(number).status == 200
        eventually(lambda: published_size(piped) == len(proxy.entries()))
    begin = time.monotonic()
    assert proxy.stop() == 0

    assert time.monotonic() - begin < 5
    assert [entry["type"] for entry in proxy.entries()][-1] == "close"
    assert published_size(piped) == len(proxy.entries())
    assert "checkpoints could not be printed" in proxy.stderr
    assert "Traceback" not in proxy.stderr


def test_idle_proxy_says_that_it_is_there(tmp_path: Path) -> None:
    with timed_rig(tmp_path) as rig:
        start_at(rig, heartbeat_s=0.3, publish_s=0.05)
        eventually(lambda: len(rig.proxy.entries("heartbeat")) >= 2)
        assert rig.send(1).status == 200
        assert rig.proxy.stop() == 0

        types = [entry["type"] for entry in rig.proxy.entries()]
        assert types[:4] == ["open", "policy", "heartbeat", "heartbeat"]
        assert all(entry.keys() == {"type", "id", "time", "index"} for entry in rig.proxy.entries("heartbeat"))
        assert verify(rig) == 0


def test_record_of_a_real_exchange_is_proven_to_an_outsider(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with running_rig(tmp_path) as rig:
        home = ("--home", rig.proxy.home.path)
        rig.send(1)
        eventually(lambda: published_size(rig) == len(rig.proxy.entries()) and len(printed(rig)) > 2)
        kept = tmp_path / "kept.jsonl"
        kept.write_text(f"{rig.proxy.stdout.splitlines()[-1]}\n")
        rig.send(2)
        eventually(lambda: published_size(rig) == len(rig.proxy.entries()))
        exchange = cli_json(capsys, "log", *home)[-1]

        arguments = ("prove", exchange["id"], "--since", kept, "-o", tmp_path / "proof", *home)
        ((answer),) = cli_json(capsys, *arguments)
        assert [proof["type"] for proof in answer["proofs"]] == ["intent", "outcome", "consistency"]

        entries = {entry["index"]: entry for entry in rig.proxy.entries()}
        for proof in answer["proofs"][:2]:
            fields, tree = check_inclusion_file(Path(proof["file"]).read_bytes(), vkey(rig.proxy.home))
            assert fields == entries[proof["index"]]
            assert fields["id"] == exchange["id"]
            assert tree.size == len(entries)
        earlier = read_checkpoint(json.loads(kept.read_text())["checkpoint"].encode(), vkey(rig.proxy.home))
        consistency = Path(answer["proofs"][2]["file"]).read_bytes()
        assert earlier.size < tree.size
        assert check_consistency_file(consistency, vkey(rig.proxy.home), earlier) == tree


def test_what_a_kill_left_unpublished_can_be_shown_and_is_published_by_the_next_start(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with timed_rig(tmp_path) as rig:
        home = ("--home", rig.proxy.home.path)
        start_at(rig, publish_s=3600)
        assert rig.send(7).status == 200
        rig.proxy.kill()
        left = published_size(rig)
        assert left < len(rig.proxy.entries())
        assert not list(rig.proxy.home.payloads.glob("20*"))

        ((exchange),) = cli_json(capsys, "log", *home)
        ((shown),) = cli_json(capsys, "show", exchange["id"], *home)
        assert shown["payloads"]["request"]["state"] == "present"
        assert number_of(json.dumps(shown["payloads"]["request"]["body"]).encode()) == 7
        assert main(["prove", exchange["id"], "-o", str(tmp_path / "proof"), "--home", str(home[1])]) == 4
        assert "not covered by a checkpoint yet" in capsys.readouterr().err

        start_at(rig)
        eventually(lambda: published_size(rig) == len(rig.proxy.entries()))
        ((again),) = cli_json(capsys, "show", exchange["id"], *home)
        assert again["payloads"] == shown["payloads"]
        assert (rig.proxy.home.payloads / shown["payloads"]["request"]["file"]).exists()
        assert main(["prove", exchange["id"], "-o", str(tmp_path / "proof"), "--home", str(home[1])]) == 0
        fields, _ = check_inclusion_file((tmp_path / "proof").read_bytes(), vkey(rig.proxy.home))
        assert fields["id"] == exchange["id"]
        assert rig.proxy.stop() == 0
        assert verify(rig) == 0
