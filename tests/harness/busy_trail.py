"""A short life of a trail in which its writer does everything that it ever does, one step after the other.

`leave_behind` makes a trail as a crash leaves it, with 247 entries; `live` opens it and goes on: recovery, records with
payloads, segments that fill up and are deleted, tiles that become full, midnight, a change of keys, deleted payloads, a
close. No two steps happen at once, so the operations on files come in the same order every time.
"""

from concurrent.futures import Future
from itertools import count
from pathlib import Path

import zstandard

from beacon_audit.trail import Payload, Receipt, Storage, TrailWriter, build_payload
from beacon_audit.trail.batch import MAGIC
from beacon_audit.trail.entry import encode_entry
from beacon_audit.trail.frames import PayloadFile
from beacon_audit.trail.key_change import key_change_fields
from beacon_audit.trail.prune import prune
from harness.journal_bytes import batch, end_of
from harness.promises import Fields, Promises
from harness.quick_storage import QuickStorage
from harness.trail import NEXT_SIGNER, SIGNER, Trail

KEYS = [SIGNER.verifier, NEXT_SIGNER.verifier]
#: Entries that are in tiles, before one that is only in the journal.
PUBLISHED = 246


class Recording:
    """Records through ``writer`` and keeps account of what was promised."""

    def __init__(self, trail: Trail, writer: TrailWriter, promises: Promises) -> None:
        self.trail = trail
        self.writer = writer
        self._promises = promises

    def record(self, kind: str, identity: str, *, body: bool = False, **more: object) -> None:
        """Add an entry, with a payload file if there is to be a ``body``, and wait until it is durable."""
        fields, payload = made_up(kind, identity, self.trail.time, body=body, **more)
        future = self.writer.submit(fields, payload)

        # Called in the writer's own thread: before this call can go on, and before the next operation on a file.
        def acknowledged(done: Future[Receipt]) -> None:
            if done.exception() is None:
                self._promises.acknowledge(done.result().index, fields, payload)

        future.add_done_callback(acknowledged)
        future.result(10)


def made_up(
    kind: str, identity: str, time: str, *, body: bool = False, **more: object
) -> tuple[Fields, Payload | None]:
    """The fields of an entry and the payload that it names."""
    name = f"{identity}-{kind}.json.zst"
    payload = build_payload({"of": name}, bytes(range(32)), name=name, date=time[:10]) if body else None
    reference = payload.reference if payload else None
    return {"type": kind, "id": identity, "time": time, "payload": reference, **more}, payload


def busy_trail(home: Path) -> Trail:
    """The trail in ``home``, to be opened with two keys and small segments, and published only when told."""
    trail = Trail(home, segment_bytes=1500, publish_s=3600, heartbeat_s=3600, next_signer=NEXT_SIGNER)
    trail._ids = count(1000)
    return trail


def leave_behind(home: Path, promises: Promises, *, behind: bool) -> None:
    """Make in ``home`` what a crash leaves of a trail, at the worst moment for every single file. ``checkpoint`` is
    ``behind`` the last line of ``checkpoints.log``, or else the beginning of another line follows."""
    trail = busy_trail(home)
    trail.time = "2025-10-01T23:59:00Z"
    trail.on_checkpoint = promises.hand_out
    trail.begin(QuickStorage())
    recording = Recording(trail, trail.open(QuickStorage()), promises)
    for number in range(PUBLISHED):
        recording.record("refusal", f"early-{number}", body=number in (0, 245))
        if number in (3, 120, 244):
            recording.writer.publish()
    recording.writer.publish()
    before_last = promises.checkpoints[-2][1]
    recording.writer.close()

    # An intent that was acknowledged and not published, the beginning of a batch that was neither.
    fields, payload = made_up("intent", "crashed", trail.time, body=True)
    assert payload is not None
    file = PayloadFile(payload.reference["file"], zstandard.compress(payload.content))
    acknowledged = batch(end_of(trail.journal()), [encode_entry(fields, PUBLISHED)], [file])
    with trail.journal().open("ab") as journal:
        journal.write(acknowledged + MAGIC + bytes(30))
    promises.acknowledge(PUBLISHED, fields, payload)
    if behind:
        (trail.directory / "checkpoint").write_bytes(before_last)
    else:
        with (trail.directory / "checkpoints.log").open("ab") as log:
            log.write(b'"beacon-audit/')
    (trail.state / "new" / "7").write_bytes(b"left over")
    (trail.payloads / ".new" / "7").write_bytes(zstandard.compress(payload.content))


def live(trail: Trail, storage: Storage, promises: Promises) -> TrailWriter:
    """Open the trail and let everything happen to it; the writer, closed. Raises what goes wrong."""
    trail.time = "2025-10-02T12:00:00Z"
    trail.on_checkpoint = promises.hand_out
    recording = Recording(trail, trail.open(storage), promises)
    writer = recording.writer
    writer.publish()
    recording.record("intent", "a", body=True)
    recording.record("intent", "b", body=True)
    writer.publish()
    recording.record("outcome", "a", body=True, state="sent")
    for number in range(4):
        recording.record("refusal", f"refused-{number}")
    writer.publish()
    recording.record("intent", "c")
    recording.record("refusal", "refused-5")
    writer.publish()
    recording.record("outcome", "b", state="not_sent")
    recording.record("outcome", "c", body=True, state="sent")
    writer.publish()
    trail.time = "2025-10-03T00:00:01Z"
    recording.record("refusal", "refused-6", body=True)
    change = key_change_fields(SIGNER, NEXT_SIGNER, "a test")
    writer.submit({**change, "type": "key-change", "id": "key", "time": trail.time}).result(10)
    writer.publish()
    recording.record("refusal", "refused-7")
    delete_old_payloads(trail, writer, storage)
    recording.record("close", "close", reason="a test")
    writer.close()
    return writer


def recover_and_live(trail: Trail, storage: Storage, promises: Promises) -> None:
    """Start again after a crash and go on for a moment."""
    trail.time = "2025-10-02T12:00:00Z"
    trail.on_checkpoint = promises.hand_out
    recording = Recording(trail, trail.open(storage), promises)
    recording.writer.publish()
    recording.record("refusal", "again", body=True)
    recording.writer.close()


def delete_old_payloads(trail: Trail, writer: TrailWriter, storage: Storage) -> None:
    """Prune everything from before the third of October."""
    prune(
        writer,
        trail.payloads,
        before="2025-10-03",
        by="test",
        reason="a test",
        new_id=trail.new_id,
        now=lambda: trail.time,
        storage=storage,
    )


def recover_all(trail: Trail) -> None:
    """Start again after whatever happened, and publish what is there."""
    trail.time = "2025-10-03T01:00:00Z"
    trail.on_checkpoint = lambda _: None
    writer = trail.open(QuickStorage())
    writer.publish()
    writer.close()
