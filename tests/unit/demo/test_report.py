"""The report: fits a narrow screen, says what differs, and gives commands that can be pasted."""

import io
import shlex
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from beacon_audit.demo import report
from beacon_audit.demo.client import Answer
from beacon_audit.demo.observation import Observation
from beacon_audit.demo.received import ReceivedRequest
from beacon_audit.demo.run import PhaseResult, Result, Stage
from beacon_audit.demo.traffic import Phase

REFUSAL = {"type": "refusal", "id": "r" * 26, "action": "refused", "reason": "not so"}


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    directory = tmp_path / "with space"
    directory.mkdir()
    return Stage.prepare(directory)


def _as_it_must(phase: Phase) -> PhaseResult:
    """What is seen of a phase in which everything happens as it must."""
    observations = []
    for scenario in phase.scenarios:
        message, expected = scenario.message, scenario.expected
        entries: tuple[dict[str, object], ...] = ({**REFUSAL, "reason_code": expected.code},)
        arrived: tuple[ReceivedRequest, ...] = ()
        if expected.action == "allowed":
            entries = ({**entries[0], "type": "intent", "action": "allowed"}, {"type": "outcome", "state": "sent"})
            arrived = (ReceivedRequest(b"", message.method, str(message.path), (), message.body),)
        observations.append(Observation(scenario, Answer(expected.status), len(arrived), arrived, entries))
    requests = sum(len(observation.arrived) for observation in observations)
    return PhaseResult(phase, tuple(observations), requests, 100 * requests, requests)


def _printed(result: Result, stage: Stage, width: int = 80) -> str:
    stream = io.StringIO()
    report.print_result(Console(file=stream, width=width, highlight=False), result, stage)
    return stream.getvalue()


def _result(stage: Stage) -> Result:
    return Result(tuple(_as_it_must(phase) for phase in stage.phases), ())


def test_report_fits_80_columns_up_to_the_commands(stage: Stage) -> None:
    text, _, commands = _printed(_result(stage), stage).partition("HOME of this")
    assert max(len(line) for line in text.splitlines()) <= 80
    assert "beacon_audit.cli log --home" in commands or "beacon-audit log --home" in commands


def test_report_without_a_terminal_has_no_escape_sequences(stage: Stage) -> None:
    assert "\x1b" not in _printed(_result(stage), stage)


def test_report_names_every_scenario_with_its_record(stage: Stage) -> None:
    result = _result(stage)
    text = _printed(result, stage, width=200)
    for observation in result.observations:
        assert observation.scenario.title in text
    assert text.count(f"record {'r' * 26}") == len(result.observations)
    assert f"all {len(result.observations)} messages met what must happen to them" in text


def test_commands_survive_a_home_with_a_space(stage: Stage) -> None:
    lines = [line for line in _printed(_result(stage), stage).splitlines() if " --home " in line]
    assert len(lines) == 3
    for line in lines:
        words = shlex.split(line)
        assert words[words.index("--home") + 1] == str(stage.home.path)


def test_refused_message_that_arrived_is_reported_and_makes_the_result_wrong(stage: Stage) -> None:
    good = _as_it_must(stage.phases[2])
    stray = ReceivedRequest(b"", "POST", "/", (), b"1234")
    bad = replace(good, observations=(replace(good.observations[0], arrived=(stray,)), *good.observations[1:]))
    result = Result((bad,), ())
    text = _printed(result, stage)
    assert not result.as_it_should
    assert "1 of 2 messages did not meet what must happen to them" in text
    assert "expected that nothing arrives at Beacon" in text


@pytest.mark.parametrize(("connections", "received", "requests"), [(1, 0, 0), (0, 1, 0), (1, 300, 1)])
def test_offline_is_wrong_if_beacon_notices_anything(
    stage: Stage, connections: int, received: int, requests: int
) -> None:
    silent = _as_it_must(stage.phases[2])
    assert silent.as_it_should
    noticed = replace(silent, connections=connections, bytes_received=received, requests=requests)
    assert not noticed.as_it_should
    assert "as it should be: 2 attempts" not in _printed(Result((noticed,), ()), stage)


def test_request_that_arrived_late_makes_a_phase_wrong(stage: Stage) -> None:
    good = _as_it_must(stage.phases[0])
    assert good.as_it_should
    assert not replace(good, requests=good.requests + 1).as_it_should


def test_connection_that_no_allowed_request_needed_makes_a_phase_wrong(stage: Stage) -> None:
    good = _as_it_must(stage.phases[0])
    assert not replace(good, connections=good.connections + 1).as_it_should


def test_row_says_nothing_only_where_not_even_a_connection_was_opened(stage: Stage) -> None:
    good = _as_it_must(stage.phases[2])
    assert _printed(Result((good,), ()), stage).count(" nothing") >= len(good.observations)
    silent = good.observations[0]
    dialled = replace(good, observations=(replace(silent, connections=1),))
    text = _printed(Result((dialled,), ()), stage, width=120)
    assert "1 connection " in text
    assert "0 requests" in text


def test_summary_counts_what_was_decided_and_what_beacon_received(stage: Stage) -> None:
    assert "8 allowed, 14 refused; Beacon received exactly 8 requests\n" in _printed(_result(stage), stage)


def test_summary_says_when_beacon_received_another_number(stage: Stage) -> None:
    first = _as_it_must(stage.phases[0])
    late = replace(first, requests=first.requests + 1)
    unrecorded = replace(late, observations=(replace(late.observations[0], entries=()), *late.observations[1:]))
    text = _printed(Result((unrecorded,), ()), stage)
    assert "6 allowed, 10 refused, 1 unrecorded; Beacon received 8, not 7 requests\n" in text


def test_report_names_the_home_that_it_keeps(stage: Stage) -> None:
    assert f"HOME of this demonstration (kept): {stage.home.path}\n" in _printed(_result(stage), stage)


def test_secret_in_a_file_makes_the_result_wrong_and_names_the_file(stage: Stage) -> None:
    result = replace(_result(stage), leaks=(Path("/home/of/demo/proxy.log"),))
    assert not result.as_it_should
    assert "stands in clear in /home/of/demo/proxy.log" in _printed(result, stage)


def test_program_is_called_by_its_name_only_when_the_shell_would_find_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    called = tmp_path / "beacon-audit"
    called.write_text("#!/bin/sh\n")
    called.chmod(0o755)
    monkeypatch.setattr("sys.argv", [str(called), "demo"])
    monkeypatch.setenv("PATH", str(tmp_path))
    assert report.invocation() == "beacon-audit"
    monkeypatch.setenv("PATH", "/nowhere")
    assert report.invocation() == str(called)
    monkeypatch.setattr("sys.argv", ["/somewhere/__main__.py", "demo"])
    assert report.invocation().endswith("-m beacon_audit.cli")
