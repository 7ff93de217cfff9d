"""Deleting payload files for good, on the record: the entry first, then the files.

The entry says what is to be gone (everything dated before a day), who asked for it and why. It is published before the
first file is deleted, so that there is never a file missing that the log does not account for; and a deletion that was
interrupted is finished by doing it again. Proofs stay whole: entries hold commitments only, and the salt goes with the
body. Nothing else ever deletes a payload file.

What lies there and is a directory is not ours, and something may not let itself be deleted or even listed: everything
else is deleted, and then that is an error. Where there is nothing else to delete, nothing is recorded, however often it
is tried.
"""

import errno
import re
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from beacon_audit.trail.storage import Storage
from beacon_audit.trail.writer import TrailWriter

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
#: What somebody can do to a file or a directory so that it stays.
_STUBBORN = frozenset({errno.EACCES, errno.EPERM, errno.EISDIR, errno.ENOTEMPTY})


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
    failure = _Failure()
    names = _listed(days, failure)
    count = sum(len(paths) for paths in names.values())
    index = None
    if count:
        entry = {"type": "prune", "id": new_id(), "time": now(), "before": before, "files": count, "by": by}
        index = writer.submit({**entry, "reason": reason}).result().index
        writer.publish()
    for day, paths in names.items():
        for path in paths:
            with failure.put_off():
                files.remove(path)
        with failure.put_off():
            files.sync_directory(day)
            files.remove_directory(day)
    if days:
        files.sync_directory(payloads)
    if failure.first is not None:
        raise failure.first
    return Pruned(count, len(days) if count else 0, index)


def _listed(days: list[Path], failure: "_Failure") -> dict[Path, list[Path]]:
    """For each of the ``days`` the files in it."""
    names: dict[Path, list[Path]] = {}
    for day in days:
        with failure.put_off():
            found = sorted(day.iterdir())
            foreign = {path for path in found if stat.S_ISDIR(path.lstat().st_mode)}
            names[day] = [path for path in found if path not in foreign]
            if foreign:
                raise OSError(
                    errno.EISDIR, "expected payload files, found a directory; move it away", str(min(foreign))
                )
    return names


class _Failure:
    """The first of some that keep only what they are about. It is raised when everything else is deleted."""

    def __init__(self) -> None:
        self.first: OSError | None = None

    @contextmanager
    def put_off(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if error.errno not in _STUBBORN:
                raise  # the disk, on which nothing is tried any more
            self.first = self.first or error
