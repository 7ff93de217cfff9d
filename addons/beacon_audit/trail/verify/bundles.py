"""The entry bundles of one snapshot of a log, read for a second look: where an entry lies, what others say of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from beacon_audit.trail.tiles import HASH_BYTES, TILE_WIDTH, TilePlace
from beacon_audit.trail.verify.evidence import NotAFile, read_file

#: After so many bundles in a row that are not there, there is no use in looking for more.
_MISSING_LIMIT = 1000
TILE_LIMIT = TILE_WIDTH * HASH_BYTES
BUNDLE_LIMIT = TILE_WIDTH * (2 + 0xFFFF)


@dataclass(frozen=True, slots=True)
class Bundles:
    """The first ``size`` entries of the log in ``directory``, and the hashes above them."""

    directory: Path
    size: int

    def place(self, index: int) -> TilePlace:
        """Where the entry ``index`` lies."""
        number = index // TILE_WIDTH
        return TilePlace(None, number, min(TILE_WIDTH, self.size - number * TILE_WIDTH))

    def scan(self, start: int = 0) -> Iterator[tuple[int, bytes]]:
        """The index of the first entry and the bytes of each bundle, from the one with the entry ``start`` on. What
        cannot be read is passed over: it is a problem already."""
        missing = 0
        for first in range(start - start % TILE_WIDTH, self.size, TILE_WIDTH):
            try:
                _, data = read_place(self.directory, self.place(first))
            except (FileNotFoundError, NotAFile):
                missing += 1
                if missing > _MISSING_LIMIT:
                    return
                continue
            missing = 0
            yield first, data

    def entries(self, start: int = 0) -> Iterator[tuple[int, bytes]]:
        """Each entry with its index, from ``start`` on."""
        for first, data in self.scan(start):
            for index, entry in enumerate(self.split(data), first):
                if start <= index < self.size:
                    yield index, entry

    def offset(self, index: int) -> int | None:
        """The byte at which the frame of the entry ``index`` begins in its file."""
        try:
            _, data = read_place(self.directory, self.place(index))
        except (FileNotFoundError, NotAFile):
            return None
        return frame_offset(data, index % TILE_WIDTH)

    def stored_hash(self, height: int, number: int) -> bytes | None:
        """What the hash tile above says of the full tile that is the ``number``-th subtree of ``2**height`` leaves."""
        level, index = height // 8, number // TILE_WIDTH
        width = min(TILE_WIDTH, (self.size >> height) - index * TILE_WIDTH)
        try:
            place, data = read_place(self.directory, TilePlace(level, index, width))
        except (FileNotFoundError, NotAFile):
            return None
        if len(data) != place.width * HASH_BYTES:
            return None
        start = number % TILE_WIDTH * HASH_BYTES
        return data[start : start + HASH_BYTES]

    @staticmethod
    def split(data: bytes) -> Iterator[bytes]:
        """The entries in a bundle, as far as they are whole, and no more than a bundle may have."""
        position = 0
        for _ in range(TILE_WIDTH):
            if position + 2 > len(data):
                return
            start = position + 2
            position = start + (data[start - 2] << 8 | data[start - 1])
            if position > len(data):
                return
            yield data[start:position]


def read_place(directory: Path, place: TilePlace) -> tuple[TilePlace, bytes]:
    """The bytes of a tile or bundle, and the place where they were: a partial one may have become a full one.

    Gives one byte more than there may be, when there are more. Raises `FileNotFoundError` and `NotAFile`.
    """
    limit = BUNDLE_LIMIT if place.level is None else TILE_LIMIT
    try:
        return place, read_file(f"{directory}/{place.path}", limit)
    except FileNotFoundError:
        if not place.partial:
            raise
    full = TilePlace(place.level, place.index)
    return full, read_file(f"{directory}/{full.path}", limit)


def frame_offset(data: bytes, position: int) -> int:
    """The byte at which the frame of the entry at ``position`` begins; the length when there are fewer."""
    offset = 0
    for _ in range(position):
        offset += 2 + int.from_bytes(data[offset : offset + 2])
    return min(offset, len(data))
