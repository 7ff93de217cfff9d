"""Cosignatures are taken from their witness only, over this checkpoint only, and with a time.

Vectors: a checkpoint of a Certificate Transparency log as real witnesses cosigned it, and their published keys.
"""

import base64
from contextlib import suppress

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from beacon_audit.errors import TrailCorrupt, UsageError
from beacon_audit.trail.cosignature import (
    add_cosignatures,
    cosigned_at,
    parse_witness_key,
    read_cosignature,
    read_size,
)
from beacon_audit.trail.note import COSIGNATURE, ED25519, Note, VerifierKey, parse_note

TEXT = "arche2025h1.staging.ct.transparency.dev\n1432088532\nU7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=\n"
LOG_LINE = (
    "— arche2025h1.staging.ct.transparency.dev "
    "ui8GwCF1+kWqZrxGdhj4aX3gcw7XUlXQQabg/27lefwhUkzbC3NygNI75MdhL1bfTW9g8Ei59RA23oHP7Ry1k3ZFWwQ=\n"
)
#: By the same name, with another key id: the signature of RFC 6962, which nobody here can check.
RFC6962_LINE = (
    "— arche2025h1.staging.ct.transparency.dev zTM8sQAAAZ5W0WdjBAMARjBEAiBjW5IQf9pvsYLfQFX6hoGREPMHbdQ3urbllzalApkptQIg"
    "IpwtEroeW2BXaHAI4kJXFbon5Ch9MNL5zRNZ55lvGt0=\n"
)
COSIGNATURES = {
    "transparency.dev/DEV:witness-little-garden+d8042a87+BCtusOxINQNUTN5Oj8HObRkh2yHf/MwYaGX4CPdiVEPM": (
        "— transparency.dev/DEV:witness-little-garden "
        "2AQqhwAAAABqEiEgzgFIqqhbUoDwjMWE6UP8nd8/KYTzwZ2rhIgcqoXHAwVkjZr4AscylP3v7sEodkRAErumC2q44vdgJY096st5BQ==\n"
    ),
    "witness1.smartit.nu/witness1+a48c820f+BPSFWg9G6KPiO7QPryYO5Xq4oYJJ+kAvLKLSimDhoxMO": (
        "— witness1.smartit.nu/witness1 "
        "pIyCDwAAAABqEiEghIp82KWebrw7/oHQwlTAm3g2RKS4+eebl8eO0WH+/iEcxZ75W3u5hNI7TOQtmJbqmNWVuE0tgh0XwzdZsDsUAQ==\n"
    ),
    "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2": (
        "— remora.n621.de "
        "2net5wAAAABqEiEgPlfF3V06o0Y+fHM+J5J9s27wgxxcOVSpZ/2g/KSiXCg9DEZI+aVCIobWX9sXTynk5XeU/zZ0WBxtqB0DrAWfBw==\n"
    ),
    "witness.stagemole.eu+67f7aea0+BEqSG3yu9YrmcM3BHvQYTxwFj3uSWakQepafafpUqklv": (
        "— witness.stagemole.eu "
        "Z/euoAAAAABqEiEgw0i+7g2ENfDAWHmtRzCfKTHSDwYDJA2NmKeGi9Y8FtEyOUvVr+AJmIY/2TUFucgKi7lI7cUiOvKFYe/TmN9DAg==\n"
    ),
}
CHECKPOINT = parse_note(f"{TEXT}\n{LOG_LINE}".encode())
ANSWER = "".join(COSIGNATURES.values()).encode()
TIME = 1_779_573_024

PRIVATE = Ed25519PrivateKey.generate()
KEY = VerifierKey("witness.example/w1", COSIGNATURE, PRIVATE.public_key().public_bytes_raw())


def cosigned(text: str = TEXT, time: int = TIME, key: VerifierKey = KEY) -> bytes:
    signed = PRIVATE.sign(f"cosignature/v1\ntime {time}\n{text}".encode())
    return f"— {key.name} {base64.b64encode(key.key_id + time.to_bytes(8) + signed).decode()}\n".encode()


@pytest.mark.parametrize(("vkey", "line"), COSIGNATURES.items(), ids=[vkey.split("+")[0] for vkey in COSIGNATURES])
def test_cosignature_of_a_real_witness_is_taken_from_its_answer(vkey: str, line: str) -> None:
    key = parse_witness_key(vkey)
    assert key.vkey == vkey
    for answer in (line.encode(), ANSWER, RFC6962_LINE.encode() + ANSWER):
        signature = read_cosignature(answer, CHECKPOINT, key)
        assert (signature.name, cosigned_at(signature)) == (key.name, TIME)


def test_cosigned_checkpoint_holds_the_signature_of_the_log_and_those_of_the_witnesses() -> None:
    keys = [parse_witness_key(vkey) for vkey in COSIGNATURES]
    stored = add_cosignatures(CHECKPOINT, [read_cosignature(ANSWER, CHECKPOINT, key) for key in keys])
    assert stored.decode() == f"{TEXT}\n{LOG_LINE}{ANSWER.decode()}"


@pytest.mark.parametrize("changed", [TEXT.replace("1432088532", "1432088533"), TEXT.replace("arche", "Arche")])
def test_cosignature_of_another_checkpoint_is_refused(changed: str) -> None:
    with pytest.raises(TrailCorrupt, match="does not fit the text"):
        read_cosignature(cosigned(changed), CHECKPOINT, KEY)


def test_signature_without_the_header_of_a_cosignature_is_refused() -> None:
    """What a log signs as type 01 must not pass for what a witness says."""
    value = KEY.key_id + TIME.to_bytes(8) + PRIVATE.sign(TEXT.encode())
    with pytest.raises(TrailCorrupt, match="does not fit the text"):
        read_cosignature(f"— {KEY.name} {base64.b64encode(value).decode()}\n".encode(), CHECKPOINT, KEY)


def test_time_is_part_of_what_is_signed() -> None:
    value = bytearray(base64.b64decode(cosigned().split()[2]))
    value[4 + 7] ^= 1
    with pytest.raises(TrailCorrupt, match="does not fit the text"):
        read_cosignature(f"— {KEY.name} {base64.b64encode(value).decode()}\n".encode(), CHECKPOINT, KEY)


def test_cosignature_without_a_time_is_refused() -> None:
    with pytest.raises(TrailCorrupt, match="expected the time of its signature, came zero"):
        read_cosignature(cosigned(time=0), CHECKPOINT, KEY)


def test_newest_of_two_cosignatures_is_taken() -> None:
    answer = cosigned(time=TIME) + cosigned(time=TIME + 9) + cosigned(time=TIME + 1)
    assert cosigned_at(read_cosignature(answer, CHECKPOINT, KEY)) == TIME + 9


def test_a_wrong_cosignature_beside_a_right_one_spoils_the_answer() -> None:
    with pytest.raises(TrailCorrupt, match="does not fit the text"):
        read_cosignature(cosigned() + cosigned("other\n"), CHECKPOINT, KEY)


@pytest.mark.parametrize(
    "key", [VerifierKey("other.example", COSIGNATURE, KEY.public), VerifierKey(KEY.name, COSIGNATURE, b"\1" * 32)]
)
def test_cosignatures_of_keys_that_were_not_asked_for_prove_nothing(key: VerifierKey) -> None:
    with pytest.raises(TrailCorrupt, match="expected a signature line of the configured key, came none"):
        read_cosignature(cosigned(key=key), CHECKPOINT, KEY)


def test_an_answer_cannot_move_the_end_of_the_text() -> None:
    """With an empty line in it, the lines before would belong to the text, and the witness would have signed that."""
    injected = "— other.example AAAAAAAAAAAA\n"
    answer = f"{injected}\n".encode() + cosigned(f"{TEXT}\n{injected}")
    assert parse_note(f"{TEXT}\n".encode() + answer).text != TEXT
    with pytest.raises(TrailCorrupt, match="an empty line between them"):
        read_cosignature(answer, CHECKPOINT, KEY)


@pytest.mark.parametrize(
    "answer",
    [b"", b"\n", b"text\n", b"<html>", b"\xff\n", cosigned()[:-1], cosigned()[:-10] + b"\n", b"\n" + cosigned(),
     cosigned() + b"\n", b"- " + cosigned()[4:], cosigned().replace(b" ", b"  "), b"\0" + cosigned()],
)  # fmt: skip
def test_what_is_not_signature_lines_is_refused(answer: bytes) -> None:
    with pytest.raises(TrailCorrupt):
        read_cosignature(answer, CHECKPOINT, KEY)


@given(st.binary(max_size=60) | st.text("— wA+/=\n0", max_size=60).map(str.encode), st.booleans())
def test_no_answer_raises_anything_else(data: bytes, appended: bool) -> None:
    answer = cosigned() + data if appended else data
    with suppress(TrailCorrupt):
        assert cosigned_at(read_cosignature(answer, CHECKPOINT, KEY)) == TIME


@given(st.integers(0, 75), st.integers(0, 7))
def test_one_changed_bit_is_found(byte: int, bit: int) -> None:
    value = bytearray(base64.b64decode(cosigned().split()[2]))
    value[byte] ^= 1 << bit
    with pytest.raises(TrailCorrupt):
        read_cosignature(f"— {KEY.name} {base64.b64encode(value).decode()}\n".encode(), CHECKPOINT, KEY)


def test_key_that_signs_logs_is_not_one_of_a_witness() -> None:
    with pytest.raises(UsageError, match="expected one of a witness"):
        parse_witness_key(VerifierKey("log.example", ED25519, KEY.public).vkey)


@pytest.mark.parametrize(
    "vkey",
    ["", "witness.example", KEY.vkey[:-1], KEY.vkey.replace("w1", "w2"), f"{KEY.vkey}\n"],
    ids=["nothing", "a name", "cut off", "of another id", "and a line feed"],
)
def test_key_of_another_form_is_refused(vkey: str) -> None:
    with pytest.raises(UsageError, match="verifier key"):
        parse_witness_key(vkey)


# --- 409 ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("content_type", ["text/x.tlog.size", "Text/X.tlog.Size; charset=utf-8"])
@pytest.mark.parametrize("size", [0, 1, 20852163, 2**63 - 1])
def test_size_of_a_conflict_is_read(content_type: str, size: int) -> None:
    assert read_size(content_type, f"{size}\n".encode()) == size


@pytest.mark.parametrize(
    "body", [b"", b"\n", b"1", b"01\n", b"-1\n", b"+1\n", b" 1\n", b"1 \n", b"1\r\n", b"1\n\n", b"1e3\n", b"\xd9\xa1\n",
             b"9223372036854775808\n", b"1" * 5000 + b"\n"]
)  # fmt: skip
def test_size_of_another_form_is_refused(body: bytes) -> None:
    with pytest.raises(TrailCorrupt):
        read_size("text/x.tlog.size", body)


@pytest.mark.parametrize("content_type", ["", "text/plain", "text/x.tlog.sizes"])
def test_conflict_of_another_media_type_is_refused(content_type: str) -> None:
    with pytest.raises(TrailCorrupt, match="another media type"):
        read_size(content_type, b"1\n")


def test_note_without_cosignatures_stays_as_it_is() -> None:
    assert add_cosignatures(CHECKPOINT, []) == Note(CHECKPOINT.text, CHECKPOINT.signatures).encode()
