"""Signed notes: other people's examples, every way to change one, and what a note may look like at all."""

import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from beacon_audit.errors import TrailCorrupt, UsageError
from beacon_audit.trail.note import (
    COSIGNATURE,
    ED25519,
    NOTE_LIMIT,
    Note,
    Signature,
    Signer,
    VerifierKey,
    first_origin,
    parse_note,
    parse_vkey,
    sign_note,
    signed_by,
)
from harness.signers import private_key, private_pem, signer
from harness.vectors import load_vectors

VECTORS = load_vectors("signed_note.json")
NOTES = VECTORS["notes"]
TEXT = "log.example/one\nsecond line\n\nafter an empty line\n"
NOTE = sign_note(TEXT, signer()).encode()
LINE = NOTE.decode().splitlines()[-1]


def encode(vector: Any) -> bytes:
    return f"{vector['text']}\n{vector['signature']}".encode()


@pytest.mark.parametrize("vector", NOTES, ids=lambda vector: vector["vkey"].partition("+")[0])
def test_an_example_of_others_is_signed_by_its_key(vector: Any) -> None:
    note = parse_note(encode(vector))
    key = parse_vkey(vector["vkey"])

    assert note.text == vector["text"]
    assert signed_by(note, key)
    assert note.encode() == encode(vector)
    assert key.vkey == vector["vkey"]


def test_the_same_key_makes_the_same_note_as_in_the_example_of_go() -> None:
    (vector,) = (vector for vector in NOTES if vector["seed"])
    private = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(vector["seed"]))

    own = Signer(private, vector["vkey"].partition("+")[0])

    assert own.vkey == vector["vkey"]
    assert sign_note(vector["text"], own).encode() == encode(vector)


def test_text_ends_at_the_last_empty_line() -> None:
    assert parse_note(NOTE).text == TEXT


def test_every_changed_bit_of_a_signed_note_is_detected() -> None:
    key = signer().verifier
    for position in range(len(NOTE) * 8):
        changed = bytearray(NOTE)
        changed[position // 8] ^= 1 << position % 8
        try:
            assert not signed_by(parse_note(bytes(changed)), key), position
        except TrailCorrupt:
            continue


def test_a_note_without_a_signature_of_the_key_is_not_signed_by_it() -> None:
    assert not signed_by(parse_note(NOTE), signer(2).verifier)


def test_the_same_public_key_under_another_name_is_another_key() -> None:
    assert not signed_by(parse_note(NOTE), signer(1, "log.example/two").verifier)


def test_a_changed_text_is_corrupt_for_the_key_that_signed_it() -> None:
    changed = NOTE.replace(b"second", b"2econd")

    with pytest.raises(TrailCorrupt, match=f"the signature of key {signer().verifier.key_id.hex()} does not fit"):
        signed_by(parse_note(changed), signer().verifier)


def test_a_signature_of_the_key_that_fails_is_not_made_up_for_by_another_that_holds() -> None:
    good = signer().sign(TEXT)
    note = Note(TEXT, (good, replace(good, value=bytes(64))))

    with pytest.raises(TrailCorrupt, match="does not fit"):
        signed_by(parse_note(note.encode()), signer().verifier)


@pytest.mark.parametrize("length", [1, 63, 65, 128])
def test_a_signature_of_another_length_is_corrupt(length: int) -> None:
    value = (signer().sign(TEXT).value * 2)[:length]
    note = Note(TEXT, (replace(signer().sign(TEXT), value=value),))

    with pytest.raises(TrailCorrupt, match="does not fit"):
        signed_by(parse_note(note.encode()), signer().verifier)


def test_signatures_of_unknown_keys_are_carried_along_and_prove_nothing() -> None:
    unknown = [Signature("witness.example/ø", bytes([number] * 4), bytes(5_000)) for number in range(15)]
    note = Note(TEXT, (*unknown, signer().sign(TEXT)))

    parsed = parse_note(note.encode())

    assert parsed == note
    assert signed_by(parsed, signer().verifier)


def test_a_signature_may_share_the_name_or_the_id_of_a_known_key_without_being_its() -> None:
    own = signer().sign(TEXT)
    others = (Signature(own.name, b"\0\0\0\0", own.value), Signature("other", own.key_id, own.value))

    assert not signed_by(Note(TEXT, others), signer().verifier)


def test_several_keys_sign_one_note() -> None:
    note = parse_note(sign_note(TEXT, signer(1), signer(2, "log.example/two")).encode())

    assert signed_by(note, signer(1).verifier)
    assert signed_by(note, signer(2, "log.example/two").verifier)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "expected a text, an empty line"),
        (b"text\n", "expected a text, an empty line"),
        (f"text\n{LINE}\n".encode(), "expected a text, an empty line"),
        (f"text\n\n{LINE}".encode(), "whole signature lines"),
        (b"text\n\n", "whole signature lines"),
        (NOTE + b"\n", "whole signature lines"),
        (b"text\n\n\n", "whole signature lines"),
        (f"text\n\n{LINE}\ntext\n".encode(), "expected lines of an em dash"),
        (f"text\n\n{LINE.replace('—', '-')}\n".encode(), "expected lines of an em dash"),
        (f"text\n\n {LINE}\n".encode(), "expected lines of an em dash"),
        ("text\n\n— name\n".encode(), "expected lines of an em dash"),
        ("text\n\n—  AAAAAAA=\n".encode(), "expected lines of an em dash"),
        ("text\n\n— a+b AAAAAAA=\n".encode(), "expected lines of an em dash"),
        ("text\n\n— a\N{NO-BREAK SPACE}b AAAAAAA=\n".encode(), "expected lines of an em dash"),
        ("text\n\n— a\N{IDEOGRAPHIC SPACE}b AAAAAAA=\n".encode(), "expected lines of an em dash"),
        (f"text\n\n{LINE} \n".encode(), "expected base64"),
        (f"text\n\n{LINE.replace(' ', '  ')}\n".encode(), "expected lines of an em dash"),
        ("text\n\n— name AAAAAA==\n".encode(), "expected a key id and a signature, came 4 bytes"),
        ("text\n\n— name AAAAAAA\n".encode(), "expected base64"),
        ("text\n\n— name AAAA-AA=\n".encode(), "expected base64"),
        ("text\n\n— name AAAAAAB=\n".encode(), "expected base64 in its one right spelling"),
        ("text\n\n— name AAAAAAA=AAAA\n".encode(), "expected base64"),
        (NOTE.replace(b"second", b"sec\0nd"), "no control character but newline, came one at 19"),
        (NOTE.replace(b"\n", b"\r\n"), "no control character"),
        (NOTE.replace(b"second", b"sec\tnd"), "no control character"),
        (NOTE.replace(b"second", b"sec\xffnd"), "expected UTF-8, came another byte at offset 19"),
        (NOTE.replace(b"second", b"\xed\xa0\x80"), "expected UTF-8"),  # half a surrogate pair
        (b"\xef\xbb" + NOTE, "expected UTF-8"),
    ],
)
def test_what_is_not_exactly_a_note_is_corrupt(data: bytes, message: str) -> None:
    with pytest.raises(TrailCorrupt, match=message):
        parse_note(data)


def test_a_note_that_is_too_long_is_corrupt() -> None:
    short = NOTE.replace(b"second", b"x" * (NOTE_LIMIT - len(NOTE) + 6))

    assert len(parse_note(short).encode()) == NOTE_LIMIT
    with pytest.raises(TrailCorrupt, match=f"expected at most {NOTE_LIMIT} bytes, came {NOTE_LIMIT + 1}"):
        parse_note(b"x" + short)


def test_an_error_does_not_quote_the_note() -> None:
    with pytest.raises(TrailCorrupt) as caught:
        parse_note("lsv2_pt_secret\n\n— lsv2_pt_secret lsv2_pt_secret\n".encode())

    assert "lsv2" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "no newline", "tab\there\n", "carriage return\r\n"])
def test_a_text_that_no_note_can_have_is_not_signed(text: str) -> None:
    with pytest.raises(ValueError, match="a text of whole lines"):
        sign_note(text, signer())


def test_a_note_is_not_made_without_a_signer() -> None:
    with pytest.raises(ValueError, match="and a signer"):
        sign_note(TEXT)


VKEY = NOTES[0]["vkey"]


def test_every_changed_character_of_a_vkey_is_detected() -> None:
    for position, character in enumerate(VKEY):
        changed = VKEY[:position] + ("x" if character != "x" else "y") + VKEY[position + 1 :]
        with pytest.raises(UsageError, match="verifier key"):
            parse_vkey(changed)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "+",
        "++",
        "name",
        "name+530d903a",
        VKEY + "\n",
        " " + VKEY,
        VKEY + "+",
        VKEY[:-1],
        VKEY.replace("530d903a", "530D903A"),
        VKEY.replace("example.com/foo", ""),
        VKEY.replace("example.com/foo", "\udcff"),
        VKEY.replace("example.com/foo", "a\nb"),
    ],
)
def test_what_is_not_exactly_a_vkey_is_refused(line: str) -> None:
    with pytest.raises(UsageError, match="verifier key"):
        parse_vkey(line)


@pytest.mark.parametrize(
    ("kind", "length"), [(0, 32), (2, 32), (6, 1312), (0xFF, 32), (ED25519, 0), (ED25519, 31), (ED25519, 33)]
)
def test_a_key_that_nothing_here_can_check_is_refused(kind: int, length: int) -> None:
    vkey = VerifierKey("name", kind, bytes(length)).vkey

    with pytest.raises(UsageError, match=f"came type {kind:02x} with {length} bytes"):
        parse_vkey(vkey)


def test_the_key_id_is_the_beginning_of_the_documented_hash() -> None:
    # docs/trail-format.md: SHA256(origin || 0A || 01 || public key), checked with the C2SP example.
    key = parse_vkey(VKEY)

    assert key.key_id.hex() == "530d903a"
    assert (key.name, key.kind, len(key.public)) == ("example.com/foo", ED25519, 32)


def cosign(text: str, time: int, said: int | None = None) -> Note:
    """A cosignature as a witness makes it; ``said`` is the time on it, if that is another than the signed one."""
    public = private_key(3).public_key().public_bytes_raw()
    key = VerifierKey("witness.example/w", COSIGNATURE, public)
    value = private_key(3).sign(f"cosignature/v1\ntime {time}\n{text}".encode())
    stamp = (time if said is None else said).to_bytes(8)
    return Note(text, (signer().sign(text), Signature(key.name, key.key_id, stamp + value)))


WITNESS = VerifierKey("witness.example/w", COSIGNATURE, private_key(3).public_key().public_bytes_raw())


def test_a_cosignature_of_a_witness_is_checked_with_its_time() -> None:
    note = parse_note(cosign(TEXT, 1_679_315_147).encode())

    assert parse_vkey(WITNESS.vkey) == WITNESS
    assert signed_by(note, WITNESS)
    assert signed_by(note, signer().verifier)


@pytest.mark.parametrize(
    "note", [cosign(TEXT, 5, said=6), replace(cosign(TEXT, 5), text="other\n"), cosign(TEXT, 2**63)]
)
def test_a_cosignature_for_another_time_or_text_is_corrupt(note: Note) -> None:
    with pytest.raises(TrailCorrupt, match="does not fit"):
        signed_by(note, WITNESS)


def test_a_cosignature_is_no_signature_of_the_same_key_as_a_log() -> None:
    log = replace(WITNESS, kind=ED25519)

    assert not signed_by(cosign(TEXT, 5), log)


def test_a_log_that_is_loaded_without_a_name_is_named_after_its_key() -> None:
    loaded = Signer.load(private_pem(1))

    # Fixed for ever: the origins of the logs that exist were made so.
    assert loaded.verifier.name == "beacon-audit/06161504553e8203"
    assert loaded.verifier.name == first_origin(loaded.verifier.public)


def test_a_later_key_is_loaded_under_the_name_of_the_log() -> None:
    loaded = Signer.load(private_pem(2), "beacon-audit/0123456789abcdef")

    assert loaded.verifier.name == "beacon-audit/0123456789abcdef"
    assert signed_by(sign_note(TEXT, loaded), parse_vkey(loaded.vkey))


def test_signed_bytes_are_signed_by_the_key_and_by_no_other() -> None:
    value = signer().sign_bytes(b"data")

    assert signer().verifier.verifies(value, b"data")
    assert not signer().verifier.verifies(value, b"date")
    assert not signer(2).verifier.verifies(value, b"data")


@pytest.mark.parametrize(
    "pem",
    [
        b"",
        b"not PEM",
        private_pem(1)[:60],
        X25519PrivateKey.generate().private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ),
        private_key(1).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.BestAvailableEncryption(b"x")
        ),
    ],
)
def test_pem_that_is_no_such_key_is_not_loaded(pem: bytes) -> None:
    with pytest.raises((ValueError, TypeError)):
        Signer.load(pem)


def test_reading_a_note_does_not_load_cryptography() -> None:
    # `show` and `log` start many times a day; cryptography alone takes longer than they do.
    program = (
        "import sys\n"
        "from beacon_audit.trail import checkpoint, frontier, key_change, merkle, note, proof, tile_tree, tiles\n"
        "note.parse_note(sys.stdin.buffer.read())\n"
        "note.parse_vkey(sys.argv[1])\n"
        "sys.exit('cryptography' in sys.modules)\n"
    )

    done = subprocess.run([sys.executable, "-c", program, signer().vkey], input=NOTE, check=False)

    assert done.returncode == 0
