"""Waiting for the trail: durable and in time, or an error."""

import asyncio
import gc
from concurrent.futures import Future
from typing import Any

import pytest

from beacon_audit.errors import TrailUnavailable
from beacon_audit.proxy.recorder import Recorder
from beacon_audit.trail import Payload, Receipt

RECEIPT = Receipt(7, 3)


class Trail:
    """A writer that makes entries durable when it is told to."""

    poisoned: str | None = None

    def __init__(self) -> None:
        self.submitted: list[tuple[dict[str, Any], Future[Receipt]]] = []
        self.closed = False

    def submit(self, fields: dict[str, Any], _payload: Payload | None = None) -> "Future[Receipt]":
        pending: Future[Receipt] = Future()
        self.submitted.append((fields, pending))
        return pending

    def close(self) -> None:
        self.closed = True
        for _, pending in self.submitted:
            pending.set_result(RECEIPT)


def recorder(trail: Trail, deadline_s: float = 5.0) -> Recorder:
    return Recorder(trail, deadline_s=deadline_s, now=lambda: "now")  # type: ignore[arg-type]


async def entry(trail: Trail, deadline_s: float, late: dict[str, object] | None = None) -> Receipt:
    return await recorder(trail, deadline_s).record("intent", "one", {"action": "allowed"}, if_late=late)


def test_record_is_given_once_it_is_durable() -> None:
    async def act() -> None:
        trail = Trail()
        waiting = asyncio.create_task(entry(trail, 5))
        await asyncio.sleep(0.01)
        assert not waiting.done()
        [(fields, pending)] = trail.submitted
        assert fields == {"action": "allowed", "type": "intent", "id": "one", "time": "now"}
        pending.set_result(RECEIPT)
        assert await waiting == RECEIPT

    asyncio.run(act())


def test_failed_write_is_passed_on() -> None:
    async def act() -> None:
        trail = Trail()
        waiting = asyncio.create_task(entry(trail, 5))
        await asyncio.sleep(0)
        trail.submitted[0][1].set_exception(TrailUnavailable("the disk is full"))
        with pytest.raises(TrailUnavailable, match="the disk is full"):
            await waiting

    asyncio.run(act())


def test_record_that_comes_late_is_an_error_and_gets_its_outcome_later() -> None:
    async def act() -> None:
        trail = Trail()
        with pytest.raises(TrailUnavailable, match=r"not durable within 0\.01 s \(commit_deadline_s\)"):
            await entry(trail, 0.01, {"state": "not_sent"})
        assert len(trail.submitted) == 1
        trail.submitted[0][1].set_result(RECEIPT)
        assert trail.submitted[1][0] == {"state": "not_sent", "type": "outcome", "id": "one", "time": "now"}

    asyncio.run(act())


def test_record_that_fails_late_gets_no_outcome_and_is_no_error_that_nobody_looked_at() -> None:
    async def act() -> None:
        complaints: list[dict[str, Any]] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, complaint: complaints.append(complaint))
        trail = Trail()
        with pytest.raises(TrailUnavailable):
            await entry(trail, 0.01, {"state": "not_sent"})
        trail.submitted[0][1].set_exception(TrailUnavailable("poisoned"))
        for _ in range(3):  # until the loop has been told
            await asyncio.sleep(0)
        assert len(trail.submitted) == 1
        trail.submitted.clear()
        gc.collect()
        assert complaints == []

    asyncio.run(act())


def test_hook_that_is_cancelled_leaves_the_outcome_of_its_intent() -> None:
    async def act() -> None:
        trail = Trail()
        waiting = asyncio.create_task(entry(trail, 5, {"state": "not_sent"}))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        trail.submitted[0][1].set_result(RECEIPT)
        assert [fields["type"] for fields, _ in trail.submitted] == ["intent", "outcome"]

    asyncio.run(act())


def test_end_of_the_run_is_the_last_entry() -> None:
    trail = Trail()
    recorder(trail).close("end", {"reason": "stopped"})
    assert trail.closed
    assert [fields["type"] for fields, _ in trail.submitted] == ["close"]


def test_poison_of_the_trail_is_told() -> None:
    trail = Trail()
    assert recorder(trail).failure is None
    trail.poisoned = "the disk is full"
    assert recorder(trail).failure == "the disk is full"


def test_no_intent_is_recorded_while_the_trail_does_not_stand_and_all_else_is() -> None:
    async def act() -> None:
        trail = Trail()
        reasons: list[str | None] = ["no quorum of witnesses", None]
        waiting = Recorder(trail, deadline_s=0.05, now=lambda: "now", standing=lambda: reasons[0])  # type: ignore[arg-type]
        with pytest.raises(TrailUnavailable, match="no quorum of witnesses"):
            await waiting.record("intent", "one", {}, if_late={"state": "not_sent"})
        assert trail.submitted == []
        for kind in ("refusal", "outcome", "open", "policy", "heartbeat"):
            with pytest.raises(TrailUnavailable, match="not durable within"):
                await waiting.record(kind, "one", {})
        assert [fields["type"] for fields, _ in trail.submitted] == [
            "refusal", "outcome", "open", "policy", "heartbeat",
        ]  # fmt: skip
        reasons.pop(0)
        with pytest.raises(TrailUnavailable, match="not durable within"):
            await waiting.record("intent", "two", {})
        assert trail.submitted[-1][0]["type"] == "intent"
        waiting.close("end", {})
        assert trail.submitted[-1][0]["type"] == "close"

    asyncio.run(act())


def test_why_the_trail_does_not_stand_is_told_and_poison_comes_first() -> None:
    trail = Trail()
    silent = Recorder(trail, deadline_s=1, now=lambda: "now", standing=lambda: "no quorum")  # type: ignore[arg-type]
    assert silent.failure == "no quorum"
    trail.poisoned = "the disk is full"
    assert silent.failure == "the disk is full"
