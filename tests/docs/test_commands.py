"""Every command that a document shows in a ``sh`` block runs as written, and ends as the document says."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from beacon_audit.cli.entry_point import COMMANDS
from harness.client import Tunnel

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
#: Beginnings of commands that are not run here, each with the reason.
NOT_RUN = {
    "make run": "it sets up .venv and serves until it is ended; integration/test_demo.py runs what it runs",
    "make test": "it is this very run",
    "docker ": "it needs a container engine; unit/test_dockerfile.py tests what goes into the image",
    **dict.fromkeys(
        (
            "sysctl -w net",
            "cat deploy/nftables/",
            "deploy/nftables/",
            "nft ",
            "curl ",
            "beacon-audit run --home ./instance --policy enforce --mode transparent",
        ),
        "it needs hosts and their packet filter; integration/test_transparent_document.py runs it",
    ),
}
#: Commands that do not end with 0, by a part of them: the document says so beside them.
STATUS = {"beacon-audit check": 1}
#: Commands that say nothing when all is well.
QUIET = ("beacon-audit lint", "python3 -m zipfile -e")
_SHELL_BLOCK = re.compile(r"^```(?:sh|console|bash|shell)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def shown_commands() -> list[str]:
    """Each command once, in the order of the documents."""
    commands = []
    for document in DOCUMENTS:
        for block in _SHELL_BLOCK.findall(document.read_text()):
            lines = block.replace("\\\n", " ").splitlines()
            commands += [line.removeprefix("$ ") for line in lines if line and not line.startswith("#")]
    return list(dict.fromkeys(commands))


def is_run(command: str) -> bool:
    return not command.startswith(tuple(NOT_RUN))


@dataclass(frozen=True)
class Workplace:
    """A directory with the files that the examples name. ``record`` is the id of a record of ``./instance``."""

    directory: Path
    record: str

    @property
    def environment(self) -> Mapping[str, str]:
        path = f"{self.directory / 'bin'}:{os.environ['PATH']}"
        return {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT / "addons")}

    def run(self, command: str) -> subprocess.CompletedProcess[str]:
        """The command in a shell. ID stands for the id of a record, as in the documents."""
        line = re.sub(r"\bID\b", self.record, command)
        return subprocess.run(
            ["sh", "-c", line], cwd=self.directory, env=self.environment, capture_output=True, text=True, timeout=60
        )

    @contextmanager
    def serving(self, command: str) -> Iterator[dict[str, Any]]:
        """A command that serves until it is ended: inside it is ready, then it gets SIGTERM and must end with 0.

        Its port is another one: 8080 may be taken where the tests run.
        """
        words = [re.sub(r":80[0-9][0-9]$", ":0", word) for word in shlex.split(command)]
        with subprocess.Popen(
            words,
            cwd=self.directory,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as process:
            assert process.stdout is not None
            try:
                yield json.loads(process.stdout.readline() or "{}")
            finally:
                process.send_signal(signal.SIGTERM)
                # What a SIEM would have kept.
                with (self.directory / "kept-checkpoints.jsonl").open("a") as kept:
                    kept.writelines(process.stdout)
        assert process.returncode == 0


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Workplace:
    directory = tmp_path_factory.mktemp("documents")
    switches = "".join(f"    {name}: false\n" for name in ("metrics", "traces", "logs"))
    (directory / "langsmith_config.yaml").write_text(f"config:\n  telemetry:\n{switches}")
    executable = directory / "bin" / "beacon-audit"
    executable.parent.mkdir()
    executable.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m beacon_audit.cli "$@"\n')
    executable.chmod(0o755)
    empty = Workplace(directory, "")
    assert empty.run("beacon-audit init --home ./instance").returncode == 0
    with empty.serving("beacon-audit run --home ./instance --listen 127.0.0.1:8080") as ready:
        host, _, port = ready["proxy"].rpartition(":")
        ca_file = directory / "instance" / "ca" / "ca.crt"
        with Tunnel((host, int(port)), ca_file, connect="collector.example.net:443") as refused:
            record = refused.connect_answer.json()["record"]
    return Workplace(directory, record)


@pytest.mark.parametrize("command", [command for command in shown_commands() if is_run(command)])
def test_command_runs_as_written(command: str, workplace: Workplace) -> None:
    if command.startswith("beacon-audit run "):
        with workplace.serving(command) as ready:
            assert ready["event"] == "ready"
        return
    done = workplace.run(command)
    expected = next((status for part, status in STATUS.items() if part in command), 0)
    assert done.returncode == expected, done.stderr
    assert done.stderr == ""
    assert done.stdout or any(quiet in command for quiet in QUIET)


def test_documents_show_commands_of_every_kind() -> None:
    shown = "\n".join(shown_commands())
    names = [command.name for command in COMMANDS if command.name != "demo"]  # `make run` runs it
    assert [name for name in names if f"beacon-audit {name} " not in shown] == []
    assert [beginning for beginning in NOT_RUN if beginning not in shown] == []
