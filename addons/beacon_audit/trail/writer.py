"""The one writer of a trail: takes entries from any thread, makes them durable in batches, then says so.

`TrailWriter.submit` never waits. It gives a future that is resolved only after the entry, and the payload file that
it names, are on stable storage. One thread commits everything that is waiting as one batch (group commit): payload
files first, then one write and one sync of the journal.

Once anything fails, the writer is *poisoned*: everything that waits and everything that comes later fails with
`TrailUnavailable`, and nothing is tried again, because after a failed sync nobody can know what is on the disk. A new
process starts from what is really there.

An entry cannot be taken back once `submit` has returned: cancelling the future does not cancel the entry, which may
become durable after its caller has given up.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Self

from beacon_audit.errors import TrailError, TrailUnavailable
from beacon_audit.trail.batch import FRAMES_LIMIT, frame_bytes
from beacon_audit.trail.entry import ENTRY_LIMIT, encode_entry
from beacon_audit.trail.journal import Journal
from beacon_audit.trail.lock import lock_trail
from beacon_audit.trail.payload_files import Payload
from beacon_audit.trail.payload_store import PayloadStore
from beacon_audit.trail.reader import STATE
from beacon_audit.trail.recovery import recover
from beacon_audit.trail.storage import Storage

SEGMENT_BYTES = 64 * 1024 * 1024
_LARGEST_FRAME = 2 + ENTRY_LIMIT


@dataclass(frozen=True, slots=True)
class Receipt:
    """The place of a durable entry: its index in the trail and the number of its batch."""

    index: int
    batch: int


@dataclass(frozen=True, slots=True)
class _Waiting:
    index: int
    entry: bytes
    payload: Payload | None
    future: Future[Receipt]


class TrailWriter:
    """Made by `TrailWriter.open`; `close` it to give the trail back."""

    def __init__(self, journal: Journal, payloads: PayloadStore, lock: int, next_index: int, queue_limit: int) -> None:
        self._journal = journal
        self._payloads = payloads
        self._lock_descriptor = lock
        self._next_index = next_index
        self._queue_limit = queue_limit
        self._queue: SimpleQueue[_Waiting | None] = SimpleQueue()
        self._mutex = Lock()
        self._closed = False
        self._poisoned: str | None = None
        # A daemon: a proxy that crashes must not hang on here. What is not durable then was not acknowledged.
        self._thread = Thread(target=self._run, name="trail-writer", daemon=True)
        self._thread.start()

    @classmethod
    def open(
        cls,
        directory: Path,
        payloads: Path,
        *,
        new_id: Callable[[], str],
        now: Callable[[], str],
        queue_limit: int = 4096,
        segment_bytes: int = SEGMENT_BYTES,
        storage: Storage | None = None,
    ) -> Self:
        """Take over the trail in ``directory`` (``HOME/trail``), with payload files in ``payloads``; both exist.

        What a crash left behind is put right and recorded first, with ids and times from ``new_id`` and ``now``.
        Raises `TrailLocked` when another writer has the trail, `TrailCorrupt` on damage that a crash cannot explain,
        `TrailUnavailable` when the disk refuses.
        """
        files = storage or Storage()
        state = directory / STATE
        with ExitStack() as held:
            try:
                if files.make_directory(state):
                    files.sync_directory(directory)
                lock = lock_trail(state)
                held.callback(os.close, lock)
                found = recover(state, files, new_id=new_id, now=now)
                journal = Journal(state, files, found.place, segment_bytes)
                held.callback(journal.close, note=False)
                entries = [encode_entry(fields, i) for i, fields in enumerate(found.entries, found.place.next_index)]
                for part in _by_size(entries):
                    journal.append(part)
            except OSError as error:
                raise TrailUnavailable(f"the audit trail at {directory} cannot be opened: {error}") from error
            held.pop_all()  # the writer holds them from here on
        next_index = found.place.next_index + len(entries)
        return cls(journal, PayloadStore(payloads, files), lock, next_index, queue_limit)

    @property
    def poisoned(self) -> str | None:
        """Why nothing can be recorded any more; ``None`` while all is well."""
        return self._poisoned

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
            entry = encode_entry(fields, self._next_index)
            self._queue.put(_Waiting(self._next_index, entry, payload, future))
            self._next_index += 1
        return future

    def close(self) -> None:
        """Record what waits, then give the trail back. Calling it again does nothing."""
        with self._mutex:
            if self._closed:
                return
            self._closed = True
            self._queue.put(None)
        self._thread.join()
        try:
            self._journal.close(note=self._poisoned is None)
        except OSError as error:
            raise TrailUnavailable(f"the end of the audit trail could not be noted: {error}") from error
        finally:
            os.close(self._lock_descriptor)

    def _run(self) -> None:
        while batch := self._take():
            try:
                self._commit(batch)
            except Exception as error:  # noqa: BLE001 - whatever it is, what is on the disk is not known any more
                self._poison(error, batch)
                return

    def _take(self) -> list[_Waiting]:
        """Wait for an entry, then take all that are there, as far as one batch goes; nothing when it is the end."""
        batch: list[_Waiting] = []
        room = FRAMES_LIMIT
        while (item := self._queue.get()) is not None:
            batch.append(item)
            room -= frame_bytes(item.entry)
            if room < _LARGEST_FRAME or self._queue.empty():
                return batch
        if batch:
            self._queue.put(None)  # the end comes after this batch
        return batch

    def _commit(self, batch: list[_Waiting]) -> None:
        payloads = [waiting.payload for waiting in batch if waiting.payload is not None]
        if payloads:
            self._payloads.write(payloads)
        number = self._journal.append([waiting.entry for waiting in batch])
        for waiting in batch:
            waiting.future.set_result(Receipt(waiting.index, number))

    def _poison(self, error: Exception, batch: list[_Waiting]) -> None:
        why = str(error) if isinstance(error, (OSError, TrailError)) else type(error).__name__
        message = f"the audit trail cannot be written: {why}; nothing is recorded until the proxy is restarted"
        with self._mutex:
            self._poisoned = message
        # Nothing is added to the queue from here on.
        while not self._queue.empty():
            if waiting := self._queue.get():
                batch.append(waiting)
        for waiting in batch:
            if not waiting.future.done():
                waiting.future.set_exception(TrailUnavailable(message))


def _by_size(entries: Sequence[bytes]) -> list[list[bytes]]:
    """``entries`` in as few batches as their limit allows."""
    parts: list[list[bytes]] = []
    room = 0
    for entry in entries:
        if frame_bytes(entry) > room:
            parts.append([])
            room = FRAMES_LIMIT
        parts[-1].append(entry)
        room -= frame_bytes(entry)
    return parts
