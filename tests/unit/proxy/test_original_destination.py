"""The address before a redirection; that of a redirected connection needs a packet filter, and is in
``integration/test_transparent_mode.py``."""

import socket
import sys
from pathlib import Path

import pytest
from mitmproxy import platform

from beacon_audit.errors import UsageError
from beacon_audit.proxy.original_destination import NOT_REDIRECTED, install, original_destination


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_connection_to_the_listener_itself_was_not_redirected(host: str) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    if family == socket.AF_INET6 and not Path("/proc/net/if_inet6").exists():
        pytest.skip("this machine has no IPv6")
    with (
        socket.create_server((host, 0), family=family) as listener,
        socket.create_connection(listener.getsockname()[:2]) as client,
        listener.accept()[0] as accepted,
    ):
        assert original_destination(accepted) == NOT_REDIRECTED
        assert client.getpeername() == accepted.getsockname()


@pytest.mark.parametrize(
    ("tracked", "own", "destination"),
    [
        (("192.0.2.7", 443), ("192.0.2.1", 8080), ("192.0.2.7", 443)),
        (("192.0.2.1", 443), ("192.0.2.1", 8080), ("192.0.2.1", 443)),
        (("192.0.2.1", 8080), ("192.0.2.1", 8080), NOT_REDIRECTED),
        (("fe80::1", 8080), ("fe80::1%langsmith0", 8080, 0, 2), NOT_REDIRECTED),
        (("2001:db8::7", 443), ("fe80::1%langsmith0", 8080, 0, 2), ("2001:db8::7", 443)),
        (OSError(2, "no such entry"), ("192.0.2.1", 8080), NOT_REDIRECTED),
    ],
)
def test_what_the_kernel_says_is_the_destination_unless_it_is_the_listener(
    monkeypatch: pytest.MonkeyPatch,
    tracked: tuple[str, int] | OSError,
    own: tuple[str, int],
    destination: tuple[str, int],
) -> None:
    """The kernel's answers are made up here: a fault, and addresses that a machine has to be given."""

    def answer(_: socket.socket) -> tuple[str, int]:
        if isinstance(tracked, OSError):
            raise tracked
        return tracked

    class Accepted:
        def getsockname(self) -> tuple[str, int]:
            return own

    monkeypatch.setattr("mitmproxy.platform.linux.original_addr", answer)
    assert original_destination(Accepted()) == destination  # type: ignore[arg-type]


def test_mitmproxy_asks_here_once_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "original_addr", None)
    install()
    assert platform.original_addr is original_destination


def test_other_systems_cannot_run_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(UsageError, match="expected Linux"):
        install()


def test_mitmproxy_that_asks_elsewhere_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(platform, "original_addr")
    with pytest.raises(RuntimeError, match=r"needs 12\.2"):
        install()
