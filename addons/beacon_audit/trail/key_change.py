"""The entry with which a log passes from one key to the next: both keys sign that the one follows the other.

The old key's signature says that the log's owner meant it; the new key's that he has it. The origin stays, so the two
have one name. Raises `TrailCorrupt` for fields that do not prove it, ``ValueError`` for keys that cannot follow each
other.
"""

from collections.abc import Mapping

from beacon_audit.errors import TrailCorrupt, UsageError
from beacon_audit.trail.canonical import from_base64, to_base64
from beacon_audit.trail.note import ED25519, Signer, VerifierKey, parse_vkey

_TITLE = "beacon-audit key-change/v1"
_SIGNATURE_BYTES = 64


def statement(old_vkey: str, new_vkey: str) -> bytes:
    """What both keys sign: three lines, each with its newline. No checkpoint and no cosignature begins so."""
    return f"{_TITLE}\n{old_vkey}\n{new_vkey}\n".encode()


def key_change_fields(old: Signer, new: Signer, reason: str) -> dict[str, object]:
    """The fields of the entry beside those that every entry has."""
    if old.verifier.name != new.verifier.name or old.vkey == new.vkey:
        raise ValueError("a key change takes two different keys of one origin")
    data = statement(old.vkey, new.vkey)
    return {
        "old": old.vkey,
        "new": new.vkey,
        "old_signature": to_base64(old.sign_bytes(data)),
        "new_signature": to_base64(new.sign_bytes(data)),
        "reason": reason,
    }


def check_key_change(fields: Mapping[str, object]) -> tuple[VerifierKey, VerifierKey]:
    """The old and the new key of an entry with ``fields``, after both signatures were found right."""
    old, new = (_key(fields, name) for name in ("old", "new"))
    if old.name != new.name or old.public == new.public:
        raise TrailCorrupt("key change: expected two different keys of one origin, came others")
    data = statement(old.vkey, new.vkey)
    for key, name in ((old, "old_signature"), (new, "new_signature")):
        value = from_base64(_text(fields, name), f"key change, {name}", _SIGNATURE_BYTES)
        if not key.verifies(value, data):
            raise TrailCorrupt(f"key change, {name}: it is not the signature of key {key.key_id.hex()}")
    return old, new


def _key(fields: Mapping[str, object], name: str) -> VerifierKey:
    try:
        key = parse_vkey(_text(fields, name))
    except UsageError as error:
        raise TrailCorrupt(f"key change, {name}: {error}") from None
    if key.kind != ED25519:
        raise TrailCorrupt(f"key change, {name}: expected a key of type 01, came type {key.kind:02x}")
    return key


def _text(fields: Mapping[str, object], name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str):
        raise TrailCorrupt(f"key change: expected the field {name} with a text, came none or another value")
    return value
