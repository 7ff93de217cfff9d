"""One entry of the audit trail as bytes: the leaf that journal, bundle and proof all hold.

`encode_entry` takes fields of JSON types and the position of the entry in the trail, and gives one UTF-8 JSON object
with sorted keys and no white space, at most `ENTRY_LIMIT` bytes long; equal fields give equal bytes. `decode_entry`
takes such bytes back. Both are pure.

The limit leaves room under the 65,535 bytes that a length prefix of C2SP tlog-tiles can express
(https://c2sp.org/tlog-tiles, "Log entries").
"""

from collections.abc import Mapping

import orjson

from beacon_audit.errors import TrailCorrupt, TrailError

ENTRY_LIMIT = 65_000
ENTRY_TYPES = frozenset(
    {
        "open", "close", "recovered", "policy", "policy-refused", "heartbeat", "prune", "key-change", "approval",
        "intent", "outcome", "refusal",
    }
)  # fmt: skip

_REQUIRED = ("type", "id", "time")
# Only JSON types: a dataclass or a datetime in an entry is a mistake, not something to be rendered silently.
_OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME


def encode_entry(fields: Mapping[str, object], index: int) -> bytes:
    """The bytes of the entry at position ``index`` (from 0) of the trail.

    Raises `TrailError` when ``type``, ``id`` or ``time`` is missing, the type is unknown, a value is not of a JSON
    type, or the entry would be longer than `ENTRY_LIMIT`.
    """
    for name in _REQUIRED:
        value = fields.get(name)
        if not isinstance(value, str) or not value:
            raise TrailError(f"trail entry: expected a non-empty string in {name!r}, came {type(value).__name__}")
    if fields["type"] not in ENTRY_TYPES:
        raise TrailError(f"trail entry: expected a type out of {', '.join(sorted(ENTRY_TYPES))}")
    if "index" in fields:
        raise TrailError("trail entry: 'index' is given by the trail, leave it out of the fields")
    try:
        entry = orjson.dumps({**fields, "index": index}, option=_OPTIONS)
    except orjson.JSONEncodeError as error:
        raise TrailError(f"trail entry: expected values of JSON types, came something else ({error})") from None
    if len(entry) > ENTRY_LIMIT:
        raise TrailError(f"trail entry: expected at most {ENTRY_LIMIT} bytes, came {len(entry)}; shorten its lists")
    return entry


def decode_entry(data: bytes) -> dict[str, object]:
    """The fields of an entry, ``index`` among them. Raises `TrailCorrupt` when ``data`` is not an entry."""
    try:
        fields = orjson.loads(data)
    except orjson.JSONDecodeError:
        raise TrailCorrupt("trail entry: expected a JSON object, came bytes that are not JSON") from None
    if not isinstance(fields, dict):
        raise TrailCorrupt("trail entry: expected a JSON object, came another JSON value")
    for name in _REQUIRED:
        if not isinstance(fields.get(name), str):
            raise TrailCorrupt(f"trail entry: expected a string in {name!r}")
    index = fields.get("index")
    if not isinstance(index, int) or isinstance(index, bool) or index < 0:
        raise TrailCorrupt("trail entry: expected a whole number in 'index'")
    return fields
