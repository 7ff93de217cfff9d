"""One entry, read as strictly as docs/trail-format.md ("Entries") writes it. Pure.

This runs for every entry of the log, so it does without detours.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime

import orjson

from beacon_audit.errors import TrailCorrupt
from beacon_audit.trail.approval import read_approval
from beacon_audit.trail.entry import ENTRY_LIMIT
from beacon_audit.trail.policy_change import check_policy, check_policy_refused

#: `MALFORMED`: nothing is known of it, or it is not there.
MALFORMED, INTENT, OUTCOME, UNKNOWN_OUTCOME, REFUSAL, HEARTBEAT, OPEN, CLOSE = range(8)
RECOVERED, POLICY, PRUNE, KEY_CHANGE, UNKNOWN_TYPE, APPROVAL, POLICY_REFUSED = range(8, 15)

#: Kinds that belong to an exchange, whose ids matter.
EXCHANGE = frozenset({INTENT, OUTCOME, UNKNOWN_OUTCOME, REFUSAL})
#: Kinds of which more than kind and id matters.
SPECIAL = frozenset({RECOVERED, POLICY, PRUNE, KEY_CHANGE, UNKNOWN_TYPE})

_KINDS = {
    "intent": INTENT,
    "outcome": OUTCOME,
    "refusal": REFUSAL,
    "heartbeat": HEARTBEAT,
    "open": OPEN,
    "close": CLOSE,
    "recovered": RECOVERED,
    "policy": POLICY,
    "policy-refused": POLICY_REFUSED,
    "prune": PRUNE,
    "key-change": KEY_CHANGE,
    "approval": APPROVAL,
}
#: What else must be true of the form of some.
_CHECKS = {APPROVAL: read_approval, POLICY: check_policy, POLICY_REFUSED: check_policy_refused}
_SORTED = orjson.OPT_SORT_KEYS
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?Z").fullmatch
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}").fullmatch
_FILE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})/([0-9a-z][0-9a-z._-]{0,99})").fullmatch
_COMMITMENT = re.compile(r"sha256:[0-9a-f]{64}").fullmatch


class Malformed(Exception):
    """The bytes are no entry; the text says what was expected."""


def read_entry(entry: bytes) -> dict[str, object]:
    """The fields of an entry, which has the four that every entry has. Raises `Malformed`."""
    if len(entry) > ENTRY_LIMIT:
        raise Malformed(f"expected at most {ENTRY_LIMIT} bytes, came {len(entry)}")
    try:
        fields = orjson.loads(entry)
        canonical = orjson.dumps(fields, option=_SORTED) == entry
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):
        raise Malformed("expected a JSON object, came bytes that are none") from None
    if not canonical or type(fields) is not dict:
        raise Malformed("expected one JSON object with sorted keys and no white space, came another form")
    for name in ("type", "id", "time"):
        value = fields.get(name)
        if type(value) is not str or not value:
            raise Malformed(f"expected a text in {name!r}")
    if type(fields.get("index")) is not int:
        raise Malformed("expected a whole number in 'index'")
    return fields


def read_time(fields: Mapping[str, object]) -> datetime:
    """When it was written. Raises `Malformed`."""
    time = str(fields["time"])
    try:
        if _TIME(time):
            return datetime.fromisoformat(time)
    except ValueError:
        pass
    raise Malformed("expected a time in UTC such as 2026-01-31T08:00:00Z")


def kind_of(fields: Mapping[str, object]) -> int:
    """One of the kinds above but `MALFORMED`. Raises `Malformed`."""
    kind = _KINDS.get(str(fields["type"]), UNKNOWN_TYPE)
    if kind == OUTCOME:
        state = fields.get("state")
        if state == "unknown":
            return UNKNOWN_OUTCOME
        if state not in ("sent", "not_sent"):
            raise Malformed("expected the state of an outcome: sent, not_sent or unknown")
    elif kind == PRUNE and not is_date(fields.get("before")):
        raise Malformed("expected a date in 'before'")
    elif check := _CHECKS.get(kind):
        try:
            check(fields)
        except TrailCorrupt as error:
            raise Malformed(str(error)) from None
    return kind


def payload_of(fields: Mapping[str, object]) -> tuple[str, str, str] | None:
    """Date, name and commitment of the payload file that an entry names, if it does. Raises `Malformed`."""
    payload = fields.get("payload")
    if payload is None:
        return None
    if type(payload) is dict and len(payload) == 2:
        file, commitment = payload.get("file"), payload.get("commitment")
        if type(file) is str and type(commitment) is str and (match := _FILE(file)) and _COMMITMENT(commitment):
            return match[1], match[2], commitment
    raise Malformed("expected the file and the commitment of a payload")


def is_date(value: object) -> bool:
    """Whether ``value`` is a day as ``YYYY-MM-DD``."""
    try:
        return isinstance(value, str) and bool(_DATE(value)) and date.fromisoformat(value) is not None
    except ValueError:
        return False
