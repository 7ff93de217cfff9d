"""What is in force stands in the trail, and its digest is that of the document as docs/trail-format.md writes it."""

import hashlib
import json

import pytest

from beacon_audit.policy import Policy
from harness.policies import Loaded

POLICIES = [
    "",
    "mode: observe\n",
    "limits: {commit_deadline_s: 0.5}\n",
    "limits: {commit_deadline_s: 1.1}\n",
    "telemetry: {traces: false}\nrecording: {retention_days: 30}\n",
    "sources:\n  - {name: b, cidr: 10.0.0.0/8}\n  - {name: a, cidr: 'fd00::/8'}\n",
    "upstream: {address: 'beacon.internal:8443'}\n",
]


def digest_of(document: object) -> str:
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return f"sha256:{hashlib.sha256(text.encode('ascii')).hexdigest()}"


@pytest.mark.parametrize("text", POLICIES)
def test_digest_is_the_hash_of_what_is_in_force(text: str, loaded: Loaded) -> None:
    policy = loaded(text)

    assert policy.digest == digest_of(policy.effective)


@pytest.mark.parametrize("text", POLICIES)
def test_digest_is_still_that_of_the_document_when_it_was_read_back(text: str, loaded: Loaded) -> None:
    """As whoever checks a trail reads it: tuples are lists by then, keys are in another order."""
    policy = loaded(text)
    pairs = list(json.loads(json.dumps(policy.effective, ensure_ascii=False)).items())

    assert digest_of(dict(reversed(pairs))) == policy.digest


@pytest.mark.parametrize(
    ("text", "section", "expected"),
    [
        ("mode: observe\n", "mode", "observe"),
        ("recording: {retention_days: 30}\n", "recording", {"payloads": "redacted", "retention_days": 30}),
        ("sources:\n  - {name: a, cidr: 10.0.0.0/8}\n", "sources", [["a", "10.0.0.0/8"]]),
    ],
)
def test_document_says_what_the_policy_does(text: str, section: str, expected: object, loaded: Loaded) -> None:
    assert loaded(text).effective[section] == expected


def test_defaults_stand_in_the_document_too(loaded: Loaded) -> None:
    policy: Policy = loaded("")
    recorded = json.loads(json.dumps(policy.effective))

    assert recorded["mode"] == policy.mode == "enforce"
    assert recorded["limits"]["body_bytes"] == policy.limits.body_bytes
    assert recorded["recording"]["retention_days"] == policy.recording.retention_days
