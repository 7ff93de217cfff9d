"""What refers to itself is freed after so many bytes, counted where they come in."""

import asyncio
import gc
import socket
import weakref
from collections.abc import Iterator
from typing import Any

import pytest
from mitmproxy.options import Options
from mitmproxy.proxy.mode_specs import ProxyMode

from beacon_audit.proxy.connection_guard import GuardedConnectionHandler
from beacon_audit.proxy.garbage import Garbage, keep_what_is_there
from harness.silent_master import SilentMaster

ENOUGH = 100_000


class Cycle:
    def __init__(self) -> None:
        self.me = self


@pytest.fixture
def left_behind() -> Iterator["weakref.ref[Cycle]"]:
    """Something that only a collection frees, and nobody else calls for one."""
    gc.disable()
    yield weakref.ref(Cycle())
    gc.enable()


def test_nothing_is_collected_before_enough_came_in(left_behind: "weakref.ref[Cycle]") -> None:
    garbage = Garbage(ENOUGH)
    garbage.received(ENOUGH - 1)
    assert left_behind() is not None
    garbage.received(1)
    assert left_behind() is None


def test_what_was_collected_for_counts_no_more(left_behind: "weakref.ref[Cycle]") -> None:
    garbage = Garbage(ENOUGH)
    garbage.received(2 * ENOUGH)
    left_behind = weakref.ref(Cycle())
    garbage.received(ENOUGH - 1)
    assert left_behind() is not None


def test_what_is_there_at_the_start_is_looked_at_no_more() -> None:
    before = gc.get_freeze_count()
    kept = Cycle()
    try:
        keep_what_is_there()
        assert gc.get_freeze_count() > before
        assert not any(found is kept for found in gc.get_objects())
    finally:
        gc.unfreeze()


async def receive(ours: socket.socket) -> None:
    """What a client sends until it leaves, by the handler of a real connection."""
    reader, writer = await asyncio.open_connection(sock=ours)
    kind: Any = GuardedConnectionHandler
    await kind(SilentMaster(), reader, writer, Options(), ProxyMode.parse("regular")).handle_client()


@pytest.mark.parametrize(("size", "freed"), [(ENOUGH, True), (ENOUGH // 2, False)], ids=["enough", "not enough"])
def test_what_a_client_sends_is_counted(
    left_behind: "weakref.ref[Cycle]", monkeypatch: pytest.MonkeyPatch, size: int, freed: bool
) -> None:
    monkeypatch.setattr(GuardedConnectionHandler, "garbage", Garbage(ENOUGH))
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        socket.create_connection(listener.getsockname()) as client,
    ):
        client.sendall(b"x" * size)
        client.shutdown(socket.SHUT_WR)
        asyncio.run(receive(listener.accept()[0]))
    assert (left_behind() is None) is freed
