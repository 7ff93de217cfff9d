"""Starting again after a crash at any byte: what was acknowledged stays, what was not is cut off, on the record."""

import json
import shutil
from collections.abc import Sequence
from hashlib import sha256

import pytest

from beacon_audit.errors import TrailCorrupt
from beacon_audit.trail import Receipt
from beacon_audit.trail.batch import MAGIC
from harness.faulty_storage import FaultyStorage
from harness.held_storage import HeldStorage
from harness.promises import assert_sound
from harness.trail import SIGNER, MakeFields, Trail

type Batches = Sequence[Sequence[dict[str, object]]]


def crash_with(trail: Trail, *batches: Sequence[dict[str, object]], published: Batches = ()) -> None:
    """Leave a trail as a process does that died: the first batches ``published``, the others only in the journal."""
    trail.publish_s = 3600
    storage = HeldStorage()
    writer = trail.open(storage)
    if published:
        submit(trail, published)
        writer.publish()
    hold = storage.hold("create", "/new/")
    submit(trail, batches)
    crashed = trail.home / "crashed"
    crashed.mkdir()
    for name in ("trail", "payloads"):
        shutil.copytree(trail.home / name, crashed / name)
    hold.let_go()
    writer.close()
    trail.home = crashed


def submit(trail: Trail, batches: Batches) -> None:
    for batch in batches:
        for future in [trail.opened[-1].submit(fields) for fields in batch]:
            future.result(10)


def test_a_new_trail_starts_without_entries(trail: Trail) -> None:
    trail.open().close()

    assert trail.entries() == []
    assert assert_sound(trail.directory, [SIGNER.verifier]) == []


def test_a_trail_that_was_closed_in_order_is_continued_without_a_word(trail: Trail, make_fields: MakeFields) -> None:
    writer = trail.open()
    submit(trail, [[make_fields("intent", "a")], [make_fields("outcome", "a")]])
    writer.close()

    assert trail.open().submit(make_fields("close")).result(10) == Receipt(2, 2)
    assert trail.types() == ["intent", "outcome", "close"]


@pytest.mark.parametrize("published", [False, True])
def test_an_intent_without_outcome_gets_the_outcome_unknown(
    trail: Trail, make_fields: MakeFields, published: bool
) -> None:
    batches = [
        [make_fields("intent", "answered")],
        [make_fields("intent", "open"), make_fields("refusal", "refused")],
        [make_fields("outcome", "answered")],
    ]
    crash_with(trail, *([] if published else batches), published=batches if published else [])

    trail.open().close()

    recovered, outcome = trail.entries()[4:]
    assert recovered == {
        "type": "recovered",
        "id": "made-0",
        "time": "2025-10-02T00:00:00Z",
        "index": 4,
        "dropped_bytes": 0,
        "file": None,
        "offset": None,
        "open_intents": 1,
    }
    assert (outcome["type"], outcome["id"], outcome["state"]) == ("outcome", "open", "unknown")
    assert outcome["reason"] == "the proxy stopped before the outcome was known"


def test_an_intent_that_stays_open_for_long_is_found_after_its_segment_was_full(
    trail: Trail, make_fields: MakeFields
) -> None:
    trail.segment_bytes = 300
    crash_with(trail, published=[[make_fields("intent", "slow")], *([make_fields()] for _ in range(300))])
    assert int(trail.segments()[0].stem[8:]) > 256  # the intent lies in a bundle that is full, and nowhere else

    trail.open().close()

    assert [entry["id"] for entry in trail.entries() if entry["type"] == "outcome"] == ["slow"]


def test_intents_that_stay_open_over_several_starts_and_days_are_found_and_no_others(
    trail: Trail, make_fields: MakeFields
) -> None:
    trail.segment_bytes = 1
    first = [[make_fields("intent", "a")], [make_fields("intent", "b")], [make_fields("outcome", "a")]]
    crash_with(
        trail,
        [make_fields("intent", "c"), make_fields("intent", "d"), make_fields("outcome", "c")],
        published=[*first, *([make_fields()] for _ in range(10))],
    )

    trail.open().close()

    assert trail.types()[16:] == ["recovered", "outcome", "outcome"]
    assert [entry["id"] for entry in trail.entries()[17:]] == ["b", "d"]
    trail.open().close()
    assert len(trail.entries()) == 19


@pytest.mark.parametrize("file", ["tile/entries/000", "tile/0/000"])
def test_an_open_intent_is_not_taken_from_files_that_nobody_signed(
    trail: Trail, make_fields: MakeFields, file: str
) -> None:
    """A start would sign an outcome for it."""
    trail.segment_bytes = 300
    crash_with(trail, published=[[make_fields("intent", "slow")], *([make_fields()] for _ in range(300))])
    bundle, tile = trail.directory / "tile/entries/000", trail.directory / "tile/0/000"
    data = bundle.read_bytes().replace(b'"slow"', b'"fast"')
    bundle.write_bytes(data)
    if file == "tile/0/000":
        leaf = sha256(b"\0" + data[2 : 2 + int.from_bytes(data[:2])]).digest()
        tile.write_bytes(leaf + tile.read_bytes()[32:])

    with pytest.raises(TrailCorrupt, match=f"{file}: "):
        trail.open()


def test_an_unknown_outcome_is_written_once(trail: Trail, make_fields: MakeFields) -> None:
    crash_with(trail, [make_fields("intent", "a")])
    for _ in range(3):
        trail.open().close()

    assert trail.types() == ["intent", "recovered", "outcome"]


def test_every_prefix_of_the_last_batch_is_cut_off_and_recorded(trail: Trail, make_fields: MakeFields) -> None:
    published = [[make_fields("intent", "a")], [make_fields("outcome", "a")]]
    crash_with(trail, [make_fields("intent", "b")], published=published)
    crashed = trail.home
    whole = trail.journal().read_bytes()
    start = whole.rindex(MAGIC)
    for length in range(1, len(whole) - start):
        trail.home = crashed.with_name(f"{length}")
        shutil.copytree(crashed, trail.home)
        journal = trail.journal()
        journal.write_bytes(whole[: start + length])

        trail.open().close()

        entries = trail.entries()
        assert [entry["type"] for entry in entries] == ["intent", "outcome", "recovered"]
        assert entries[2] | {"id": ""} == {
            "type": "recovered",
            "id": "",
            "time": "2025-10-02T00:00:00Z",
            "index": 2,
            "dropped_bytes": length,
            "file": journal.name,
            "offset": start,
            "open_intents": 0,
        }


def test_an_intent_whose_outcome_was_torn_is_unknown(trail: Trail, make_fields: MakeFields) -> None:
    crash_with(trail, [make_fields("intent", "a")], [make_fields("outcome", "a", state="sent")])
    journal = trail.journal()
    journal.write_bytes(journal.read_bytes()[:-1])

    trail.open().close()

    assert trail.types() == ["intent", "recovered", "outcome"]
    assert trail.entries()[2]["state"] == "unknown"


def test_what_was_found_is_made_durable_before_anything_is_added(trail: Trail, make_fields: MakeFields) -> None:
    """Else a power failure could keep the next batch and lose the one before it, which reads as corruption."""
    crash_with(trail, [make_fields("intent")])
    storage = FaultyStorage()

    trail.open(storage)

    before = storage.operations[: storage.operations.index("create")]
    assert before.count("sync_data") == 2  # checkpoints.log and the journal
    assert before[-1] == "open_append"


def test_a_segment_that_was_created_just_before_the_crash_is_used(trail: Trail, make_fields: MakeFields) -> None:
    crash_with(trail, [make_fields()])
    (trail.state / f"journal-{1:020d}.wal").touch(0o600)

    assert trail.open().submit(make_fields()).result(10) == Receipt(1, 1)
    assert trail.types() == ["refusal", "refusal"]


def test_a_journal_of_which_only_an_empty_segment_is_left_was_cut(trail: Trail, make_fields: MakeFields) -> None:
    """The segment with the last published entry goes only when the next has a published entry."""
    crash_with(trail, published=[[make_fields()]])
    trail.journal().rename(trail.state / f"journal-{1:020d}.wal")
    trail.journal().write_bytes(b"")

    with pytest.raises(TrailCorrupt, match="expected a segment that begins with entry 0"):
        trail.open()


def test_a_great_many_open_intents_are_closed(
    trail: Trail, make_fields: MakeFields, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("beacon_audit.trail.writer._BATCH_BYTES", 70_000)
    crash_with(trail, [make_fields("intent", str(number)) for number in range(1000)])

    trail.open().close()

    assert trail.types() == ["intent"] * 1000 + ["recovered"] + ["outcome"] * 1000
    assert trail.entries()[1000]["open_intents"] == 1000


def test_a_torn_last_line_of_the_checkpoints_is_cut_off(trail: Trail, make_fields: MakeFields) -> None:
    crash_with(trail, [make_fields()], published=[[make_fields()]])
    log = trail.directory / "checkpoints.log"
    whole = log.read_bytes()
    last = whole.splitlines(keepends=True)[-1]
    for torn in (last[:1], last[:-1], bytes(len(last)), bytes(100) + last[100:], last[:100] + bytes(50) + last[150:]):
        log.write_bytes(whole + torn)

        trail.open().close()

        assert log.read_bytes().startswith(whole)
        assert assert_sound(trail.directory, [SIGNER.verifier])
        whole = log.read_bytes()


def test_a_checkpoint_that_is_one_line_behind_is_brought_up(trail: Trail, make_fields: MakeFields) -> None:
    crash_with(trail, published=[[make_fields()]])
    checkpoint = trail.directory / "checkpoint"
    newest = checkpoint.read_bytes()
    before, _ = (trail.directory / "checkpoints.log").read_bytes().splitlines()
    checkpoint.write_text(json.loads(before), "utf-8")

    writer = trail.open()

    assert writer.checkpoint == newest
    assert checkpoint.read_bytes() == newest


def test_files_that_are_ahead_of_the_checkpoint_are_written_again(trail: Trail, make_fields: MakeFields) -> None:
    crash_with(trail, [make_fields("intent", "a")], published=[[make_fields()]])
    for path in ("tile/entries/000.p/4", "tile/0/000.p/4"):
        (trail.directory / path).write_bytes(b"whatever")

    trail.open().close()

    assert len(assert_sound(trail.directory, [SIGNER.verifier])) == 4


def test_what_was_left_in_the_making_is_deleted(trail: Trail, make_fields: MakeFields) -> None:
    """It may be a body that is to be deleted for good one day, and nobody would look for it there."""
    crash_with(trail, [make_fields()])
    left = [trail.state / "new" / "57", trail.payloads / ".new" / "57"]
    for path in left:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"left over")

    trail.open()

    assert not any(path.exists() for path in left)


def test_a_second_start_is_refused_if_the_first_one_left_the_trail_as_it_was(
    trail: Trail, make_fields: MakeFields
) -> None:
    crash_with(trail, published=[[make_fields()], [make_fields()]])
    journal = trail.journal()
    journal.write_bytes(journal.read_bytes()[:-1])
    for _ in range(2):
        with pytest.raises(TrailCorrupt, match="a signed checkpoint covers it"):
            trail.open()
