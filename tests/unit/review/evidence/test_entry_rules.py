"""Logs that are whole and signed and say what no proxy would: what the standalone verifier makes of their entries."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from beacon_audit.trail.entry import encode_entry
from beacon_audit.trail.key_change import key_change_fields
from harness.evidence import Judgement, evidence_of, make_evidence
from harness.log_builder import Fields, LogBuilder, intent, make_signer, moment, outcome

type Judge = Callable[..., Judgement]


@pytest.fixture
def judge_log(tmp_path: Path) -> Judge:
    """The answer on the bundle of a log of these entries, anchored at its end."""
    return lambda *fields: evidence_of(tmp_path / "home", *fields).judge()


def _entry(kind: str, seconds: float = 0.0, **fields: object) -> Fields:
    return {"type": kind, "id": f"{kind}-{seconds}", "time": moment(seconds), **fields}


def _refusal(identity: str, seconds: float = 1.0) -> Fields:
    return intent(identity, seconds, type="refusal", action="refused")


OPEN, CLOSE = _entry("open"), _entry("close", 9.0)
RECOVERED = _entry("recovered", 5.0, dropped_bytes=0)

APPROVAL = _entry("approval", 1, by="a", operator="b", reason="c", names={"span-name": ["x"]})
DIGEST = "sha256:" + hashlib.sha256(b"{}").hexdigest()
POLICY = _entry("policy", 1, digest=DIGEST, document={})
REFUSED = _entry(
    "policy-refused",
    1,
    in_force=DIGEST,
    reason="a",
    files=[{"name": "b", "digest": DIGEST}, {"name": "c", "digest": None}],
)
CHANGE = key_change_fields(make_signer(), make_signer(1, make_signer().verifier.name), "yearly")

SOUND: dict[str, tuple[Fields, ...]] = {
    "nothing": (),
    "a run": (OPEN, intent("a"), outcome("a"), _refusal("b"), CLOSE),
    "not sent": (OPEN, intent("a"), outcome("a", state="not_sent"), CLOSE),
    "an id that comes again": (OPEN, intent("a"), outcome("a"), intent("a"), outcome("a"), CLOSE),
    "a clock that goes back a little": (_entry("open", 100), _entry("heartbeat", 0), CLOSE),
    "two runs, a day apart": (OPEN, CLOSE, _entry("open", 86_400), _entry("close", 86_401)),
    "an approval": (OPEN, APPROVAL, CLOSE),
    "an approval while none runs": (OPEN, CLOSE, {**APPROVAL, "time": moment(10)}),
    "another policy, and one that was refused": (OPEN, POLICY, REFUSED, {**POLICY, "previous": DIGEST}, CLOSE),
    "other characters": (OPEN, {**CLOSE, "reason": "\u00e9\u2028\U0001f512"}),
}  # fmt: skip

WRONG: dict[str, tuple[tuple[Fields, ...], str, int]] = {
    "outcome of a refusal": ((OPEN, _refusal("a"), outcome("a"), CLOSE), "refusal-sent", 1),
    "refusal after the outcome": ((OPEN, intent("a"), outcome("a"), _refusal("a"), CLOSE), "refusal-sent", 1),
    "refusal, then sent after all": ((OPEN, _refusal("a"), intent("a"), outcome("a"), CLOSE), "refusal-sent", 1),
    "outcome of nothing": ((OPEN, outcome("a"), CLOSE), "outcome-without-intent", 1),
    "two outcomes": ((OPEN, intent("a"), outcome("a"), outcome("a"), CLOSE), "second-outcome", 1),
    "id opened twice": ((OPEN, intent("a"), intent("a"), outcome("a"), CLOSE), "id-reused", 1),
    "refused while open": ((OPEN, intent("a"), _refusal("a"), CLOSE), "id-reused", 1),
    "answered after a stop": (
        (OPEN, intent("a"), CLOSE, _entry("open", 10), outcome("a", 11), _entry("close", 12)),
        "late-outcome",
        1,
    ),
    "unknown outcome": ((OPEN, intent("a"), RECOVERED, outcome("a", 5.0, state="unknown")), "unknown-outcome", 2),
    "recovered": ((OPEN, RECOVERED), "recovered", 2),
    "no outcome at the end": ((OPEN, intent("a"), CLOSE), "unknown-outcome", 2),
    "no outcome, and nobody writes": ((OPEN, intent("a")), "unknown-outcome", 2),
    "silence": ((OPEN, _entry("heartbeat", 150.001), _entry("close", 151)), "heartbeat-gap", 2),
    "a clock that goes back far": ((_entry("open", 1000), _entry("close", 0)), "heartbeat-gap", 2),
    "a crash that left nothing": ((OPEN, _entry("open", 1000), _entry("close", 1001)), "heartbeat-gap", 2),
    "a state that is none": ((OPEN, intent("a"), outcome("a", state="perhaps")), "malformed-entry", 1),
    "a time that is none": ((OPEN, {**CLOSE, "time": "2026-02-30T00:00:00Z"}), "malformed-entry", 1),
    "a time with an offset": ((OPEN, {**CLOSE, "time": "2026-01-02T10:00:00+00:00"}), "malformed-entry", 1),
    "a prune without a date": ((OPEN, _entry("prune", 1, before="yesterday"), CLOSE), "malformed-entry", 1),
    "an approval by nobody": ((OPEN, {**APPROVAL, "by": ""}, CLOSE), "malformed-entry", 1),
    "an approval without its operator": ((OPEN, {**APPROVAL, "operator": None}, CLOSE), "malformed-entry", 1),
    "an approval without a reason": ((OPEN, {**APPROVAL, "reason": None}, CLOSE), "malformed-entry", 1),
    "an approval of nothing": ((OPEN, {**APPROVAL, "names": {}}, CLOSE), "malformed-entry", 1),
    "an approval of another kind": ((OPEN, {**APPROVAL, "names": {"endpoint": ["x"]}}, CLOSE), "malformed-entry", 1),
    "an approval of no names": ((OPEN, {**APPROVAL, "names": {"span-name": []}}, CLOSE), "malformed-entry", 1),
    "an approval of what is no name": ((OPEN, {**APPROVAL, "names": {"span-name": [1]}}, CLOSE), "malformed-entry", 1),
    "a policy after no policy": ((OPEN, {**POLICY, "previous": "x"}, CLOSE), "malformed-entry", 1),
    "a refused policy in the place of none": ((OPEN, {**REFUSED, "in_force": None}, CLOSE), "malformed-entry", 1),
    "a policy refused without a reason": ((OPEN, {**REFUSED, "reason": ""}, CLOSE), "malformed-entry", 1),
    "a refused policy without files": ((OPEN, {**REFUSED, "files": None}, CLOSE), "malformed-entry", 1),
    "a refused policy of no file": ((OPEN, {**REFUSED, "files": ["x"]}, CLOSE), "malformed-entry", 1),
    "a refused policy without a digest": ((OPEN, {**REFUSED, "files": [{"name": "x"}]}, CLOSE), "malformed-entry", 1),
    "a refused policy, another digest": (
        (OPEN, {**REFUSED, "files": [{"name": "x", "digest": "y"}]}, CLOSE),
        "malformed-entry",
        1,
    ),
    "a payload outside": (
        (OPEN, intent("a", payload={"file": "../../etc/passwd", "commitment": "sha256:" + "0" * 64}), CLOSE),
        "malformed-entry",
        1,
    ),
    "a policy under another digest": (
        (OPEN, _entry("policy", 1, digest="sha256:" + "0" * 64, document={}), CLOSE),
        "policy-digest-mismatch",
        1,
    ),
    "a change of key that nobody signed": (
        (OPEN, {**_entry("key-change", 1), **CHANGE, "new_signature": CHANGE["old_signature"]}, CLOSE),
        "key-change-invalid",
        1,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SOUND)
def test_log_within_the_rules_is_ok(judge_log: Judge, name: str) -> None:
    judgement = judge_log(*SOUND[name])
    # An anchor of the empty log anchors nothing.
    assert judgement.answer["verdict"] == ("ok" if SOUND[name] else "unanchored"), judgement.answer


@pytest.mark.parametrize("name", WRONG)
def test_broken_rule_is_named(judge_log: Judge, name: str) -> None:
    fields, code, status = WRONG[name]
    judgement = judge_log(*fields)
    assert code in judgement.codes, judgement.answer
    assert judgement.status == status


def judge_bytes(home: Path, *entries: bytes) -> Judgement:
    """As ``judge_log``, of entries that no writer would write."""
    (home / "payloads").mkdir(parents=True)
    (home / "trail").mkdir()
    log = LogBuilder(home / "trail", make_signer())
    log.sign()
    log.add(entries)
    log.sign()
    log.finish()
    log.write_journal()
    return make_evidence(home, log.signer.vkey, log.notes[-1]).judge()


def test_entry_that_says_another_position_is_found(tmp_path: Path) -> None:
    judgement = judge_bytes(tmp_path / "home", encode_entry(OPEN, 0), encode_entry(CLOSE, 2))
    found = [(problem["code"], problem["entry"]) for problem in judgement.answer["problems"]]
    assert (judgement.status, ("index-mismatch", 1) in found) == (1, True)


def test_type_that_the_program_does_not_know_is_named(tmp_path: Path) -> None:
    unknown = encode_entry(_entry("heartbeat", 1), 1).replace(b'"type":"heartbeat"', b'"type":"something"')
    judgement = judge_bytes(tmp_path / "home", encode_entry(OPEN, 0), unknown, encode_entry(CLOSE, 2))
    assert (judgement.status, "unknown-entry-type" in judgement.codes) == (2, True)


def test_time_before_recovered_is_not_a_gap_besides(judge_log: Judge) -> None:
    codes = judge_log(OPEN, _entry("recovered", 10_000), _entry("open", 10_001), _entry("close", 10_002)).codes
    assert "heartbeat-gap" not in codes


def test_problem_of_an_entry_names_file_and_offset(judge_log: Judge) -> None:
    (problem,) = (p for p in judge_log(OPEN, outcome("a"), CLOSE).answer["problems"] if p["entry"] is not None)
    assert (problem["entry"], problem["file"]) == (1, "tile/entries/000.p/3")
    assert problem["offset"] > 2
