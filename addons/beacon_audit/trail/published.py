"""What of a trail is published: the newest signed checkpoint, and the files that it stands for.

`read_published` gives the state that a writer continues from, after it has checked what can be checked without reading
everything: the newest line of ``checkpoints.log`` is signed by a key of ours, ``checkpoint`` is that line or the one
before, every tile and bundle is there, hash tiles have their size, and the right edge of the tree has the signed root
and the entries that its bundle holds. Raises `TrailCorrupt` where one does not hold. Nothing is written;
`beacon-audit verify` reads the rest.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from beacon_audit.errors import TrailCorrupt
from beacon_audit.trail.checkpoint import Checkpoint, decode_log_line, parse_checkpoint
from beacon_audit.trail.frontier import Frontier
from beacon_audit.trail.merkle import leaf_hash
from beacon_audit.trail.note import NOTE_LIMIT, Signer, parse_note, signed_by
from beacon_audit.trail.regular_file import is_directory, open_regular, read_regular
from beacon_audit.trail.tiles import HASH_BYTES, TILE_LIMIT, TILE_WIDTH, TilePlace, decode_bundle, split_tile, tiles_of

CHECKPOINT = "checkpoint"
CHECKPOINT_LOG = "checkpoints.log"
#: The last two lines of the log of checkpoints are in so many bytes: ours have a few hundred each.
_LAST_LINES = 256 * 1024
_KEEP = "keep the files as evidence, look at them with `beacon-audit verify`, and restore the trail from a copy"


@dataclass(frozen=True, slots=True)
class Published:
    """``note`` is the newest signed checkpoint, ``behind`` whether the file ``checkpoint`` still holds the one before.
    ``log_bytes`` counts the whole lines of ``checkpoints.log`` and ``torn`` the bytes behind them. ``bundle`` holds the
    entries of the last, partial bundle. ``signer`` made the note."""

    note: bytes
    checkpoint: Checkpoint
    behind: bool
    log_bytes: int
    torn: int
    frontier: Frontier
    bundle: tuple[bytes, ...]
    signer: Signer


def published_size(directory: Path) -> int:
    """How many entries the file ``checkpoint`` in ``directory`` (``HOME/trail``) says are published.

    Raises `TrailCorrupt` when there is none or it cannot be read; checks no signature.
    """
    path = directory / CHECKPOINT
    try:
        data = read_regular(path, NOTE_LIMIT)
    except FileNotFoundError:
        raise TrailCorrupt(f"{path}: missing, though every trail begins with one; {_KEEP}") from None
    return parse_checkpoint(parse_note(data).text).size


def read_published(directory: Path, signers: Sequence[Signer]) -> Published:
    """The published part of the trail in ``directory``, signed by one of ``signers``."""
    log = directory / CHECKPOINT_LOG
    lines, log_bytes, torn = _last_lines(log)
    if not lines:
        raise TrailCorrupt(f"{log}: expected a signed checkpoint, found none; {_KEEP}")
    with _named(log):
        notes = [decode_log_line(line) for line in lines]
    behind = _is_behind(directory / CHECKPOINT, notes)
    with _named(log):
        note = parse_note(notes[-1])
        checkpoint = parse_checkpoint(note.text)
        signer = next((signer for signer in signers if signed_by(note, signer.verifier)), None)
    if signer is None or checkpoint.origin != signer.verifier.name:
        raise TrailCorrupt(f"{log}: the newest line is not signed by the key of this home; {_KEEP}")
    _check_files(directory, checkpoint.size)
    frontier = Frontier.read(checkpoint.size, lambda place: read_tile(directory, place))
    if frontier.root() != checkpoint.root:
        raise TrailCorrupt(
            f"{directory / 'tile'}: the last tiles do not have the root that the newest checkpoint signs; {_KEEP}"
        )
    bundle = _last_bundle(directory, checkpoint.size)
    return Published(notes[-1], checkpoint, behind, log_bytes, torn, frontier, bundle, signer)


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Name the file in the errors of those who saw its bytes only."""
    try:
        yield
    except TrailCorrupt as error:
        raise TrailCorrupt(f"{path}: {error}; {_KEEP}") from None


def _last_bundle(directory: Path, size: int) -> tuple[bytes, ...]:
    """The entries of the partial bundle, from which the next one is made: they must be those in the tree."""
    number, width = divmod(size, TILE_WIDTH)
    if not width:
        return ()
    place, hashes = TilePlace(None, number, width), TilePlace(0, number, width)
    path, data = directory / place.path, read_tile(directory, place)
    with _named(path):
        entries = decode_bundle(data, width)
    leaves = split_tile(read_tile(directory, hashes), width)
    for index, (entry, leaf) in enumerate(zip(entries, leaves, strict=True), number * TILE_WIDTH):
        if leaf_hash(entry) != leaf:
            raise TrailCorrupt(f"{path}: entry {index} is not the one that the newest checkpoint signs; {_KEEP}")
    return entries


def read_tile(directory: Path, place: TilePlace) -> bytes:
    """The bytes of the hash tile or bundle at ``place``; raises `TrailCorrupt` when it is missing."""
    path = directory / place.path
    try:
        return read_regular(path, TILE_LIMIT)
    except FileNotFoundError:
        raise TrailCorrupt(f"{path}: missing, though a signed checkpoint covers it; {_KEEP}") from None


def read_hashes(directory: Path, place: TilePlace) -> bytes:
    """The bytes of the hash tile at ``place`` while the log may grow: once a tile is full its partial files go, and
    what they held comes first in the full one. Raises `TrailCorrupt` when there is neither."""
    width = place.width
    if place.partial:
        try:
            return read_regular(directory / place.path, TILE_LIMIT)
        except FileNotFoundError:
            place = TilePlace(place.level, place.index)
    return read_tile(directory, place)[: width * HASH_BYTES]


def _last_lines(path: Path) -> tuple[list[bytes], int, int]:
    """The last one or two whole lines, the length of all whole lines, the number of bytes behind them."""
    try:
        with os.fdopen(open_regular(path), "rb") as file:
            length = file.seek(0, os.SEEK_END)
            start = file.seek(max(0, length - _LAST_LINES))
            data = file.read(_LAST_LINES)
    except FileNotFoundError:
        return [], 0, 0
    whole = whole_lines(data)
    # The first of several lines may have been cut by the window; only the last two are looked at.
    return data[:whole].splitlines(keepends=True)[-2:], start + whole, len(data) - whole


def whole_lines(data: bytes) -> int:
    """How many bytes of ``data``, an end of ``checkpoints.log``, are whole lines.

    What a crash leaves of the last line can end with a newline: where blocks before it never reached the disk, they
    read as zeros, which no line holds.
    """
    end = data.rfind(b"\n") + 1
    start = data.rfind(b"\n", 0, max(end - 1, 0)) + 1
    return start if b"\0" in data[start:end] else end


def _is_behind(path: Path, notes: list[bytes]) -> bool:
    """Whether the file ``checkpoint`` is the line before the last: a crash between the two leaves it so."""
    try:
        note = read_regular(path, NOTE_LIMIT)
    except FileNotFoundError:
        note = b""
    if note == notes[-1]:
        return False
    if (len(notes) == 2 and note == notes[0]) or (len(notes) == 1 and not note):
        return True
    raise TrailCorrupt(f"{path}: expected the last line of {CHECKPOINT_LOG}, found another checkpoint or none; {_KEEP}")


def _check_files(directory: Path, size: int) -> None:
    known = {directory}
    for place in tiles_of(size):
        path = directory / place.path
        if path.parent not in known:
            # From the top on: below a link to a directory everything is somewhere else.
            parents = [parent for parent in path.parents if parent.is_relative_to(directory)]
            known.update(parent for parent in reversed(parents) if is_directory(parent))
        try:
            length = path.lstat().st_size
        except FileNotFoundError:
            raise TrailCorrupt(f"{path}: missing, though a signed checkpoint covers it; {_KEEP}") from None
        if place.level is not None and length != place.width * HASH_BYTES:
            expected = place.width * HASH_BYTES
            raise TrailCorrupt(f"{path}: expected {expected} bytes, found {length}; {_KEEP}")
