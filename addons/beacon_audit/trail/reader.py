"""Reading a trail while its writer may be at work.

`read_trail` gives the entries that are durable now. `TrailReader` does the same again and again: its `poll` gives
what has been added since the last call, so that a caller can follow a live trail at its own pace. Entries are dicts of
JSON values as `entry.decode_entry` gives them, in the order of their ``index``.

Both raise `TrailError` when there is no trail at all and `TrailCorrupt` on damage; the unfinished last batch of a live
or crashed writer is neither.
"""

from collections.abc import Iterator
from pathlib import Path

from beacon_audit.errors import TrailError
from beacon_audit.trail.cursor import JournalCursor

STATE = ".state"


class TrailReader:
    """A reader of the trail in ``directory`` (``HOME/trail``) that remembers how far it has read."""

    def __init__(self, directory: Path) -> None:
        if not directory.is_dir():
            raise TrailError(f"no audit trail at {directory}: expected a directory; is this the right home?")
        self._cursor = JournalCursor(directory / STATE)

    def poll(self) -> Iterator[dict[str, object]]:
        """The entries that were added since the last call; call again when it is exhausted."""
        return self._cursor.entries()


def read_trail(directory: Path) -> Iterator[dict[str, object]]:
    """Every durable entry of the trail in ``directory`` (``HOME/trail``), oldest first."""
    return TrailReader(directory).poll()
