"""Keys and anchors that come from outside, as the standalone verifier takes them."""

import base64
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from beacon_audit.trail.entry import encode_entry
from harness.evidence import Evidence, judge, make_evidence
from harness.log_builder import make_signer
from harness.specimen import CHECKPOINTS, Specimen, build_specimen, write_specimen


@pytest.fixture
def bundle(specimen: Specimen) -> Evidence:
    return make_evidence(specimen.home, specimen.key.vkey, specimen.anchor)


def _file(bundle: Evidence, content: bytes | str) -> str:
    path = bundle.zip.with_name("given")
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return str(path)


FORMS: dict[str, Callable[[bytes], bytes]] = {
    "note": lambda note: note,
    "line of checkpoints.log": lambda note: json.dumps(note.decode(), ensure_ascii=False).encode() + b"\n",
    "line of stdout": lambda note: json.dumps({"event": "checkpoint", "checkpoint": note.decode()}).encode() + b"\n",
    "stdout of a proxy": lambda note: b'{"event":"ready"}\n' + json.dumps({"checkpoint": note.decode()}).encode(),
    "stdout with other lines": lambda note: (
        b'{"event":"ready"}\nnot JSON\n\xff\n7\n'
        + json.dumps({"event": "checkpoint", "checkpoint": note.decode()}).encode()
    ),
    "several lines": lambda note: (json.dumps(note.decode()).encode() + b"\n\n") * 3,
}


@pytest.mark.parametrize("form", FORMS)
def test_anchor_is_taken_in_the_forms_in_which_it_is_kept(bundle: Evidence, specimen: Specimen, form: str) -> None:
    judgement = judge(bundle.zip, "--vkey", str(bundle.vkey), "--anchor", _file(bundle, FORMS[form](specimen.anchor)))
    assert (judgement.status, judgement.answer["anchored_size"]) == (0, 300)


@pytest.mark.parametrize("cut", [70, 100, -1, -2])
def test_line_that_was_cut_is_refused_and_not_passed_over(bundle: Evidence, specimen: Specimen, cut: int) -> None:
    whole = FORMS["line of stdout"](specimen.notes[1])
    prefixed = b"2026-01-02T10:00:00Z stdout F " + whole[:-1]
    line = FORMS["line of checkpoints.log"](specimen.anchor)[:-1]
    for text in (FORMS["line of stdout"](specimen.anchor)[:-1], prefixed, line, b'{"event":"checkpoint","size":1}  '):
        given = _file(bundle, text[:cut] + b"\n" + whole)
        judgement = judge(bundle.zip, "--vkey", str(bundle.vkey), "--anchor", given)
        assert judgement.status == 4
        assert ":1: not a checkpoint" in judgement.stderr


def test_line_in_an_object_of_somebody_else_is_refused_and_not_passed_over(
    bundle: Evidence, specimen: Specimen
) -> None:
    wrapped = json.dumps({"log": FORMS["line of stdout"](specimen.anchor).decode(), "stream": "stdout"})
    given = _file(bundle, FORMS["line of stdout"](specimen.notes[1]) + wrapped.encode() + b"\n")
    judgement = judge(bundle.zip, "--vkey", str(bundle.vkey), "--anchor", given)
    assert judgement.status == 4
    assert ":2: not a checkpoint" in judgement.stderr


@pytest.mark.parametrize("number", range(len(CHECKPOINTS)))
def test_log_agrees_with_every_checkpoint_that_it_signed(bundle: Evidence, specimen: Specimen, number: int) -> None:
    judgement = judge(bundle.zip, "--vkey", str(bundle.vkey), "--anchor", _file(bundle, specimen.notes[number]))
    size = CHECKPOINTS[number]
    # The checkpoint of the empty log holds nothing in its place.
    assert judgement.status == (0 if size else 3)
    assert judgement.answer["anchored_size"] == (size or None)


@pytest.mark.parametrize("position", [0, 1])
def test_any_key_of_the_chain_can_be_trusted(bundle: Evidence, specimen: Specimen, position: int) -> None:
    vkey = _file(bundle, specimen.signers[position].vkey)
    assert judge(bundle.zip, "--vkey", vkey, "--anchor", str(bundle.anchor)).status == 0


def test_key_that_is_not_of_the_chain_is_refused(bundle: Evidence, specimen: Specimen) -> None:
    stranger = make_signer(7, specimen.key.name)
    assert "bad-signature" in judge(bundle.zip, "--vkey", _file(bundle, stranger.vkey)).codes


def test_anchor_of_another_log_is_foreign(bundle: Evidence, tmp_path: Path) -> None:
    other = build_specimen(tmp_path / "other", seed=5)
    judgement = judge(bundle.zip, "--vkey", str(bundle.vkey), "--anchor", _file(bundle, other.anchor))
    assert (judgement.status, judgement.codes) == (1, {"foreign-anchor"})


def test_anchor_signed_by_a_key_before_its_time_is_foreign(bundle: Evidence, specimen: Specimen) -> None:
    # The new key signs for a size at which the old one was in force.
    text = specimen.notes[1].decode().partition("\n\n")[0] + "\n"
    signature = specimen.signers[1].sign(text)
    line = f"\N{EM DASH} {signature.name} {base64.b64encode(signature.key_id + signature.value).decode()}\n"
    judgement = judge(bundle.zip, "--vkey", str(bundle.vkey), "--anchor", _file(bundle, f"{text}\n{line}"))
    assert judgement.codes == {"foreign-anchor"}


def test_history_rewritten_with_its_own_key_is_found_by_an_anchor_only(specimen: Specimen) -> None:
    kept = specimen.anchor
    index = 7  # a heartbeat
    fields = {name: value for name, value in json.loads(specimen.entries[index]).items() if name != "index"}
    entries = list(specimen.entries)
    entries[index] = encode_entry({**fields, "note": "written later"}, index)
    rewritten = write_specimen(specimen, entries)
    bundle = make_evidence(rewritten.home, rewritten.key.vkey, rewritten.anchor)
    assert judge(bundle.zip, "--vkey", str(bundle.vkey)).status == 3
    judgement = judge(bundle.zip, "--vkey", str(bundle.vkey), "--anchor", _file(bundle, kept))
    assert (judgement.status, judgement.codes) == (1, {"anchor-mismatch"})


def test_log_that_ends_before_an_anchor_was_rolled_back(specimen: Specimen) -> None:
    kept = specimen.anchor
    for path in specimen.files():
        if path.is_relative_to(specimen.trail):
            path.unlink()
    shorter = write_specimen(specimen, specimen.entries[:200], sizes=CHECKPOINTS[:5], journal=False)
    bundle = make_evidence(shorter.home, shorter.key.vkey, shorter.anchor)
    assert "rolled-back" in judge(bundle.zip, "--vkey", str(bundle.vkey), "--anchor", _file(bundle, kept)).codes
