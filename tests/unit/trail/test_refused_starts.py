"""Damage that no crash explains: the writer does not start, names the file and the place, and changes nothing."""

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from beacon_audit.errors import TrailCorrupt, TrailError
from beacon_audit.trail.batch import MAGIC, Next
from beacon_audit.trail.checkpoint import Checkpoint, encode_log_line
from beacon_audit.trail.entry import encode_entry
from beacon_audit.trail.note import sign_note
from harness.held_storage import HeldStorage
from harness.journal_bytes import batch, batches_of, end_of
from harness.quick_storage import QuickStorage
from harness.signers import signer
from harness.trail import NEXT_SIGNER, SIGNER, MakeFields, Trail

ENTRIES = 300
#: So many of them in one batch each, at the end.
SINGLE = 4
CLOSE = {"type": "close", "id": "1", "time": "2025-10-01T00:00:00Z"}


@pytest.fixture(scope="module")
def closed_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trail that was closed in good order."""
    trail = Trail(tmp_path_factory.mktemp("closed"), publish_s=3600)
    trail.begin()
    writer = trail.open(QuickStorage())
    for number in range(ENTRIES):
        future = writer.submit({"type": "refusal", "id": f"{number}", "time": "2025-10-01T00:00:00Z"})
        if number >= ENTRIES - SINGLE - 1:
            future.result(10)
            writer.publish()
    writer.close()
    return trail.home


@pytest.fixture
def closed(trail: Trail, closed_home: Path, tmp_path: Path) -> Trail:
    trail.home = tmp_path / "home"
    shutil.copytree(closed_home, trail.home)
    return trail


def content(trail: Trail) -> dict[str, bytes]:
    """Everything but the lock."""
    return {
        path.relative_to(trail.home).as_posix(): path.read_bytes()
        for path in trail.home.rglob("*")
        if path.is_file() and path.name != "lock"
    }


def assert_refused(trail: Trail, *expected: str) -> None:
    """No writer opens the trail; its error holds all of ``expected``, and nothing is changed by it."""
    before = content(trail)
    with pytest.raises(TrailCorrupt) as caught:
        trail.open(QuickStorage())
    for text in expected:
        assert text in str(caught.value)
    assert content(trail) == before


def batches(journal: Path) -> list[int]:
    """Where the batches of a segment begin."""
    return [match.start() for match in re.finditer(re.escape(MAGIC), journal.read_bytes())]


def flip(path: Path, position: int) -> None:
    data = bytearray(path.read_bytes())
    data[position] ^= 1
    path.write_bytes(data)


def test_a_sound_trail_does_start(closed: Trail) -> None:
    assert (
        closed.open().submit({"type": "close", "id": "1", "time": "2025-10-01T00:00:00Z"}).result(10).index == ENTRIES
    )


def test_damage_in_any_byte_of_the_last_batch_is_no_torn_tail_when_a_checkpoint_covers_it(closed: Trail) -> None:
    journal = closed.journal()
    start = batches(journal)[-1]
    for position in range(start, journal.stat().st_size):
        flip(journal, position)
        assert_refused(closed, str(journal), f"batch at byte {start}: ")
        flip(journal, position)


@pytest.mark.parametrize("kept", [0, 1, 8, 30, 100, -1])
def test_a_last_batch_that_was_cut_is_no_torn_tail_when_a_checkpoint_covers_it(closed: Trail, kept: int) -> None:
    journal = closed.journal()
    start = batches(journal)[-1]
    data = journal.read_bytes()
    journal.write_bytes(data[: start + kept] if kept >= 0 else data[:-1])

    assert_refused(closed, str(journal), "a signed checkpoint covers" if kept else "the journal was cut")


def test_damage_in_an_earlier_batch_is_refused(closed: Trail) -> None:
    journal = closed.journal()
    for start in (0, batches(journal)[-2]):
        flip(journal, start + 80)
        assert_refused(closed, f"{journal}: batch at byte {start}: its hash is wrong, and another batch follows it")
        flip(journal, start + 80)


def test_a_bad_batch_before_a_good_one_is_refused_although_no_checkpoint_covers_either(closed: Trail) -> None:
    journal = closed.journal()
    whole = journal.read_bytes()
    place = end_of(journal)
    more = [batch(replace(place, number=place.number + late), [encode_entry(CLOSE, ENTRIES + late)]) for late in (0, 1)]
    journal.write_bytes(whole + more[0][:-1] + b"x" + more[1])

    assert_refused(closed, f"{journal}: batch at byte {len(whole)}: its hash is wrong, and another batch follows it")


def test_an_entry_in_the_journal_that_is_not_the_published_one_is_refused(closed: Trail) -> None:
    journal = closed.journal()
    start = batches(journal)[-1]
    data = journal.read_bytes()
    other = encode_entry({"type": "refusal", "id": "other", "time": "2025-10-01T00:00:00Z"}, ENTRIES - 1)
    journal.write_bytes(data[:start] + batch(batches_of(data)[-1].place, [other]))

    assert_refused(closed, str(journal), f"entry {ENTRIES - 1}")


def test_a_missing_segment_in_the_middle_is_refused(closed: Trail, make_fields: MakeFields) -> None:
    closed.segment_bytes, closed.publish_s = 1, 3600
    # Segments are deleted once their entries are published, so the log is left as a crash leaves it.
    storage = HeldStorage()
    writer = closed.open(storage)
    hold = storage.hold("create", "/new/")
    for _ in range(4):
        writer.submit(make_fields()).result(10)
    crashed = closed.home / "crashed"
    for name in ("trail", "payloads"):
        shutil.copytree(closed.home / name, crashed / name)
    hold.let_go()
    writer.close()
    closed.home = crashed
    (closed.state / f"journal-{ENTRIES + 1:020d}.wal").unlink()

    assert_refused(closed, f"journal-{ENTRIES + 2:020d}.wal", f"entry {ENTRIES + 1}")


def test_a_journal_that_begins_behind_the_checkpoint_is_refused(closed: Trail) -> None:
    journal = closed.journal()
    entry = encode_entry({"type": "refusal", "id": "1", "time": "2025-10-01T00:00:00Z"}, ENTRIES + 5)
    journal.unlink()
    journal.with_name(f"journal-{ENTRIES + 5:020d}.wal").write_bytes(batch(Next(0, ENTRIES + 5), [entry]))

    assert_refused(closed, f"journal-{ENTRIES + 5:020d}.wal", f"begins with entry {ENTRIES - 1} or one before it")


def remove_tree(trail: Trail) -> None:
    shutil.rmtree(trail.directory / "tile")


def remove_everything(trail: Trail) -> None:
    for path in trail.directory.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    # As `open_home` finds it. What begins a trail is `init`, which refuses when there was one (unit/home/test_create).
    trail.state.mkdir()


@pytest.mark.parametrize(
    ("remove", "expected"),
    [
        (lambda trail: (trail.directory / "checkpoint").unlink(), "trail/checkpoint: "),
        (lambda trail: (trail.directory / "checkpoint").write_bytes(b""), "trail/checkpoint: "),
        (lambda trail: (trail.directory / "checkpoints.log").unlink(), "trail/checkpoints.log: "),
        (lambda trail: (trail.directory / "checkpoints.log").write_bytes(b""), "trail/checkpoints.log: "),
        (remove_tree, "trail/tile/entries/000: missing"),
        (lambda trail: trail.journal().unlink(), "trail/.state: expected the journal that goes on after entry 299"),
        (lambda trail: shutil.rmtree(trail.state), "trail/.state: expected the journal that goes on after entry 299"),
        (lambda trail: trail.journal().write_bytes(b""), "the journal was cut"),
        (remove_everything, "trail/checkpoints.log: expected a signed checkpoint, found none"),
    ],
    ids=[
        "checkpoint", "checkpoint-empty", "checkpoints.log", "checkpoints.log-empty", "tile", "journal", "state",
        "journal-empty", "everything",
    ],
)  # fmt: skip
def test_what_was_deleted_is_missed(closed: Trail, remove: Callable[[Trail], None], expected: str) -> None:
    remove(closed)

    assert_refused(closed, expected)


FILES = ["tile/0/000", "tile/0/001.p/44", "tile/1/000.p/1", "tile/entries/000", "tile/entries/001.p/44"]


@pytest.mark.parametrize("file", FILES)
def test_every_file_of_the_tree_is_missed(closed: Trail, file: str) -> None:
    (closed.directory / file).unlink()

    assert_refused(closed, f"{closed.directory / file}: missing, though a signed checkpoint covers it")


@pytest.mark.parametrize("file", [file for file in FILES if file != "tile/entries/000"])
@pytest.mark.parametrize("change", [b"", b"x", None])
def test_a_file_of_the_tree_with_another_size_is_refused(closed: Trail, file: str, change: bytes | None) -> None:
    """The size of a full bundle is not known without reading it; `verify` reads it."""
    path = closed.directory / file
    path.write_bytes(path.read_bytes()[:-1] if change is None else change and path.read_bytes() + change)

    assert_refused(closed, str(path))


@pytest.mark.parametrize("file", ["tile/0/001.p/44", "tile/1/000.p/1", "tile/entries/001.p/44"])
def test_a_right_edge_that_was_changed_is_refused(closed: Trail, file: str) -> None:
    """From there the tree goes on: whatever is wrong here would be in every checkpoint to come."""
    path = closed.directory / file
    for position in (5, path.stat().st_size - 1):
        flip(path, position)
        assert_refused(closed, str(closed.directory / "tile"))
        flip(path, position)


def test_a_bundle_that_holds_another_entry_is_refused(closed: Trail) -> None:
    path = closed.directory / "tile/entries/001.p/44"
    path.write_bytes(path.read_bytes().replace(b'"id":"299"', b'"id":"298"'))

    assert_refused(closed, str(path), "entry 299")


def lines_of(trail: Trail) -> list[bytes]:
    return (trail.directory / "checkpoints.log").read_bytes().splitlines(keepends=True)


def test_a_checkpoint_that_is_more_than_one_line_behind_is_refused(closed: Trail) -> None:
    (closed.directory / "checkpoint").write_bytes(json.loads(lines_of(closed)[-3]).encode())

    assert_refused(closed, f"{closed.directory / 'checkpoint'}: expected the last line of checkpoints.log")


def test_a_checkpoint_that_is_ahead_of_its_log_is_refused(closed: Trail) -> None:
    (closed.directory / "checkpoints.log").write_bytes(b"".join(lines_of(closed)[:-1]))

    assert_refused(closed, f"{closed.directory / 'checkpoint'}: expected the last line of checkpoints.log")


def test_a_checkpoint_that_is_no_checkpoint_is_refused(closed: Trail) -> None:
    flip(closed.directory / "checkpoint", 30)

    assert_refused(closed, f"{closed.directory / 'checkpoint'}: expected the last line of checkpoints.log")


@pytest.mark.parametrize("position", [1, 40, 100, -3, -2])
def test_a_last_line_that_was_changed_is_refused(closed: Trail, position: int) -> None:
    flip(closed.directory / "checkpoints.log", -1 + position if position < 0 else position - len(lines_of(closed)[-1]))

    assert_refused(closed, str(closed.directory / "checkpoint"))


def sign_newest(trail: Trail, text: str, *keys: object) -> None:
    """Let the newest checkpoint be one over ``text``, in both files."""
    note = sign_note(text, *keys).encode()  # type: ignore[arg-type]  # signers
    (trail.directory / "checkpoint").write_bytes(note)
    (trail.directory / "checkpoints.log").write_bytes(b"".join(lines_of(trail)[:-1]) + encode_log_line(note))


def newest_text(trail: Trail) -> str:
    return (trail.directory / "checkpoint").read_text("utf-8").split("\n\n")[0] + "\n"


@pytest.mark.parametrize("other", [NEXT_SIGNER, signer(7, SIGNER.verifier.name), signer(7, "other/log")])
def test_a_checkpoint_of_another_key_is_refused(closed: Trail, other: object) -> None:
    sign_newest(closed, newest_text(closed), other)

    assert_refused(closed, f"{closed.directory / 'checkpoints.log'}: the newest line is not signed by the key")


def test_a_forged_signature_is_refused(closed: Trail) -> None:
    note = (closed.directory / "checkpoint").read_text("utf-8")
    forged = note.replace(f"\n{ENTRIES}\n", f"\n{ENTRIES - 1}\n").encode()
    (closed.directory / "checkpoint").write_bytes(forged)
    (closed.directory / "checkpoints.log").write_bytes(b"".join(lines_of(closed)[:-1]) + encode_log_line(forged))

    assert_refused(closed, str(closed.directory / "checkpoints.log"), "signature")


@pytest.mark.parametrize("size", [ENTRIES - 1, ENTRIES + 1])
def test_a_checkpoint_of_our_own_key_that_does_not_fit_the_tree_is_refused(closed: Trail, size: int) -> None:
    sign_newest(closed, Checkpoint(SIGNER.verifier.name, size, bytes(32)).text, SIGNER)

    assert_refused(closed, str(closed.directory))


def test_a_roll_back_of_both_files_to_an_older_checkpoint_is_noticed_while_the_journal_is_newer(
    closed: Trail,
) -> None:
    """The journal's later entries are published again: to the same tree, so nothing is lost or contradicted."""
    newest = (closed.directory / "checkpoint").read_bytes()
    older = lines_of(closed)[:-1]
    (closed.directory / "checkpoints.log").write_bytes(b"".join(older))
    (closed.directory / "checkpoint").write_bytes(json.loads(older[-1]).encode())

    assert closed.open(QuickStorage()).publish() == newest


def test_a_trail_is_not_begun_where_something_is(closed: Trail) -> None:
    (closed.directory / "checkpoint").unlink()
    with pytest.raises(TrailError, match="expected an empty directory to begin a trail in"):
        closed.begin()


def test_a_trail_is_not_begun_over_a_journal(closed: Trail) -> None:
    for path in closed.directory.iterdir():
        if path.name != ".state":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    with pytest.raises(TrailError, match=r"\.state/.*: expected an empty directory to begin a trail in"):
        closed.begin()
