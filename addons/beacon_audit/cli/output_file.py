"""Where a file that a command makes may lie: not among the files of an instance."""

from pathlib import Path

from beacon_audit.errors import UsageError
from beacon_audit.home.layout import Home


def refuse_inside(home: Home, path: Path) -> None:
    """Let ``path`` be none of the places of ``home``, where it would be taken for one of its files, or for tampering.

    Raises:
        UsageError: it is.
    """
    place = path.parent.resolve() / path.name
    for kept in (home.trail, home.payloads, home.keys, home.ca, home.requests):
        if place.is_relative_to(kept):
            raise UsageError(f"-o: expected a file outside of {kept}, where it would count as tampering")
