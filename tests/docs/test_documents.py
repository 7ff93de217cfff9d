"""What the documents show is true: commands run as written, tests and files that are named exist."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
#: Commands that are not run here, each with the reason.
NOT_RUN = {
    "make run": "the demonstration serves until it is ended; integration/test_demo.py runs it",
    "make run DEMO_FLAGS=--once": "integration/test_demo.py runs the same command",
    "make test": "it is this very run",
}
_SHELL_BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)


def shown_commands() -> list[str]:
    commands = []
    for document in DOCUMENTS:
        for block in _SHELL_BLOCK.findall(document.read_text()):
            commands += [line for line in block.replace("\\\n", " ").splitlines() if line and not line.startswith("#")]
    return list(dict.fromkeys(commands))


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A place with an instance and the file that the examples name."""
    directory = tmp_path_factory.mktemp("documents")
    (directory / "langsmith_config.yaml").write_text(
        "config:\n  telemetry:\n    metrics: false\n    traces: false\n    logs: false\n"
    )
    executable = directory / "bin" / "beacon-audit"
    executable.parent.mkdir()
    executable.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m beacon_audit.cli "$@"\n')
    executable.chmod(0o755)
    run("beacon-audit init --home ./instance", directory)
    return directory


def run(command: str, directory: Path) -> subprocess.CompletedProcess[str]:
    """The command in a shell, with ``beacon-audit`` on the path; a server is ended when it is ready."""
    environment = {
        **os.environ,
        "PATH": f"{directory / 'bin'}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT / "addons"),
    }
    return subprocess.run(
        ["sh", "-c", command], cwd=directory, env=environment, capture_output=True, text=True, timeout=60
    )


@pytest.mark.parametrize("command", [command for command in shown_commands() if command not in NOT_RUN])
def test_command_runs_as_written(command: str, directory: Path) -> None:
    if command.startswith("beacon-audit run "):
        serving = run(f"timeout --preserve-status --signal=TERM 4 {command}", directory)
        assert (serving.returncode, '"event": "ready"' in serving.stdout) == (0, True), serving.stderr
        return
    done = run(command, directory)
    assert done.returncode in ((0, 1) if "check" in command else (0,)), done.stderr
    assert done.stdout or command.startswith(("beacon-audit log", "beacon-audit lint"))  # nothing there; nothing wrong


def test_commands_that_are_not_run_are_still_shown() -> None:
    text = "\n".join(document.read_text() for document in DOCUMENTS)
    assert [command for command in NOT_RUN if command not in text] == []


def test_every_test_that_the_threat_model_names_exists() -> None:
    named = re.findall(r"`((?:unit|integration|property)/[^`]+\.py)`", (ROOT / "docs" / "threat-model.md").read_text())
    assert len(named) > 30
    assert [name for name in named if not (ROOT / "tests" / name).is_file()] == []


def test_every_file_that_a_document_names_exists() -> None:
    package = ROOT / "addons" / "beacon_audit"
    for document in (ROOT / "docs" / "architecture.md", ROOT / "docs" / "threat-model.md"):
        for name in re.findall(r"`([a-z_0-9]+/[a-z_0-9/]*(?:\.py)?)`", document.read_text()):
            assert (package / name).exists() or (ROOT / name).exists() or (ROOT / "tests" / name).exists(), name


def test_links_between_documents_lead_somewhere() -> None:
    for document in DOCUMENTS:
        for target in re.findall(r"\]\(([^)#]+)\)", document.read_text()):
            if "://" not in target:
                assert (document.parent / target).exists(), f"{document.name}: {target}"
