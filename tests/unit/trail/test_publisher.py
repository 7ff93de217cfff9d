"""The thread that publishes: when it does, what it says and when, and that nothing goes on after a failure."""

import errno
import threading
import time
from collections.abc import Callable

import pytest

from beacon_audit.errors import TrailUnavailable
from beacon_audit.trail.key_change import key_change_fields
from harness.held_storage import HeldStorage
from harness.promises import assert_sound
from harness.trail import NEXT_SIGNER, SIGNER, MakeFields, Trail


def size_of(note: bytes) -> int:
    return int(note.split(b"\n")[1])


def in_thread(call: Callable[[], object]) -> tuple[threading.Thread, list[object]]:
    """Call in a thread; what comes of it is put into the list."""
    results: list[object] = []

    def run() -> None:
        try:
            results.append(call())
        except TrailUnavailable as error:
            results.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, results


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.002)


def test_what_is_committed_is_published_without_being_asked_for(trail: Trail, make_fields: MakeFields) -> None:
    seen: list[bytes] = []
    trail.on_checkpoint = seen.append
    writer = trail.open()
    for _ in range(3):
        writer.submit(make_fields()).result(10)

    until(lambda: seen and size_of(seen[-1]) == 3)
    assert seen[-1] == writer.checkpoint
    assert (trail.directory / "checkpoint").read_bytes() == seen[-1]


def test_a_busy_trail_is_not_published_more_often_than_it_was_told(trail: Trail, make_fields: MakeFields) -> None:
    seen: list[bytes] = []
    trail.publish_s = 0.2
    trail.on_checkpoint = seen.append
    writer = trail.open()
    begin = time.monotonic()
    while time.monotonic() < begin + 0.7:
        writer.submit(make_fields()).result(10)

    assert 2 <= len(seen) <= 1 + (time.monotonic() - begin) / 0.2


def test_a_quiet_trail_signs_nothing(trail: Trail, make_fields: MakeFields) -> None:
    trail.publish_s = 0.01
    writer = trail.open()
    writer.submit(make_fields()).result(10)
    note = writer.publish()
    time.sleep(0.1)

    assert writer.publish() == note
    assert len((trail.directory / "checkpoints.log").read_bytes().splitlines()) == 2


@pytest.mark.parametrize("step", [("create", "/new/"), ("sync_data", "checkpoints.log"), ("replace", "checkpoint")])
def test_publish_waits_for_a_publication_that_is_under_way_already(
    trail: Trail, make_fields: MakeFields, step: tuple[str, str]
) -> None:
    """Whoever deletes files or keys on the strength of an entry must not do so before it is published."""
    storage = HeldStorage()
    trail.next_signer = NEXT_SIGNER
    writer = trail.open(storage)
    before = writer.checkpoint
    hold = storage.hold(*step)
    writer.submit(make_fields("key-change", **key_change_fields(SIGNER, NEXT_SIGNER, "test"))).result(10)
    hold.wait()

    thread, results = in_thread(writer.publish)
    time.sleep(0.05)

    assert results == []
    assert writer.checkpoint == before
    assert writer.vkey == SIGNER.vkey
    hold.let_go()
    thread.join(10)
    assert results == [writer.checkpoint]
    assert size_of(writer.checkpoint) == 1
    assert writer.vkey == NEXT_SIGNER.vkey


def test_a_checkpoint_is_handed_out_only_after_it_is_durable(trail: Trail, make_fields: MakeFields) -> None:
    storage = HeldStorage()
    seen: list[bytes] = []
    trail.on_checkpoint = seen.append
    writer = trail.open(storage)
    hold = storage.hold("sync_data", "checkpoints.log")
    writer.submit(make_fields()).result(10)
    hold.wait()

    assert seen == []
    hold.let_go()
    writer.publish()
    assert seen == [writer.checkpoint]


def test_publish_says_when_it_has_failed(trail: Trail, make_fields: MakeFields) -> None:
    storage = HeldStorage()
    writer = trail.open(storage)
    before = writer.checkpoint
    hold = storage.hold("create", "/new/")
    writer.submit(make_fields()).result(10)
    hold.wait()
    thread, results = in_thread(writer.publish)
    hold.let_go(errno.ENOSPC)
    thread.join(10)

    assert isinstance(results[0], TrailUnavailable)
    assert "No space left" in str(writer.poisoned)
    assert writer.checkpoint == before
    with pytest.raises(TrailUnavailable, match="could not be published"):
        writer.publish()
    with pytest.raises(TrailUnavailable, match="No space left"):
        writer.submit(make_fields())


def test_a_receiver_of_checkpoints_that_fails_stops_the_trail(trail: Trail, make_fields: MakeFields) -> None:
    def fail(_: bytes) -> None:
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")

    trail.on_checkpoint = fail
    writer = trail.open()
    writer.submit(make_fields()).result(10)

    with pytest.raises(TrailUnavailable, match="could not be published"):
        writer.publish()
    assert "Broken pipe" in str(writer.poisoned)


def test_nothing_is_published_once_a_record_could_not_be_written(trail: Trail, make_fields: MakeFields) -> None:
    """What the disk holds is not known any more; a checkpoint would vouch for it."""
    storage = HeldStorage()
    trail.publish_s = 0.3
    trail.heartbeat_s = 0
    writer = trail.open(storage)
    writer.submit(make_fields()).result(10)
    note = writer.publish()
    writer.submit(make_fields()).result(10)
    hold = storage.hold("write", "journal-")
    future = writer.submit(make_fields())
    hold.wait()
    hold.let_go(errno.EIO)
    assert future.exception(10) is not None

    with pytest.raises(TrailUnavailable):
        writer.publish()
    time.sleep(0.5)
    writer.close()
    assert writer.checkpoint == note
    assert (trail.directory / "checkpoint").read_bytes() == note


def test_a_writer_whose_publishing_fails_while_it_is_closed_does_close(trail: Trail, make_fields: MakeFields) -> None:
    """Both threads take from one queue then; neither may wait there for what the other has taken."""
    storage = HeldStorage()
    writer = trail.open(storage)
    publishing = storage.hold("create", "/new/")
    writer.submit(make_fields()).result(10)
    publishing.wait()
    writing = storage.hold("sync_data", "journal-")
    first = writer.submit(make_fields())
    writing.wait()
    second = writer.submit(make_fields())
    thread, _ = in_thread(writer.close)
    time.sleep(0.05)

    publishing.let_go(errno.EIO)
    assert isinstance(second.exception(10), TrailUnavailable)
    writing.let_go()
    thread.join(10)

    assert not thread.is_alive()
    assert first.result(0).index == 1


def test_what_waits_behind_a_failed_publication_is_not_written_any_more(trail: Trail, make_fields: MakeFields) -> None:
    storage = HeldStorage()
    writer = trail.open(storage)
    publishing = storage.hold("create", "/new/")
    writer.submit(make_fields()).result(10)
    publishing.wait()
    publishing.let_go(errno.EIO)
    until(lambda: writer.poisoned)
    length = trail.journal().stat().st_size
    with pytest.raises(TrailUnavailable, match="Input/output error"):
        writer.submit(make_fields())

    writer.close()
    assert trail.journal().stat().st_size == length


def test_closing_publishes_what_is_left(trail: Trail, make_fields: MakeFields) -> None:
    trail.publish_s = 3600
    writer = trail.open()
    futures = [writer.submit(make_fields(identity=str(number))) for number in range(300)]
    writer.close()

    assert all(future.done() for future in futures)
    assert len(assert_sound(trail.directory, [SIGNER.verifier])) == 300


def test_closing_raises_when_the_rest_could_not_be_published(trail: Trail, make_fields: MakeFields) -> None:
    storage = HeldStorage()
    trail.publish_s = 3600
    writer = trail.open(storage)
    writer.submit(make_fields()).result(10)
    writer.publish()
    writer.submit(make_fields()).result(10)
    storage.hold("create", "/new/").let_go(errno.ENOSPC)

    with pytest.raises(TrailUnavailable, match="No space left"):
        writer.close()
    assert trail.open().publish() == trail.opened[-1].checkpoint


def test_a_heartbeat_is_recorded_when_nothing_happens(trail: Trail, make_fields: MakeFields) -> None:
    trail.publish_s, trail.heartbeat_s = 0.02, 0.1
    writer = trail.open()
    writer.submit(make_fields()).result(10)

    until(lambda: trail.types().count("heartbeat") >= 3)
    writer.close()
    assert trail.types()[0] == "refusal"
    assert set(trail.types()[1:]) == {"heartbeat"}
    assert assert_sound(trail.directory, [SIGNER.verifier])


def test_heartbeats_keep_their_distance(trail: Trail, make_fields: MakeFields) -> None:
    trail.publish_s, trail.heartbeat_s = 0.01, 0.2
    writer = trail.open()
    begin = time.monotonic()
    until(lambda: "heartbeat" in trail.types())
    time.sleep(0.3)
    writer.close()

    assert 1 <= trail.types().count("heartbeat") <= (time.monotonic() - begin) / 0.2


def test_no_heartbeat_is_recorded_while_there_is_something_to_do(trail: Trail, make_fields: MakeFields) -> None:
    trail.publish_s, trail.heartbeat_s = 0.01, 0.2
    writer = trail.open()
    begin = time.monotonic()
    while time.monotonic() < begin + 0.7:
        writer.submit(make_fields()).result(10)
        time.sleep(0.06)
    writer.close()

    assert "heartbeat" not in trail.types()


def test_no_heartbeat_is_recorded_after_the_close(trail: Trail, make_fields: MakeFields) -> None:
    trail.publish_s, trail.heartbeat_s = 0.01, 0.05
    writer = trail.open()
    writer.submit(make_fields("close")).result(10)
    writer.close()
    time.sleep(0.2)

    assert trail.types() == ["close"]
