"""The change of a key: both keys must have signed it, for this origin and these two keys, in this order."""

import base64
from typing import Any

import pytest

from beacon_audit.errors import TrailCorrupt
from beacon_audit.trail.key_change import check_key_change, key_change_fields, statement
from beacon_audit.trail.note import COSIGNATURE, VerifierKey
from harness.signers import signer

OLD, NEW, THIRD = signer(1), signer(2), signer(3)


def fields(**changes: Any) -> dict[str, object]:
    """The fields of a change from OLD to NEW, with ``changes``; None takes one away."""
    made = {**key_change_fields(OLD, NEW, "yearly"), **changes}
    return {name: value for name, value in made.items() if value is not None}


def signature(by: Any, old: Any = OLD, new: Any = NEW) -> str:
    return base64.b64encode(by.sign_bytes(statement(old.vkey, new.vkey))).decode()


def test_both_keys_sign_the_documented_lines() -> None:
    assert statement("OLD", "NEW") == b"beacon-audit key-change/v1\nOLD\nNEW\n"


def test_a_change_has_the_documented_fields() -> None:
    assert fields() == {
        "old": OLD.vkey,
        "new": NEW.vkey,
        "old_signature": signature(OLD),
        "new_signature": signature(NEW),
        "reason": "yearly",
    }


def test_a_change_that_both_keys_signed_gives_the_keys() -> None:
    assert check_key_change(fields()) == (OLD.verifier, NEW.verifier)


def test_a_vkey_and_other_fields_of_an_entry_do_not_matter() -> None:
    assert check_key_change(fields(type="key-change", index=7, reason=None)) == (OLD.verifier, NEW.verifier)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"old_signature": signature(NEW)}, "old_signature: it is not the signature of key"),
        ({"new_signature": signature(OLD)}, "new_signature: it is not the signature of key"),
        ({"old_signature": signature(THIRD)}, "old_signature: it is not the signature of key"),
        ({"new_signature": signature(THIRD)}, "new_signature: it is not the signature of key"),
        ({"old_signature": signature(OLD, NEW, OLD)}, "old_signature: it is not the signature of key"),
        ({"new_signature": signature(NEW, OLD, THIRD)}, "new_signature: it is not the signature of key"),
        ({"new": THIRD.vkey}, "old_signature: it is not the signature of key"),
        ({"new": THIRD.vkey, "new_signature": signature(THIRD, OLD, THIRD)}, "old_signature: it is not"),
        ({"old": THIRD.vkey, "old_signature": signature(THIRD, THIRD, NEW)}, "new_signature: it is not"),
        ({"old": NEW.vkey, "new": OLD.vkey}, "old_signature: it is not the signature of key"),
        ({"new": OLD.vkey}, "expected two different keys of one origin"),
        ({"new": signer(2, "log.example/two").vkey}, "expected two different keys of one origin"),
        (
            {"new": VerifierKey(OLD.verifier.name, COSIGNATURE, bytes(32)).vkey},
            "expected a key of type 01, came type 04",
        ),
        ({"old": OLD.vkey + "\n"}, "key change, old: verifier key"),
        ({"new": "no key"}, "key change, new: verifier key"),
        ({"old": None}, "expected the field old with a text"),
        ({"new": 7}, "expected the field new with a text"),
        ({"old_signature": None}, "expected the field old_signature with a text"),
        ({"new_signature": ["x"]}, "expected the field new_signature with a text"),
        ({"old_signature": signature(OLD)[:-4]}, "old_signature: expected"),
        ({"old_signature": signature(OLD) + "\n"}, "old_signature: expected base64"),
        ({"new_signature": "AAAA"}, "new_signature: expected 64 bytes in base64, came 3"),
    ],
)
def test_a_change_that_not_both_keys_signed_as_it_stands_is_corrupt(changes: Any, message: str) -> None:
    with pytest.raises(TrailCorrupt, match=message):
        check_key_change(fields(**changes))


@pytest.mark.parametrize("new", [OLD, signer(2, "log.example/two")])
def test_a_change_to_the_same_key_or_another_origin_is_not_made(new: Any) -> None:
    with pytest.raises(ValueError, match="two different keys of one origin"):
        key_change_fields(OLD, new, "yearly")
