"""The one writer of a trail: takes entries from any thread, makes them durable in batches, then says so.

`TrailWriter.submit` never waits. It gives a future that is resolved only after the entry, and the payload file that
it names, are on stable storage in the journal. One thread commits everything that is waiting as one batch (group
commit): one write and one sync. Another publishes what is committed: every second while the log grows, bundles, tiles,
payload files and a signed checkpoint (``publication``).

Once anything fails, in either thread, the writer is *poisoned*: everything that waits and everything that comes later
fails with `TrailUnavailable`, and nothing is tried again, because after a failed sync nobody can know what is on the
disk. A new process starts from what is really there.

An entry cannot be taken back once `submit` has returned: cancelling the future does not cancel the entry, which may
become durable after its caller has given up.
"""

import os
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import Self

import zstandard

from beacon_audit.errors import TrailError, TrailUnavailable
from beacon_audit.trail.committed import Committed, fields_of
from beacon_audit.trail.entry import encode_entry
from beacon_audit.trail.entry_form import check_form
from beacon_audit.trail.frames import BATCH_BYTES, PayloadFile, frame_bytes
from beacon_audit.trail.journal import Journal
from beacon_audit.trail.lock import lock_trail
from beacon_audit.trail.note import Signer
from beacon_audit.trail.payload_files import CONTENT_LIMIT, Payload
from beacon_audit.trail.publication import Publication
from beacon_audit.trail.publisher import Publisher
from beacon_audit.trail.recovery import Recovery, recover
from beacon_audit.trail.segment import SEGMENT_BYTES, STATE
from beacon_audit.trail.storage import Storage

PUBLISH_SECONDS = 1.0
HEARTBEAT_SECONDS = 60.0
#: A batch takes no more once it has this many bytes.
_BATCH_BYTES = BATCH_BYTES
#: Nothing is taken while more than this waits to be published.
_BACKLOG_BYTES = 256 * 1024 * 1024
#: No intent is taken while something has waited for so much longer than it should: what is not signed yet, whoever can
#: write HOME can remove, so nothing leaves on the strength of it for long.
_LATE_SECONDS = 30.0
_ZSTD_LEVEL = 1


@dataclass(frozen=True, slots=True)
class Receipt:
    """The place of a durable entry: its index in the trail and the number of its batch."""

    index: int
    batch: int


@dataclass(frozen=True, slots=True)
class _Waiting:
    index: int
    item: Committed
    payload: Payload | None
    future: Future[Receipt]

    @property
    def size(self) -> int:
        """Its bytes, but for the compression of the payload."""
        return frame_bytes(self.item.entry) + (len(self.payload.content) if self.payload else 0)


class TrailWriter:
    """Made by `TrailWriter.open`; `close` it to give the trail back."""

    def __init__(
        self,
        journal: Journal,
        publication: Publication,
        lock: int,
        next_index: int,
        *,
        new_id: Callable[[], str],
        now: Callable[[], str],
        on_checkpoint: Callable[[bytes], None],
        publish_s: float,
        heartbeat_s: float,
        queue_limit: int,
    ) -> None:
        self._journal = journal
        self._lock_descriptor = lock
        self._next_index = next_index
        self._new_id = new_id
        self._now = now
        self._day = now()[:10]
        self._queue_limit = queue_limit
        self._queue: SimpleQueue[_Waiting | None] = SimpleQueue()
        self._mutex = Lock()
        self._closed = False
        self._poisoned: str | None = None
        self._last_time: str | None = None
        self._compressor = zstandard.ZstdCompressor(level=_ZSTD_LEVEL, write_checksum=True)
        self._publisher = Publisher(
            publication,
            interval_s=publish_s,
            idle_s=heartbeat_s,
            idle=self._beat,
            on_checkpoint=on_checkpoint,
            on_failure=lambda error: self._poison(error, []),
        )
        # Daemons: a proxy that crashes must not hang on here. What is not durable then was not acknowledged.
        self._thread = Thread(target=self._run, name="trail-writer", daemon=True)

    @classmethod
    def open(
        cls,
        directory: Path,
        payloads: Path,
        *,
        signer: Signer,
        new_id: Callable[[], str],
        now: Callable[[], str],
        next_signer: Signer | None = None,
        on_checkpoint: Callable[[bytes], None] = lambda _: None,
        publish_s: float = PUBLISH_SECONDS,
        heartbeat_s: float = HEARTBEAT_SECONDS,
        queue_limit: int = 4096,
        segment_bytes: int = SEGMENT_BYTES,
        storage: Storage | None = None,
    ) -> Self:
        """Take over the trail in ``directory`` (``HOME/trail``), with payload files in ``payloads``; both exist.

        What a crash left behind is put right and recorded first, with ids and times from ``new_id`` and ``now``.
        ``signer`` has the key in force; ``next_signer`` the one that a ``key-change`` entry may put in its place.
        ``on_checkpoint`` gets the note of every new checkpoint, in a thread of the writer, and must not wait.

        Raises `TrailLocked` when another writer has the trail, `TrailCorrupt` on damage that a crash cannot explain,
        `TrailUnavailable` when the disk refuses.
        """
        files = storage or Storage()
        signers = [signer] if next_signer is None else [signer, next_signer]
        state = directory / STATE
        with ExitStack() as held:
            try:
                files.make_directory(state)
                files.sync_directory(directory)
                lock = lock_trail(state)
                held.callback(os.close, lock)
                found = recover(directory, files, signers, new_id=new_id, now=now)
                publication = Publication(directory, payloads, files, found.published, signers)
                held.callback(publication.close)
                if found.published.behind:
                    publication.show_note()
                journal = Journal(state, files, found.place, segment_bytes)
                held.callback(journal.close)
                writer = cls(
                    journal,
                    publication,
                    lock,
                    found.place.next.first,
                    new_id=new_id,
                    now=now,
                    on_checkpoint=on_checkpoint,
                    publish_s=publish_s,
                    heartbeat_s=heartbeat_s,
                    queue_limit=queue_limit,
                )
                writer._resume(found)
            except OSError as error:
                raise TrailUnavailable(f"the audit trail at {directory} cannot be opened: {error}") from error
            held.pop_all()  # the writer holds them from here on
        return writer

    def _resume(self, found: Recovery) -> None:
        """Record what was recovered, then begin to work."""
        self._last_time = found.last_time
        # What the journal holds by now can be deleted as soon as it is published.
        self._journal.start_segment()
        fresh: list[Committed] = []
        for fields in found.entries:
            fresh.append(fields_of(fields, encode_entry(fields, self._next_index)))
            self._next_index += 1
        for part in _by_size(fresh):
            self._journal.append(part)
        self._publisher.add([*found.committed, *fresh], found.payloads)
        self._thread.start()
        self._publisher.start()

    @property
    def poisoned(self) -> str | None:
        """Why nothing can be recorded any more; ``None`` while all is well."""
        return self._poisoned

    @property
    def checkpoint(self) -> bytes:
        """The note of the newest checkpoint."""
        return self._publisher.note

    @property
    def last_time(self) -> str | None:
        """The time of the last entry of before this writer; ``None`` when the log was empty."""
        return self._last_time

    @property
    def vkey(self) -> str:
        """The public key of the key in force."""
        return self._publisher.vkey

    def publish(self) -> bytes:
        """Wait until everything that is durable is published; the note of the newest checkpoint.

        Raises:
            TrailUnavailable: it cannot be.
        """
        return self._publisher.publish()

    def submit(self, fields: Mapping[str, object], payload: Payload | None = None) -> Future[Receipt]:
        """Add an entry (see `entry.encode_entry` for ``fields``) and the payload file that it names. Never waits.

        The future gives a `Receipt` once both are durable, or raises `TrailUnavailable`. Raises `TrailUnavailable` at
        once when the writer is poisoned, closed or has too much to do, and `TrailError` for fields that make no entry.
        """
        future: Future[Receipt] = Future()
        future.set_running_or_notify_cancel()
        with self._mutex:
            if self._poisoned is not None:
                raise TrailUnavailable(self._poisoned)
            if self._closed:
                raise TrailUnavailable("the audit trail is closed: the proxy is stopping")
            if self._queue.qsize() >= self._queue_limit:
                raise TrailUnavailable(f"{self._queue_limit} entries wait to be recorded already; the disk is too slow")
            if self._publisher.backlog > _BACKLOG_BYTES:
                raise TrailUnavailable("too much waits to be published already; the disk is too slow")
            item = fields_of(fields, encode_entry(fields, self._next_index))
            if item.kind == "intent" and self._publisher.late_s() > _LATE_SECONDS:
                raise TrailUnavailable(
                    f"what was recorded has not been signed for {_LATE_SECONDS:.0f} seconds; the disk is too slow"
                )
            check_form(fields)
            _check_payload(fields, payload)
            self._queue.put(_Waiting(self._next_index, item, payload, future))
            self._next_index += 1
        return future

    def close(self) -> None:
        """Record and publish what waits, then give the trail back. Calling it again does nothing.

        Raises:
            TrailUnavailable: what was recorded could not be published.
        """
        with self._mutex:
            if self._closed:
                return
            self._closed = True
            self._queue.put(None)
        self._thread.join()
        was_well = self._poisoned is None
        self._publisher.close(finish=was_well)
        try:
            self._journal.close()
        finally:
            os.close(self._lock_descriptor)
        if was_well and self._poisoned is not None:
            raise TrailUnavailable(self._poisoned)

    def _beat(self) -> None:
        """Record that nothing happened, so that missing time is visible."""
        with suppress(TrailUnavailable):  # poisoned or closed: then nothing is recorded, and that is known
            self.submit({"type": "heartbeat", "id": self._new_id(), "time": self._now()})

    def _run(self) -> None:
        while batch := self._take():
            if self._poisoned is not None:
                _refuse(batch, self._poisoned)
                return
            try:
                self._commit(batch)
            except Exception as error:  # noqa: BLE001 - whatever it is, what is on the disk is not known any more
                self._publisher.stop()
                self._poison(error, batch)
                return

    def _take(self) -> list[_Waiting]:
        """Wait for an entry, then take all that are there, as far as one batch goes; nothing when it is the end."""
        batch: list[_Waiting] = []
        size = 0
        while (item := self._queue.get()) is not None:
            batch.append(item)
            size += item.size
            if size > _BATCH_BYTES or self._queue.empty():
                return batch
        if batch:
            self._queue.put(None)  # the end comes after this batch
        return batch

    def _commit(self, batch: list[_Waiting]) -> None:
        day = self._now()[:10]
        if day != self._day or any(waiting.item.kind == "prune" for waiting in batch):
            # So that no payload stays in the journal for much longer than a day after it was published, or after it
            # was deleted.
            self._journal.start_segment()
            self._day = day
        payloads = [self._compressed(waiting.payload) for waiting in batch if waiting.payload is not None]
        number = self._journal.append([waiting.item for waiting in batch], payloads)
        self._publisher.add([waiting.item for waiting in batch], payloads)
        for waiting in batch:
            waiting.future.set_result(Receipt(waiting.index, number))

    def _compressed(self, payload: Payload) -> PayloadFile:
        return PayloadFile(payload.reference["file"], self._compressor.compress(payload.content))

    def _poison(self, error: Exception, batch: list[_Waiting]) -> None:
        why = str(error) if isinstance(error, (OSError, TrailError)) else type(error).__name__
        message = f"the audit trail cannot be written: {why}; nothing is recorded until the proxy is restarted"
        with self._mutex:
            self._poisoned = self._poisoned or message
        # Nothing is added to the queue from here on. The other thread may be taking from it, and must find an end.
        with suppress(Empty):
            while True:
                if waiting := self._queue.get_nowait():
                    batch.append(waiting)
        self._queue.put(None)
        _refuse(batch, message)


def _check_payload(fields: Mapping[str, object], payload: Payload | None) -> None:
    """A start after a crash takes from the journal what fits together, and nothing else."""
    if fields.get("payload") != (payload.reference if payload else None):
        raise TrailError("trail entry: expected 'payload' to name the payload file that comes with it, came another")
    if payload and len(payload.content) > CONTENT_LIMIT:
        raise TrailError(f"payload file: expected at most {CONTENT_LIMIT} bytes, came {len(payload.content)}")


def _refuse(batch: list[_Waiting], message: str) -> None:
    for waiting in batch:
        if not waiting.future.done():
            waiting.future.set_exception(TrailUnavailable(message))


def _by_size(items: list[Committed]) -> list[list[Committed]]:
    """``items`` in as few batches as their size allows."""
    parts: list[list[Committed]] = []
    room = 0
    for item in items:
        if room <= 0:
            parts.append([])
            room = _BATCH_BYTES
        parts[-1].append(item)
        room -= frame_bytes(item.entry)
    return parts
