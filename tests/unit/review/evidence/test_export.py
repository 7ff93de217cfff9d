"""What is in a bundle, of sound logs, of damaged ones, and of one that grows meanwhile."""

import base64
import hashlib
import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from beacon_audit.cli.entry_point import main
from beacon_audit.contracts.edition_files import available_editions, digest_of, edition_directory, read_files
from beacon_audit.errors import TrailError, UsageError
from beacon_audit.home import Home, create_home, open_trail_writer
from beacon_audit.review.evidence.export import export
from beacon_audit.trail import build_payload
from beacon_audit.trail.checkpoint import Checkpoint, encode_log_line
from beacon_audit.trail.merkle import leaf_hash
from beacon_audit.trail.note import Signer, sign_note
from beacon_audit.trail.proof import check_inclusion, parse_inclusion
from beacon_audit.trail.tiles import TilePlace
from harness.evidence import Evidence, evidence_of, make_evidence
from harness.log_builder import START, Fields, intent, make_signer, moment, outcome
from harness.specimen import Specimen


def _make(specimen: Specimen, name: str = "evidence.zip") -> Evidence:
    return make_evidence(specimen.home, specimen.key.vkey, specimen.anchor, name=name)


def test_same_log_gives_the_same_zip(specimen: Specimen) -> None:
    assert _make(specimen, "one.zip").zip.read_bytes() == _make(specimen, "two.zip").zip.read_bytes()


def test_bundle_has_every_part(specimen_evidence: Evidence) -> None:
    parts = {name.partition("/")[0] for name in specimen_evidence.members()}
    assert parts == {
        "README.txt", "verify.py", "checkpoint", "checkpoints.log", "trail.vkey", "tile", "policy", "proofs",
        "payloads", "coverage.json",
    }  # fmt: skip


def test_entries_and_checkpoints_are_those_of_the_log(specimen: Specimen) -> None:
    members = _make(specimen).members()
    for name in ("checkpoint", "checkpoints.log", "tile/entries/000", "tile/entries/001.p/44", "tile/0/000"):
        assert members[name] == (specimen.trail / name).read_bytes()


def test_proofs_prove_the_entries_that_they_hold(specimen_evidence: Evidence, specimen: Specimen) -> None:
    coverage = specimen_evidence.coverage()
    proofs = [content for name, content in specimen_evidence.members().items() if name.startswith("proofs/")]
    assert len(proofs) == 7
    for content in proofs:
        proof = parse_inclusion(content)
        assert proof.entry == specimen.entries[proof.index]
        root = specimen_evidence.members()["checkpoint"].split(b"\n")[2].decode()
        assert root == coverage["root"]
        check_inclusion(leaf_hash(proof.entry), proof.index, 300, proof.proof, base64.b64decode(root))


def test_policy_is_a_file_with_its_digest_as_its_name(specimen_evidence: Evidence) -> None:
    ((name, content),) = [(n, c) for n, c in specimen_evidence.members().items() if n.startswith("policy/")]
    assert name == f"policy/{hashlib.sha256(content).hexdigest()}.json"
    assert json.loads(content) == {"mode": "enforce", "strictness": "standard"}


def _open(contract: str, digest: str) -> Fields:
    return {"type": "open", "id": "o", "time": moment(0), "contract": contract, "contract_digest": digest}


def _close() -> Fields:
    return {"type": "close", "id": "c", "time": moment(2)}


def test_contract_that_is_still_the_same_goes_along(tmp_path: Path) -> None:
    edition = available_editions()[0]
    files = read_files(edition_directory(edition))
    made = evidence_of(tmp_path / "home", _open(edition, digest_of(files)), _close())
    prefix = f"contract/{digest_of(files).removeprefix('sha256:')}/"
    held = {name.removeprefix(prefix): content for name, content in made.members().items() if name.startswith(prefix)}
    assert held == files
    assert made.coverage()["contracts"] == [{"contract": edition, "digest": digest_of(files), "files": True}]
    assert made.judge().status == 0


def test_altered_contract_is_found(tmp_path: Path) -> None:
    edition = available_editions()[0]
    made = evidence_of(tmp_path / "home", _open(edition, digest_of(read_files(edition_directory(edition)))), _close())
    members = made.members()
    name = next(name for name in members if name.endswith("endpoints.yaml"))
    assert made.judge({**members, name: members[name] + b"#"}).codes == {"contract-altered"}
    assert made.judge({**members, f"{name}.old": b""}).codes == {"contract-altered"}


@pytest.mark.parametrize("contract", ["langsmith-beacon/2025-10", "no-such/edition", "/etc", 7, None])
def test_contract_that_is_not_available_is_named(tmp_path: Path, contract: str) -> None:
    digest = "sha256:" + "0" * 64
    made = evidence_of(tmp_path / "home", _open(contract, digest), _close())
    assert made.coverage()["contracts"] == [{"contract": contract, "digest": digest, "files": False}]
    assert made.judge().status == 0


def test_altered_payload_goes_along_as_evidence(specimen: Specimen) -> None:
    file = next(path for path in specimen.payloads.rglob("*.zst"))
    file.write_bytes(b"junk")
    made = _make(specimen)
    assert made.exported.verdict.verdict == "tampered"
    assert b"junk" in made.members().values()
    assert {"payload-altered", "tampered-at-export"} == made.judge().codes


@pytest.mark.parametrize(
    "name", ["tile/entries/000", "tile/entries/001.p/44", "tile/0/000", "tile/1/000.p/1", "checkpoints.log"]
)
def test_damaged_log_is_exported_and_neither_verifier_calls_it_sound(specimen: Specimen, name: str) -> None:
    (specimen.trail / name).unlink()
    made = _make(specimen)
    assert made.exported.verdict.verdict in ("tampered", "incomplete")
    assert made.coverage()["damage"]["verdict"] == made.exported.verdict.verdict
    assert made.judge().status in (1, 2)


def test_altered_entry_is_exported_as_it_is(specimen: Specimen) -> None:
    path = specimen.trail / "tile/entries/000"
    path.write_bytes(path.read_bytes().replace(b"license-verify", b"license-xxrify", 1))
    made = _make(specimen)
    assert b"license-xxrify" in made.members()["tile/entries/000"]
    assert "bundle-mismatch" in made.judge().codes


def test_rolled_back_checkpoint_is_exported_with_the_lines_that_show_it(specimen: Specimen) -> None:
    (specimen.trail / "checkpoint").write_bytes(specimen.notes[3])
    made = _make(specimen)
    assert made.coverage()["size"] == 100
    # At size 100 nothing leads from the newer key, which is the trusted one, to the older.
    assert (made.judge().status, made.judge().codes) == (1, {"bad-signature"})


HUGE = 4_611_686_018_427_387_904


def _claiming(specimen: Specimen, signer: Signer) -> bytes:
    return sign_note(Checkpoint(specimen.key.name, HUGE, bytes(32)).text, signer).encode()


@pytest.mark.timeout(30)
def test_checkpoint_that_nobody_signed_is_not_what_is_exported(specimen: Specimen) -> None:
    (specimen.trail / "checkpoint").write_bytes(_claiming(specimen, make_signer(7, specimen.key.name)))
    made = _make(specimen)
    assert (made.exported.size, made.exported.selected) == (300, 300)
    assert made.members()["checkpoint"] == specimen.anchor
    assert (made.judge().status, made.judge().codes) == (1, {"tampered-at-export"})


@pytest.mark.timeout(60)
@pytest.mark.parametrize("signed", [True, False])
@pytest.mark.parametrize("since", [None, START])
def test_log_that_claims_an_absurd_size_is_exported_as_far_as_it_is_there(
    specimen: Specimen, signed: bool, since: datetime | None
) -> None:
    note = _claiming(specimen, specimen.signers[-1] if signed else make_signer(7, specimen.key.name))
    (specimen.trail / "checkpoint").write_bytes(note)
    with (specimen.trail / "checkpoints.log").open("ab") as file:
        file.write(encode_log_line(note))
        if not signed:
            file.write(encode_log_line(note))
    # A bundle far away, which nothing leads to.
    far = specimen.trail / TilePlace(None, HUGE // 256 - 1).path
    far.parent.mkdir(parents=True)
    far.write_bytes((specimen.trail / "tile/entries/000").read_bytes())
    made = make_evidence(specimen.home, specimen.key.vkey, specimen.anchor, since=since)
    members = made.members()
    assert "tile/entries/000" in members
    assert members["checkpoint"] == note
    assert made.judge().status == 1


@pytest.mark.timeout(60)
def test_sparse_log_of_checkpoints_is_not_copied_to_its_end(specimen: Specimen) -> None:
    log = specimen.trail / "checkpoints.log"
    lines = log.read_bytes().splitlines(keepends=True)
    with log.open("r+b") as file:
        file.seek(len(b"".join(lines[:3])))
        file.write(lines[3][:-1])
        file.seek(10 * 1024**4)  # a hole
        file.write(b"\n" + b"".join(lines[4:]))
    made = _make(specimen)
    assert len(made.members()["checkpoints.log"]) < 10_000
    assert "checkpoint-log-damaged" in made.judge().codes


@pytest.mark.timeout(10)
def test_pipe_in_the_place_of_the_public_key_is_not_waited_for(specimen: Specimen) -> None:
    _make(specimen)
    vkey = specimen.home / "keys/trail.vkey"
    vkey.unlink()
    os.mkfifo(vkey)
    with pytest.raises(UsageError, match="expected the public key"):
        export(Home(specimen.home), specimen.home.parent / "other.zip")
    assert main(["verify", "--home", str(specimen.home)]) == 4
    assert main(["bundle", "--home", str(specimen.home), "-o", str(specimen.home / "other.zip")]) == 4


@pytest.mark.parametrize("content", [None, b"", b"junk"])
def test_log_whose_checkpoint_is_gone_is_exported_at_the_last_that_was_signed(
    specimen: Specimen, content: bytes | None
) -> None:
    path = specimen.trail / "checkpoint"
    path.unlink() if content is None else path.write_bytes(content)
    made = _make(specimen)
    assert made.members()["checkpoint"] == specimen.anchor
    judgement = made.judge()
    assert (judgement.status, judgement.codes) == (1, {"tampered-at-export"})


def test_what_is_not_in_a_bundle_is_known_from_what_our_own_verifier_said(specimen: Specimen) -> None:
    (specimen.trail / "surplus").write_bytes(b"")
    made = _make(specimen)
    assert (made.judge().status, made.judge().codes) == (1, {"tampered-at-export"})


def test_log_without_any_checkpoint_cannot_be_exported(specimen: Specimen) -> None:
    (specimen.trail / "checkpoint").unlink()
    (specimen.trail / "checkpoints.log").unlink()
    with pytest.raises(TrailError, match="nothing says what this log was"):
        _make(specimen)
    assert not (specimen.home.parent / "evidence.zip").exists()


def test_checkpoint_that_a_crash_left_one_behind_is_the_last_line(specimen: Specimen) -> None:
    (specimen.trail / "checkpoint").write_bytes(specimen.notes[-2])
    made = _make(specimen)
    assert made.members()["checkpoint"] == specimen.anchor


def test_log_that_grows_is_exported_as_it_stood(tmp_path: Path) -> None:
    home = create_home(tmp_path / "home", ("beacon.langchain.com",))
    identities = iter(f"{number:026d}" for number in range(1000))

    def now() -> str:
        return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

    writer = open_trail_writer(home, new_id=lambda: next(identities), now=now)
    try:
        writer.submit({"type": "open", "id": "o", "time": now()}).result(10)
        payload = build_payload({"a": 1}, bytes(32), name="a.json.zst", date="2026-01-02")
        writer.submit({**intent("a", payload=payload.reference), "time": now()}, payload).result(10)
        writer.submit({**outcome("a"), "time": now()}).result(10)
        writer.submit({**intent("b"), "time": now()}).result(10)
        note = writer.publish()
        made = make_evidence(home.path, writer.vkey, note)
    finally:
        writer.close()
    coverage = made.coverage()
    assert (coverage["live"], coverage["size"]) == (True, 4)
    assert coverage["in_flight"] == [{"id": "b", "index": 3}]
    assert coverage["unknown_outcomes"] == []
    assert coverage["payloads"] == {"missing": 0, "none": 2, "present": 1, "pruned": 0}
    judgement = made.judge()
    assert (judgement.status, judgement.answer["in_flight"]) == (0, 1)


def test_what_stands_open_in_a_log_that_nobody_writes_is_unknown(tmp_path: Path) -> None:
    made = evidence_of(tmp_path / "home", _open("x", "y"), intent("a", 1))
    assert made.coverage()["unknown_outcomes"] == [{"id": "a", "index": 1}]
    assert made.judge().status == 2


def test_claim_that_a_log_is_live_does_not_hide_what_a_stop_left_open(tmp_path: Path) -> None:
    made = evidence_of(tmp_path / "home", _open("x", "y"), intent("a", 1), _close())
    members = made.members()
    claimed = members["coverage.json"].replace(b'"live":false', b'"live":true')
    assert made.judge({**members, "coverage.json": claimed}).status != 0
