"""The forms that entries have beyond being entries (docs/trail-format.md, "Entries"). Pure.

The writer writes nothing else, and takes nothing else for its own: what is in the log once is signed for ever, and
`verify` would call a log malformed in which one entry has another form. ``verify`` judges by rules of its own.

`check_form` raises `TrailError` for fields of another form, `check_written` raises `TrailCorrupt` for bytes that the
writer would have spelt otherwise.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime

from beacon_audit.errors import TrailCorrupt, TrailError
from beacon_audit.trail.entry import encode_entry
from beacon_audit.trail.payload_files import is_commitment, is_payload_file

_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?Z")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_STATES = ("sent", "not_sent", "unknown")


def check_form(fields: Mapping[str, object]) -> None:
    """That the time, and what else others rely on, has its form; what is missing `encode_entry` refuses."""
    time, kind = fields.get("time"), fields.get("type")
    if not isinstance(time, str) or not _TIME.fullmatch(time) or not _exists(time, datetime):
        raise TrailError("trail entry: expected a time in UTC such as 2026-01-31T08:00:00Z, came something else")
    if kind == "outcome" and fields.get("state") not in _STATES:
        raise TrailError(f"trail entry: expected the state of an outcome out of {', '.join(_STATES)}")
    if kind == "prune" and not is_day(fields.get("before")):
        raise TrailError("trail entry: expected a day as YYYY-MM-DD in 'before'")
    named_payload(fields)


def check_written(entry: bytes, fields: Mapping[str, object]) -> None:
    """That ``entry``, which decodes to ``fields``, is what the writer would have written for them."""
    own = {name: value for name, value in fields.items() if name != "index"}
    index = fields["index"]
    try:
        check_form(own)
        same = isinstance(index, int) and encode_entry(own, index) == entry
    except TrailError as error:
        raise TrailCorrupt(str(error)) from None
    if not same:
        raise TrailCorrupt("trail entry: expected it in the one spelling that the writer has, came another")


def named_payload(fields: Mapping[str, object]) -> tuple[str, str] | None:
    """File and commitment of the payload that an entry names, if it names one."""
    payload = fields.get("payload")
    if payload is None:
        return None
    if isinstance(payload, dict) and len(payload) == 2:
        file, commitment = payload.get("file"), payload.get("commitment")
        if is_payload_file(file) and is_commitment(commitment):
            return str(file), str(commitment)
    raise TrailError("trail entry: expected file and commitment in 'payload', came something else")


def is_day(value: object) -> bool:
    """Whether ``value`` is a day as ``YYYY-MM-DD``."""
    return isinstance(value, str) and bool(_DATE.fullmatch(value)) and _exists(value, date)


def _exists(text: str, kind: type[date]) -> bool:
    try:
        kind.fromisoformat(text)
    except ValueError:
        return False
    return True
