"""The process is closed to others of the same user, leaves no core dump, and its environment has no license in it."""

import os
import signal
import subprocess
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from beacon_audit.demo.answers import Behaviour
from beacon_audit.demo.beacon import SimulatedBeacon
from harness.client import Tunnel
from harness.confinement import PACKAGE, become_a_stranger, confined_or_skipped, give_away
from harness.proxy import ProxyProcess, write_policy
from harness.rig import eventually
from harness.spellings import random_secret

CLOSED = ("mem", "environ", "maps", "auxv")


def not_as_root(directory: Path, environment: Mapping[str, str]) -> ProxyProcess:
    """A proxy whose user is not root."""
    environment = {**environment, "PYTHONPATH": PACKAGE}
    if os.geteuid() != 0:
        return ProxyProcess(directory, "offline", environment=environment)
    confined = confined_or_skipped(directory / "home")
    proxy = ProxyProcess(directory, "offline", environment=environment, preexec=confined)
    give_away(proxy.home.path)
    return proxy


def look(pid: int, name: str) -> subprocess.CompletedProcess[bytes]:
    """What another process of that user gets to read."""
    become = become_a_stranger if os.geteuid() == 0 else None
    return subprocess.run(["dd", f"if=/proc/{pid}/{name}", "count=1"], preexec_fn=become, capture_output=True)


def test_another_process_of_the_same_user_reads_neither_memory_nor_environment(open_directory: Path) -> None:
    (open_directory / "home").mkdir(mode=0o700)
    license_key = {"LANGSMITH_LICENSE_KEY": random_secret()}
    become = become_a_stranger if os.geteuid() == 0 else None
    with not_as_root(open_directory, license_key) as proxy:
        ordinary = subprocess.Popen(["sleep", "60"], env=license_key, preexec_fn=become)
        try:
            for name in CLOSED:
                assert b"Permission denied" in look(proxy.pid, name).stderr, name
            # The control: with an ordinary process of that user it can.
            assert license_key["LANGSMITH_LICENSE_KEY"].encode() in look(ordinary.pid, "environ").stdout
            assert b"Permission denied" not in look(ordinary.pid, "maps").stderr
        finally:
            ordinary.kill()
            ordinary.wait()


def test_license_stands_neither_in_the_environment_nor_in_the_title_even_for_root(tmp_path: Path) -> None:
    value = random_secret()
    environment = {"LANGSMITH_LICENSE_KEY": value, "BEACON_AUDIT_TEST_CONTROL": "it can be read"}
    with ProxyProcess(tmp_path, "offline", environment=environment) as proxy:
        if os.geteuid() == 0:
            read = (Path("/proc") / str(proxy.pid) / "environ").read_bytes()
            assert b"BEACON_AUDIT_TEST_CONTROL=it can be read" in read
            assert value.encode() not in read
        for name in ("cmdline", "comm"):
            assert value.encode() not in (Path("/proc") / str(proxy.pid) / name).read_bytes()


def test_no_core_dump_is_allowed(tmp_path: Path) -> None:
    with ProxyProcess(tmp_path, "offline") as proxy:
        limits = (Path("/proc") / str(proxy.pid) / "limits").read_text()
        [line] = [line for line in limits.splitlines() if line.startswith("Max core file size")]
        assert line.split()[-3:] == ["0", "0", "bytes"]
        status = (Path("/proc") / str(proxy.pid) / "status").read_text()
        assert "NoNewPrivs:\t1" in status


def test_crash_says_where_and_not_what(tmp_path: Path) -> None:
    value = random_secret()
    report = f'{{"license": "{value}"}}'.encode()
    with SimulatedBeacon(tmp_path, behaviour=Behaviour(delay_s=30)) as beacon:
        policy = write_policy(tmp_path, beacon)
        proxy = ProxyProcess(
            tmp_path,
            policy,
            environment={"PYTHONFAULTHANDLER": "1", "LANGSMITH_LICENSE_KEY": value, "PYTHONPATH": PACKAGE},
            arguments=("--log-level", "debug"),
            preexec=lambda: os.chdir(tmp_path),
        ).start()
        with Tunnel(proxy.address, proxy.home.ca_certificate) as tunnel, ThreadPoolExecutor(1) as client:
            answer = client.submit(tunnel.send, "/v1/beacon/verify", report)
            eventually(lambda: beacon.requests)
            assert proxy.stop(signal.SIGSEGV) == -signal.SIGSEGV
            with pytest.raises(ConnectionError):
                answer.result(20)
    assert "Fatal Python error: Segmentation fault" in proxy.stderr
    assert value not in proxy.stderr
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("core")] == []
