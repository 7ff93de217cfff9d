"""What is asked of a running proxy is recorded and in force, or refused with a reason, and never ends the proxy."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from beacon_audit.exchange.approvals import Approvals
from beacon_audit.home import Home, create_home, open_trail_writer
from beacon_audit.home.approval_spool import ask, is_refused
from beacon_audit.proxy import approval_watch
from beacon_audit.proxy.approval_watch import watch_approvals
from beacon_audit.proxy.identity import new_id, now
from beacon_audit.proxy.recorder import Recorder
from beacon_audit.redaction import SecretRegistry, Tokens
from beacon_audit.trail import TrailWriter, read_trail
from beacon_audit.trail.approval import approval_fields

LICENSE = "lcl_7f3a52c9e1d04b6897ab"
ID = "01j0000000000000000request"


def asked(name: str = "a", **more: str) -> dict[str, object]:
    return approval_fields({"span-name": [name]}, **{"by": "a", "operator": "b", "reason": "c", **more})


class Watched:
    """A home, its writer, and what a proxy knows."""

    def __init__(self, home: Home, writer: TrailWriter) -> None:
        self.home = home
        self.writer = writer
        tokens = Tokens(b"k" * 32)
        self.approvals = Approvals(tokens)
        self.registry = SecretRegistry(tokens)
        self.registry.learn(LICENSE)

    def names(self) -> list[object]:
        return [entry["names"] for entry in read_trail(self.home.trail) if entry["type"] == "approval"]

    def while_watched(self, act: Callable[[], Awaitable[None]]) -> None:
        async def run() -> None:
            recorder = Recorder(self.writer, deadline_s=10, now=now)
            task = asyncio.create_task(watch_approvals(self.home, recorder, self.approvals, self.registry))
            try:
                await act()
                assert not task.done()
            finally:
                task.cancel()

        asyncio.run(run())


@pytest.fixture
def watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watched]:
    monkeypatch.setattr(approval_watch, "INTERVAL_SECONDS", 0.02)
    home = create_home(tmp_path / "home", ("beacon.langchain.com",))
    writer = open_trail_writer(home, new_id=new_id, now=now)
    yield Watched(home, writer)
    writer.close()


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.005)


def test_approval_is_in_force_only_when_it_is_durable_and_the_request_is_gone_after_that(watched: Watched) -> None:
    async def act() -> None:
        ask(watched.home, ID, asked())
        await until(lambda: watched.approvals.covers("span-name", "a"))
        assert watched.names() == [{"span-name": ["a"]}]
        await until(lambda: not list(watched.home.requests.iterdir()))

    watched.while_watched(act)
    (entry,) = read_trail(watched.home.trail)
    assert (entry["id"], entry["by"], entry["operator"], entry["reason"]) == (ID, "a", "b", "c")


@pytest.mark.parametrize(
    "fields", [asked(f"x {LICENSE}"), asked(reason=f"of {LICENSE}"), asked(by="lsv2_pt_" + "0a" * 16 + "_" + "0a" * 5)]
)
def test_secret_gets_into_the_trail_by_no_field_of_an_approval(
    watched: Watched, fields: dict[str, object], caplog: pytest.LogCaptureFixture
) -> None:
    async def act() -> None:
        ask(watched.home, ID, fields)
        await until(lambda: is_refused(watched.home, ID))

    watched.while_watched(act)
    assert watched.names() == []
    assert len(watched.approvals) == 0
    assert "without a secret" in caplog.text
    assert LICENSE not in caplog.text


def test_what_cannot_be_recorded_is_refused_and_not_in_force(watched: Watched) -> None:
    watched.writer.close()

    async def act() -> None:
        ask(watched.home, ID, asked())
        await until(lambda: is_refused(watched.home, ID))

    watched.while_watched(act)
    assert len(watched.approvals) == 0


def test_spool_that_cannot_be_trusted_is_told_once_and_used_again_when_it_can(
    watched: Watched, caplog: pytest.LogCaptureFixture
) -> None:
    async def act() -> None:
        await until(watched.home.requests.exists)
        watched.home.requests.chmod(0o755)
        await until(lambda: "closed to others" in caplog.text)
        await asyncio.sleep(0.1)  # several rounds
        assert caplog.text.count("closed to others") == 1
        watched.home.requests.chmod(0o700)
        ask(watched.home, ID, asked())
        await until(lambda: watched.approvals.covers("span-name", "a"))

    with caplog.at_level(logging.ERROR):
        watched.while_watched(act)


def test_bad_request_does_not_keep_the_next_from_being_taken(watched: Watched) -> None:
    async def act() -> None:
        await until(watched.home.requests.exists)
        (watched.home.requests / f"{ID}.json").mkdir()
        ask(watched.home, f"{ID[:-1]}z", asked("b"))
        await until(lambda: watched.approvals.covers("span-name", "b"))

    watched.while_watched(act)
