"""The thread that publishes: at once, then at most every second, and a heartbeat when nothing has happened for long.

What is committed is handed to `Publisher.add`; `publish` waits until all of it is published. When publishing fails, or
the receiver of the checkpoints does, ``on_failure`` is told why and nothing is published any more: a trail that cannot
be published must not grow.
"""

import time
from collections.abc import Callable, Sequence
from threading import Condition, Thread

from beacon_audit.errors import TrailUnavailable
from beacon_audit.trail.committed import Committed
from beacon_audit.trail.frames import PayloadFile
from beacon_audit.trail.publication import Publication


class Publisher:
    """Publishes not more often than every ``interval_s`` seconds; ``idle`` is called after ``idle_s`` seconds without a
    commit. ``on_checkpoint`` gets the note of every new checkpoint, ``on_failure`` why there will be none any more."""

    def __init__(
        self,
        publication: Publication,
        *,
        interval_s: float,
        idle_s: float,
        idle: Callable[[], None],
        on_checkpoint: Callable[[bytes], None],
        on_failure: Callable[[Exception], None],
    ) -> None:
        self._publication = publication
        self._interval_s = interval_s
        self._idle_s = idle_s
        self._idle = idle
        self._on_checkpoint = on_checkpoint
        self._on_failure = on_failure
        self._changed = Condition()
        self._committed: list[Committed] = []
        self._payloads: list[PayloadFile] = []
        self._added = publication.size
        self._wanted = publication.size
        # What is published, for other threads: `Publication` itself is ahead of its files while it writes them.
        self._published = publication.size
        #: The newest checkpoint that is durable.
        self.note = publication.note
        #: The public key of the key that signs from there on.
        self.vkey = publication.signer.vkey
        self._grown_at = self._due = time.monotonic()
        self._closing = False
        self._failed = False
        #: What waits to be published, in bytes.
        self.backlog = 0
        # Since when something waits.
        self._waiting_since: float | None = None
        self._thread = Thread(target=self._run, name="trail-publisher", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def add(self, committed: Sequence[Committed], payloads: Sequence[PayloadFile]) -> None:
        """Take what is durable in the journal."""
        with self._changed:
            self._committed += committed
            self._payloads += payloads
            self._added += len(committed)
            self._grown_at = time.monotonic()
            self._waiting_since = self._waiting_since or self._grown_at
            self.backlog += sum(len(item.entry) for item in committed) + sum(len(file.content) for file in payloads)
            if self._grown_at >= self._due:
                self._changed.notify_all()

    def late_s(self) -> float:
        """For how many seconds more than it should something has waited to be published."""
        since = self._waiting_since
        return 0.0 if since is None else max(time.monotonic() - since - self._interval_s, 0.0)

    def publish(self) -> bytes:
        """Wait until all that was added is published; the newest checkpoint.

        Raises:
            TrailUnavailable: it cannot be published.
        """
        with self._changed:
            wanted = self._wanted = self._added
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._failed or self._published >= wanted)
            if self._published < wanted:
                raise TrailUnavailable("the audit trail could not be published; see the message before this one")
            return self.note

    def stop(self) -> None:
        """Begin nothing more: something else of the trail has failed."""
        with self._changed:
            self._failed = True
            self._changed.notify_all()

    def close(self, *, finish: bool) -> None:
        """End the thread; with ``finish``, publish what is left first."""
        with self._changed:
            self._failed = self._failed or not finish
            self._closing = True
            self._changed.notify_all()
        self._thread.join()
        self._publication.close()

    def _run(self) -> None:
        try:
            while self._wait():
                self._step()
            if not self._failed:
                self._step()
        except Exception as error:  # noqa: BLE001 - whatever it is, what is on the disk is not known any more
            self._on_failure(error)
            self.stop()

    def _wait(self) -> bool:
        """Sleep until it is time to publish; false when it is the end."""
        with self._changed:
            left = self._due - time.monotonic()
            self._changed.wait_for(self._is_time, left if left > 0 else self._interval_s)
            return not (self._closing or self._failed)

    def _is_time(self) -> bool:
        grown = bool(self._committed) and time.monotonic() >= self._due
        return grown or self._closing or self._failed or self._wanted > self._published

    def _step(self) -> None:
        with self._changed:
            committed, self._committed = self._committed, []
            payloads, self._payloads = self._payloads, []
            now = time.monotonic()
            idle_for = now - self._grown_at
        if committed:
            note = self._publication.publish(committed, payloads)
            self._on_checkpoint(note)
            done = sum(len(item.entry) for item in committed) + sum(len(file.content) for file in payloads)
            with self._changed:
                self._published += len(committed)
                self.note, self.vkey = note, self._publication.signer.vkey
                self.backlog -= done
                self._waiting_since = now if self._committed else None
                self._due = time.monotonic() + self._interval_s
                self._changed.notify_all()
        elif idle_for >= self._idle_s and not self._closing:
            self._idle()
            with self._changed:
                self._grown_at = time.monotonic()
