"""Deleting payload files for good, on the record: the entry first, then the files.

The entry says what is to be gone (everything dated before a day), who asked for it and why. It is published before the
first file is deleted, so that there is never a file missing that the log does not account for; and a deletion that was
interrupted is finished by doing it again. Proofs stay whole: entries hold commitments only, and the salt goes with the
body. Nothing else ever deletes a payload file.
"""

import re
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
        OSError: some files could not be deleted; do it again.
    """
    if not _DATE.fullmatch(before):
        raise ValueError("a day is written YYYY-MM-DD")
    files = storage or Storage()
    writer.publish()  # what a crash left in the journal may have files of those days, too
    days = expired_days(payloads, before)
    names = {day: sorted(path for path in day.iterdir()) for day in days}
    count = sum(len(paths) for paths in names.values())
    if not days:
        return Pruned(0, 0, None)
    entry = {"type": "prune", "id": new_id(), "time": now(), "before": before, "files": count, "by": by}
    receipt = writer.submit({**entry, "reason": reason}).result()
    writer.publish()
    for day, paths in names.items():
        for path in paths:
            files.remove(path)
        files.sync_directory(day)
        files.remove_directory(day)
    files.sync_directory(payloads)
    return Pruned(count, len(days), receipt.index)
