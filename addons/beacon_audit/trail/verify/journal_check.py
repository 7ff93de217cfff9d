"""The journal of a trail, where there is one: whole, a continuation of the log, and of one opinion with it.

`read_journal` reads all that is left of it: entries that a checkpoint covers must be those of the log, entries that
none covers yet are counted (`JournalEnd`). A crash can leave an unfinished last batch behind the checkpoint, and
nothing else.
"""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import orjson

from beacon_audit.errors import TrailCorrupt
from beacon_audit.trail.cursor import JournalBatch, JournalCursor, JournalMoved
from beacon_audit.trail.segment import SEGMENT_LIMIT, STATE, list_segments
from beacon_audit.trail.verify.evidence import NotAFile, open_file
from beacon_audit.trail.verify.problem import Problem

_TRIES = 20
_PAUSE_S = 0.15


@dataclass(slots=True)
class JournalEnd:
    """What the journal says about the end of the log. ``next_index`` follows its last entry; `None`: there is none.
    ``settled`` are the ids of the intents whose outcome only the journal holds. ``torn`` is the file and offset of an
    unfinished batch."""

    next_index: int | None = None
    settled: set[str] = field(default_factory=set)
    torn: tuple[str, int] | None = None
    problem: Problem | None = None


class _Disagrees(Exception):
    """The log has another entry at ``index``."""

    def __init__(self, index: int) -> None:
        self.index = index


def read_journal(
    directory: Path,
    size: int,
    published: Callable[[int], bytes | None],
    newest_size: Callable[[], int],
    *,
    writing: bool,
    expected: bool,
) -> JournalEnd:
    """Read the journal of the log in ``directory``, verified up to ``size``. ``published`` gives an entry of the log
    (`None` when it cannot be read), ``newest_size`` the size of the newest checkpoint by now. ``writing``: somebody may
    be at work, so damage is looked at again before it is believed. ``expected``: there must be one."""
    tries = _TRIES if writing else 1
    end = JournalEnd()
    for _ in range(tries):
        end = _read(directory, size, published, newest_size, expected=expected)
        if end.problem is None:
            break
        if tries > 1:
            time.sleep(_PAUSE_S)
    return end


def journal_entries(directory: Path, start: int) -> Iterator[tuple[int, bytes]]:
    """The entries in the journal from the index ``start`` on, as far as they can be read."""
    cursor = JournalCursor(directory / STATE)
    try:
        _require_files(directory)
        for batch in cursor.batches():
            for index, entry in enumerate(batch.entries, batch.first_index):
                if index >= start:
                    yield index, entry
    except (TrailCorrupt, JournalMoved, NotAFile, FileNotFoundError):
        return


def _read(
    directory: Path,
    size: int,
    published: Callable[[int], bytes | None],
    newest_size: Callable[[], int],
    *,
    expected: bool,
) -> JournalEnd:
    end = JournalEnd()
    cursor = JournalCursor(directory / STATE)
    try:
        _require_files(directory)
        for batch in cursor.batches():
            _take(batch, size, published, end)
    except _Disagrees as error:
        message = f"entry {error.index} in the journal is not the entry {error.index} of the log"
        end.problem = replace(_corrupt(directory, cursor, message), entry=error.index)
    except TrailCorrupt as error:
        end.problem = _corrupt(directory, cursor, str(error).removeprefix(f"{directory}/"))
    except (JournalMoved, FileNotFoundError):
        end.problem = _corrupt(directory, cursor, "files disappeared while they were read; verify again")
    except NotAFile as error:
        end.problem = _corrupt(directory, cursor, str(error))
    if end.problem is None:
        end.problem = _reach(directory, cursor, newest_size(), size, expected=expected)
    if cursor.segment is not None:
        end.next_index = cursor.next_index
        end.torn = (_name(directory, cursor.segment.path), cursor.torn.offset) if cursor.torn else None
    return end


def _take(batch: JournalBatch, size: int, published: Callable[[int], bytes | None], end: JournalEnd) -> None:
    for index, entry in enumerate(batch.entries, batch.first_index):
        if index >= size:
            fields = orjson.loads(entry)
            if fields["type"] == "outcome":
                end.settled.add(fields["id"])
        elif (known := published(index)) is not None and known != entry:
            raise _Disagrees(index)


def _require_files(directory: Path) -> None:
    for segment in list_segments(directory / STATE):
        descriptor = open_file(segment.path)
        try:
            if os.fstat(descriptor).st_size > SEGMENT_LIMIT:
                raise TrailCorrupt(f"{segment.path}: expected at most {SEGMENT_LIMIT} bytes")
        finally:
            os.close(descriptor)


def _reach(directory: Path, cursor: JournalCursor, newest: int, size: int, *, expected: bool) -> Problem | None:
    """Between the log and the journal nothing is missing."""
    if cursor.segment is None:
        if expected and size:
            return _corrupt(directory, cursor, f"expected the journal that goes on after entry {size - 1}, found none")
        return None
    first = list_segments(directory / STATE)[:1]
    if first and first[0].first_index > max(newest - 1, 0):
        return _corrupt(directory, cursor, f"expected a segment that holds entry {newest - 1}, found a later beginning")
    if cursor.next_index < size:
        torn = f"; the batch there: {cursor.torn.reason}" if cursor.torn else ""
        message = (
            f"expected entries up to {size - 1}, which a checkpoint covers, found none from entry "
            f"{cursor.next_index} on{torn}"
        )
        return _corrupt(directory, cursor, message)
    return None


def _corrupt(directory: Path, cursor: JournalCursor, message: str) -> Problem:
    file = _name(directory, cursor.segment.path) if cursor.segment else STATE
    return Problem("journal-corrupt", message, cursor.next_index, file, cursor.offset)


def _name(directory: Path, path: Path) -> str:
    return path.relative_to(directory).as_posix()
