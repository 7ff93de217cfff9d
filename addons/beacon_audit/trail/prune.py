"""Deleting payload files for good, on the record: the entry first, then the files.

The entry says what is to be gone (everything dated before a day), who asked for it and why. It is published before the
first file is deleted, so that there is never a file missing that the log does not account for; and a deletion that was
interrupted is finished by doing it again. Proofs stay whole: entries hold commitments only, and the salt goes with the
body. Nothing else ever deletes a payload file.

What lies there and is a directory is not ours: everything else is deleted, and then that is an error. Where there is
nothing else to delete, nothing is recorded, however often it is tried.
"""

import errno
import re
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from beacon_audit.trail.storage import Storage
from beacon_audit.trail.writer import TrailWriter

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True)
class Pruned:
    """What was deleted: so many files of so many days. ``index`` is the entry that says so; ``None``: there was
    nothing to delete."""

    files: int
    days: int
    index: int | None


def expired_days(payloads: Path, before: str) -> list[Path]:
    """The directories in ``payloads`` with files dated before the day ``before`` (``YYYY-MM-DD``), oldest first.

    A symbolic link is none: what it leads to is not ours to delete.
    """
    if not payloads.is_dir():
        return []
    days = (path for path in payloads.iterdir() if _DATE.fullmatch(path.name) and path.name < before)
    return sorted(path for path in days if path.is_dir() and not path.is_symlink())


def prune(
    writer: TrailWriter,
    payloads: Path,
    *,
    before: str,
    by: str,
    reason: str,
    new_id: Callable[[], str],
    now: Callable[[], str],
    storage: Storage | None = None,
) -> Pruned:
    """Delete the payload files dated before the day ``before`` (``YYYY-MM-DD``, not later than today).

    Raises:
        TrailError: it could not be recorded; nothing was deleted.
        OSError: something could not be deleted; do it again.
    """
    if not _DATE.fullmatch(before):
        raise ValueError("a day is written YYYY-MM-DD")
    files = storage or Storage()
    writer.publish()  # what a crash left in the journal may have files of those days, too
    days = expired_days(payloads, before)
    names = {day: sorted(day.iterdir()) for day in days}
    foreign = {path for paths in names.values() for path in paths if stat.S_ISDIR(path.lstat().st_mode)}
    count = sum(len(paths) for paths in names.values()) - len(foreign)
    index = None
    if count:
        entry = {"type": "prune", "id": new_id(), "time": now(), "before": before, "files": count, "by": by}
        index = writer.submit({**entry, "reason": reason}).result().index
        writer.publish()
    for day, paths in names.items():
        for path in paths:
            if path not in foreign:
                files.remove(path)
        files.sync_directory(day)
        if foreign.isdisjoint(paths):
            files.remove_directory(day)
    if days:
        files.sync_directory(payloads)
    if foreign:
        raise OSError(errno.EISDIR, "expected payload files, found a directory; move it away", str(min(foreign)))
    return Pruned(count, len(days) if count else 0, index)
