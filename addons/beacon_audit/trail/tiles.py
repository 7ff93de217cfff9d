"""How a log is cut into files: C2SP tlog-tiles, with bundles at ``tile/entries`` and hash tiles at ``tile/<level>``.

Hash tile ``n`` of level ``l`` holds the hashes of the subtrees of ``256**l`` leaves numbered from ``256 * n``; bundle
``n`` the 256 entries below tile ``n`` of level 0. The last of a level may be partial, with its width in its name.

Raises `TrailCorrupt` where bytes are not what a file of that width can hold, and ``ValueError`` for entries that no
bundle can hold.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from beacon_audit.errors import TrailCorrupt

TILE_WIDTH = 256
HASH_BYTES = 32

_ENTRY_LIMIT = 0xFFFF
_LENGTH_BYTES = 2
#: No file of the log is longer: a bundle of the longest entries.
TILE_LIMIT = TILE_WIDTH * (_LENGTH_BYTES + _ENTRY_LIMIT)
# Seven groups are more than a 64-bit size needs. ``[0-9]``, because ``\d`` takes other scripts' digits.
_PATH = re.compile(r"tile/(entries|[0-9]{1,2})/((?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/([0-9]{1,3}))?")


@dataclass(frozen=True, slots=True)
class TilePlace:
    """One file of the log: a hash tile, or a bundle of entries when ``level`` is None. They sort bundles first, then by
    level, index and width."""

    level: int | None
    index: int
    width: int = TILE_WIDTH

    @property
    def partial(self) -> bool:
        """Whether it holds less than a full tile."""
        return self.width < TILE_WIDTH

    @property
    def path(self) -> str:
        """Its path below the directory of the trail, with ``/`` on every system."""
        digits = str(self.index)
        digits = digits.zfill(-(-len(digits) // 3) * 3)
        groups = [digits[start : start + 3] for start in range(0, len(digits), 3)]
        number = "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])
        directory = "entries" if self.level is None else self.level
        return f"tile/{directory}/{number}" + (f".p/{self.width}" if self.partial else "")

    def __lt__(self, other: "TilePlace") -> bool:
        return self._rank() < other._rank()

    def _rank(self) -> tuple[int, int, int]:
        return -1 if self.level is None else self.level, self.index, self.width


def parse_tile_path(path: str) -> TilePlace | None:
    """The place that ``path`` names, or nothing when it is no path of this layout in its one right spelling."""
    match = _PATH.fullmatch(path)
    if match is None:
        return None
    directory, number, width = match.groups()
    place = TilePlace(
        None if directory == "entries" else int(directory),
        int(number.replace("/", "").replace("x", "")),
        TILE_WIDTH if width is None else int(width),
    )
    # Superfluous zeros, and widths that are none, come out differently.
    canonical = place.path == path and place.width > 0
    return place if canonical and (place.level or 0) < 64 else None


def tiles_of(size: int) -> Iterator[TilePlace]:
    """The files that a log of ``size`` entries consists of: its bundles, then its hash tiles from level 0 upwards."""
    yield from _level(None, size)
    level = 0
    while size:
        yield from _level(level, size)
        size //= TILE_WIDTH
        level += 1


def _level(level: int | None, count: int) -> Iterator[TilePlace]:
    full, rest = divmod(count, TILE_WIDTH)
    for index in range(full):
        yield TilePlace(level, index)
    if rest:
        yield TilePlace(level, full, rest)


def encode_bundle(entries: Sequence[bytes]) -> bytes:
    """The bundle of ``entries``, each with its length before it as 16 bits."""
    if len(entries) > TILE_WIDTH or any(len(entry) > _ENTRY_LIMIT for entry in entries):
        raise ValueError(f"a bundle takes up to {TILE_WIDTH} entries of up to {_ENTRY_LIMIT} bytes, came more")
    return b"".join([part for entry in entries for part in (len(entry).to_bytes(_LENGTH_BYTES), entry)])


def decode_bundle(data: bytes, count: int) -> tuple[bytes, ...]:
    """The ``count`` entries of the bundle ``data``."""
    entries: list[bytes] = []
    position = 0
    while position < len(data) and len(entries) < count:
        start = position + _LENGTH_BYTES
        end = start + int.from_bytes(data[position:start])
        if start > len(data) or end > len(data):
            raise TrailCorrupt(f"entry bundle: expected entry {len(entries)} of {count}, came its beginning only")
        entries.append(data[start:end])
        position = end
    if len(entries) != count:
        raise TrailCorrupt(f"entry bundle: expected {count} entries, came {len(entries)}")
    if position != len(data):
        raise TrailCorrupt(
            f"entry bundle: expected {count} entries, came {len(data) - position} more bytes behind them"
        )
    return tuple(entries)


def split_tile(data: bytes, width: int) -> tuple[bytes, ...]:
    """The ``width`` hashes of the hash tile ``data``."""
    if len(data) != width * HASH_BYTES:
        raise TrailCorrupt(f"hash tile: expected {width} hashes of {HASH_BYTES} bytes, came {len(data)} bytes")
    return tuple([data[start : start + HASH_BYTES] for start in range(0, len(data), HASH_BYTES)])
