"""The proxy needs no privilege: not root, no capability, nothing to write but HOME; and what is private stays so."""

import os
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from beacon_audit.demo.beacon import SimulatedBeacon
from harness.client import Tunnel
from harness.confinement import PACKAGE, STRANGER, become_a_stranger, confined_or_skipped, give_away
from harness.proxy import ProxyProcess, write_policy
from harness.usage_reports import PATH, usage_report


def status_of(pid: int) -> dict[str, str]:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def test_it_runs_as_nobody_in_particular_on_a_read_only_root_without_any_capability(open_directory: Path) -> None:
    (open_directory / "home").mkdir(mode=0o700)
    with SimulatedBeacon(open_directory) as beacon:
        beacon.ca_file.chmod(0o644)
        policy = write_policy(open_directory, beacon)
        confined = confined_or_skipped(open_directory / "home")
        proxy = ProxyProcess(open_directory, policy, preexec=confined, environment={"PYTHONPATH": PACKAGE})
        give_away(proxy.home.path)
        outside = {path for path in open_directory.rglob("*") if proxy.home.path not in path.parents}
        with proxy:
            status = status_of(proxy.pid)
            assert status["Uid"].split() == status["Gid"].split() == [str(STRANGER)] * 4
            assert status["Groups"] == ""
            for capabilities in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
                assert int(status[capabilities], 16) == 0
            with Tunnel(proxy.address, proxy.home.ca_certificate) as tunnel:
                assert tunnel.send(PATH, usage_report(1)).status == 200
        assert proxy.stop() == 0
        assert len(beacon.requests) == 1
        assert {path for path in open_directory.rglob("*") if proxy.home.path not in path.parents} == outside | {
            proxy.stderr_path, proxy.stdout_path,
        }  # fmt: skip
        assert "WARNING" not in proxy.stderr
        for path in proxy.home.path.rglob("*"):
            others = stat.S_IMODE(path.stat().st_mode) & 0o077
            assert not others or path in proxy.home.public_files, path
        # The control: it really could write nowhere else.
        wrote = subprocess.run(
            [sys.executable, "-c", f"open({str(open_directory / 'x')!r}, 'w')"],
            preexec_fn=confined, capture_output=True,
        )  # fmt: skip
        assert b"Read-only file system" in wrote.stderr


def test_private_keys_are_readable_by_nobody_else(open_directory: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    home = ProxyProcess(open_directory, "offline").home
    for file in (*home.private_files, *home.public_files):
        read = subprocess.run(["cat", file], preexec_fn=become_a_stranger, capture_output=True)
        assert b"Permission denied" in read.stderr, file


def test_admin_listener_is_on_loopback_unless_it_is_told_otherwise(tmp_path: Path) -> None:
    with ProxyProcess(tmp_path, "offline", admin="0") as proxy:
        host, _, port = proxy.ready["admin"].rpartition(":")
        assert host == "127.0.0.1"
        for address in {str(found[4][0]) for found in socket.getaddrinfo(socket.gethostname(), 0, socket.AF_INET)}:
            if not address.startswith("127."):
                with pytest.raises(ConnectionRefusedError):
                    socket.create_connection((address, int(port)), 5).close()


def test_root_is_told_that_it_is_not_needed(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can be told")
    with ProxyProcess(tmp_path, "offline") as proxy:
        assert "runs as root, which it needs for nothing" in proxy.stderr
