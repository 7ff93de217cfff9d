"""Reads the log of a snapshot: its tiles and bundles with the widths of the snapshot, its entries in order.

A partial file of the snapshot may have been replaced by the full one meanwhile; its beginning is then the same. What is
missing or damaged is left out, for the export of a damaged log is evidence too; the caller hears of it from the
verifier. What is read goes by the files that are there: the size may be one that nobody signed, or that somebody signed
so that this would never end.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from beacon_audit.errors import TrailCorrupt
from beacon_audit.review.evidence.snapshot import Snapshot
from beacon_audit.trail.entry import decode_entry
from beacon_audit.trail.tiles import HASH_BYTES, TILE_WIDTH, TilePlace, decode_bundle, encode_bundle
from beacon_audit.trail.verify.evidence import NotAFile, read_file
from beacon_audit.trail.verify.layout import Stray, walk, width_at

_LARGEST = TILE_WIDTH * (2 + 0xFFFF)
#: Bundles behind so many that are missing are left out; the verifiers do not read them either.
_MISSING_LIMIT = 10_000


@dataclass(frozen=True, slots=True)
class Entry:
    """``data`` is the entry as it stands in the log."""

    index: int
    data: bytes
    fields: dict[str, object]

    @property
    def kind(self) -> str:
        return str(self.fields["type"])

    @property
    def id(self) -> str:
        return str(self.fields["id"])

    @property
    def time(self) -> str:
        return str(self.fields["time"])


class LogFiles:
    """The files of the log in ``snapshot``."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._directory = snapshot.trail
        self.size = snapshot.checkpoint.size
        #: Tiles and bundles that are there, with the widths of the snapshot: bundles first, then by level.
        self.places = sorted(set(_places(self._directory, self.size)))
        #: The numbers of the bundles.
        self.bundles = list(_near(place.index for place in self.places if place.level is None))

    def read(self, place: TilePlace) -> bytes:
        """The bytes of a tile or bundle of exactly the width of ``place``. Raises `TrailCorrupt`."""
        data = self._bytes(place)
        if data is not None:
            return data
        data = self._bytes(TilePlace(place.level, place.index)) if place.partial else None
        if data is None:
            raise TrailCorrupt(f"{self._directory / place.path}: missing, though a signed checkpoint covers it")
        if place.level is None:
            return encode_bundle(decode_bundle(data, TILE_WIDTH)[: place.width])
        return data[: place.width * HASH_BYTES]

    def _bytes(self, place: TilePlace) -> bytes | None:
        try:
            return read_file(self._directory / place.path, _LARGEST)
        except (FileNotFoundError, NotAFile):
            return None

    def bundle(self, number: int) -> TilePlace:
        """Where the ``number``-th bundle is."""
        return TilePlace(None, number, min(TILE_WIDTH, self.size - number * TILE_WIDTH))

    def entries(self, numbers: list[int] | None = None) -> Iterator[Entry | None]:
        """The entries of these bundles, of all by default. ``None`` stands for one or more that cannot be read, or that
        lie between the bundles asked for."""
        expected = 0
        for number in self.bundles if numbers is None else numbers:
            if number != expected:
                yield None
            expected = number + 1
            place = self.bundle(number)
            try:
                bundle = decode_bundle(self.read(place), place.width)
            except TrailCorrupt:
                yield None
                continue
            for index, data in enumerate(bundle, number * TILE_WIDTH):
                try:
                    yield Entry(index, data, decode_entry(data))
                except TrailCorrupt:
                    yield None

    def entry(self, index: int) -> Entry | None:
        """One entry."""
        number = index // TILE_WIDTH
        found = (entry for entry in self.entries([number]) if entry is not None and entry.index == index)
        return next(found, None)


def _places(directory: Path, size: int) -> Iterator[TilePlace]:
    for found in walk(directory):
        if not isinstance(found, Stray):
            width = width_at(found, size)
            if 0 < width <= found.width:
                yield TilePlace(found.level, found.index, width)


def _near(numbers: Iterable[int]) -> Iterator[int]:
    """Of these, which are in order, those before which not too many are missing."""
    for count, number in enumerate(numbers):
        if number - count > _MISSING_LIMIT:
            return
        yield number
