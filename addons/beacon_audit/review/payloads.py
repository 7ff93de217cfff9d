"""The redacted bodies that belong to an exchange, read back and held against what the trail committed to.

Takes the ``payload`` field of an entry, ``{"file": "<date>/<name>", "commitment": "sha256:<hex>"}`` or ``None``.
``state`` of what comes back: ``none`` (nothing was recorded), ``present``, ``deleted`` (with its day, or by hand: the
proofs stay whole), ``altered`` (it is not what the trail committed to) or ``unreadable``.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from beacon_audit.errors import TrailCorrupt
from beacon_audit.home import Home
from beacon_audit.trail.payload_files import CONTENT_LIMIT, check_content
from beacon_audit.trail.reader import journal_payload
from beacon_audit.trail.regular_file import read_regular

type PayloadState = Literal["none", "present", "deleted", "altered", "unreadable"]

# The only form that the trail's writer gives a file; anything else could lead out of HOME.
_FILE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}/[0-9a-z][0-9a-z._-]{0,99}")


@dataclass(frozen=True, slots=True)
class RecordedPayload:
    """``body`` is the redacted document when ``state`` is ``present``."""

    state: PayloadState
    file: str | None = None
    commitment: str | None = None
    body: object = None

    def to_json(self) -> dict[str, object]:
        return {"state": self.state, "file": self.file, "commitment": self.commitment, "body": self.body}


def read_recorded_payload(home: Home, reference: object, *, published: bool = False) -> RecordedPayload:
    """What is left of the payload that ``reference`` names; raises nothing for damage, it is the answer. ``published``:
    a checkpoint covers its entry, so that the journal, which takes long to search, cannot have it."""
    if not isinstance(reference, Mapping):
        return RecordedPayload("none")
    file, commitment = str(reference.get("file")), str(reference.get("commitment"))
    if not _FILE.fullmatch(file):
        return RecordedPayload("unreadable", None, commitment)
    try:
        body = json.loads(_checked(home, file, commitment, published=published))
    except FileNotFoundError:
        return RecordedPayload("deleted", file, commitment)
    except OSError:
        return RecordedPayload("unreadable", file, commitment)
    except (TrailCorrupt, ValueError, RecursionError):
        return RecordedPayload("altered", file, commitment)
    return RecordedPayload("present", file, commitment, body)


def _checked(home: Home, file: str, commitment: str, *, published: bool) -> bytes:
    """The body of a payload file, which lies in the journal for the first second of its life."""
    path = home.payloads / file
    try:
        data = read_regular(path, CONTENT_LIMIT)
    except FileNotFoundError:
        if published:
            raise
        # It may have been published between the two looks.
        data = journal_payload(home.trail, file) or read_regular(path, CONTENT_LIMIT)
    return check_content(data, commitment, file)
