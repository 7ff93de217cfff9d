"""What a witness says about a checkpoint: C2SP tlog-cosignature, as C2SP tlog-witness has it asked for. Pure.

A witness that has checked that a checkpoint continues the one before it adds a signature line of type 04: eight bytes
of time, in seconds since 1970, and an Ed25519 signature over that time and the text of the checkpoint. The body of the
request is `proof.format_consistency`; here is what comes back, and the file that is made of it.

Raises `TrailCorrupt` for answers, `UsageError` for keys. No message holds anything of an answer.
"""

from collections.abc import Iterable

from beacon_audit.errors import TrailCorrupt, UsageError
from beacon_audit.trail.canonical import from_decimal
from beacon_audit.trail.note import COSIGNATURE, Note, Signature, VerifierKey, parse_note, parse_vkey, signed_by

#: The media type of a 409, whose body is the size of the checkpoint that the witness cosigned last.
SIZE_TYPE = "text/x.tlog.size"

_TIME_BYTES = 8


def parse_witness_key(vkey: str) -> VerifierKey:
    """The key of a witness.

    Raises:
        UsageError: it is no vkey line, or of a key that does not cosign.
    """
    key = parse_vkey(vkey)
    if key.kind != COSIGNATURE:
        raise UsageError(
            f"verifier key: expected one of a witness, type {COSIGNATURE:02x} (Ed25519 cosignatures), "
            f"came type {key.kind:02x}; ask the witness for the line that it publishes"
        )
    return key


def read_cosignature(answer: bytes, checkpoint: Note, key: VerifierKey) -> Signature:
    """The newest signature line for ``checkpoint`` by the witness ``key`` in the ``answer`` to add-checkpoint (200).

    Lines of other keys are passed over. Every line that claims to be of ``key`` must be right: C2SP signed-note wants
    the whole to be rejected otherwise.
    """
    note = parse_note(checkpoint.text.encode() + b"\n" + answer)
    # An empty line in the answer would move the end of the text, and what was signed would be another one.
    if note.text != checkpoint.text:
        raise TrailCorrupt("answer of a witness: expected signature lines only, came an empty line between them")
    if not signed_by(note, key):
        raise TrailCorrupt("answer of a witness: expected a signature line of the configured key, came none")
    newest = max((line for line in note.signatures if _is_of(line, key)), key=cosigned_at)
    # "The cosignature MUST NOT omit the timestamp, i.e. the timestamp MUST NOT be zero." (tlog-witness)
    if not cosigned_at(newest):
        raise TrailCorrupt("answer of a witness: expected the time of its signature, came zero")
    return newest


def cosigned_at(signature: Signature) -> int:
    """When a signature line of type 04 was made, in seconds since 1970, as its witness says."""
    return int.from_bytes(signature.value[:_TIME_BYTES])


def read_size(content_type: str, answer: bytes) -> int:
    """The size in the ``answer`` to an add-checkpoint with another old size than the witness has (409)."""
    if content_type.partition(";")[0].strip().lower() != SIZE_TYPE:
        raise TrailCorrupt(f"answer of a witness: expected {SIZE_TYPE} with status 409, came another media type")
    try:
        text = answer.decode("ascii")
    except UnicodeDecodeError:
        text = ""
    if not text.endswith("\n"):
        raise TrailCorrupt("answer of a witness: expected a size and a newline with status 409, came something else")
    return from_decimal(text[:-1], "answer of a witness, size")


def add_cosignatures(checkpoint: Note, cosignatures: Iterable[Signature]) -> bytes:
    """The signed ``checkpoint`` with ``cosignatures`` below its own signature lines, as it is stored."""
    return Note(checkpoint.text, (*checkpoint.signatures, *cosignatures)).encode()


def _is_of(line: Signature, key: VerifierKey) -> bool:
    return (line.name, line.key_id) == (key.name, key.key_id)
