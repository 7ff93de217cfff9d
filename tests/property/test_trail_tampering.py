"""The tamper matrix: whatever is changed in a log, `verify` finds it, says what it means, and does not take long.

Each attack is made on a small whole log (``harness.specimen``), which verifies as ``ok`` with its anchor. What only an
anchor can show ends without one as ``unanchored``, never as ``ok``.
"""

import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beacon_audit.errors import TrailCorrupt
from beacon_audit.trail.checkpoint import Checkpoint, encode_log_line, parse_checkpoint
from beacon_audit.trail.entry import encode_entry
from beacon_audit.trail.merkle import leaf_hash
from beacon_audit.trail.note import parse_note, sign_note
from beacon_audit.trail.payload_files import read_payload
from beacon_audit.trail.tiles import encode_bundle
from beacon_audit.trail.verify import Verdict
from harness.evidence import make_evidence
from harness.journal_bytes import batches_of, journal
from harness.log_builder import make_signer
from harness.specimen import (
    CHECKPOINTS,
    DAY,
    SIZE,
    Specimen,
    build_specimen,
    codes,
    renumbered,
    write_specimen,
)

pytestmark = pytest.mark.timeout(60)

type Edit = Callable[[list[bytes]], Sequence[bytes]]

#: An entry of the last run, in the partial bundle; the one behind it is its outcome.
VICTIM = 270
BUNDLES = ("tile/entries/000", f"tile/entries/001.p/{SIZE - 256}")
TILES = ("tile/0/000", f"tile/0/001.p/{SIZE - 256}", "tile/1/000.p/1")


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Specimen:
    """Never changed."""
    return build_specimen(tmp_path_factory.mktemp("pristine") / "home")


@pytest.fixture
def specimen(pristine: Specimen, tmp_path: Path) -> Specimen:
    """To be changed."""
    shutil.copytree(pristine.home, tmp_path / "home")
    return replace(pristine, home=tmp_path / "home")


@pytest.fixture(scope="module")
def worn(pristine: Specimen, tmp_path_factory: pytest.TempPathFactory) -> Specimen:
    """To be changed and put right again."""
    home = tmp_path_factory.mktemp("worn") / "home"
    shutil.copytree(pristine.home, home)
    return replace(pristine, home=home)


@contextmanager
def changed(path: Path, data: bytes) -> Iterator[None]:
    """Inside, the file holds ``data``."""
    before = path.read_bytes()
    path.write_bytes(data)
    try:
        yield
    finally:
        path.write_bytes(before)


def assert_tampered(verdict: Verdict, *expected: str) -> None:
    assert verdict.verdict == "tampered", verdict.problems
    assert set(expected) <= codes(verdict), verdict.problems


def test_untouched_log_is_ok_with_an_anchor_and_unanchored_without(pristine: Specimen) -> None:
    verdict = pristine.verify(pristine.anchor)
    assert (verdict.verdict, verdict.size, verdict.anchored_size) == ("ok", SIZE, SIZE)
    assert pristine.verify().verdict == "unanchored"


@given(data=st.data())
@settings(max_examples=300, deadline=None)
def test_any_one_bit_flipped_is_found(worn: Specimen, data: st.DataObject) -> None:
    path = data.draw(st.sampled_from([path for path in worn.files() if path.stat().st_size]))
    content = bytearray(path.read_bytes())
    bit = data.draw(st.integers(0, len(content) * 8 - 1))
    content[bit // 8] ^= 1 << bit % 8
    original = _payload_or_none(path)
    with changed(path, bytes(content)):
        verdict = worn.verify(worn.anchor)
        # A commitment covers salt and body; zstd can write the same content in more ways than one.
        if original is None or _payload_or_none(path) != original:
            assert verdict.verdict == "tampered", (path, bit, verdict.problems)


def _payload_or_none(path: Path) -> tuple[bytes, bytes] | None:
    try:
        return read_payload(path) if path.suffix == ".zst" else None
    except TrailCorrupt:
        return None


@given(data=st.data())
@settings(max_examples=100, deadline=None)
def test_any_file_cut_anywhere_is_found(worn: Specimen, data: st.DataObject) -> None:
    path = data.draw(st.sampled_from([path for path in worn.files() if path.stat().st_size]))
    content = path.read_bytes()
    length = data.draw(st.integers(0, len(content) - 1))
    with changed(path, content[:length]):
        assert worn.verify(worn.anchor).verdict == "tampered", (path, length)


@given(data=st.data())
@settings(max_examples=100, deadline=None)
def test_anything_appended_to_a_file_is_found(worn: Specimen, data: st.DataObject) -> None:
    path = data.draw(st.sampled_from([path for path in worn.files() if path.name != "lock"]))
    more = data.draw(st.binary(min_size=1, max_size=40))
    with changed(path, path.read_bytes() + more):
        verdict = worn.verify(worn.anchor).verdict
        # Behind the last line and behind the last batch it may be what a crash left, which is not called whole either.
        behind = path.name == "checkpoints.log" or path.suffix == ".wal"
        assert verdict == "tampered" or (behind and verdict == "incomplete"), (path, more)


@given(data=st.data())
@settings(max_examples=100, deadline=None)
def test_any_file_removed_is_found(worn: Specimen, data: st.DataObject) -> None:
    needed = [path for path in worn.files() if path.name != "lock" and not path.match("001.p/24")]
    path = data.draw(st.sampled_from(needed))
    content = path.read_bytes()
    path.unlink()
    try:
        verdict = worn.verify(worn.anchor)
    finally:
        path.write_bytes(content)
    assert verdict.verdict == ("incomplete" if "tile" in path.parts else "tampered"), (path, verdict.problems)


EDITS: dict[str, Edit] = {
    "removed": lambda entries: [*entries[:VICTIM], *entries[VICTIM + 1 :]],
    "swapped": lambda entries: [*entries[:VICTIM], entries[VICTIM + 1], entries[VICTIM], *entries[VICTIM + 2 :]],
    "duplicated": lambda entries: [*entries[: VICTIM + 1], entries[VICTIM], *entries[VICTIM + 1 :]],
    "appended": lambda entries: [*entries, encode_entry({"type": "close", "id": "x", "time": TIME}, len(entries))],
    "altered": lambda entries: [*entries[:VICTIM], with_field(entries[VICTIM], "path", "/v1"), *entries[VICTIM + 1 :]],
}
TIME = "2026-01-02T11:00:00Z"


def with_field(entry: bytes, name: str, value: object) -> bytes:
    fields = json.loads(entry)
    index = fields.pop("index")
    return encode_entry({**fields, name: value}, index)


@pytest.mark.parametrize("edit", EDITS)
def test_entry_changed_in_its_bundle_is_found_and_named(specimen: Specimen, edit: str) -> None:
    path = specimen.trail / BUNDLES[1]
    entries = EDITS[edit](list(specimen.entries))[256:]
    path.write_bytes(encode_bundle(entries))
    verdict = specimen.verify(specimen.anchor)
    assert_tampered(verdict)
    tampered = [problem for problem in verdict.problems if problem.severity == "tampered"]
    first = min(problem.entry for problem in tampered if problem.entry is not None)
    found = next(problem for problem in tampered if problem.entry == first)
    assert found.file == BUNDLES[1]
    if edit == "appended":
        assert_tampered(verdict, "surplus-bytes")
    elif edit == "altered":
        assert (first, found.code) == (VICTIM, "bundle-mismatch")
        assert found.offset == sum(2 + len(entry) for entry in specimen.entries[256:VICTIM])
    else:
        assert first >= VICTIM


@pytest.mark.parametrize("edit", EDITS)
@pytest.mark.parametrize("anchored", [True, False])
def test_entries_and_tiles_changed_without_the_key_are_found(specimen: Specimen, edit: str, anchored: bool) -> None:
    kept = {name: (specimen.trail / name).read_bytes() for name in ("checkpoint", "checkpoints.log")}
    shutil.rmtree(specimen.trail)
    edited = renumbered(EDITS[edit](list(specimen.entries)))
    write_specimen(specimen, edited, sizes=(*CHECKPOINTS[:-1], len(edited)))
    for name, data in kept.items():
        (specimen.trail / name).write_bytes(data)
    assert_tampered(specimen.verify(*[specimen.anchor] * anchored))


@pytest.mark.parametrize("edit", [*EDITS, "rolled back"])
def test_history_rewritten_with_the_logs_own_key_is_found_with_an_anchor_only(specimen: Specimen, edit: str) -> None:
    shutil.rmtree(specimen.trail)
    if edit == "rolled back":
        write_specimen(specimen, specimen.entries[:280], sizes=CHECKPOINTS[:-1])
    else:
        edited = renumbered(EDITS[edit](list(specimen.entries)))
        write_specimen(specimen, edited, sizes=(*CHECKPOINTS[:-1], len(edited)))
    expected = {"rolled back": "rolled-back", "removed": "rolled-back", "appended": None}.get(edit, "anchor-mismatch")
    verdict = specimen.verify(specimen.anchor)
    if expected is None:  # a later entry is no change of the past
        assert verdict.verdict == "ok"
        return
    assert_tampered(verdict, expected)
    alone = specimen.verify().verdict
    assert alone == ("tampered" if edit in ("removed", "swapped", "duplicated") else "unanchored")


def test_forked_log_is_found_with_an_anchor_of_the_other_branch(specimen: Specimen) -> None:
    other = replace(specimen, home=specimen.home.with_name("other"))
    shutil.copytree(specimen.payloads, other.payloads)
    entries = list(specimen.entries)
    entries[210] = with_field(entries[210], "path", "/v1/other")
    other = write_specimen(other, entries)
    assert_tampered(specimen.verify(specimen.anchor, other.anchor), "anchor-mismatch")
    assert_tampered(other.verify(specimen.notes[-2]), "anchor-mismatch")
    common = specimen.notes[CHECKPOINTS.index(200)]
    assert specimen.verify(common).verdict == other.verify(common).verdict == "ok"


@pytest.mark.parametrize("same_origin", [True, False])
def test_log_signed_by_a_swapped_key_is_found_with_an_anchor_only(
    specimen: Specimen, same_origin: bool, tmp_path: Path
) -> None:
    shutil.rmtree(specimen.home)
    if same_origin:
        name = specimen.key.name
        thief = replace(specimen, signers=(make_signer(8, name), make_signer(9, name)))
        forged = build_specimen(tmp_path / "forged", seed=8)
        shutil.copytree(forged.payloads, specimen.payloads)
        shutil.rmtree(forged.home)
        entries = [entry for entry in specimen.entries if b"key-change" not in entry]
        thief = replace(thief, signers=(thief.signers[0], thief.signers[0]))
        thief = write_specimen(thief, renumbered(entries), sizes=(*CHECKPOINTS[:-1], len(entries)))
    else:
        thief = build_specimen(specimen.home, seed=8)
    assert_tampered(thief.verify(specimen.anchor), "foreign-anchor")
    assert thief.verify().verdict == "unanchored"
    assert_tampered(thief.verify(key=specimen.key), "bad-signature")


@pytest.mark.parametrize("path", [*TILES, *BUNDLES])
def test_missing_tile_or_bundle_makes_the_log_incomplete(specimen: Specimen, path: str) -> None:
    (specimen.trail / path).unlink()
    verdict = specimen.verify(specimen.anchor)
    assert verdict.verdict == "incomplete"
    expected = {"missing-bundle" if "entries" in path else "missing-tile"}
    if path == BUNDLES[0]:  # it names payload files, and holds the change of key
        expected.add("surplus-payload")
    if path == BUNDLES[1]:  # it holds the prune entry
        expected.add("payload-unaccounted")
    assert codes(verdict) == expected
    assert verdict.anchored_size == SIZE


def test_lines_of_another_key_are_only_believed_where_an_earlier_key_may_be_missing(specimen: Specimen) -> None:
    """The change of key is missing. Then the tree must have the roots of lines that nobody known has signed."""
    log, bundle = specimen.trail / "checkpoints.log", specimen.trail / BUNDLES[0]
    lines = log.read_bytes().splitlines(keepends=True)
    stranger = make_signer(7, specimen.key.name)
    for number, size, root, whole, without in (
        (2, 20, None, "tampered", "incomplete"),  # as an earlier key might have signed
        (2, 20, bytes(32), "tampered", "tampered"),
        (6, 280, None, "tampered", "tampered"),  # behind lines of the key that is known
    ):
        true = parse_checkpoint(parse_note(specimen.notes[number]).text)
        note = sign_note(Checkpoint(true.origin, size, root or true.root).text, stranger)
        altered = [*lines[:number], encode_log_line(note.encode()), *lines[number + 1 :]]
        with changed(log, b"".join(altered)):
            assert specimen.verify(specimen.anchor).verdict == whole
            content = bundle.read_bytes()
            bundle.unlink()
            assert specimen.verify(specimen.anchor).verdict == without, (number, root)
            bundle.write_bytes(content)


@pytest.mark.parametrize("path", [*TILES, *BUNDLES])
def test_tile_or_bundle_at_the_wrong_path_is_found(specimen: Specimen, path: str) -> None:
    target = specimen.trail / path.replace("/00", "/01")
    target.parent.mkdir(parents=True, exist_ok=True)
    (specimen.trail / path).rename(target)
    assert_tampered(specimen.verify(specimen.anchor), "surplus-file")


@pytest.mark.parametrize("path", TILES)
def test_truncated_tile_is_found(specimen: Specimen, path: str) -> None:
    file = specimen.trail / path
    file.write_bytes(file.read_bytes()[:-1])
    assert_tampered(specimen.verify(specimen.anchor), "truncated-tile")


@pytest.mark.parametrize(
    "path",
    [
        "tile/2/000.p/1",
        "tile/entries/001.p/45",
        "tile/entries/x001/000",
        "tile/0/1",
        "notes.txt",
        "tile/entries/000.p/9",
    ],
)
def test_surplus_file_is_found(specimen: Specimen, path: str) -> None:
    file = specimen.trail / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"x" * 32)
    verdict = specimen.verify(specimen.anchor)
    assert_tampered(verdict, "bundle-mismatch" if "p/9" in path else "surplus-file")
    assert path in {problem.file for problem in verdict.problems}


@pytest.mark.timeout(20)
def test_directories_deeper_than_a_path_can_be_long_are_surplus(specimen: Specimen) -> None:
    make_deep(specimen.trail / "tile/0", "x000")
    assert_tampered(specimen.verify(specimen.anchor), "surplus-file")


def make_deep(directory: Path, name: str) -> None:
    """More than any path can name, made step by step."""
    here = os.open(directory, os.O_RDONLY)
    for _ in range(1500):
        os.mkdir(name, dir_fd=here)
        below = os.open(name, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)


def test_older_partial_file_that_is_a_prefix_is_no_problem(specimen: Specimen) -> None:
    for path, data in (
        ("tile/entries/000.p/3", encode_bundle(specimen.entries[:3])),
        ("tile/0/000.p/2", b"".join(map(leaf_hash, specimen.entries[:2]))),
    ):
        file = specimen.trail / path
        file.parent.mkdir()
        file.write_bytes(data)
    assert specimen.verify(specimen.anchor).verdict == "ok"


def make_link(path: Path) -> None:
    path.rename(path.with_name("moved"))
    path.symlink_to(path.with_name("moved"))


def make_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def make_directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.timeout(10)
@pytest.mark.parametrize("make", [make_link, make_pipe, make_directory])
@pytest.mark.parametrize(
    "path",
    [
        *(f"trail/{path}" for path in (*TILES, *BUNDLES, "checkpoint", "checkpoints.log", ".state/lock")),
        "trail/.state/journal-00000000000000000240.wal",
        f"payloads/{DAY}/body-1.json.zst",
    ],
)
def test_something_else_in_the_place_of_a_file_is_found_and_not_waited_for(
    specimen: Specimen, path: str, make: Callable[[Path], None]
) -> None:
    make(specimen.home / path)
    assert_tampered(specimen.verify(specimen.anchor))


@pytest.mark.timeout(10)
@pytest.mark.parametrize("path", ["tile", "tile/0", "tile/entries/001.p", ".state"])
def test_directory_behind_a_symbolic_link_is_found(specimen: Specimen, path: str) -> None:
    elsewhere = specimen.home / "elsewhere"
    (specimen.trail / path).rename(elsewhere)
    (specimen.trail / path).symlink_to(elsewhere)
    assert_tampered(specimen.verify(specimen.anchor), "surplus-file")


@pytest.mark.timeout(10)
@pytest.mark.parametrize(
    "path",
    ["trail/tile", "trail/tile/0", "trail/tile/entries/001.p", "trail/.state", "trail", "payloads", f"payloads/{DAY}"],
)
def test_link_that_leads_in_a_circle_gets_a_verdict(specimen: Specimen, path: str) -> None:
    """And so does what evidence is made of: it is needed then."""
    place = specimen.home / path
    shutil.rmtree(place)
    place.symlink_to(place.name)
    assert_tampered(specimen.verify(specimen.anchor))
    if path != "trail":
        made = make_evidence(specimen.home, specimen.key.vkey, specimen.anchor)
        assert made.judge().answer["verdict"] == "tampered"


@pytest.mark.parametrize("count", range(1, len(CHECKPOINTS)))
def test_older_checkpoint_in_the_place_of_the_newest_is_found(specimen: Specimen, count: int) -> None:
    (specimen.trail / "checkpoint").write_bytes(specimen.notes[-1 - count])
    verdict = specimen.verify()
    # One step behind is what a crash between the two files leaves; the log of checkpoints still has the newest.
    assert verdict.verdict == ("incomplete" if count == 1 else "tampered")
    assert codes(verdict) == {"checkpoint-behind" if count == 1 else "rolled-back"}
    assert verdict.size == SIZE


@pytest.mark.parametrize("count", range(1, len(CHECKPOINTS)))
def test_older_checkpoint_with_its_lines_is_found_by_the_files_behind_it(specimen: Specimen, count: int) -> None:
    log = specimen.trail / "checkpoints.log"
    log.write_bytes(b"".join(log.read_bytes().splitlines(keepends=True)[:-count]))
    (specimen.trail / "checkpoint").write_bytes(specimen.notes[-1 - count])
    shutil.rmtree(specimen.trail / ".state")
    verdict = specimen.verify(journal=False)
    # At size 0 nothing leads from the newer key, which is the trusted one, to the older.
    assert_tampered(verdict, "surplus-file" if count < len(CHECKPOINTS) - 1 else "bad-signature")


def test_lines_in_another_order_or_twice_are_found(specimen: Specimen) -> None:
    log = specimen.trail / "checkpoints.log"
    lines = log.read_bytes().splitlines(keepends=True)
    for edited in ([*lines[:3], lines[4], lines[3], *lines[5:]], [*lines, lines[-1]]):
        log.write_bytes(b"".join(edited))
        assert_tampered(specimen.verify(specimen.anchor), "checkpoint-log-damaged")


def test_lines_that_do_not_begin_with_the_empty_log_are_found(specimen: Specimen) -> None:
    log = specimen.trail / "checkpoints.log"
    lines = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(b"".join(lines[1:]))
    verdict = specimen.verify(specimen.anchor)
    assert_tampered(verdict, "checkpoint-log-mismatch")
    assert verdict.problems[0].offset == 0


def test_line_of_another_history_is_found_at_its_place(specimen: Specimen) -> None:
    other = replace(specimen, home=specimen.home.with_name("other"))
    entries = list(specimen.entries)
    entries[90] = with_field(entries[90], "path", "/v1/other")
    other = write_specimen(other, entries)
    log = specimen.trail / "checkpoints.log"
    lines = log.read_bytes().splitlines(keepends=True)
    lines[3] = (other.trail / "checkpoints.log").read_bytes().splitlines(keepends=True)[3]
    log.write_bytes(b"".join(lines))
    verdict = specimen.verify(specimen.anchor)
    assert_tampered(verdict, "checkpoint-log-mismatch")
    assert verdict.problems[0].offset == sum(map(len, lines[:3]))


def test_deleted_log_is_found(specimen: Specimen) -> None:
    shutil.rmtree(specimen.trail)
    assert_tampered(specimen.verify(), "no-checkpoint")
    specimen.trail.mkdir()
    assert_tampered(specimen.verify(), "no-checkpoint")
    assert_tampered(specimen.verify(specimen.anchor), "no-checkpoint")


@pytest.mark.parametrize("names", [("checkpoint",), ("checkpoints.log",), ("checkpoint", "checkpoints.log")])
def test_log_without_its_checkpoints_is_found(specimen: Specimen, names: Sequence[str]) -> None:
    for name in names:
        (specimen.trail / name).unlink()
    assert_tampered(specimen.verify(specimen.anchor))


def test_payload_file_altered_exchanged_or_removed_is_found(specimen: Specimen) -> None:
    first, second = (specimen.payloads / DAY / f"body-{number}.json.zst" for number in (1, 2))
    with changed(first, second.read_bytes()):
        verdict = specimen.verify(specimen.anchor)
        assert_tampered(verdict, "payload-altered")
        assert (verdict.problems[0].entry, verdict.problems[0].file) == (20, f"payloads/{DAY}/body-1.json.zst")
    first.unlink()
    verdict = specimen.verify(specimen.anchor)
    assert_tampered(verdict, "payload-missing")
    assert (verdict.problems[0].entry, verdict.problems[0].file) == (20, f"payloads/{DAY}/body-1.json.zst")


def test_pruned_payload_file_is_accounted_for_by_its_entry_only(specimen: Specimen) -> None:
    verdict = specimen.verify(specimen.anchor)
    assert verdict.payloads is not None
    assert (verdict.payloads.present, verdict.payloads.pruned) == (2, 1)
    without = [entry for entry in specimen.entries if b'"type":"prune"' not in entry]
    shutil.rmtree(specimen.trail)
    other = write_specimen(specimen, renumbered(without), sizes=(*CHECKPOINTS[:-1], SIZE - 1))
    assert_tampered(other.verify(other.anchor), "payload-missing")


def test_journal_that_disagrees_with_the_log_is_found(specimen: Specimen) -> None:
    (path,) = specimen.trail.glob(".state/*.wal")
    batches = batches_of(path.read_bytes())
    index = 240 + sum(len(batch.entries) for batch in batches[:4])
    forged = (with_field(batches[4].entries[0], "id", "forged"), *batches[4].entries[1:])
    contents = [forged if batch is batches[4] else batch.entries for batch in batches]
    path.write_bytes(b"".join(journal(*([*entries] for entries in contents), place=batches[0].place)))
    verdict = specimen.verify(specimen.anchor)
    assert_tampered(verdict, "journal-corrupt")
    assert f"entry {index} " in verdict.problems[0].message


def test_journal_removed_or_cut_below_the_checkpoint_is_found(specimen: Specimen) -> None:
    (path,) = specimen.trail.glob(".state/*.wal")
    whole = path.read_bytes()
    batches = batches_of(whole)
    with changed(path, whole[: batches[-1].offset]):
        assert_tampered(specimen.verify(specimen.anchor), "journal-corrupt")
    path.rename(path.with_name(f"journal-{SIZE + 1:020d}.wal"))
    assert_tampered(specimen.verify(specimen.anchor), "journal-corrupt")
    shutil.rmtree(specimen.trail / ".state")
    assert_tampered(specimen.verify(specimen.anchor), "journal-corrupt")
    assert specimen.verify(specimen.anchor, journal=False).verdict == "ok"
