"""The witnessed checkpoint is one of the log's own, with signatures of others behind it."""

from beacon_audit.trail.checkpoint import Checkpoint
from beacon_audit.trail.note import sign_note
from harness.log_builder import make_signer
from harness.specimen import Specimen, codes, cosigned


def test_checkpoint_with_cosignatures_is_fine_and_no_anchor(specimen: Specimen) -> None:
    witness = make_signer(9, "witness.example/w")
    (specimen.trail / "checkpoint.witnessed").write_bytes(cosigned(specimen.notes[-2], witness))
    assert specimen.verify(specimen.anchor).verdict == "ok"
    assert specimen.verify().verdict == "unanchored"


def test_witnessed_checkpoint_of_another_history_is_found(specimen: Specimen) -> None:
    path = specimen.trail / "checkpoint.witnessed"
    name = specimen.key.name
    path.write_bytes(sign_note(Checkpoint(name, 280, bytes(32)).text, specimen.signers[1]).encode())
    assert codes(specimen.verify(specimen.anchor)) == {"root-mismatch"}
    path.write_bytes(sign_note(Checkpoint(name, 280, bytes(32)).text, make_signer(7, name)).encode())
    assert codes(specimen.verify(specimen.anchor)) == {"bad-signature"}
    path.write_bytes(sign_note(Checkpoint(name, 999, bytes(32)).text, specimen.signers[1]).encode())
    assert codes(specimen.verify(specimen.anchor)) == {"rolled-back"}
    path.write_bytes(b"junk")
    assert codes(specimen.verify(specimen.anchor)) == {"malformed-checkpoint"}
