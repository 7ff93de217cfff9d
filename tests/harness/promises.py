"""What a writer has promised to the outside, and whether a trail keeps it, judged with none of the writer's own code.

`Promises` collects acknowledged entries, with the payloads they name, and checkpoints that were handed out: an operator
relies on the former, a SIEM holds the latter. `Promises.assert_kept` reads the files of a trail that has been published
to its end, recomputes every hash in the plainest way, and asserts that nothing was lost, that every
checkpoint ever seen is one of this log, and that no file says anything else.
"""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from beacon_audit.trail import Payload, check_payload, read_trail
from beacon_audit.trail.note import VerifierKey, parse_note, signed_by
from beacon_audit.trail.tiles import TILE_WIDTH, TilePlace, decode_bundle, parse_tile_path, tiles_of
from beacon_audit.trail.verify import verify_trail

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
        log = _sound_log(home / "trail", keys)
        for _, index, fields, payload in self.acknowledged:
            assert json.loads(log.entries[index]) == {**fields, "index": index}
            if payload is not None and not log.pruned(index, payload.date):
                check_payload(home / "payloads" / payload.date / payload.name, payload.commitment)
        for _, note in self.checkpoints:
            log.assert_checkpoint(note, keys)
        if verify:
            assert_not_called_tampered(home, keys[0], [note for _, note in self.checkpoints])


def assert_sound(directory: Path, keys: list[VerifierKey]) -> list[bytes]:
    """The log in ``directory`` is what its last checkpoint says, and everything in it agrees; its entries."""
    return _sound_log(directory, keys).entries


def assert_not_called_tampered(home: Path, key: VerifierKey, anchors: list[bytes]) -> None:
    """Who verifies the trail as it lies there finds nothing that its writer or a crash could not have left."""
    verdict = verify_trail(
        home / "trail", key, anchors=anchors[-3:], payloads=home / "payloads", progress=lambda _done, _of: None
    )
    assert verdict.verdict != "tampered", verdict.problems


class _Log:
    """Entries, and what follows from them."""

    def __init__(self, entries: list[bytes]) -> None:
        self.entries = entries
        self._leaves = [sha256(b"\x00" + entry).digest() for entry in entries]
        self._complete: dict[tuple[int, int], bytes] = {}
        self._changes = [index for index, entry in enumerate(entries) if b'"type":"key-change"' in entry]
        prunes = (json.loads(entry) for entry in entries if b'"type":"prune"' in entry)
        self._prunes = [(fields["index"], fields["before"]) for fields in prunes]

    def assert_checkpoint(self, note: bytes, keys: list[VerifierKey]) -> None:
        """``note`` was signed by the key in force and speaks of the first of the entries."""
        parsed = parse_note(note)
        size = _size(note)
        assert size <= len(self.entries)
        assert signed_by(parsed, keys[sum(index < size for index in self._changes)])
        root = base64.b64encode(self.tree_hash(0, size)).decode()
        assert parsed.text == f"{keys[0].name}\n{size}\n{root}\n"

    def pruned(self, index: int, date: str) -> bool:
        """Whether an entry behind the one at ``index`` says that files of ``date`` were deleted."""
        return any(later > index and before > date for later, before in self._prunes)

    def tree_hash(self, start: int, end: int) -> bytes:
        """MTH of the leaves from ``start`` to ``end``, as `reference_tree` has it; subtrees that cannot change any more
        are remembered, or it would take too long."""
        size = end - start
        if size < 2:
            return self._leaves[start] if size else sha256(b"").digest()
        known = self._complete.get((start, end))
        if known is None:
            middle = start + (1 << (size - 1).bit_length() - 1)
            known = sha256(b"\x01" + self.tree_hash(start, middle) + self.tree_hash(middle, end)).digest()
            if size & (size - 1) == 0:
                self._complete[start, end] = known
        return known

    def tile(self, place: TilePlace) -> bytes:
        """What lies at ``place``."""
        first = place.index * TILE_WIDTH
        if place.level is None:
            assert first + place.width <= len(self.entries)
            return b"".join(len(entry).to_bytes(2) + entry for entry in self.entries[first : first + place.width])
        step = TILE_WIDTH**place.level
        assert (first + place.width) * step <= len(self.entries)
        numbers = range(first, first + place.width)
        return b"".join(self.tree_hash(number * step, (number + 1) * step) for number in numbers)


def _sound_log(directory: Path, keys: list[VerifierKey]) -> _Log:
    lines = (directory / "checkpoints.log").read_bytes().splitlines(keepends=True)
    notes = [json.loads(line).encode() for line in lines]
    assert [json.dumps(note.decode(), ensure_ascii=False).encode() + b"\n" for note in notes] == lines
    assert (directory / "checkpoint").read_bytes() == notes[-1]
    sizes = [_size(note) for note in notes]
    assert sizes == sorted(set(sizes))
    assert sizes[0] == 0
    bundles = [place for place in tiles_of(sizes[-1]) if place.level is None]
    log = _Log(
        [entry for place in bundles for entry in decode_bundle((directory / place.path).read_bytes(), place.width)]
    )
    for note in notes:
        log.assert_checkpoint(note, keys)
    _assert_files(directory, log)
    assert [json.loads(entry) for entry in log.entries] == list(read_trail(directory))
    return log


def _assert_files(directory: Path, log: _Log) -> None:
    """Every file of the tree is there; others are partial files of fewer hashes or entries, and true."""
    files = {path.relative_to(directory).as_posix() for path in (directory / "tile").rglob("*") if path.is_file()}
    assert {place.path for place in tiles_of(len(log.entries))} <= files
    for file in files:
        place = parse_tile_path(file)
        assert place is not None
        assert (directory / file).read_bytes() == log.tile(place), file


def _size(note: bytes) -> int:
    return int(note.split(b"\n")[1])
