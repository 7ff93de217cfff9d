"""A proxy that would tell a secret does not start: with every leak built into it, one at a time."""

import secrets
from pathlib import Path

import pytest

import harness
from harness.proxy import ProxyProcess

LAUNCHER = Path(harness.__file__).parent / "launchers" / "leaky.py"
STREAMS = ("standard output", "standard error", "standard error, a letter at a time", "warnings")
EXCEPTIONS = ("uncaught exceptions", "uncaught exceptions of threads", "exceptions that cannot be raised")
LEAKS = {
    "log": ("log",),
    "streams": STREAMS,
    "exceptions": (*STREAMS, *EXCEPTIONS),
    "trail": ("the trail",),
    "payloads": ("payload files",),
    "refusals": ("what clients are told",),
    "deaf": (
        "log",
        *STREAMS,
        "uncaught exceptions of threads",
        "the trail",
    ),  # and payload files, or not: unknown keys are tokens
}


def leaky(directory: Path, leak: str, *, log_level: str = "info") -> tuple[ProxyProcess, str]:
    canary = secrets.token_hex(24)
    return ProxyProcess(
        directory,
        "offline",
        launcher=(str(LAUNCHER), leak),
        environment={"BEACON_AUDIT_TEST_CANARY": canary},
        arguments=("--log-level", log_level),
    ), canary


@pytest.mark.parametrize("leak", LEAKS)
def test_proxy_that_would_tell_a_secret_does_not_start_and_says_where(tmp_path: Path, leak: str) -> None:
    proxy, canary = leaky(tmp_path, leak)
    with pytest.raises(AssertionError, match="the proxy did not get ready"):
        proxy.start()
    assert f"a secret would be told in clear: {', '.join(LEAKS[leak])}" in proxy.stderr
    assert "this is a defect: please report it" in proxy.stderr
    # It was heard, and not told on: what was said to find out is not in the log.
    assert canary not in proxy.stderr
    assert canary not in proxy.stdout
    assert [entry["type"] for entry in proxy.entries()] == []


def test_proxy_that_cannot_be_heard_does_not_start(tmp_path: Path) -> None:
    proxy, _ = leaky(tmp_path, "mute")
    with pytest.raises(AssertionError, match="the proxy did not get ready"):
        proxy.start()
    assert "cannot be seen, nothing came out: log" in proxy.stderr


@pytest.mark.parametrize("log_level", ["debug", "error"])
def test_sound_proxy_starts_and_says_nothing_of_it(tmp_path: Path, log_level: str) -> None:
    proxy, canary = leaky(tmp_path, "none", log_level=log_level)
    with proxy:
        for said in (proxy.stdout, proxy.stderr, str(proxy.entries())):
            assert canary not in said
            assert "canary" not in said
            assert "test of secrecy" not in said
