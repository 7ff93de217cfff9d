"""The work that can be done on a part of the log alone, in any process: read bundles and tiles, hash, parse, compare.

`verify_chunk` takes a `Chunk`, a range of entries that begins at a multiple of `CHUNK_ENTRIES`, and gives a
`ChunkResult`: what is wrong in it, its subtrees, and what the rules about the order of entries need (kinds and ids).
Everything pickles.

There are two hashes for a bundle: of its entries, and of the tile on the disk. Where they differ, one of the two was
altered, and only the signed root can tell which; so both are handed on. Where both are missing, the tile above says
what they were, and the signed root tells whether that is so.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from beacon_audit.trail.merkle import leaf_hash, root_of
from beacon_audit.trail.tiles import HASH_BYTES, TILE_WIDTH, TilePlace
from beacon_audit.trail.verify.bundles import Bundles, frame_offset, read_place
from beacon_audit.trail.verify.checkpoint_line import CheckedLine, Line, check_line
from beacon_audit.trail.verify.entry_scan import EntryScan, ScannedEntries
from beacon_audit.trail.verify.evidence import NotAFile
from beacon_audit.trail.verify.growing_tree import TILE_HEIGHT, GrowingTree, Subtree, prefix_roots
from beacon_audit.trail.verify.key_chain import KeyChain
from beacon_audit.trail.verify.problem import Problem

CHUNK_ENTRIES = 16 * TILE_WIDTH

#: Of its entries, and of the tile on the disk.
type Twofold = tuple[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Chunk:
    """``end - first`` entries of a log of ``size``. ``sizes`` are those, greater than ``first`` and at most ``end``,
    whose roots are wanted beside those of ``lines``."""

    directory: Path
    payloads: Path | None
    size: int
    first: int
    end: int
    sizes: tuple[int, ...]
    lines: tuple[Line, ...]
    chain: KeyChain


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A bundle and its tile disagree, first at the entry ``entry``."""

    entry: int
    bundle: str
    bundle_offset: int
    tile: str
    tile_offset: int


@dataclass(slots=True)
class ChunkResult:
    """``subtrees`` and ``tile_subtrees`` are the complete subtrees of the range, by its entries and by its tiles, and
    ``full`` the hashes of its full tiles (`None`: nobody knows). ``roots`` gives for a size the root over the range up
    to it, where it is known. ``read_to`` follows the last entry of the last bundle that is there, if one is; ``unread``
    counts the bundles that are not, and neither are their tiles."""

    first: int
    end: int
    scanned: ScannedEntries
    subtrees: list[Subtree] = field(default_factory=list)
    tile_subtrees: list[Subtree] = field(default_factory=list)
    full: list[Twofold | None] = field(default_factory=list)
    roots: dict[int, Twofold] = field(default_factory=dict)
    lines: list[CheckedLine] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    disagreements: list[Disagreement] = field(default_factory=list)
    read_to: int = 0
    unread: int = 0


def verify_chunk(chunk: Chunk) -> ChunkResult:
    """Everything that can be said about ``chunk``. Raises `OSError` when something cannot be read at all."""
    return _ChunkVerifier(chunk).run()


class _ChunkVerifier:
    def __init__(self, chunk: Chunk) -> None:
        self._chunk = chunk
        self._bundles = Bundles(chunk.directory, chunk.size)
        self._scan = EntryScan(chunk.payloads)
        self._result = ChunkResult(chunk.first, chunk.end, self._scan.scanned)
        self._tree = GrowingTree()
        self._tiles = GrowingTree()
        self._wanted: list[int] = []

    def run(self) -> ChunkResult:
        chunk, result = self._chunk, self._result
        result.lines = [check_line(line, chunk.chain) for line in chunk.lines]
        self._wanted = sorted({*chunk.sizes, *(line.size for line in chunk.lines)})
        for first in range(chunk.first, chunk.end, TILE_WIDTH):
            self._bundle(self._bundles.place(first))
        result.subtrees = self._tree.subtrees()
        result.tile_subtrees = self._tiles.subtrees()
        result.problems += self._scan.problems
        return result

    def _bundle(self, place: TilePlace) -> None:
        first = place.index * TILE_WIDTH
        entries = self._entries(place)
        tile = self._tile(TilePlace(0, place.index, place.width))
        if entries is not None and len(entries) < place.width:
            self._short(place, entries, tile)
            entries = None
        leaves = [leaf_hash(entry) for entry in entries] if entries is not None else None
        if entries is not None:
            self._result.read_to = first + place.width
        self._scan.take(entries, first, place.width, place.path)
        if leaves is not None and tile is not None and leaves != tile:
            self._disagree(place, entries or (), leaves, tile)
        known = leaves if leaves is not None else tile
        if known is None:
            self._grow_unread(place)
        else:
            self._grow(first, known, tile if tile is not None else known)

    def _grow_unread(self, place: TilePlace) -> None:
        """Neither bundle nor tile can be read."""
        self._result.unread += 1
        full = not place.partial
        value = self._bundles.stored_hash(TILE_HEIGHT, place.index) if full else None
        for tree in (self._tree, self._tiles):
            tree.add(value, TILE_HEIGHT if full else 0)
        if full:
            self._result.full.append((value, value) if value is not None else None)
            if (end := (place.index + 1) * TILE_WIDTH) in self._wanted:
                self._note_root(end, None, None)

    def _grow(self, first: int, leaves: list[bytes], tile: list[bytes]) -> None:
        width = len(leaves)
        wanted = [size - first for size in self._wanted if first < size <= first + width]
        own = prefix_roots(leaves, wanted)
        other = own if leaves == tile else prefix_roots(tile, wanted)
        for size, root, tile_root in zip(wanted, own, other, strict=True):
            self._note_root(first + size, root, tile_root)
        if width == TILE_WIDTH:
            root = root_of(leaves)
            tile_root = root if leaves == tile else root_of(tile)
            self._result.full.append((root, tile_root))
            self._tree.add(root, TILE_HEIGHT)
            self._tiles.add(tile_root, TILE_HEIGHT)
            return
        for leaf, tile_leaf in zip(leaves, tile, strict=True):
            self._tree.add(leaf)
            self._tiles.add(tile_leaf)

    def _note_root(self, size: int, rest: bytes | None, tile_rest: bytes | None) -> None:
        """The roots up to ``size``, when they are known; ``rest`` goes behind what is in the trees."""
        own, tile = self._tree.root(rest), self._tiles.root(tile_rest)
        if own is not None and tile is not None:
            self._result.roots[size] = (own, tile)

    def _entries(self, place: TilePlace) -> list[bytes] | None:
        """The entries of the bundle, too few if there are not more in it; ``None`` when there is none."""
        try:
            found, data = read_place(self._chunk.directory, place)
        except FileNotFoundError:
            self._problem("missing-bundle", place, "no entry bundle here; copy it from wherever the log is kept")
            return None
        except NotAFile as error:
            self._problem("surplus-file", place, f"expected an entry bundle, found {error}")
            return None
        entries = list(Bundles.split(data))
        # A full bundle in the place of a partial one belongs to a newer checkpoint, which is not the one verified.
        if found == place and len(data) > frame_offset(data, place.width):
            self._problem(
                "surplus-bytes",
                place,
                f"expected {place.width} entries, found more bytes behind them",
                offset=frame_offset(data, place.width),
                position=place.width - 1,
            )
        return entries[: place.width]

    def _short(self, place: TilePlace, entries: list[bytes], tile: list[bytes] | None) -> None:
        """Too few entries: the first that is not where it was, as far as the tile can tell."""
        same = [leaf_hash(entry) == leaf for entry, leaf in zip(entries, tile or [], strict=False)]
        position = same.index(False) if False in same else len(entries)
        offset = sum(2 + len(entry) for entry in entries[:position])
        message = f"expected {place.width} entries, found {len(entries)} whole ones"
        self._problem("wrong-count", place, message, offset=offset, position=position)

    def _tile(self, place: TilePlace) -> list[bytes] | None:
        """The hashes in the tile; ``None`` when they cannot be read."""
        try:
            found, data = read_place(self._chunk.directory, place)
        except FileNotFoundError:
            self._problem("missing-tile", place, "no hash tile here; copy it from wherever the log is kept")
            return None
        except NotAFile as error:
            self._problem("surplus-file", place, f"expected a hash tile, found {error}")
            return None
        expected = found.width * HASH_BYTES
        if len(data) != expected:
            length = f"{len(data)}" if len(data) <= TILE_WIDTH * HASH_BYTES else "more"
            self._problem("truncated-tile", place, f"expected {expected} bytes, found {length}", offset=len(data))
            return None
        return [data[i : i + HASH_BYTES] for i in range(0, place.width * HASH_BYTES, HASH_BYTES)]

    def _disagree(self, place: TilePlace, entries: Sequence[bytes], leaves: list[bytes], tile: list[bytes]) -> None:
        position = next(i for i, (leaf, other) in enumerate(zip(leaves, tile, strict=True)) if leaf != other)
        self._result.disagreements.append(
            Disagreement(
                place.index * TILE_WIDTH + position,
                place.path,
                sum(2 + len(entry) for entry in entries[:position]),
                TilePlace(0, place.index, place.width).path,
                position * HASH_BYTES,
            )
        )

    def _problem(
        self, code: str, place: TilePlace, message: str, *, offset: int | None = None, position: int = 0
    ) -> None:
        entry = place.index * TILE_WIDTH + position
        self._result.problems.append(Problem(code, message, entry, place.path, offset))
