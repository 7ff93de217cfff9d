"""A network of its own in which every TCP connection to elsewhere is redirected to a proxy, as transparent mode does.

``redirecting()`` moves the calling thread into a new network namespace and back: whatever is started inside (the
proxy, the simulated Beacon, clients) lives there, and nobody else's packets are touched. Needs root, ``ip`` and
``nft``; ``why_not()`` says what is missing.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from harness.proxy import ProxyProcess

#: Where the redirected proxy listens, and where its clients connect to (RFC 2544, RFC 3849: nobody's addresses).
LISTENERS = ("127.0.0.1:8443", "[::1]:8443")
ELSEWHERE = ("198.18.0.1", 443)
ELSEWHERE_6 = ("2001:db8::1", 443)

_RULES = """
table inet redirection {
    chain outgoing {
        type nat hook output priority -100; policy accept;
        ip daddr 198.18.0.0/15 meta l4proto tcp redirect to :8443
        ip6 daddr 2001:db8::/32 meta l4proto tcp redirect to :8443
    }
}
"""
_ROUTES = (
    ("ip", "link", "set", "lo", "up"),
    ("ip", "route", "add", "local", "198.18.0.0/15", "dev", "lo"),
    ("ip", "-6", "route", "add", "local", "2001:db8::/32", "dev", "lo"),
)


@cache
def why_not() -> str | None:
    """Why nothing can be redirected on this machine; ``None`` when it can."""
    if os.geteuid() != 0:
        return "a network namespace of our own needs root"
    for program in ("ip", "nft"):
        if shutil.which(program) is None:
            return f"{program} is not installed"
    try:
        with _namespace():
            _set_up()
    except OSError as error:
        return f"this kernel or container gives out no network namespace: {error.strerror}"
    except subprocess.CalledProcessError as error:
        return f"no redirection in a network namespace: {error.cmd[0]}: {error.stderr.decode().strip()}"
    return None


@contextmanager
def redirecting() -> Iterator[None]:
    """Inside, the calling thread is in a network where connections to elsewhere end at ``LISTENERS``. Skips the test
    where that cannot be had."""
    if reason := why_not():
        pytest.skip(reason)
    with _namespace():
        _set_up()
        yield


def network_of(mode: str) -> Any:
    """A context in which a proxy in this listening mode can be reached."""
    return redirecting() if mode == "transparent" else nullcontext()


class RedirectedProxy(ProxyProcess):
    """A proxy in transparent mode, inside of ``redirecting()``: its clients believe to connect to ``ELSEWHERE``."""

    def __init__(
        self,
        directory: Path,
        policy: Path | str,
        *,
        environment: Mapping[str, str] | None = None,
        launcher: Sequence[str] = ("-m", "beacon_audit.cli"),
    ) -> None:
        first, second = LISTENERS
        super().__init__(
            directory,
            policy,
            mode="transparent",
            listen=first,
            arguments=("--listen", second),
            environment=environment,
            launcher=launcher,
        )

    @property
    def address(self) -> tuple[str, int]:
        return ELSEWHERE


def proxy_in(mode: str, directory: Path, policy: Path | str) -> ProxyProcess:
    """A proxy in any listening mode, to be started inside of ``network_of(mode)``."""
    if mode == "transparent":
        return RedirectedProxy(directory, policy)
    return ProxyProcess(directory, policy, mode=mode)


@contextmanager
def _namespace() -> Iterator[None]:
    before = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.unshare(os.CLONE_NEWNET)
        try:
            yield
        finally:
            os.setns(before, os.CLONE_NEWNET)
    finally:
        os.close(before)


def _set_up() -> None:
    for command in _ROUTES:
        subprocess.run(command, check=True, capture_output=True)
    subprocess.run(("nft", "-f", "-"), input=_RULES.encode(), check=True, capture_output=True)
