"""Keeping payload files no longer than the policy says (``recording.retention_days``): at the start, then every hour.

What is deleted, and that the policy asked for it, stands in the trail before the first file goes (``trail.prune``).
When something cannot be deleted, the proxy goes on and says so; the next hour tries again.

A clock that jumps forward deletes nothing: what was deleted does not come back with the right time. Days are counted
from the start by the monotonic clock, and by the wall clock where that is earlier.
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
#: How far the two clocks may be apart before that is said.
_TRUSTED = timedelta(days=1)


async def keep_to_retention(writer: TrailWriter, payloads: Path, days_kept: Callable[[], int]) -> None:
    """Delete payload files that are older than so many days, again and again, until it is cancelled."""
    began, ticks = datetime.now(UTC), time.monotonic()
    while True:
        days = days_kept()
        before = (_today(began, time.monotonic() - ticks) - timedelta(days=days)).isoformat()
        try:
            done = await asyncio.to_thread(_prune, writer, payloads, before, days)
        except (TrailError, OSError) as error:
            logger.error("payload files dated before %s could not be deleted: %s", before, error)
        else:
            if done.index is not None:
                logger.info("deleted %d payload files dated before %s (entry %d)", done.files, before, done.index)
        await asyncio.sleep(INTERVAL_SECONDS)


def _today(began: datetime, elapsed_s: float) -> date:
    """The day it is for certain, ``elapsed_s`` after ``began``."""
    said, counted = datetime.now(UTC), began + timedelta(seconds=elapsed_s)
    if said - counted > _TRUSTED:
        logger.error(
            "the clock says %s, but by the time since the start it is %s: payload files are kept by the earlier day; "
            "if the clock is right now, restart the proxy",
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
