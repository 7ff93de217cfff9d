"""The names of the journal's files: ``journal-<first index, 20 digits>.wal`` in the ``.state`` directory of a trail.

A segment is named after the index of the first entry it holds, so that a missing segment shows in the names alone.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from beacon_audit.trail.batch import HEADER_BYTES
from beacon_audit.trail.frames import FRAMES_LIMIT

#: A segment takes no more batches once it has this many bytes.
SEGMENT_BYTES = 64 * 1024 * 1024
#: So no segment is longer than this.
SEGMENT_LIMIT = SEGMENT_BYTES + HEADER_BYTES + FRAMES_LIMIT
#: Nor all of them together: the writer takes no more when too much of it waits to be published, which is far less.
JOURNAL_LIMIT = 2 * 1024 * 1024 * 1024
#: The directory, in that of the trail, that is the writer's own.
STATE = ".state"

_NAME = re.compile(r"journal-([0-9]{20})\.wal")


@dataclass(frozen=True, slots=True, order=True)
class Segment:
    """One file of the journal and the index of its first entry."""

    first_index: int
    path: Path


def segment_at(state: Path, first_index: int) -> Segment:
    """The segment in the directory ``state`` that starts with the entry ``first_index``."""
    return Segment(first_index, state / f"journal-{first_index:020d}.wal")


def list_segments(state: Path) -> list[Segment]:
    """The segments that exist in ``state``, oldest first; none when there is no such directory."""
    if not state.is_dir():
        return []
    names = ((_NAME.fullmatch(path.name), path) for path in state.iterdir())
    return sorted(Segment(int(match[1]), path) for match, path in names if match)
