"""Base64, vkey lines and notes that mean something and are not spelled the one right way."""

from dataclasses import replace

import pytest

from beacon_audit.review.evidence import verify
from beacon_audit.review.evidence.verify import Malformed, decimal, decode_base64, parse_checkpoint, parse_vkey
from harness.log_builder import make_signer
from harness.specimen import Specimen
from harness.vectors import load_vectors

SIGNER = make_signer()


@pytest.mark.parametrize("text", ["YQ", "YR==", "YQ== ", "Y Q==", "YQ=\n=", "YQ===", "-_8=", "\u0661Q==", "YQ==YQ=="])
def test_base64_of_another_spelling_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        decode_base64(text)


@pytest.mark.parametrize("text", ["", "00", "01", "+1", "-1", " 1", "1 ", "1_0", "0x1", "\u0661", "1" * 20, str(2**63)])
def test_number_of_another_spelling_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        decimal(text)


def test_vkey_of_the_specification_is_read() -> None:
    note = load_vectors("signed_note.json")["notes"][0]
    assert parse_vkey(note["vkey"]).key_id.hex() == "530d903a"


@pytest.mark.parametrize(
    ("old", "new"), [("+", "-"), ("beacon", "beac on"), ("beacon", "Beacon"), ("+A", "+B"), ("beacon-audit", "")]
)
def test_vkey_that_does_not_fit_itself_is_refused(old: str, new: str) -> None:
    with pytest.raises(Malformed):
        parse_vkey(SIGNER.vkey.replace(old, new, 1))


def test_vkey_of_a_witness_is_refused() -> None:
    with pytest.raises(Malformed, match="type 4"):
        parse_vkey(replace(SIGNER.verifier, kind=4).vkey)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("\n300\n", "\n0300\n"),
        ("\n300\n", "\n300\nextension\n"),
        ("\n300\n", "\n 300\n"),
        ("\n\n", "\n\n\n"),
        ("\n\n", "\n"),
        ("\N{EM DASH} ", "\N{EM DASH}"),
        ("\N{EM DASH} ", "- "),
        ("\N{EM DASH} ", "\N{EM DASH}  "),
        ("=\n\n", "\n\n"),
        ("beacon", "\tbeacon"),
        ("beacon", "\rbeacon"),
    ],
)
def test_note_of_another_form_is_no_checkpoint(specimen: Specimen, old: str, new: str) -> None:
    text = specimen.anchor.decode()
    assert old in text
    with pytest.raises(Malformed):
        parse_checkpoint(text.replace(old, new, 1).encode())


@pytest.mark.parametrize("note", [b"", b"\xff", b"\n\n", b"a\n0\n", b"x" * verify.MAX_NOTE + b"x"])
def test_other_bytes_are_no_checkpoint(note: bytes) -> None:
    with pytest.raises(Malformed):
        parse_checkpoint(note)


def test_signatures_of_others_are_carried_along(specimen: Specimen) -> None:
    note = specimen.anchor + "\N{EM DASH} witness.example AAAABQAAAAAAAAAA\n".encode()
    checkpoint = parse_checkpoint(note)
    assert checkpoint.signed_by(parse_vkey(specimen.key.vkey))
    assert len(checkpoint.signatures) == 2


def test_second_signature_of_the_key_that_is_wrong_is_not_ignored(specimen: Specimen) -> None:
    line = specimen.anchor.decode().splitlines()[-1]
    last = line[-4]
    wrong = line[:-4] + ("A" if last != "A" else "B") + line[-3:]
    with pytest.raises(Malformed):
        parse_checkpoint(specimen.anchor + f"{wrong}\n".encode()).signed_by(parse_vkey(specimen.key.vkey))


def test_unforeseen_error_does_not_end_like_tampering(
    monkeypatch: pytest.MonkeyPatch, specimen: Specimen, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise LookupError

    monkeypatch.setattr(verify, "check_bundle", broken)
    assert verify.main([str(specimen.home)]) == 4
    assert "internal error" in capsys.readouterr().err
