"""What lies in a trail directory, and what of it does not belong there (docs/trail-format.md, "Files").

Directories are listed without following links; nothing is opened.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from beacon_audit.trail.published import CHECKPOINT, CHECKPOINT_LOG
from beacon_audit.trail.tiles import TILE_WIDTH, TilePlace, parse_tile_path
from beacon_audit.trail.verify.evidence import kind_of, list_directory

WITNESSED = "checkpoint.witnessed"

_FILES = re.compile(
    rf"{CHECKPOINT}|{WITNESSED}|{CHECKPOINT_LOG}|\.state/(?:lock|journal-[0-9]{{20}}\.wal|new/(?:[0-9]+|{WITNESSED}))"
)
_DIRECTORIES = re.compile(
    r"tile(?:/(?:entries|[0-9]|[1-5][0-9]|6[0-3])(?:/x[0-9]{3}){0,6}(?:/[0-9]{3}\.p)?)?|\.state(?:/new)?"
)


@dataclass(frozen=True, slots=True)
class Stray:
    """Something that has no place in any trail; ``what`` it is, in words."""

    path: str
    what: str


def walk(directory: Path) -> Iterator[TilePlace | Stray]:
    """Every tile and bundle below ``directory``, and everything that is no part of a trail at all."""
    pending = [""]
    while pending:
        parent = pending.pop()
        try:
            found = list_directory(directory / parent)
        except FileNotFoundError:
            continue  # the writer deletes what is not needed any more
        for entry in found:
            path = f"{parent}/{entry.name}" if parent else entry.name
            if entry.is_dir(follow_symlinks=False):
                if _DIRECTORIES.fullmatch(path):
                    pending.append(path)
                else:
                    yield Stray(path, "a directory")
            elif not entry.is_file(follow_symlinks=False):
                yield from _not_a_file(entry, path)
            elif place := parse_tile_path(path):
                yield place
            elif not _FILES.fullmatch(path):
                yield Stray(path, "a file")


def _not_a_file(entry: "os.DirEntry[str]", path: str) -> Iterator[Stray]:
    try:
        yield Stray(path, kind_of(entry.stat(follow_symlinks=False).st_mode))
    except FileNotFoundError:
        return


def width_at(place: TilePlace, size: int) -> int:
    """How many hashes or entries of a log of ``size`` belong into the tile of ``place``: 0 to 256."""
    hashes = size >> 8 * (place.level or 0)
    return max(0, min(TILE_WIDTH, hashes - place.index * TILE_WIDTH))
