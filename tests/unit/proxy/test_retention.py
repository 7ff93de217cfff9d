"""Retention: what is older than the policy allows goes at the start and every hour, on the record first."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, date, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

import pytest

from beacon_audit.proxy import retention
from beacon_audit.proxy.retention import began_at, day_after, keep_to_retention
from beacon_audit.trail import TrailWriter, build_payload
from beacon_audit.trail.prune import Pruned, prune
from harness.trail import Trail

TODAY = datetime(2026, 3, 1, 0, 0, 5, tzinfo=UTC)
DAYS = 30
#: 30 days before that day, and the day before.
KEPT, EXPIRED = "2026-01-30", "2026-01-29"
FAILED = f"payload files dated before {KEPT} could not be deleted"
KEEPS = "payload files are kept by the earlier day"


class Today(datetime):
    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        return TODAY.astimezone(tz)


@pytest.fixture
def trail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Trail]:
    monkeypatch.setattr(retention, "datetime", Today)
    monkeypatch.setattr(retention, "now", lambda: TODAY.strftime("%Y-%m-%dT%H:%M:%SZ"))
    monkeypatch.setattr(retention, "INTERVAL_SECONDS", 0.05)
    trail = Trail(tmp_path / "home")
    trail.begin()
    yield trail
    for writer in trail.opened:
        writer.close()


def record(trail: Trail, writer: TrailWriter, day: str, name: str = "body") -> None:
    payload = build_payload({"of": day}, bytes(32), name=f"{name}.json.zst", date=day)
    fields = {"type": "refusal", "id": f"{day}-{name}", "time": f"{day}T12:00:00Z", "payload": payload.reference}
    writer.submit(fields, payload).result(10)
    writer.publish()


def days(trail: Trail) -> list[str]:
    return sorted(path.name for path in trail.payloads.iterdir() if path.name[0] != ".")


def prunes(trail: Trail) -> list[dict[str, object]]:
    return [entry for entry in trail.entries() if entry["type"] == "prune"]


def while_kept(trail: Trail, writer: TrailWriter, act: Callable[[], Awaitable[None]]) -> None:
    """Act while somebody keeps to 30 days."""

    async def run() -> None:
        task = asyncio.create_task(keep_to_retention(writer, trail.payloads, lambda: DAYS))
        try:
            await act()
            assert not task.done()
        finally:
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(run())


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.005)


def test_what_is_older_goes_and_what_is_as_old_as_allowed_stays(trail: Trail) -> None:
    writer = trail.open()
    for day in ("2020-02-29", EXPIRED, KEPT, "2026-03-01"):
        record(trail, writer, day)
    record(trail, writer, EXPIRED, "another")

    while_kept(trail, writer, lambda: until(lambda: days(trail) == [KEPT, "2026-03-01"]))

    (entry,) = prunes(trail)
    assert (entry["before"], entry["files"]) == (KEPT, 3)
    assert (entry["by"], entry["reason"]) == ("policy", "recording.retention_days: 30")


def test_where_nothing_is_too_old_nothing_is_recorded_hour_after_hour(trail: Trail) -> None:
    writer = trail.open()
    record(trail, writer, KEPT)
    before = trail.entries()
    while_kept(trail, writer, lambda: asyncio.sleep(0.3))

    assert trail.entries() == before
    assert days(trail) == [KEPT]


def test_what_becomes_too_old_later_goes_then(trail: Trail) -> None:
    writer = trail.open()
    record(trail, writer, EXPIRED)

    async def act() -> None:
        await until(lambda: not days(trail))
        await asyncio.to_thread(record, trail, writer, "2026-01-28")
        await until(lambda: len(prunes(trail)) == 2)
        await until(lambda: not days(trail))

    while_kept(trail, writer, act)


def test_nothing_is_deleted_while_the_clock_is_days_ahead_of_the_last_entry(
    trail: Trail, caplog: pytest.LogCaptureFixture
) -> None:
    """It was 2026-02-20 when the proxy stopped, or else the clock is wrong."""
    writer = trail.open()
    record(trail, writer, EXPIRED)
    writer.submit({"type": "close", "id": "1", "time": "2026-02-20T00:00:00Z"}).result(10)
    writer.close()
    writer = trail.open()
    while_kept(trail, writer, lambda: until(lambda: caplog.text.count(KEEPS) > 2))

    assert days(trail) == [EXPIRED]
    assert prunes(trail) == []
    assert "2026-03-01, but counted from the last entry of before the start it is 2026-02-20" in caplog.text
    # The log has gone on since, so the next start believes it.
    writer.submit({"type": "heartbeat", "id": "2", "time": "2026-03-01T00:00:00Z"}).result(10)
    writer.close()
    while_kept(trail, trail.open(), lambda: until(lambda: not days(trail)))


def test_nothing_is_deleted_after_the_clock_has_jumped_ahead(
    trail: Trail, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    writer = trail.open()
    record(trail, writer, KEPT)

    class Later(Today):
        """It jumps once somebody has asked, and is believed at the start."""

        asked = 0

        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            Later.asked += 1
            return super().now(tz) + (timedelta(days=10) if Later.asked > 1 else timedelta())

    monkeypatch.setattr(retention, "datetime", Later)
    while_kept(trail, writer, lambda: until(lambda: caplog.text.count(KEEPS) > 2))

    assert days(trail) == [KEPT]
    assert prunes(trail) == []


def test_time_that_passes_is_believed_and_a_jump_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "datetime", Today)
    year, second = timedelta(days=365), timedelta(seconds=1)
    today, seconds = TODAY.date(), year.total_seconds()

    def day(last_entry: datetime | None, elapsed_s: float) -> date:
        began = began_at(last_entry.isoformat() if last_entry else None)
        return day_after(began, elapsed_s)

    assert [day(last, 0) for last in (None, TODAY, TODAY + year)] == [today] * 3
    assert [day(last, seconds) for last in (TODAY, TODAY - year, TODAY - year - second)] == [today] * 3
    assert day(TODAY - year, 0) == today - year
    assert day(TODAY - year, seconds / 5) == today - year * 4 / 5


def test_what_cannot_be_deleted_is_told_and_tried_again(trail: Trail, caplog: pytest.LogCaptureFixture) -> None:
    writer = trail.open()
    record(trail, writer, EXPIRED)
    left = trail.payloads / EXPIRED / "zzz-a-directory"
    left.mkdir()

    async def act() -> None:
        await until(lambda: FAILED in caplog.text)
        left.rmdir()
        await until(lambda: not days(trail))

    while_kept(trail, writer, act)


def test_nothing_is_deleted_when_it_cannot_be_recorded(trail: Trail, caplog: pytest.LogCaptureFixture) -> None:
    writer = trail.open()
    record(trail, writer, EXPIRED)
    writer.close()
    while_kept(trail, writer, lambda: until(lambda: FAILED in caplog.text))

    assert days(trail) == [EXPIRED]
    assert (trail.payloads / EXPIRED / "body.json.zst").exists()


def test_event_loop_is_not_held_up_by_a_deletion(trail: Trail, monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests go on meanwhile."""
    writer = trail.open()
    record(trail, writer, EXPIRED)
    deleting, may_go_on = threading.Event(), threading.Event()

    def slowly(*arguments: Any, **named: Any) -> Pruned:
        deleting.set()
        assert may_go_on.wait(10)
        return prune(*arguments, **named)

    monkeypatch.setattr(retention, "prune", slowly)

    async def act() -> None:
        await until(deleting.is_set)
        await asyncio.wait_for(asyncio.sleep(0), 1)
        may_go_on.set()
        await until(lambda: not days(trail))

    while_kept(trail, writer, act)
