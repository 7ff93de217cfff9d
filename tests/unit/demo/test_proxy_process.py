"""The proxy as a process: ready inside the block, gone after it, and its last words when it fails."""

import os
import signal
import socket
from pathlib import Path

import pytest

from beacon_audit.demo.proxy_process import ProxyFailed, ProxyProcess
from beacon_audit.home import Home, create_home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return create_home(tmp_path / "home", ("beacon.langchain.com",))


def _policy(directory: Path, text: str) -> Path:
    policy = directory / "policy.yaml"
    policy.write_text(text)
    return policy


def test_proxy_listens_inside_the_block_and_is_gone_after_it(home: Home, tmp_path: Path) -> None:
    policy = _policy(tmp_path, "version: 1\nmode: offline\n")
    with ProxyProcess(home, policy, tmp_path / "proxy.log") as proxy:
        host, _, port = proxy.address.rpartition(":")
        socket.create_connection((host, int(port)), timeout=5).close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, int(port)), timeout=5)


def test_proxy_that_does_not_start_leaves_its_last_words(home: Home, tmp_path: Path) -> None:
    policy = _policy(tmp_path, "version: 1\nmode: enforced\n")
    with pytest.raises(ProxyFailed) as failure, ProxyProcess(home, policy, tmp_path / "proxy.log"):
        pass
    assert "ended with status 4 before it was ready" in str(failure.value)
    assert "policy.yaml:2:7" in str(failure.value)


def test_proxy_that_ends_by_itself_is_a_failure(home: Home, tmp_path: Path) -> None:
    policy = _policy(tmp_path, "version: 1\nmode: offline\n")
    with ProxyProcess(home, policy, tmp_path / "proxy.log") as proxy:
        assert proxy.pid is not None
        os.kill(proxy.pid, signal.SIGTERM)
        with pytest.raises(ProxyFailed, match="the proxy ended with status 0"):
            proxy.wait()
