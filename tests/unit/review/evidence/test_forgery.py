"""What somebody can do who has the log's key: signed, and still not consistent with the rest."""

import hashlib
from pathlib import Path

import pytest

from beacon_audit.trail.checkpoint import Checkpoint, encode_log_line
from beacon_audit.trail.entry import encode_entry
from beacon_audit.trail.key_change import key_change_fields
from beacon_audit.trail.note import Signer, sign_note
from beacon_audit.trail.payload_files import build_payload
from harness.evidence import Evidence, Judgement, evidence_of, make_evidence
from harness.log_builder import LogBuilder, intent, make_signer, moment, outcome
from harness.specimen import Specimen

OTHER_ROOT = hashlib.sha256(b"another log").digest()


def _signed(specimen: Specimen, size: int, signer: Signer) -> bytes:
    return sign_note(Checkpoint(specimen.key.name, size, OTHER_ROOT).text, signer).encode()


def test_line_for_another_log_is_found_though_the_log_signed_it(
    specimen_evidence: Evidence, evidence: Evidence, specimen: Specimen
) -> None:
    members = evidence.members()
    lines = members["checkpoints.log"].splitlines(keepends=True)
    lines[4] = encode_log_line(_signed(specimen, 200, specimen.signers[1]))
    judgement = evidence.judge({**members, "checkpoints.log": b"".join(lines)})
    assert (judgement.status, judgement.codes) == (1, {"checkpoint-log-mismatch"})


def test_line_that_is_added_between_two_is_found(evidence: Evidence, specimen: Specimen) -> None:
    members = evidence.members()
    lines = members["checkpoints.log"].splitlines(keepends=True)
    lines.insert(1, encode_log_line(_signed(specimen, 3, specimen.signers[0])))
    assert evidence.judge({**members, "checkpoints.log": b"".join(lines)}).codes == {"checkpoint-log-mismatch"}


def test_checkpoint_with_another_root_is_found_though_the_log_signed_it(evidence: Evidence, specimen: Specimen) -> None:
    members = evidence.members()
    note = _signed(specimen, 300, specimen.signers[1])
    lines = members["checkpoints.log"].splitlines(keepends=True)[:-1]
    altered = {**members, "checkpoint": note, "checkpoints.log": b"".join([*lines, encode_log_line(note)])}
    codes = evidence.judge(altered).codes
    assert "root-mismatch" in codes


def test_root_that_only_the_checkpoint_has_is_found(tmp_path: Path) -> None:
    made = evidence_of(tmp_path / "home", {"type": "open", "id": "o", "time": moment(0)})
    members = made.members()
    signer = make_signer()
    note = sign_note(Checkpoint(signer.verifier.name, 1, OTHER_ROOT).text, signer).encode()
    log = members["checkpoints.log"].splitlines(keepends=True)[0] + encode_log_line(note)
    (tmp_path / "home" / "trail" / "checkpoint").write_bytes(note)
    (tmp_path / "home" / "trail" / "checkpoints.log").write_bytes(log)
    forged = make_evidence(tmp_path / "home", signer.vkey, note, name="forged.zip")
    assert "root-mismatch" in forged.judge().codes


def test_prune_accounts_for_nothing_that_was_recorded_after_it(tmp_path: Path) -> None:
    payload = build_payload({}, bytes(32), name="a.json.zst", date="2026-01-02")
    made = evidence_of(
        tmp_path / "home",
        {"type": "open", "id": "o", "time": moment(0)},
        {"type": "prune", "id": "p", "time": moment(0), "before": "2099-01-01", "files": 0, "by": "x", "reason": "x"},
        intent("a", payload=payload.reference),
        outcome("a"),
        {"type": "close", "id": "c", "time": moment(2)},
    )
    assert made.coverage()["payloads"]["missing"] == 1
    assert "payload-missing" in made.judge().codes


def _log_with_changes(home: Path, *pairs: tuple[Signer, Signer], last: Signer) -> Judgement:
    """A log with these changes of key as its first entries, signed by ``last``, and trusted by its key."""
    (home / "trail").mkdir(parents=True)
    (home / "payloads").mkdir()
    log = LogBuilder(home / "trail", pairs[0][0])
    log.sign()
    for index, (old, new) in enumerate(pairs):
        fields = {"type": "key-change", "id": f"k{index}", "time": moment(0), **key_change_fields(old, new, "")}
        log.add([encode_entry(fields, index)])
    log.signer = last
    log.sign()
    log.finish()
    log.write_journal()
    return make_evidence(home, last.vkey, log.notes[-1]).judge()


FIRST = make_signer()
SECOND, THIRD = (make_signer(seed, FIRST.verifier.name) for seed in (1, 2))


def test_chain_of_keys_is_followed(tmp_path: Path) -> None:
    judgement = _log_with_changes(tmp_path / "home", (FIRST, SECOND), (SECOND, THIRD), last=THIRD)
    assert judgement.status == 0, judgement.answer
    assert judgement.answer["keys"] == [FIRST.vkey, SECOND.vkey, THIRD.vkey]


@pytest.mark.parametrize(
    ("pairs", "last"),
    [
        (((FIRST, SECOND), (SECOND, FIRST)), FIRST),  # a key comes again
        (((FIRST, SECOND), (FIRST, THIRD)), THIRD),  # by a key that is not in force any more
        (((FIRST, SECOND), (FIRST, THIRD)), SECOND),
    ],
)
def test_chain_of_keys_that_does_not_hold_is_found(
    tmp_path: Path, pairs: tuple[tuple[Signer, Signer], ...], last: Signer
) -> None:
    judgement = _log_with_changes(tmp_path / "home", *pairs, last=last)
    assert judgement.status == 1
    assert "key-change-invalid" in judgement.codes


def test_change_to_a_key_of_another_log_is_found(tmp_path: Path) -> None:
    stranger = make_signer(4)
    old = make_signer(5, stranger.verifier.name)
    home = tmp_path / "home"
    (home / "trail").mkdir(parents=True)
    (home / "payloads").mkdir()
    log = LogBuilder(home / "trail", FIRST)
    log.sign()
    fields = {"type": "key-change", "id": "k", "time": moment(0), **key_change_fields(old, stranger, "")}
    log.add([encode_entry(fields, 0)])
    log.sign()
    log.finish()
    log.write_journal()
    judgement = make_evidence(home, FIRST.vkey, log.notes[-1]).judge()
    assert (judgement.status, "key-change-invalid" in judgement.codes) == (1, True)
