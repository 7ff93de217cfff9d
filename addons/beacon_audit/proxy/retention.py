"""Keeping payload files no longer than the policy says (``recording.retention_days``): at the start, then every hour.

What is deleted, and that the policy asked for it, stands in the trail before the first file goes (``trail.prune``).
When something cannot be deleted, the proxy goes on and says so; the next hour tries again.

A clock that is ahead deletes nothing: what was deleted does not come back with the right time. Days are counted from
the last entry of before the start, by a clock that nobody sets, and by the time of day where that is earlier. So after
a standstill bodies stay for as much longer, until the next start: the log goes on, and then says what day it is.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from beacon_audit.errors import TrailError
from beacon_audit.proxy.identity import new_id, now
from beacon_audit.trail import TrailWriter
from beacon_audit.trail.prune import Pruned, expired_days, prune

logger = logging.getLogger(__name__)
INTERVAL_SECONDS = 3600.0
#: How far the two may be apart before that is said.
_TRUSTED = timedelta(days=1)


async def keep_to_retention(writer: TrailWriter, payloads: Path, days_kept: Callable[[], int]) -> None:
    """Delete payload files that are older than so many days, again and again, until it is cancelled."""
    began, ticks = began_at(writer.last_time), _ticks()
    while True:
        days = days_kept()
        before = (day_after(began, _ticks() - ticks) - timedelta(days=days)).isoformat()
        try:
            done = await asyncio.to_thread(_prune, writer, payloads, before, days)
        except (TrailError, OSError) as error:
            logger.error("payload files dated before %s could not be deleted: %s", before, error)
        else:
            if done.index is not None:
                logger.info("deleted %d payload files dated before %s (entry %d)", done.files, before, done.index)
        await asyncio.sleep(INTERVAL_SECONDS)


def began_at(last_entry: str | None) -> datetime:
    """When it was for certain, at the start. A last entry that is ahead was written while the clock was."""
    said = datetime.now(UTC)
    return said if last_entry is None else min(said, datetime.fromisoformat(last_entry))


def _ticks() -> float:
    """Seconds on a clock that nobody sets, and that goes on while the machine sleeps where there is such a one."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def day_after(began: datetime, elapsed_s: float) -> date:
    """The day it is for certain, ``elapsed_s`` after ``began``."""
    said, counted = datetime.now(UTC), began + timedelta(seconds=elapsed_s)
    if said - counted > _TRUSTED:
        logger.error(
            "the clock says %s, but counted from the last entry of before the start it is %s: payload files are kept "
            "by the earlier day; if the clock is right, restart the proxy",
            said.date(), counted.date(),
        )  # fmt: skip
    return min(said, counted).date()


def _prune(writer: TrailWriter, payloads: Path, before: str, days: int) -> Pruned:
    if not expired_days(payloads, before):
        return Pruned(0, 0, None)
    return prune(
        writer,
        payloads,
        before=before,
        by="policy",
        reason=f"recording.retention_days: {days}",
        new_id=new_id,
        now=now,
    )
