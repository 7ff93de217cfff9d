"""How many entries the trail is known to have held: a note beside the journal, so that a lost journal is noticed.

The journal proves that what is there is whole, not that nothing is missing from its end; a deleted journal would read
as an empty trail. So the writer notes the number of durable entries when it closes and whenever a segment has its
first batch. Fewer entries than the note says is corruption. The note is never ahead of the journal.

This finds accidents and clumsy deletion. Somebody who rewrites the note as well is found by an outside anchor only.
"""

from pathlib import Path

from beacon_audit.errors import TrailCorrupt
from beacon_audit.trail.storage import Storage

_NAME = "high-water"


def read_high_water(state: Path) -> int:
    """The noted number of entries, 0 without a note. Raises `TrailCorrupt` when the note cannot be read as one."""
    path = state / _NAME
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return 0
    digits = text.removesuffix(b"\n")
    if not (0 < len(digits) <= 20 and digits.isdigit()):
        raise TrailCorrupt(f"{path}: expected a number of entries, came {len(text)} other bytes")
    return int(digits)


def note_high_water(state: Path, entries: int, storage: Storage) -> None:
    """Note durably that the journal in ``state`` holds ``entries`` entries. Raises `OSError`."""
    fresh = state / f"{_NAME}.new"
    storage.remove(fresh)
    descriptor = storage.create(fresh)
    try:
        data = b"%020d\n" % entries
        if storage.write(descriptor, data) != len(data):
            raise OSError(f"short write to {fresh}")
        storage.sync_data(descriptor)
    finally:
        storage.close(descriptor)
    storage.replace(fresh, state / _NAME)
    storage.sync_directory(state)
