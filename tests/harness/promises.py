"""What a writer has promised to the outside, and whether a trail keeps it, judged with none of the writer's own code.

`Promises` collects acknowledged entries, with the payloads they name, and checkpoints that were handed out: an operator
relies on the former, a SIEM holds the latter. `Promises.assert_kept` reads the files of a trail that has been published
to its end, recomputes every hash in the plainest way (`reference_tree`), and asserts that nothing was lost, that every
checkpoint ever seen is one of this log, and that no file says anything else.
"""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from beacon_audit.trail import Payload, check_payload, read_trail
from beacon_audit.trail.note import VerifierKey, parse_note, signed_by
from beacon_audit.trail.tiles import TilePlace, decode_bundle, parse_tile_path, tiles_of
from beacon_audit.trail.verify import verify_trail
from harness.reference_tree import tree_hash

type Fields = dict[str, object]


@dataclass
class Promises:
    """``clock`` says when something is promised, in a unit of the caller's choice."""

    clock: Callable[[], int] = lambda: 0
    acknowledged: list[tuple[int, int, Fields, Payload | None]] = field(default_factory=list)
    checkpoints: list[tuple[int, bytes]] = field(default_factory=list)

    def acknowledge(self, index: int, fields: Fields, payload: Payload | None = None) -> None:
        """The entry ``index`` was said to be durable."""
        self.acknowledged.append((self.clock(), index, fields, payload))

    def hand_out(self, note: bytes) -> None:
        """A checkpoint was given to somebody else."""
        self.checkpoints.append((self.clock(), note))

    def until(self, moment: int) -> "Promises":
        """Those that were made up to ``moment``, as made long ago."""
        return Promises(
            acknowledged=[(0, one[1], one[2], one[3]) for one in self.acknowledged if one[0] <= moment],
            checkpoints=[(0, note) for when, note in self.checkpoints if when <= moment],
        )

    def assert_kept(self, home: Path, keys: list[VerifierKey], *, verify: bool = True) -> None:
        """The trail in ``home`` keeps them. ``keys`` are those that sign it, one after the other. ``verify``: our own
        verifier must not call it tampered."""
        entries = assert_sound(home / "trail", keys)
        for _, index, fields, payload in self.acknowledged:
            assert json.loads(entries[index]) == {**fields, "index": index}
            if payload is not None and not _pruned(entries, index, payload.date):
                check_payload(home / "payloads" / payload.date / payload.name, payload.commitment)
        for _, note in self.checkpoints:
            assert_checkpoint_of(entries, note, keys)
        if verify:
            assert_not_called_tampered(home, keys[0], [note for _, note in self.checkpoints])


def assert_sound(directory: Path, keys: list[VerifierKey]) -> list[bytes]:
    """The log in ``directory`` is what its last checkpoint says, and everything in it agrees; its entries."""
    lines = (directory / "checkpoints.log").read_bytes().splitlines(keepends=True)
    notes = [json.loads(line).encode() for line in lines]
    assert [json.dumps(note.decode(), ensure_ascii=False).encode() + b"\n" for note in notes] == lines
    assert (directory / "checkpoint").read_bytes() == notes[-1]
    sizes = [_size(note) for note in notes]
    assert sizes == sorted(set(sizes))
    assert sizes[0] == 0
    entries = _bundled(directory, sizes[-1])
    for note in notes:
        assert_checkpoint_of(entries, note, keys)
    _assert_tiles(directory, entries)
    assert [json.loads(entry) for entry in entries] == list(read_trail(directory))
    return entries


def assert_checkpoint_of(entries: list[bytes], note: bytes, keys: list[VerifierKey]) -> None:
    """``note`` was signed by the key in force and speaks of the first of ``entries``."""
    parsed = parse_note(note)
    size = _size(note)
    assert size <= len(entries)
    changes = [index for index, entry in enumerate(entries) if b'"type":"key-change"' in entry]
    assert signed_by(parsed, keys[sum(index < size for index in changes)])
    assert parsed.text == f"{keys[0].name}\n{size}\n{_base64(_root(entries, size))}\n"


def assert_not_called_tampered(home: Path, key: VerifierKey, anchors: list[bytes]) -> None:
    """Who verifies the trail as it lies there finds nothing that its writer or a crash could not have left."""
    verdict = verify_trail(
        home / "trail", key, anchors=anchors[-3:], payloads=home / "payloads", progress=lambda _done, _of: None
    )
    assert verdict.verdict != "tampered", verdict.problems


def _bundled(directory: Path, size: int) -> list[bytes]:
    places = [place for place in tiles_of(size) if place.level is None]
    return [entry for place in places for entry in decode_bundle((directory / place.path).read_bytes(), place.width)]


def _assert_tiles(directory: Path, entries: list[bytes]) -> None:
    """Every file of the tree is there; others are partial files of fewer hashes or entries, and true."""
    files = {path.relative_to(directory).as_posix() for path in (directory / "tile").rglob("*") if path.is_file()}
    assert {place.path for place in tiles_of(len(entries))} <= files
    for file in files:
        place = parse_tile_path(file)
        assert place is not None
        assert (directory / file).read_bytes() == _tile(entries, place), file


def _tile(entries: list[bytes], place: TilePlace) -> bytes:
    first = place.index * 256
    if place.level is None:
        assert first + place.width <= len(entries)
        return b"".join(len(entry).to_bytes(2) + entry for entry in entries[first : first + place.width])
    step = 256**place.level
    assert (first + place.width) * step <= len(entries)
    leaves = _leaves(entries)
    return b"".join(
        tree_hash(leaves[number * step : (number + 1) * step]) for number in range(first, first + place.width)
    )


def _leaves(entries: list[bytes]) -> list[bytes]:
    return [sha256(b"\x00" + entry).digest() for entry in entries]


def _root(entries: list[bytes], size: int) -> bytes:
    return _root_of(tuple(_leaves(entries[:size])))


@lru_cache(maxsize=500)
def _root_of(leaves: tuple[bytes, ...]) -> bytes:
    return tree_hash(leaves)


def _size(note: bytes) -> int:
    return int(note.split(b"\n")[1])


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _pruned(entries: list[bytes], index: int, date: str) -> bool:
    """Whether an entry behind the one at ``index`` says that files of ``date`` were deleted."""
    later = (json.loads(entry) for entry in entries[index:] if b'"type":"prune"' in entry)
    return any(str(fields["before"]) > date for fields in later)
