"""The commands of ``docs/transparent-mode.md`` run as written, on the hosts that it speaks of and in its order."""

import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from beacon_audit.home import create_home
from harness import three_hosts
from harness.name_server import NameServer
from harness.redirected_site import AS_USER, give_to_user, with_file
from harness.three_hosts import BEACON, HOST, RESOLVER, Host, Hosts

ROOT = Path(__file__).parents[2]
BLOCKS = re.findall(r"^```sh\n(.*?)^```", (ROOT / "docs" / "transparent-mode.md").read_text(), re.MULTILINE | re.DOTALL)
COMMANDS = [line for block in BLOCKS for line in block.splitlines()]


@dataclass(frozen=True)
class Machines:
    """The hosts, and a directory that is the same on all of them."""

    hosts: Hosts
    directory: Path

    @property
    def environment(self) -> dict[str, str]:
        path = f"{self.directory / 'bin'}:{os.environ['PATH']}"
        return {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT / "addons")}

    def run(self, host: Host, command: str) -> str:
        with host.entered():
            done = subprocess.run(
                (*with_file(self.directory / "resolv.conf", "/etc/resolv.conf"), "sh", "-c", command),
                cwd=self.directory, env=self.environment, capture_output=True, text=True, timeout=60,
            )  # fmt: skip
        assert (done.returncode, done.stderr) == (0, ""), command
        return done.stdout

    @contextmanager
    def serving(self, command: str) -> Iterator[dict[str, object]]:
        """A command that serves on the proxy's host, as the proxy's user; what it says when it is ready."""
        resolving = with_file(self.directory / "resolv.conf", "/etc/resolv.conf")
        with (
            self.hosts.proxy.entered(),
            subprocess.Popen(
                (*resolving, *AS_USER, "sh", "-c", f"exec {command}"),
                cwd=self.directory, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            ) as process,
        ):  # fmt: skip
            assert process.stdout is not None
            try:
                yield json.loads(process.stdout.readline() or "{}")
            finally:
                process.send_signal(signal.SIGTERM)
                process.stdout.read()
        assert process.returncode == 0


@pytest.fixture
def machines(tmp_path: Path) -> Iterator[Machines]:
    if reason := three_hosts.why_not():
        pytest.skip(reason)
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    home = create_home(tmp_path / "instance", (HOST,))
    give_to_user(home.path)
    (tmp_path / "ca.crt").write_bytes(home.ca_certificate.read_bytes())
    (tmp_path / "resolv.conf").write_text(f"nameserver {RESOLVER[4]}\n")
    (tmp_path / "deploy").symlink_to(ROOT / "deploy")
    executable = tmp_path / "bin" / "beacon-audit"
    executable.parent.mkdir()
    executable.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m beacon_audit.cli "$@"\n')
    executable.chmod(0o755)
    with three_hosts.hosts() as hosts:
        with hosts.world.entered():
            bound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            bound.bind((RESOLVER[4], 53))
        with NameServer([bound], {HOST: tuple(BEACON.values())}):
            yield Machines(hosts, tmp_path)


def test_commands_run_as_written(machines: Machines) -> None:
    said = {}
    start, *rest = COMMANDS
    with machines.serving(start) as ready:
        assert ready["listen"] == ["0.0.0.0:8080", "[::]:8080"]
        for command in rest:
            host = machines.hosts.langsmith if command.startswith("curl ") else machines.hosts.proxy
            said[command.split()[0]] = machines.run(host, command)
            if command.startswith("curl "):
                assert json.loads(said["curl"])["error"] == "refused by beacon-audit"
    assert set(said["deploy/nftables/beacon-addresses"].splitlines()) == {
        f"{HOST} {place}" for place in BEACON.values()
    }
    assert re.search(r'counter redirected \{\s+comment "[^"]+"\s+packets 2 ', said["nft"])


def test_document_shows_commands_of_every_kind() -> None:
    assert [command.split()[0] for command in COMMANDS] == [
        "beacon-audit", "sysctl", "cat", "deploy/nftables/beacon-addresses", "curl", "curl", "nft",
    ]  # fmt: skip
