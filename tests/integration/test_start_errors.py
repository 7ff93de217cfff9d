"""A proxy that cannot start ends with 4, and its last line says what is wrong, where, and what to do."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from beacon_audit.home import create_home


@pytest.fixture(scope="module")
def taken() -> Iterator[str]:
    """An address that somebody else listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"127.0.0.1:{listener.getsockname()[1]}"


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("start")
    create_home(directory / "home", ("beacon.langchain.com",))
    return directory


def last_words(directory: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "beacon_audit.cli", "run", "--home", str(directory / "home"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (4, "")
    return done.stderr.splitlines()[-1]


def test_port_of_the_health_checks_that_is_taken(directory: Path, taken: str) -> None:
    said = last_words(directory, "--listen", "127.0.0.1:0", "--admin", taken)
    assert said == "beacon-audit: --admin: cannot listen there: Address already in use; choose an address that is free"


def test_port_of_the_proxy_that_is_taken(directory: Path, taken: str) -> None:
    said = last_words(directory, "--listen", taken)
    assert said.startswith("beacon-audit: --listen: the proxy could not listen there; is the address taken")


def test_contract_that_is_none_is_told_with_its_place_and_not_repeated(directory: Path) -> None:
    policy = directory / "policy.yaml"
    policy.write_text("version: 1\ncontract: zebra-4711\n")
    said = last_words(directory, "--policy", str(policy), "--listen", "127.0.0.1:0")
    assert said.startswith(f"beacon-audit: {policy}:2:1: expected a contract edition (")
    assert "zebra" not in said
