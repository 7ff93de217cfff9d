"""Proofs from a log with full and partial tiles: an outsider agrees with each, and a log that changed gives none."""

import random
import shutil
from collections.abc import Callable, Iterator
from hashlib import sha256
from itertools import count
from pathlib import Path

import pytest

from beacon_audit.errors import TrailCorrupt, UsageError
from beacon_audit.home import Home, create_home, open_trail_writer
from beacon_audit.review import proofs
from beacon_audit.review.proofs import prove_consistency, prove_inclusion
from beacon_audit.trail import TrailWriter
from beacon_audit.trail.checkpoint import parse_checkpoint
from beacon_audit.trail.note import Signer, parse_note, parse_vkey
from beacon_audit.trail.proof import parse_consistency, parse_inclusion
from harness.outsider import check_consistency_file, check_inclusion_file, read_checkpoint
from harness.promises import assert_sound
from harness.reference_tree import path, subproof

SIZES = (1, 2, 255, 256, 257, 300)
TIME = "2026-01-01T00:00:00.000Z"


def filled_up_to(home: Home, size: int) -> bytes:
    """Let the log have so many entries; its newest checkpoint. Every id but the last is of one entry."""
    ids = count()
    writer = open_trail_writer(home, new_id=lambda: f"made-{next(ids)}", now=lambda: TIME)
    start = int(writer.checkpoint.split(b"\n")[1])
    for number in range(start, size):
        writer.submit({"type": "refusal", "id": f"id-{number}", "time": TIME, "payload": None})
    writer.close()
    return (home.trail / "checkpoint").read_bytes()


class Grown:
    """A log of 300 entries, and its checkpoints at the sizes that it had on its way."""

    def __init__(self, directory: Path) -> None:
        self.home = create_home(directory / "home", ("beacon.langchain.com",))
        self.notes = {size: filled_up_to(self.home, size) for size in SIZES}
        self.vkey = self.home.trail_vkey.read_text().strip()
        self.leaves = _leaves(self.home)


def _leaves(home: Home) -> list[bytes]:
    entries = assert_sound(home.trail, [parse_vkey(home.trail_vkey.read_text().strip())])
    return [sha256(b"\x00" + entry).digest() for entry in entries]


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Grown:
    return Grown(tmp_path_factory.mktemp("grown"))


@pytest.mark.parametrize("index", [0, 1, 127, 128, 254, 255, 256, 257, 298, 299])
def test_inclusion_is_what_rfc_6962_says_and_an_outsider_agrees(grown: Grown, index: int) -> None:
    (proof,) = prove_inclusion(grown.home, f"id-{index}")

    assert (proof.kind, proof.index) == ("refusal", index)
    fields, tree = check_inclusion_file(proof.proof, grown.vkey)
    assert (fields["id"], fields["index"]) == (f"id-{index}", index)
    assert tree.size == 300
    assert list(parse_inclusion(proof.proof).proof) == path(index, grown.leaves)


@pytest.mark.parametrize("old", SIZES)
def test_consistency_is_what_rfc_6962_says_and_an_outsider_agrees(grown: Grown, old: int) -> None:
    proof = prove_consistency(grown.home, grown.notes[old], "earlier")
    earlier = read_checkpoint(grown.notes[old], grown.vkey)

    assert check_consistency_file(proof, grown.vkey, earlier).size == 300
    assert list(parse_consistency(proof).proof) == subproof(old, grown.leaves)


def test_outsider_is_not_convinced_by_a_proof_in_which_one_bit_is_another(grown: Grown) -> None:
    """That is, the checks above could have failed."""
    chance = random.Random(4)
    (inclusion,) = prove_inclusion(grown.home, "id-200")
    consistency = prove_consistency(grown.home, grown.notes[255], "earlier")
    earlier = read_checkpoint(grown.notes[255], grown.vkey)
    checks: list[tuple[bytes, Callable[[bytes], object]]] = [
        (inclusion.proof, lambda data: check_inclusion_file(data, grown.vkey)),
        (consistency, lambda data: check_consistency_file(data, grown.vkey, earlier)),
    ]
    for data, check in checks:
        check(data)
        for _ in range(200):
            altered = bytearray(data)
            altered[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
            with pytest.raises(Exception):  # noqa: B017, PT011 - whatever it is that does not hold
                check(bytes(altered))


def test_proof_for_a_checkpoint_that_the_log_has_outgrown_comes_from_wider_tiles(
    grown: Grown, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The checkpoint was read, then the log went on and its partial files went away."""
    home, note = grown.home, grown.notes[255]
    assert not (home.trail / "tile/0/000.p").exists()
    monkeypatch.setattr(proofs, "_signed", lambda _: (note, parse_checkpoint(parse_note(note).text)))

    (proof,) = prove_inclusion(home, "id-10")
    fields, tree = check_inclusion_file(proof.proof, grown.vkey)
    assert (fields["id"], tree.size) == ("id-10", 255)
    earlier = read_checkpoint(grown.notes[2], grown.vkey)
    assert check_consistency_file(prove_consistency(home, grown.notes[2], "x"), grown.vkey, earlier).size == 255


def test_empty_log_is_the_beginning_of_every_log(grown: Grown) -> None:
    first = (grown.home.trail / "checkpoints.log").read_bytes().splitlines()[0]
    proof = parse_consistency(prove_consistency(grown.home, first, "earlier"))

    assert (proof.old, proof.proof) == (0, ())


@pytest.fixture
def unpublished(home: Home) -> Iterator[TrailWriter]:
    """Publishes its first entry and then, for an hour, nothing."""
    ids = count()
    writer = TrailWriter.open(
        home.trail, home.payloads, signer=Signer.load(home.trail_key.read_bytes()), new_id=lambda: f"made-{next(ids)}",
        now=lambda: TIME, publish_s=3600,
    )  # fmt: skip
    yield writer
    writer.close()


def test_entry_that_no_checkpoint_covers_yet_is_not_proven(home: Home, unpublished: TrailWriter) -> None:
    unpublished.submit({"type": "intent", "id": "a", "time": TIME, "payload": None}).result(10)
    unpublished.publish()
    unpublished.submit({"type": "outcome", "id": "a", "time": TIME, "state": "sent"}).result(10)

    with pytest.raises(UsageError, match="entry 1 is not covered by a checkpoint yet"):
        prove_inclusion(home, "a")
    unpublished.publish()
    assert [proof.kind for proof in prove_inclusion(home, "a")] == ["intent", "outcome"]


@pytest.mark.parametrize(
    ("place", "of"),
    [
        ("tile/0/000", "id-5"),
        ("tile/0/001.p/44", "id-5"),
        ("tile/1/000.p/1", "id-299"),
        ("tile/0/000", 2),
        ("tile/1/000.p/1", 257),
    ],
)
def test_nothing_is_proven_from_tiles_that_do_not_have_the_signed_root(
    grown: Grown, tmp_path: Path, place: str, of: str | int
) -> None:
    home = Home(Path(shutil.copytree(grown.home.path, tmp_path / "home")))
    tile = home.trail / place
    data = bytearray(tile.read_bytes())
    # Not the hash of the entry that is proven: that one is held against the entry on the way.
    for at in range(0, len(data), 32):
        data[at] ^= at not in (5 * 32, 43 * 32)
    tile.write_bytes(data)

    with pytest.raises(TrailCorrupt, match="run: beacon-audit verify"):
        prove_inclusion(home, of) if isinstance(of, str) else prove_consistency(home, grown.notes[of], "earlier")
