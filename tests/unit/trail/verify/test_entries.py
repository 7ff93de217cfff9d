"""Entries that are not written as docs/trail-format.md says."""

import json
from collections.abc import Callable

import pytest

from beacon_audit.trail.entry import encode_entry
from beacon_audit.trail.verify import Verdict
from harness.log_builder import intent, moment, outcome
from harness.specimen import codes

type VerifyEntries = Callable[..., Verdict]

GOOD = encode_entry({"type": "heartbeat", "id": "a", "time": moment(0)}, 0)


def changed(**fields: object) -> bytes:
    document = {**json.loads(GOOD), **fields}
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()


APPROVAL = {"type": "approval", "by": "a", "operator": "b", "reason": "c", "names": {"span-name": ["x"]}}
DIGEST = "sha256:" + "0" * 64
POLICY_REFUSED = {
    "type": "policy-refused", "in_force": DIGEST, "reason": "a", "files": [{"name": "b", "digest": DIGEST}],
}  # fmt: skip

MALFORMED = {
    "nothing": b"",
    "no JSON": b"{",
    "no UTF-8": GOOD.replace(b'"a"', b'"\xff"'),
    "no object": b"[]",
    "white space": GOOD.replace(b":", b": ", 1),
    "a newline at the end": GOOD + b"\n",
    "keys out of order": b'{"type":"heartbeat","id":"a","index":0,"time":"2026-01-02T10:00:00.000Z"}',
    "a key twice": GOOD.replace(b'{"id":"a"', b'{"id":"a","id":"a"'),
    "an escape that is not needed": GOOD.replace(b'"a"', b'"\\u0061"'),
    "no type": changed(type=None),
    "an empty id": changed(id=""),
    "a type that is no text": changed(type=["open"]),
    "no time": changed(time=None),
    "a time in another zone": changed(time="2026-01-02T10:00:00+01:00"),
    "a time without its zone": changed(time="2026-01-02T10:00:00"),
    "a day that does not exist": changed(time="2026-02-30T10:00:00Z"),
    "an ordinal date": changed(time="2026-W01-1T10:00:00Z"),
    "an index that is no number": changed(index="0"),
    "an index that is a truth value": changed(index=False),
    "an index with a fraction": changed(index=0.5),
    "a payload that is no reference": changed(payload="x"),
    "a payload elsewhere": changed(payload={"file": "../../etc/passwd", "commitment": "sha256:" + "0" * 64}),
    "a payload without its hash": changed(payload={"file": "2026-01-02/a.json.zst", "commitment": "sha256:0"}),
    "a payload with more fields": changed(
        payload={"file": "2026-01-02/a.json.zst", "commitment": "sha256:" + "0" * 64, "x": 1}
    ),
    "an outcome without a state": changed(type="outcome"),
    "a deletion without a day": changed(type="prune", before="yesterday"),
    "an approval by nobody": changed(**{**APPROVAL, "by": ""}),
    "an approval without its operator": changed(**{**APPROVAL, "operator": None}),
    "an approval without a reason": changed(**{**APPROVAL, "reason": None}),
    "an approval of nothing": changed(**{**APPROVAL, "names": {}}),
    "an approval of another kind": changed(**{**APPROVAL, "names": {"endpoint": ["x"]}}),
    "an approval of no names": changed(**{**APPROVAL, "names": {"span-name": []}}),
    "an approval of what is no name": changed(**{**APPROVAL, "names": {"span-name": [1]}}),
    "a policy after something that is no policy": changed(type="policy", previous="enforce"),
    "a refused policy in the place of none": changed(**{**POLICY_REFUSED, "in_force": None}),
    "a policy refused without a reason": changed(**{**POLICY_REFUSED, "reason": ""}),
    "a refused policy without files": changed(**{**POLICY_REFUSED, "files": None}),
    "a refused policy of what is no file": changed(**{**POLICY_REFUSED, "files": ["policy.yaml"]}),
    "a refused policy of a file without a name": changed(**{**POLICY_REFUSED, "files": [{"digest": DIGEST}]}),
    "a refused policy with another digest": changed(**{**POLICY_REFUSED, "files": [{"name": "b", "digest": "0"}]}),
    "too long": changed(text="x" * 65_000),
    "too deep": b"[" * 30_000 + b"]" * 30_000,
}


@pytest.mark.parametrize("form", MALFORMED)
def test_malformed_entry_is_found_and_named(verify_entries: VerifyEntries, form: str) -> None:
    good = {"type": "heartbeat", "id": "b", "time": moment(0)}
    verdict = verify_entries(MALFORMED[form], good, good)
    assert verdict.verdict == "tampered"
    assert [(p.code, p.entry, p.file, p.offset) for p in verdict.problems] == [
        ("malformed-entry", 0, "tile/entries/000.p/3", 0)
    ]


def test_approval_is_fine(verify_entries: VerifyEntries) -> None:
    assert verify_entries(changed(**APPROVAL)).verdict == "ok"


def test_refused_policy_is_fine(verify_entries: VerifyEntries) -> None:
    assert verify_entries(changed(**POLICY_REFUSED)).verdict == "ok"
    unreadable = {**POLICY_REFUSED, "files": [{"name": "b", "digest": None}]}
    assert verify_entries(changed(**unreadable)).verdict == "ok"


def test_entry_of_the_greatest_length_is_fine(verify_entries: VerifyEntries) -> None:
    entry = changed(text="")
    assert verify_entries(changed(text="x" * (65_000 - len(entry)))).verdict == "ok"


def test_entry_at_another_position_than_it_says_is_found(verify_entries: VerifyEntries) -> None:
    entries = [encode_entry(intent("a"), 0), encode_entry(outcome("a"), 2)]
    verdict = verify_entries(*entries)
    assert [(p.code, p.entry, p.offset) for p in verdict.problems] == [("index-mismatch", 1, 2 + len(entries[0]))]


def test_policy_with_another_digest_than_its_own_is_found(verify_entries: VerifyEntries) -> None:
    policy = {"type": "policy", "id": "p", "time": moment(0), "digest": "sha256:" + "0" * 64, "document": {}}
    assert codes(verify_entries(policy)) == {"policy-digest-mismatch"}


def test_policy_digest_is_of_ascii_json(verify_entries: VerifyEntries) -> None:
    import hashlib

    digest = "sha256:" + hashlib.sha256(b'{"a":"\\u00e4","b":1.5}').hexdigest()
    policy = {"type": "policy", "id": "p", "time": moment(0), "digest": digest, "document": {"b": 1.5, "a": "ä"}}
    assert verify_entries(policy).verdict == "ok"
