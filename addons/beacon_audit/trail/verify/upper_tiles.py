"""The hash tiles above level 0, compared with what the tiles below them say, while these come in."""

from collections.abc import Iterator
from pathlib import Path

from beacon_audit.trail.merkle import root_of
from beacon_audit.trail.tiles import HASH_BYTES, TILE_WIDTH, TilePlace
from beacon_audit.trail.verify.bundles import read_place
from beacon_audit.trail.verify.chunk import Twofold
from beacon_audit.trail.verify.evidence import NotAFile
from beacon_audit.trail.verify.problem import Problem


class UpperTiles:
    """Those of the log in ``directory``. A tile is right when it holds the hashes that follow from the entries, or
    those that follow from the tiles of level 0: where the two differ, that is reported once, below. A hash that nobody
    knows is taken from the tile that holds it."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._levels: list[tuple[int, list[Twofold | None]]] = []

    def add(self, full: Twofold | None, level: int = 0) -> Iterator[Problem]:
        """The next full tile of ``level``, by its two hashes; what is wrong with tiles that are full now."""
        if level == len(self._levels):
            self._levels.append((0, []))
        index, edge = self._levels[level]
        edge.append(full)
        if len(edge) == TILE_WIDTH:
            yield from self._check(TilePlace(level + 1, index), edge)
            self._levels[level] = (index + 1, [])
            known = [hashes for hashes in edge if hashes is not None]
            whole = len(known) == TILE_WIDTH
            above = (root_of([own for own, _ in known]), root_of([tile for _, tile in known])) if whole else None
            yield from self.add(above, level + 1)

    def finish(self) -> Iterator[Problem]:
        """What is wrong with the partial tiles at the end."""
        for level, (index, edge) in enumerate(self._levels):
            if edge:
                yield from self._check(TilePlace(level + 1, index, len(edge)), edge)

    def _check(self, place: TilePlace, edge: list[Twofold | None]) -> Iterator[Problem]:
        """Fills in what is unknown in ``edge``."""
        try:
            found, data = read_place(self._directory, place)
        except FileNotFoundError:
            yield Problem("missing-tile", "no hash tile here; copy it from wherever the log is kept", file=place.path)
            return
        except NotAFile as error:
            yield Problem("surplus-file", f"expected a hash tile, found {error}", file=place.path)
            return
        if len(data) != found.width * HASH_BYTES:
            message = f"expected {found.width * HASH_BYTES} bytes, found another number"
            yield Problem("truncated-tile", message, file=place.path, offset=min(len(data), found.width * HASH_BYTES))
            return
        for position, hashes in enumerate(edge):
            stored = data[position * HASH_BYTES : (position + 1) * HASH_BYTES]
            if hashes is None:
                edge[position] = (stored, stored)
            elif stored not in hashes:
                message = "a hash here is not that of the tile below"
                yield Problem("tile-mismatch", message, file=place.path, offset=position * HASH_BYTES)
                return
