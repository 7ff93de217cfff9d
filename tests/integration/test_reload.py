"""SIGHUP: another policy comes into force whole and on the record, or the old one stays and that is on the record."""

import contextlib
import hashlib
import os
import pty
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from beacon_audit.cli import main
from beacon_audit.demo.answers import Behaviour
from beacon_audit.demo.payloads import Payloads
from harness.proxy import ProxyProcess, write_policy
from harness.rig import Rig, eventually, limit_file_size, running_rig
from harness.usage_reports import LICENSE, PATH, received_numbers, recorded_number, usage_report

REFUSE_REPORTS = {"endpoints": {"usage-ingest": {"action": "refuse"}}}
CLIENTS = 8
RELOADS = 20


class Reloads:
    """Changes the policy of a rig and tells it, and waits for what it makes of that."""

    def __init__(self, rig: Rig, directory: Path) -> None:
        self.rig = rig
        self.file = directory / "policy.yaml"
        self._directory = directory
        self.first = self.file.read_text()

    def changes(self) -> list[dict[str, Any]]:
        return [entry for entry in self.rig.proxy.entries() if entry["type"] in ("policy", "policy-refused")]

    def signal(self) -> None:
        os.kill(self.rig.proxy.pid, signal.SIGHUP)

    def tell(self) -> dict[str, Any]:
        """Ask for a reload; what the trail says of it."""
        before = len(self.changes())
        self.signal()
        eventually(lambda: len(self.changes()) > before, 20)
        [change] = self.changes()[before:]
        return change

    def to(self, **settings: Any) -> dict[str, Any]:
        """Reload with other settings."""
        write_policy(self._directory, self.rig.beacon, **settings)
        return self.tell()

    def to_text(self, text: str) -> dict[str, Any]:
        self.file.write_text(text)
        return self.tell()


@contextmanager
def reloading(directory: Path, **named: Any) -> Iterator[tuple[Rig, Reloads]]:
    with running_rig(directory, **named) as rig:
        yield rig, Reloads(rig, directory)


def assert_each_was_judged_by_what_was_in_force(entries: list[dict[str, Any]], refusing: str) -> None:
    """``refusing`` is the digest of the policy that refuses usage reports; the other one lets them go."""
    in_force = None
    for entry in entries:
        match entry["type"]:
            case "policy":
                assert entry.get("previous") == in_force
                in_force = entry["digest"]
            case "policy-refused":
                assert entry["in_force"] == in_force
            case "intent" | "refusal":
                assert entry["policy"] == in_force
                assert (entry["type"] == "refusal") == (in_force == refusing)


def test_under_load_every_request_is_judged_by_the_policy_that_the_trail_names_before_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    numbers, over = count(1), threading.Event()
    sent: dict[int, int] = {}

    def client(rig: Rig) -> None:
        with rig.tunnel() as tunnel:
            while not over.is_set():
                number = next(numbers)
                sent[number] = tunnel.send(PATH, usage_report(number)).status

    with reloading(tmp_path) as (rig, reloads), ThreadPoolExecutor(CLIENTS) as clients:
        running = [clients.submit(client, rig) for _ in range(CLIENTS)]
        try:
            for turn in range(RELOADS):
                match turn % 4:
                    case 0:
                        change = reloads.to(**REFUSE_REPORTS)
                    case 2:
                        change = reloads.to()
                    case _:
                        change = reloads.to_text("version: 1\nmode: [" if turn % 8 == 1 else "version: 1\nlimits: 1\n")
                assert change["type"] == ("policy-refused" if turn % 2 else "policy")
                had = len(sent)
                eventually(lambda at_least=had + CLIENTS: len(sent) >= at_least, 30)  # type: ignore[misc]
        finally:
            over.set()
        for ended in running:
            ended.result(30)
        assert rig.proxy.stop() == 0
        entries = rig.proxy.entries()
        refusing = next(entry["digest"] for entry in entries if entry["type"] == "policy" and "previous" in entry)
        assert_each_was_judged_by_what_was_in_force(entries, refusing)
        assert [entry["type"] for entry in reloads.changes()].count("policy") == 1 + RELOADS / 2

        # Nobody was turned away, nothing is lost, and nothing is there that nobody sent.
        assert set(sent.values()) == {200, 403}
        recorded = {kind: rig.proxy.entries(kind) for kind in ("intent", "refusal")}
        allowed = sorted(recorded_number(rig.proxy.home, entry) for entry in recorded["intent"])
        refused = sorted(recorded_number(rig.proxy.home, entry) for entry in recorded["refusal"])
        assert allowed == sorted(number for number, status in sent.items() if status == 200)
        assert refused == sorted(number for number, status in sent.items() if status == 403)
        assert sorted(received_numbers(rig.beacon.requests)) == allowed
        assert {state for _, state in rig.outcomes()} == {"sent"}

        # Both verifiers know the entries.
        home = str(rig.proxy.home.path)
        assert main(["verify", "--home", home, "--anchor", str(rig.proxy.stdout_path)]) == 0
        assert main(["bundle", "--home", home, "-o", str(tmp_path / "evidence.zip")]) == 0
        capsys.readouterr()
        program = Path(main.__code__.co_filename).parents[1] / "review" / "evidence" / "verify.py"
        arguments = [str(tmp_path / "evidence.zip"), "--vkey", str(rig.proxy.home.trail_vkey)]
        done = subprocess.run(
            [sys.executable, program, *arguments, "--anchor", rig.proxy.stdout_path], capture_output=True
        )
        assert done.returncode == 0, done.stdout


#: What is written into the policy file, and what the trail and the log say of it.
UNUSABLE = {
    "no YAML": ("version: 1\nmode: [{secret}", "a problem at policy.yaml:2:", "policy.yaml:2:"),
    "an unknown value": ("version: 1\nmode: {secret}\n", "a problem at policy.yaml:2:7", "expected one of enforce"),
    "two problems": ("version: 2\nmode: {secret}\n", "a problem at policy.yaml:1:10, and 1 more", "policy.yaml:2:7"),
    "an unknown endpoint": (
        "{first}endpoints: {{nowhere: {{action: refuse}}}}\n", "a problem at policy.yaml:", "got nowhere",
    ),
    "nothing": ("", "a problem at policy.yaml:1:1", "got an empty file"),
    "other limits": (
        "{first}limits: {{json_depth: 32}}\n", "it changes what cannot change while the proxy runs: limits",
        "expected limits as it was when the proxy started, got a change; restart the proxy for that",
    ),
    "another contract": (
        "{first}contract: langsmith-beacon/2025-10\n",
        "it changes what cannot change while the proxy runs: contract", "expected contract as it was",
    ),
    "another place to send to": (
        "version: 1\nupstream: {{address: '{secret}.example:443'}}\n",
        "it changes what cannot change while the proxy runs: upstream", "policy.yaml:2:1: expected upstream as it was",
    ),
    "somebody who cosigns": (
        "{first}witnesses:\n  servers:\n    - url: https://witness.example.internal/audit\n"
        "      vkey: witness.example.internal+1cf21616+BLJp5/+kzrW6lSPJbq17wXKhVHSG5Zn/WS7XvFKr7bi0\n",
        "it changes what cannot change while the proxy runs: witnesses", "expected witnesses as it was",
    ),
    "too much": (
        "{first}sources:\n" + "".join(f"  - {{{{name: a-{number}, cidr: 10.{number // 250}.{number % 250}.0/24}}}}\n"
        for number in range(2500)),
        "it cannot be used: it is too long to be recorded whole", "name fewer sources",
    ),
}  # fmt: skip


def test_what_cannot_be_used_leaves_the_policy_as_it_was_on_the_record_and_without_a_word_of_it(tmp_path: Path) -> None:
    secret = "correct-horse-battery-staple"
    with reloading(tmp_path) as (rig, reloads):
        [begun] = reloads.changes()
        for name, (text, reason, logged) in UNUSABLE.items():
            written = text.format(secret=secret, first=reloads.first)
            said = len(rig.proxy.stderr)
            refused = reloads.to_text(written)
            assert refused["type"] == "policy-refused", name
            assert refused["in_force"] == begun["digest"]
            assert reason in refused["reason"], name
            digest = f"sha256:{hashlib.sha256(written.encode()).hexdigest()}"
            assert refused["files"][0] == {"name": "policy.yaml", "digest": digest}
            assert logged in rig.proxy.stderr[said:], name
            assert f"{begun['digest']}) stays in force" in rig.proxy.stderr[said:]
        assert rig.send(1).status == 200
        assert rig.proxy.entries("intent")[0]["policy"] == begun["digest"]
        assert secret not in str(rig.proxy.entries())
        assert secret not in rig.proxy.stderr
        # And then it is put right.
        assert reloads.to(**REFUSE_REPORTS)["previous"] == begun["digest"]
        assert rig.send(2).status == 403


def test_file_that_cannot_be_read_leaves_the_policy_as_it_was(tmp_path: Path) -> None:
    with reloading(tmp_path) as (rig, reloads):
        reloads.file.unlink()
        refused = reloads.tell()
        assert refused["files"] == [{"name": "policy.yaml", "digest": None}]
        assert "No such file or directory" in rig.proxy.stderr
        # A pipe that nobody writes to would be waited for.
        os.mkfifo(reloads.file)
        assert reloads.tell()["files"] == [{"name": "policy.yaml", "digest": None}]
        assert "it is not a regular file" in rig.proxy.stderr
        assert rig.send(1).status == 200
        assert rig.proxy.stop() == 0


def test_langsmith_config_is_read_again_with_the_policy(tmp_path: Path) -> None:
    config = tmp_path / "langsmith_config.yaml"
    config.write_text("config: {telemetry: {metrics: true}}\n")
    metrics, body = "/v1/beacon/v1/metrics", Payloads(LICENSE).documented("telemetry-metrics")
    with reloading(tmp_path, langsmith_config=config.name) as (rig, reloads), rig.tunnel() as tunnel:
        assert tunnel.send(metrics, body).status == 200
        config.write_text("config: {telemetry: {metrics: false}}\n")
        assert reloads.tell()["document"]["telemetry"]["metrics"] is False
        answer = tunnel.send(metrics, body)
        assert answer.status == 400
        assert b"langsmith_config.yaml:1 config.telemetry.metrics" in answer.body
        config.write_text("config: {telemetry: {metrics: off}}\n")
        refused = reloads.tell()
        assert refused["reason"] == "it cannot be used: a problem at langsmith_config.yaml:1:31"
        assert [file["name"] for file in refused["files"][:2]] == ["policy.yaml", "langsmith_config.yaml"]
        assert tunnel.send(metrics, body).status == 400


def test_preset_is_read_again_and_says_so(tmp_path: Path) -> None:
    with ProxyProcess(tmp_path, "offline") as proxy:
        os.kill(proxy.pid, signal.SIGHUP)
        eventually(lambda: len(proxy.entries("policy")) == 2)
        first, second = proxy.entries("policy")
        assert second["previous"] == second["digest"] == first["digest"]


def test_offline_ends_what_is_open_and_enforce_opens_again(tmp_path: Path) -> None:
    with reloading(tmp_path) as (rig, reloads), rig.tunnel() as tunnel:
        assert tunnel.send(PATH, usage_report(1)).status == 200
        assert rig.beacon.connections == 1
        offline = reloads.to(mode="offline")
        eventually(lambda: "every connection upstream is closed" in rig.proxy.stderr)
        answer = tunnel.send(PATH, usage_report(2))
        assert (answer.status, answer.json()["code"]) == (403, "policy.offline")
        assert rig.beacon.connections == 1
        reloads.to()
        assert tunnel.send(PATH, usage_report(3)).status == 200
        assert rig.beacon.connections == 2  # the first one had been closed
        assert received_numbers(rig.beacon.requests) == [1, 3]
        assert rig.proxy.entries("refusal")[0]["policy"] == offline["digest"]


def test_a_proxy_that_was_started_offline_can_be_let_out(tmp_path: Path) -> None:
    with reloading(tmp_path, mode="offline") as (rig, reloads):
        assert rig.send(1).status == 403
        reloads.to()
        assert rig.send(2).status == 200
        assert received_numbers(rig.beacon.requests) == [2]


def test_exchange_in_flight_when_the_policy_becomes_offline_ends_under_its_own(tmp_path: Path) -> None:
    with reloading(tmp_path, behaviour=Behaviour(delay_s=1)) as (rig, reloads), ThreadPoolExecutor(1) as client:
        answer = client.submit(rig.send, 1)
        eventually(lambda: rig.beacon.requests)
        reloads.to(mode="offline", recording={"payloads": "none"})
        assert not answer.done()
        assert answer.result().status == 200
        [outcome] = rig.proxy.entries("outcome")
        assert (outcome["state"], outcome["payload"] is None) == ("sent", False)
        assert rig.send(2).status == 403
        assert rig.proxy.entries("refusal")[0]["payload"] is None


def test_exchange_that_does_not_end_is_cut_off_when_the_policy_becomes_offline(tmp_path: Path) -> None:
    rigged = reloading(tmp_path, fault="short-drain", behaviour=Behaviour(delay_s=30))
    with rigged as (rig, reloads), ThreadPoolExecutor(1) as client:
        answer = client.submit(rig.send, 1)
        eventually(lambda: rig.beacon.requests)
        reloads.to(mode="offline")
        eventually(lambda: rig.outcomes())
        assert [state for _, state in rig.outcomes()] == ["unknown"]
        assert answer.result(20).status in (502, 503)


def test_connection_that_is_being_made_when_the_policy_becomes_offline_carries_nothing(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as server, contextlib.ExitStack() as waiting:
        fillers = [waiting.enter_context(socket.socket()) for _ in range(2)]
        for filler in fillers:  # nobody is let in behind them: the next one waits for its connection
            filler.setblocking(False)
            filler.connect_ex(server.getsockname())
        address = f"127.0.0.1:{server.getsockname()[1]}"
        rigged = reloading(tmp_path, fault="short-drain", upstream={"address": address})
        with rigged as (rig, reloads), ThreadPoolExecutor(1) as client:
            answer = client.submit(rig.send, 1)
            eventually(lambda: rig.proxy.entries("intent"))
            reloads.to(mode="offline", upstream={"address": address})
            eventually(lambda: rig.outcomes())
            assert [state for _, state in rig.outcomes()] == ["unknown"]
            # Now the connection comes about, though nobody may use it any more.
            server.settimeout(20)
            ours = {filler.getsockname() for filler in fillers}
            while (accepted := server.accept())[1] in ours:
                waiting.enter_context(accepted[0])
            with accepted[0] as late, contextlib.suppress(ConnectionResetError):
                late.settimeout(20)
                assert late.recv(1) == b""
            assert answer.result(20).status in (502, 503)


def test_a_record_that_cannot_be_written_leaves_the_policy_as_it_was(tmp_path: Path) -> None:
    with reloading(tmp_path) as (rig, reloads):
        limit_file_size(rig, room=10)
        write_policy(tmp_path, rig.beacon, mode="observe")
        reloads.signal()
        eventually(lambda: "it cannot be recorded" in rig.proxy.stderr)
        eventually(lambda: "could not be recorded: the audit trail cannot be written" in rig.proxy.stderr)
        assert "is in force from entry" not in rig.proxy.stderr
        [begun] = reloads.changes()
        assert f"({begun['digest']}) stays in force" in rig.proxy.stderr
        assert rig.send(1).status == 503
        assert rig.beacon.connections == 0
        rig.restart()
        assert rig.proxy.entries("policy")[-1]["document"]["mode"] == "observe"  # it was read at the start


def test_while_a_policy_is_being_recorded_nothing_is_judged(tmp_path: Path) -> None:
    with reloading(tmp_path, fault="stuck-disk", limits={"commit_deadline_s": 0.5}) as (rig, reloads):
        rig.switch.touch()
        write_policy(tmp_path, rig.beacon, limits={"commit_deadline_s": 0.5}, **REFUSE_REPORTS)
        reloads.signal()

        def held() -> bool:
            answer = rig.send(1)
            assert answer.status == 503
            return "another policy is being recorded, for longer than 0.5 s" in answer.json()["reason"]

        eventually(held, 20)
        assert rig.beacon.connections == 0
        rig.switch.unlink()
        eventually(lambda: len(reloads.changes()) == 2)
        eventually(lambda: rig.send(2).status == 403)


def test_process_whose_terminal_has_gone_stops(tmp_path: Path) -> None:
    window, terminal = pty.openpty()
    name = os.ttyname(terminal)

    def take_terminal() -> None:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)  # whoever started the tests may have ignored it (nohup)
        os.setsid()
        os.close(os.open(name, os.O_RDWR))  # the first one that the leader of a session opens is its own

    proxy = ProxyProcess(tmp_path, "offline", preexec=take_terminal).start()
    os.close(terminal)
    os.close(window)
    assert proxy.wait() == 0
    assert [entry["type"] for entry in proxy.entries()][-1] == "close"
