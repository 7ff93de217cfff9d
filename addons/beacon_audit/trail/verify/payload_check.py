"""Payload files against their commitments, and how many there are of each date.

A tally is what has to be remembered of the files of a date: no names, so that memory does not grow with the log.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from beacon_audit.trail.payload_files import CONTENT_LIMIT
from beacon_audit.trail.verify.evidence import NotAFile, open_file
from beacon_audit.trail.verify.payload_content import compressed_limit, content_fault, content_size

#: So many bytes cost next to nothing.
_SMALL = 1024 * 1024

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


@dataclass(frozen=True, slots=True)
class Checked:
    """``code`` and ``message`` of what is wrong with a payload file, if something is. ``data`` is what was read of it:
    all, unless it is wrong. ``None``: there is none."""

    present: bool
    data: bytes | None = None
    code: str | None = None
    message: str = ""


class PayloadChecker:
    """Checks the files of a part of the log. Altered ones may be bombs: when they have had ``budget`` bytes, only small
    files are opened any more."""

    def __init__(self, budget: int = CONTENT_LIMIT) -> None:
        self._left = budget

    def check(self, path: Path | str, commitment: str) -> Checked:
        """The file at ``path``, whose entry has this ``commitment``."""
        try:
            descriptor = open_file(path)
        except FileNotFoundError:
            return Checked(present=False)
        except NotAFile as error:
            return Checked(present=True, code="payload-altered", message=f"expected a payload file, found {error}")
        with os.fdopen(descriptor, "rb") as file:
            data = file.read(_SMALL)
            length = os.fstat(descriptor).st_size
            size = content_size(data)
            if self._left < 0 and max(size, length) > _SMALL:
                message = "large, and not looked at after so many others that were altered"
                return Checked(True, data, "payload-unchecked", message)
            if length > len(data) and length <= compressed_limit(size):
                data += file.read(length - len(data))
        fault = content_fault(data, commitment) if len(data) == length else "expected one zstd frame, came more"
        if fault is None:
            return Checked(True, data)
        self._left -= max(size, len(data))
        return Checked(True, data, "payload-altered", fault)
