"""Payload files against their commitments, and how many there are of each date.

A tally is what has to be remembered of the files of a date: no names, so that memory does not grow with the log.
"""

from dataclasses import dataclass

from beacon_audit.errors import TrailCorrupt
from beacon_audit.trail.payload_files import CONTENT_LIMIT, check_content
from beacon_audit.trail.verify.evidence import NotAFile, read_file

#: One entry that names a file: its index and the file's name.
type Named = tuple[int, str]


@dataclass(slots=True)
class PayloadTally:
    """Of the files of one date that entries name: how many are ``present`` and ``missing``, and the first and last
    entry of either kind."""

    present: int = 0
    missing: int = 0
    first_present: Named | None = None
    last_present: Named | None = None
    first_missing: Named | None = None
    last_missing: Named | None = None

    def count(self, name: str, index: int, *, present: bool) -> None:
        """Another entry names a file."""
        if present:
            self.present += 1
            self.first_present = self.first_present or (index, name)
            self.last_present = (index, name)
        else:
            self.missing += 1
            self.first_missing = self.first_missing or (index, name)
            self.last_missing = (index, name)

    def join(self, later: "PayloadTally") -> None:
        """Add what was counted in a later part of the log."""
        self.present += later.present
        self.missing += later.missing
        self.first_present = self.first_present or later.first_present
        self.last_present = later.last_present or self.last_present
        self.first_missing = self.first_missing or later.first_missing
        self.last_missing = later.last_missing or self.last_missing


def check_payload_file(path: str, commitment: str) -> tuple[bool, str | None]:
    """Whether there is a file at ``path``, and what is wrong with it."""
    try:
        check_content(read_file(path, CONTENT_LIMIT), commitment, "payload file")
    except FileNotFoundError:
        return False, None
    except NotAFile as error:
        return True, f"expected a payload file, found {error}"
    except TrailCorrupt as error:
        return True, str(error)
    return True, None
