"""Files that are missing do not keep the verifiers from comparing the others, and hide nothing.

Status 2 says that what is left is what was signed. So it is the answer while every entry that is there leads to a
signed root; where none does any more, the answer is 1. Both verifiers are asked, and must agree.
"""

import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from beacon_audit.trail.entry import encode_entry
from beacon_audit.trail.merkle import leaf_hash
from beacon_audit.trail.tiles import TilePlace, decode_bundle, encode_bundle
from harness.log_builder import exchanges, intent, moment, outcome
from harness.two_verifiers import STATUS, TwoCopies, two_copies

SIZE = 802
#: In the second bundle, behind the first.
VICTIM = 300

type Build = Callable[..., TwoCopies]


@pytest.fixture
def log(tmp_path: Path) -> TwoCopies:
    """Checkpoints: of the empty log, in the first bundle, and at the end."""
    return two_copies(tmp_path, list(exchanges(SIZE)), sizes=(100, SIZE))


def place(level: int | None, index: int) -> str:
    hashes = SIZE >> 8 * (level or 0)
    return TilePlace(level, index, min(256, hashes - index * 256)).path


def alter(log: TwoCopies, index: int = VICTIM) -> None:
    """Another entry in its bundle and its tile, as somebody does who has no key."""
    number, position = divmod(index, 256)

    def edit(trail: Path) -> None:
        bundle, tile = trail / place(None, number), trail / place(0, number)
        entries = list(decode_bundle(bundle.read_bytes(), min(256, SIZE - number * 256)))
        assert b"beacon.langchain.com" in entries[position]
        entries[position] = entries[position].replace(b"beacon.langchain.com", b"beacon.langchain.org")
        bundle.write_bytes(encode_bundle(entries))
        if tile.exists():
            tile.write_bytes(b"".join(map(leaf_hash, entries)))

    log.each(edit)


@pytest.mark.parametrize("number", range(3))
def test_bundle_and_its_tile_are_only_missing(log: TwoCopies, number: int) -> None:
    log.remove(place(None, number), place(0, number))
    status, codes, anchored = log.both(log.notes[-1])
    assert (status, codes, anchored) == (2, {"missing-bundle", "missing-tile"}, SIZE)


@pytest.mark.parametrize("gone", [0, 2])
@pytest.mark.parametrize("anchored", [True, False])
def test_entry_altered_beside_a_missing_bundle_and_tile_is_found(log: TwoCopies, gone: int, anchored: bool) -> None:
    log.remove(place(None, gone), place(0, gone))
    alter(log)
    status, codes, _ = log.both(*log.notes[-1:] * anchored)
    assert status == 1
    assert "tile-mismatch" in codes


@pytest.mark.parametrize("altered", [True, False])
@pytest.mark.parametrize("gone", [0, 2])
def test_entries_that_nothing_signed_confirms_are_taken_for_altered(
    log: TwoCopies, gone: int, altered: bool, tmp_path: Path
) -> None:
    log.remove(place(None, gone), place(0, gone), place(1, 0))
    if altered:
        alter(log)
    status, codes, anchored = log.both(log.notes[-1])
    assert (status, anchored) == (1, None)
    assert {"unconfirmed-entries", "anchor-not-compared"} <= codes
    if gone:  # the first bundle has a checkpoint of its own
        assert log.both(log.notes[1])[2] == 100


@pytest.mark.parametrize("with_tile", [True, False])
def test_end_that_is_missing_is_only_missing_when_a_checkpoint_confirms_what_is_left(
    tmp_path: Path, with_tile: bool
) -> None:
    entries = list(exchanges(SIZE))
    for sizes, expected in ((100, SIZE), 1 + with_tile), ((768, SIZE), 2):
        log = two_copies(tmp_path / str(sizes), entries, sizes=sizes)
        log.remove(place(None, 3), *[place(0, 3)] * (not with_tile))
        status, codes, anchored = log.both(log.notes[-1])
        assert (status, anchored) == (expected, SIZE if with_tile else None), codes
        assert ("anchor-not-compared" in codes) is (not with_tile)
        alter(log)
        assert log.both(log.notes[-1])[0] == 1


def test_anchor_within_what_is_missing_is_a_problem_and_no_anchor(tmp_path: Path) -> None:
    log = two_copies(tmp_path, list(exchanges(SIZE)), sizes=(300, SIZE))
    log.remove(place(None, 1), place(0, 1))
    assert log.both(log.notes[1]) == (2, {"missing-bundle", "missing-tile", "anchor-not-compared"}, None)
    status, codes, anchored = log.both(log.notes[1], log.notes[-1])
    assert (status, "anchor-not-compared" in codes, anchored) == (2, True, SIZE)


def test_everything_gone_but_the_checkpoints_is_missing(log: TwoCopies) -> None:
    log.each(lambda directory: shutil.rmtree(directory / "tile"))
    status, codes, anchored = log.both(log.notes[-1])
    assert (status, anchored) == (2, None)
    assert codes <= {"missing-bundle", "missing-tile", "anchor-not-compared"}


@pytest.mark.parametrize("seed", range(6))
def test_whatever_is_missing_hides_no_alteration(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    entries = list(exchanges(SIZE))
    for attempt in range(4):
        log = two_copies(tmp_path / str(attempt), entries, sizes=[*sorted(chance.sample(range(1, SIZE), 3)), SIZE])
        paths = [place(None, n) for n in range(4)] + [place(0, n) for n in range(4)] + [place(1, 0)]
        victim = chance.choice(range(2, SIZE, 2))
        gone = chance.sample([path for path in paths if path != place(None, victim // 256)], chance.randint(1, 6))
        log.remove(*gone)
        before = log.both(log.notes[-1])
        assert before[0] in (1, 2)
        assert before[0] == 2 or "unconfirmed-entries" in before[1]
        alter(log, victim)
        assert log.both(log.notes[-1])[0] == 1, (gone, victim)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("altered", [None, 70, 40_000, 65_700])
def test_hashes_two_levels_up_stand_in_for_what_is_missing(tmp_path: Path, altered: int | None) -> None:
    size = 65_800
    entries = [
        encode_entry({"type": "heartbeat", "id": "h", "time": moment(index * 60)}, index) for index in range(size)
    ]
    log = two_copies(tmp_path, entries, sizes=(100, size))
    log.remove("tile/entries/001", "tile/0/001", "tile/1/000")
    if altered is not None:
        number, position = divmod(altered, 256)
        width = min(256, size - number * 256)

        def edit(trail: Path) -> None:
            path, tile = (trail / TilePlace(level, number, width).path for level in (None, 0))
            found = list(decode_bundle(path.read_bytes(), width))
            found[position] = found[position].replace(b'"h"', b'"x"')
            path.write_bytes(encode_bundle(found))
            tile.write_bytes(b"".join(map(leaf_hash, found)))

        log.each(edit)
    status, codes, anchored = log.both(log.notes[-1])
    # The bundles beside the missing one have nothing above them that could confirm them.
    assert status == 1
    assert "unconfirmed-entries" in codes
    assert anchored == (None if altered == 65_700 else size)
    if altered is None:
        (problem,) = [p for p in log.verify(log.notes[-1]).problems if p.code == "unconfirmed-entries"]
        assert problem.entry == 100


def test_payload_files_cannot_be_deleted_under_the_cover_of_an_earlier_missing_bundle(tmp_path: Path) -> None:
    log = _with_payload(tmp_path, at=300)
    log.remove("tile/entries/000")
    _delete_payloads(log)
    status, codes, _ = log.both(log.notes[-1])
    assert (status, codes) == (1, {"missing-bundle", "payload-missing"})


def test_payload_files_that_a_missing_bundle_may_account_for_are_named(tmp_path: Path) -> None:
    log = _with_payload(tmp_path, at=2)
    log.remove("tile/entries/001")
    _delete_payloads(log)
    status, codes, _ = log.both(log.notes[-1])
    assert (status, codes) == (2, {"missing-bundle", "payload-unaccounted"})


def test_outcome_without_an_intent_before_a_missing_bundle_is_found(tmp_path: Path) -> None:
    entries = list(exchanges(SIZE))
    entries[2] = encode_entry(outcome("nobody", 0.02), 2)
    entries[3] = encode_entry({"type": "heartbeat", "id": "h", "time": moment(0.03)}, 3)
    log = two_copies(tmp_path, entries, sizes=(SIZE,))
    log.remove("tile/entries/001")
    assert log.both(log.notes[-1])[0] == 1
    for found in ({problem.code for problem in log.verify().problems}, log.judge().codes):
        assert {"missing-bundle", "outcome-without-intent"} <= found


def test_id_is_not_called_reused_when_its_outcome_may_be_missing(tmp_path: Path) -> None:
    entries = list(exchanges(SIZE))
    entries[254] = encode_entry(intent("again", 2.54), 254)
    entries[255] = encode_entry({"type": "heartbeat", "id": "h", "time": moment(2.55)}, 255)
    entries[256] = encode_entry(outcome("again", 2.56), 256)
    entries[257] = encode_entry({"type": "heartbeat", "id": "h", "time": moment(2.57)}, 257)
    entries[600] = encode_entry(intent("again", 6.0), 600)
    entries[601] = encode_entry(outcome("again", 6.01), 601)
    log = two_copies(tmp_path, entries, sizes=(SIZE,))
    assert log.both(log.notes[-1])[0] == 0
    log.remove("tile/entries/001")
    assert log.both(log.notes[-1]) == (2, {"missing-bundle"}, SIZE)


def _with_payload(directory: Path, *, at: int) -> TwoCopies:
    from beacon_audit.trail.payload_files import build_payload
    from harness.specimen import compressed

    payload = build_payload({"a": 1}, bytes(32), name="a.json.zst", date="2026-01-02")
    path = directory / "home/payloads" / payload.reference["file"]
    path.parent.mkdir(parents=True)
    path.write_bytes(compressed(payload))
    entries = list(exchanges(SIZE))
    entries[at] = encode_entry(intent(f"01j{at // 2:023d}", at / 100, payload=payload.reference), at)
    return two_copies(directory, entries, sizes=(SIZE,), payloads=True)


def _delete_payloads(log: TwoCopies) -> None:
    shutil.rmtree(log.home / "payloads/2026-01-02")
    shutil.rmtree(log.bundle / "payloads")


@pytest.mark.parametrize("seed", range(12))
def test_whatever_is_altered_or_missing_both_verifiers_say_the_same(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    pristine = two_copies(tmp_path / "pristine", list(exchanges(SIZE)), sizes=(100, 256, 600, SIZE))
    names = [place(level, number) for level in (None, 0) for number in range(4)] + [place(1, 0), "checkpoints.log"]
    for attempt in range(6):
        log = TwoCopies(tmp_path / f"{attempt}/home", tmp_path / f"{attempt}/bundle", pristine.notes)
        shutil.copytree(pristine.home, log.home)
        shutil.copytree(pristine.bundle, log.bundle)
        done = []
        for name in chance.sample(names, chance.randint(1, 5)):
            content = (log.bundle / name).read_bytes()
            how = chance.choice(["removed", "flipped", "cut", "longer"])
            bit = chance.randrange(8 * len(content))
            flipped = bytearray(content)
            flipped[bit // 8] ^= 1 << bit % 8
            altered = {"flipped": bytes(flipped), "cut": content[: bit // 8], "longer": content + b"x"}.get(how)
            done.append((how, name))
            if altered is None:
                log.remove(name)
                continue
            for trail in log.trails:
                (trail / name).write_bytes(altered)
        anchor = chance.choice(log.notes[1:])
        verdict, judgement = log.verify(anchor), log.judge(anchor)
        # What stands behind the last whole line of the log of checkpoints may be torn, and in a bundle it may not.
        if ("longer", "checkpoints.log") not in done or verdict.verdict == "tampered":
            assert STATUS[verdict.verdict] == judgement.status, (done, verdict.problems, judgement)
