"""``beacon-audit demo``, whole: a real proxy process, real TLS, on loopback."""

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest

from beacon_audit.cli import main
from beacon_audit.demo import run as demo_run
from beacon_audit.demo.payloads import Payloads
from beacon_audit.demo.traffic import Expectation, Phase, phases

COMMAND = (sys.executable, "-m", "beacon_audit.cli", "demo")


def _environment(directory: Path, **variables: str) -> Mapping[str, str]:
    return {**os.environ, "TMPDIR": str(directory), "COLUMNS": "80", **variables}


def _until(stream: IO[str], text: str) -> str:
    lines: list[str] = []
    for line in stream:
        lines.append(line)
        if text in line:
            break
    return "".join(lines)


def _run(command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(shlex.split(command), capture_output=True, text=True, timeout=60, check=False)


def _heed_interrupts() -> None:
    """As in a terminal. What a script starts in the background ignores SIGINT, and so does all that it starts."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@contextmanager
def _serving(directory: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The demo without ``--once``, in a process group of its own, and what it printed until it was serving."""
    with subprocess.Popen(
        COMMAND,
        env=_environment(directory),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=_heed_interrupts,
    ) as process:
        assert process.stdout is not None
        try:
            yield process, _until(process.stdout, "Ctrl-C")
        finally:
            if process.poll() is None:
                process.terminate()


def _shown_record(text: str) -> str:
    """The id in the ``show`` command that the demo printed."""
    words = shlex.split(_commands(text, "show")[0])
    return words[words.index("show") + 1]


def _commands(text: str, word: str) -> Sequence[str]:
    return [line.strip() for line in text.splitlines() if line.startswith("  ") and f" {word} " in line]


def test_demo_once_shows_that_everything_happened_as_it_should(tmp_path: Path) -> None:
    environment = _environment(tmp_path, PYTHONIOENCODING="ascii")
    done = subprocess.run(
        [*COMMAND, "--once"], env=environment, capture_output=True, text=True, timeout=100, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "all 22 messages met what must happen to them" in done.stdout
    assert "8 allowed, 14 refused; Beacon received exactly 8 requests\n" in done.stdout
    assert "Beacon received 7 requests" in done.stdout
    assert "Beacon received 0 requests on 0 connections, 0 TCP" in done.stdout
    listed = _run(_commands(done.stdout, "log")[0])
    assert listed.returncode == 0
    records = re.findall(r"record ([0-9a-z]{26})", done.stdout)
    assert len(records) == 22
    assert all(record in listed.stdout for record in records)
    shown = _run(_commands(done.stdout, "show")[0])
    assert shown.returncode == 0
    assert "promise.license-misplaced" in shown.stdout


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_demo_serves_on_until_it_is_ended_and_leaves_no_process(tmp_path: Path, number: signal.Signals) -> None:
    with _serving(tmp_path) as (process, _):
        children = _children(process.pid)
        assert children
        process.send_signal(number)
        rest, complaints = process.communicate(timeout=40)
    assert (process.returncode, rest, complaints) == (0, "stopped\n", "")
    assert not [child for child in children if Path(f"/proc/{child}").exists()]


def test_interrupt_that_the_proxy_gets_too_as_from_a_terminal_is_a_clean_end(tmp_path: Path) -> None:
    with _serving(tmp_path) as (process, _):
        os.killpg(process.pid, signal.SIGINT)
        rest, complaints = process.communicate(timeout=40)
    assert (process.returncode, rest, complaints) == (0, "stopped\n", "")


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_curl_commands_work_as_printed(tmp_path: Path) -> None:
    with _serving(tmp_path) as (process, text):
        documented, undocumented = (_run(command) for command in _commands(text, "--cacert"))
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=40)
    assert (documented.returncode, undocumented.returncode) == (0, 0)
    assert list(json.loads(documented.stdout)) == ["token"]
    refusal = json.loads(undocumented.stdout)
    assert refusal["code"] == "contract.undocumented-field"
    shown = _run(_commands(text, "show")[0].replace(_shown_record(text), refusal["record"]))
    assert "/hostname" in shown.stdout


def test_reader_that_goes_away_is_not_a_failed_demo(tmp_path: Path) -> None:
    with subprocess.Popen(
        [*COMMAND, "--once"], env=_environment(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == ""
    assert process.returncode == 141


def _children(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def test_demo_ends_with_1_when_something_did_not_happen_as_it_should(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def wrong(payloads: Payloads) -> tuple[Phase, ...]:
        """A policy that allows what must be refused, as a broken proxy would."""
        phase = phases(payloads)[0]
        verification = phase.scenarios[0]
        impossible = Expectation("refused", "policy.telemetry-disabled", 403)
        changed = type(verification)(verification.title, verification.message, impossible)
        return (Phase(phase.name, phase.title, phase.settings, (changed,)),)

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(demo_run, "phases", wrong)
    assert main(["demo", "--once"]) == 1
    text = capsys.readouterr().out
    assert "1 of 1 messages did not meet what must happen to them" in text
    assert "expected it refused, it was allowed" in text
    assert "expected that nothing arrives at Beacon, 1 requests did" in text


def test_demo_shows_the_last_words_of_a_proxy_that_does_not_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def unusable(payloads: Payloads) -> tuple[Phase, ...]:
        phase = phases(payloads)[0]
        return (Phase(phase.name, phase.title, {"mode": "no such mode"}, phase.scenarios),)

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(demo_run, "phases", unusable)
    assert main(["demo", "--once"]) == 1
    complaint = capsys.readouterr().err
    assert "the proxy ended with status 4 before it was ready" in complaint
    assert "enforce.yaml:1" in complaint
