"""One trusted key of the chain is enough, whichever it is; a chain that does not hold is found."""

import json
import shutil
from dataclasses import replace

import pytest

from beacon_audit.trail.checkpoint import encode_log_line, parse_checkpoint
from beacon_audit.trail.entry import encode_entry
from beacon_audit.trail.key_change import key_change_fields
from beacon_audit.trail.note import parse_note, sign_note
from beacon_audit.trail.verify.bundles import Bundles
from beacon_audit.trail.verify.key_chain import find_chain
from harness.log_builder import make_signer
from harness.specimen import CHECKPOINTS, KEY_CHANGE, SIZE, Specimen, codes, cosigned, write_specimen


def with_change(specimen: Specimen, **fields: object) -> list[bytes]:
    entries = list(specimen.entries)
    document = json.loads(entries[KEY_CHANGE])
    del document["index"]
    entries[KEY_CHANGE] = encode_entry({**document, **fields}, KEY_CHANGE)
    return entries


@pytest.mark.parametrize("position", [0, 1])
def test_either_key_of_the_chain_can_be_trusted(specimen: Specimen, position: int) -> None:
    verdict = specimen.verify(specimen.anchor, key=specimen.signers[position].verifier)
    assert verdict.verdict == "ok"
    assert verdict.keys == tuple(signer.vkey for signer in specimen.signers)


def test_another_key_is_not_trusted(specimen: Specimen) -> None:
    stranger = make_signer(99, specimen.key.name).verifier
    assert codes(specimen.verify(specimen.anchor, key=stranger)) == {"bad-signature"}


def test_checkpoint_up_to_the_change_is_the_old_keys(specimen: Specimen) -> None:
    chain = find_chain(specimen.key, Bundles(specimen.trail, SIZE))
    old, new = (signer.verifier for signer in specimen.signers)
    assert (chain.key_for(KEY_CHANGE), chain.key_for(KEY_CHANGE + 1)) == (old, new)


def test_checkpoint_signed_by_the_old_key_after_the_change_is_found(specimen: Specimen) -> None:
    write_specimen(replace(specimen, signers=(specimen.signers[0], specimen.signers[0])))
    for signer in specimen.signers:
        assert specimen.verify(key=signer.verifier).verdict == "tampered"


@pytest.mark.parametrize("which", ["old_signature", "new_signature"])
def test_change_that_one_key_did_not_sign_is_found(specimen: Specimen, which: str) -> None:
    wrong = key_change_fields(make_signer(5, specimen.key.name), make_signer(6, specimen.key.name), "x")[which]
    entries = with_change(specimen, **{which: wrong})
    write_specimen(specimen, entries)
    assert specimen.verify(key=specimen.signers[0].verifier).verdict == "tampered"
    write_specimen(replace(specimen, signers=(specimen.signers[0], specimen.signers[0])), entries)
    assert codes(specimen.verify(key=specimen.signers[0].verifier)) == {"key-change-invalid"}


def test_change_between_strangers_is_found(specimen: Specimen) -> None:
    old, new = make_signer(5, specimen.key.name), make_signer(6, specimen.key.name)
    entries = with_change(specimen, **key_change_fields(old, new, "x"))
    write_specimen(replace(specimen, signers=(specimen.signers[0], specimen.signers[0])), entries)
    assert codes(specimen.verify(key=specimen.signers[0].verifier)) == {"key-change-invalid"}


def test_key_that_comes_again_is_found(specimen: Specimen) -> None:
    old, new = specimen.signers
    entries = list(specimen.entries)
    common = {"type": "key-change", "id": "back", "time": json.loads(entries[202])["time"]}
    entries[202] = encode_entry({**common, **key_change_fields(new, old, "back")}, 202)
    write_specimen(specimen, entries, sizes=CHECKPOINTS)
    verdict = specimen.verify()
    assert verdict.verdict == "tampered"
    assert [(p.code, p.entry) for p in verdict.problems] == [("key-change-invalid", 202)]


def test_checkpoint_of_another_origin_is_foreign_whoever_signed_it(specimen: Specimen) -> None:
    newest = parse_checkpoint(parse_note(specimen.anchor).text)
    other = sign_note(replace(newest, origin="example.org/other").text, specimen.signers[1]).encode()
    (problem,) = specimen.verify(specimen.anchor, other).problems
    assert (problem.code, problem.message.partition(" is ")[0]) == ("foreign-anchor", "anchor 2 of 2")
    with (specimen.trail / "checkpoints.log").open("ab") as log:
        log.write(encode_log_line(other))
    (specimen.trail / "checkpoint").write_bytes(other)
    assert specimen.verify(specimen.anchor).verdict == "tampered"
    shutil.rmtree(specimen.trail)
    specimen.trail.mkdir()
    (specimen.trail / "checkpoint").write_bytes(other)
    (specimen.trail / "checkpoints.log").write_bytes(encode_log_line(other))
    assert codes(specimen.verify()) == {"bad-signature"}


def test_checkpoint_with_a_second_signature_is_not_the_writers(specimen: Specimen) -> None:
    path = specimen.trail / "checkpoint"
    path.write_bytes(cosigned(path.read_bytes(), make_signer(9, "somebody")))
    assert "bad-signature" in codes(specimen.verify(specimen.anchor))
