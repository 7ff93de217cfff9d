"""The witnesses of the trail: who cosigns its checkpoints, and whether enough of them still do.

Each witness has a thread, which asks it about the newest checkpoint (`cosigning`, `witness`): one request at a time,
never in the way of the trail, which only drops notes here. When a quorum has cosigned a checkpoint, it is made durable
as ``checkpoint.witnessed`` with its cosignatures, and the time is noted; `stale` says whether that was too long ago.

They are reached by plain sockets, past the event loop that is the way out for requests: ADR 0008 says why, and what
bounds it. Sources: C2SP tlog-witness, tlog-cosignature.
"""

import logging
import ssl
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Condition, Lock, Thread
from typing import Self

from beacon_audit.errors import TrailError, UsageError
from beacon_audit.policy import Policy
from beacon_audit.proxy.cosigning import Cosigning
from beacon_audit.proxy.witness import NoCosignature, Witness
from beacon_audit.trail.note import Signature
from beacon_audit.trail.storage import Storage
from beacon_audit.trail.witnessed_file import write_witnessed

logger = logging.getLogger(__name__)

#: How often an idle log asks again, as a part of ``refuse_after_s``: so one answer may get lost.
_AGAIN = 1 / 3


class Witnesses:
    """``quorum`` of ``witnesses`` must have cosigned one checkpoint; ``keep`` makes the result durable. ``clock`` is
    monotonic, in seconds; ``refuse_after_s`` counts from now on, ``None`` is never."""

    def __init__(
        self,
        witnesses: Sequence[Witness],
        *,
        quorum: int,
        refuse_after_s: float | None,
        keep: Callable[[bytes], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._witnesses = witnesses
        self._quorum = quorum
        self._refuse_after_s = refuse_after_s
        self._keep = keep
        self._clock = clock
        again_s = None if refuse_after_s is None else refuse_after_s * _AGAIN
        self._cosigning = Cosigning(len(witnesses), quorum, again_s=again_s)
        self._changed = Condition()
        self._closing = False
        self._failing: set[int] = set()
        # Held while a result is written. `offer` does not take it: the trail must not wait for this file.
        self._keeping = Lock()
        self._quorum_at = clock()

    @classmethod
    def of(cls, policy: Policy, directory: Path, clock: Callable[[], float] = time.monotonic) -> Self:
        """Those of ``policy``, for the trail in ``directory`` (``HOME/trail``); there may be none.

        Raises:
            UsageError: they cannot be used.
        """
        settings = policy.witnesses
        witnesses: list[Witness] = []
        if settings.servers:
            if policy.mode == "offline":
                raise UsageError("expected no witnesses in mode offline, came some; nothing is contacted in that mode")
            context = _tls(settings.ca_file)
            witnesses = [Witness(server, directory, context) for server in settings.servers]
        storage = Storage()
        return cls(
            witnesses,
            quorum=settings.quorum,
            refuse_after_s=settings.refuse_after_s,
            keep=lambda note: write_witnessed(directory, note, storage),
            clock=clock,
        )

    def start(self, note: bytes) -> None:
        """Begin to ask; ``note`` is the newest checkpoint of the trail, whose writer is open."""
        self.offer(note)
        for number in range(len(self._witnesses)):
            # Daemons: a proxy that goes down does not wait for the answer of somebody else.
            Thread(target=self._run, args=(number,), name=f"witness-{number}", daemon=True).start()

    def offer(self, note: bytes) -> None:
        """There is a new checkpoint. Never waits."""
        with self._changed:
            self._cosigning.offer(note)
            self._changed.notify_all()

    def stale(self) -> str | None:
        """Why nothing may leave: no quorum has answered for too long. ``None`` while all is well. Never waits."""
        if self._refuse_after_s is None or self._clock() - self._quorum_at <= self._refuse_after_s:
            return None
        return (
            f"no quorum of witnesses ({self._quorum} of {len(self._witnesses)}) has cosigned the audit trail for more "
            f"than {self._refuse_after_s:g} s (witnesses.refuse_after_s); the log of the proxy says what each answered"
        )

    def close(self, wait_s: float = 0.0) -> None:
        """Stop asking; first wait up to ``wait_s`` seconds for the newest checkpoint to be cosigned. Nothing is written
        after this returns, so the trail may be given to somebody else."""
        with self._changed:
            if self._witnesses:
                self._changed.wait_for(lambda: self._cosigning.settled, wait_s)
            self._closing = True
            self._changed.notify_all()
        with self._keeping:
            pass  # what was being written is written

    def _run(self, number: int) -> None:
        try:
            while (note := self._next(number)) is not None:
                self._ask(number, note)
        finally:
            self._witnesses[number].close()

    def _next(self, number: int) -> bytes | None:
        """Wait for something to ask; ``None`` when it is the end."""
        with self._changed:
            while not self._closing:
                now = self._clock()
                if (note := self._cosigning.question(number, now)) is not None:
                    return note
                self._changed.wait(self._cosigning.pause(number, now))
        return None

    def _ask(self, number: int, note: bytes) -> None:
        witness = self._witnesses[number]
        try:
            cosignature = witness.cosign(note)
        except NoCosignature as error:
            level = logging.ERROR if error.grave else logging.WARNING
            logger.log(level, "witness %s did not cosign the audit trail: %s", witness.key.name, error)
            self._failed(number, note)
        except Exception:
            logger.exception("witness %s could not be asked", witness.key.name)
            self._failed(number, note)
        else:
            if number in self._failing:
                logger.info("witness %s cosigns again", witness.key.name)
                self._failing.discard(number)
            self._cosigned(number, note, cosignature)

    def _failed(self, number: int, note: bytes) -> None:
        self._failing.add(number)
        with self._changed:
            self._cosigning.failed(number, note, self._clock())
            self._changed.notify_all()

    def _cosigned(self, number: int, note: bytes, cosignature: Signature) -> None:
        with self._keeping:  # taken first, so that results are written in the order in which they come about
            with self._changed:
                result = None if self._closing else self._cosigning.cosigned(number, note, cosignature)
                self._changed.notify_all()
            if result is None:
                return
            try:
                self._keep(result)
            except (OSError, TrailError) as error:
                logger.error("the cosigned checkpoint could not be written: %s", error)
                return
            self._quorum_at = self._clock()


def _tls(ca_file: Path | None) -> ssl.SSLContext:
    """A context that verifies: against ``ca_file`` alone, or the roots of the system."""
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        raise UsageError(
            f"witnesses.ca_file: expected a file of PEM certificates, came one that cannot be used: {error}"
        ) from None
