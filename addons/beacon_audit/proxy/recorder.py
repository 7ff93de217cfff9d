"""Waiting for the trail: every record is durable before its caller goes on, or the caller hears that it is not.

``record`` returns when the entry was written and synced, within the policy's ``commit_deadline_s``; in every other
case it raises ``TrailUnavailable``, and what was to follow must not happen. An intent is not even written while the
trail does not stand (``standing``: its witnesses are silent); all else is, so that the trail says what happened.
``record_for_certain`` has no deadline.
"""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import Future

from beacon_audit.errors import TrailUnavailable
from beacon_audit.exchange.record import Fields
from beacon_audit.trail import Payload, Receipt, TrailWriter

logger = logging.getLogger(__name__)


class Recorder:
    """The event loop's side of the trail. ``now`` gives the time of a record; ``standing`` says why no intent may be
    recorded now, ``None`` when it may, and must not wait."""

    def __init__(
        self,
        writer: TrailWriter,
        *,
        deadline_s: float,
        now: Callable[[], str],
        standing: Callable[[], str | None] = lambda: None,
    ) -> None:
        self._writer = writer
        self._deadline_s = deadline_s
        self._now = now
        self._standing = standing

    @property
    def unwitnessed(self) -> str | None:
        """Why no intent may be recorded now though the trail can be written; ``None`` when it may."""
        return self._standing()

    @property
    def failure(self) -> str | None:
        """Why nothing may leave: nothing can be recorded any more, or the trail does not stand. ``None`` while all is
        well."""
        return self._writer.poisoned or self._standing()

    async def record(
        self,
        kind: str,
        record_id: str,
        fields: Fields,
        *,
        payload: Payload | None = None,
        if_late: Fields | None = None,
    ) -> Receipt:
        """Write one entry of type ``kind`` and wait until it is durable.

        ``if_late``: the fields of an outcome to write should the entry become durable after the deadline, when its
        request was refused already; the trail then says that it was not sent.

        Raises:
            TrailUnavailable: it is not durable, or not in time; or it is an intent and the trail does not stand.
        """
        if kind == "intent" and (reason := self._standing()) is not None:
            raise TrailUnavailable(reason)
        pending = self._submit(kind, record_id, fields, payload)
        try:
            async with asyncio.timeout(self._deadline_s):
                return await _shielded(pending)
        except TimeoutError:
            self._note_late(pending, record_id, if_late)
            raise TrailUnavailable(
                f"the record was not durable within {self._deadline_s:g} s (commit_deadline_s); is the disk slow?"
            ) from None
        except asyncio.CancelledError:
            self._note_late(pending, record_id, if_late)
            raise

    async def record_for_certain(self, kind: str, record_id: str, fields: Fields) -> Receipt:
        """As ``record``, however long it takes: the answer is final, and nothing becomes durable after a "no".

        Raises:
            TrailUnavailable: it is not durable, and nothing will be recorded any more.
        """
        return await _shielded(self._submit(kind, record_id, fields, None))

    @property
    def deadline_s(self) -> float:
        """How long a request waits for its record, in seconds."""
        return self._deadline_s

    def close(self, record_id: str, fields: Fields) -> None:
        """Write the ``close`` entry and close the trail, in one step: no entry comes after it. Waits for the disk.

        Raises:
            TrailUnavailable: the entry is not durable.
        """
        pending = self._submit("close", record_id, fields, None)
        self._writer.close()
        pending.result()

    def _submit(self, kind: str, record_id: str, fields: Fields, payload: Payload | None) -> "Future[Receipt]":
        return self._writer.submit({**fields, "type": kind, "id": record_id, "time": self._now()}, payload)

    def _note_late(self, pending: "Future[Receipt]", record_id: str, if_late: Fields | None) -> None:
        if if_late is None:
            return

        def write_outcome(done: "Future[Receipt]") -> None:
            if done.cancelled() or done.exception() is not None:
                return
            try:
                self._submit("outcome", record_id, if_late, None)
            except TrailUnavailable as error:
                logger.error("record %s: its outcome (not sent) could not be written: %s", record_id, error)

        pending.add_done_callback(write_outcome)


def _shielded(pending: "Future[Receipt]") -> "asyncio.Future[Receipt]":
    """What comes of ``pending``, which goes on when nobody waits any more. If it fails then, who asked for it has been
    told already that it is not durable; asyncio would complain of an error that nobody looked at."""
    waiting = asyncio.wrap_future(pending)
    waiting.add_done_callback(lambda done: done.cancelled() or done.exception())
    return asyncio.shield(waiting)
