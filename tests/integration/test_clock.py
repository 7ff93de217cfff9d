"""The wall clock jumps: requests, deadlines and retention do not care, and ``verify`` says that time is missing."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from beacon_audit.cli import main
from beacon_audit.demo.answers import Behaviour
from beacon_audit.review.evidence import export
from harness.rig import Rig, eventually, running_rig
from harness.usage_reports import received_numbers

DAY = 86_400.0


def under_a_jumping_clock(directory: Path, **named: Any) -> AbstractContextManager[Rig]:
    return running_rig(directory, launcher="jumping_clock", **named)


def jump(rig: Rig, seconds: float) -> None:
    """From now on the proxy's clock is wrong by so many seconds. Never seen half-written."""
    new = rig.switch.with_suffix(".new")
    new.write_text(str(seconds))
    new.rename(rig.switch)


def statuses_of_both_verifiers(rig: Rig, directory: Path) -> tuple[int, int]:
    home, anchor = str(rig.proxy.home.path), str(rig.proxy.stdout_path)
    ours = main(["verify", "--home", home, "--anchor", anchor, "--json"])
    bundle = directory / "evidence.zip"
    assert main(["bundle", "--home", home, "-o", str(bundle)]) in (0, 2)
    program = Path(export.__file__).with_name("verify.py")
    key = str(rig.proxy.home.trail_vkey)
    done = subprocess.run([sys.executable, program, bundle, "--vkey", key, "--anchor", anchor], capture_output=True)
    return ours, done.returncode


def moments(rig: Rig) -> list[datetime]:
    return [datetime.fromisoformat(entry["time"]) for entry in rig.proxy.entries()]


def test_jumps_of_days_lose_no_request_and_are_what_the_verifiers_report(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    jumps = (DAY, -DAY, 0.0, 400 * DAY, 0.0)
    with under_a_jumping_clock(tmp_path) as rig:
        assert rig.send(0).status == 200
        for number, seconds in enumerate(jumps, 1):
            jump(rig, seconds)
            assert rig.send(number).status == 200
        assert rig.proxy.stop() == 0
        assert received_numbers(rig.beacon.requests) == list(range(6))
        assert [state for _, state in rig.outcomes()] == ["sent"] * 6
        times = moments(rig)
        steps = [round((after - before).total_seconds() / DAY) for before, after in pairwise(times)]
        assert [step for step in steps if step] == [1, -2, 1, 400, -400]

        assert statuses_of_both_verifiers(rig, tmp_path) == (2, 2)
        said = capsys.readouterr().out
        assert said.count('"heartbeat-gap"') == len(jumps)
        assert '"tampered"' not in said


def test_jump_that_a_heartbeat_could_explain_is_no_problem(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with under_a_jumping_clock(tmp_path) as rig:
        for number, seconds in enumerate((0.0, 100.0, 0.0, -100.0)):
            jump(rig, seconds)
            assert rig.send(number).status == 200
        assert rig.proxy.stop() == 0
        assert statuses_of_both_verifiers(rig, tmp_path) == (0, 0)


@pytest.mark.parametrize("seconds", [DAY, -DAY])
def test_exchange_under_way_has_the_duration_that_it_had(tmp_path: Path, seconds: float) -> None:
    with (
        under_a_jumping_clock(tmp_path, behaviour=Behaviour(delay_s=0.5)) as rig,
        ThreadPoolExecutor(1) as client,
    ):
        answer = client.submit(rig.send, 1)
        eventually(lambda: rig.beacon.requests)
        jump(rig, seconds)
        assert answer.result().status == 200
        [outcome] = rig.proxy.entries("outcome")
        assert 500 <= outcome["duration_ms"] < 60_000
        assert rig.readiness() == (200, "recording")


def test_jump_forward_deletes_no_body(tmp_path: Path) -> None:
    with under_a_jumping_clock(tmp_path, recording={"retention_days": 30}) as rig:
        assert rig.send(1).status == 200
        eventually(lambda: len(bodies(rig)) == 2)
        jump(rig, 400 * DAY)
        eventually(lambda: rig.proxy.stderr.count("payload files are kept by the earlier day") > 3)
        assert len(bodies(rig)) == 2
        assert rig.proxy.entries("prune") == []
        # After a restart that is the time, as far as anybody can know.
        rig.restart()
        eventually(lambda: rig.proxy.entries("prune") and not bodies(rig))


def bodies(rig: Rig) -> list[Path]:
    return list(rig.proxy.home.payloads.glob("[0-9]*/*"))
