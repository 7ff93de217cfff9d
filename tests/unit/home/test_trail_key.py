"""The verifier key follows C2SP signed-note, and is the same every time it is made from one private key."""

import base64
import hashlib

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from beacon_audit.home.trail_key import create_trail_key, verifier_key


def test_verifier_key_has_the_three_parts_of_the_specification() -> None:
    private = create_trail_key()
    origin, key_id, encoded = verifier_key(private).split("+", 2)
    typed_key = base64.b64decode(encoded, validate=True)
    assert typed_key[:1] == b"\x01"
    assert key_id == hashlib.sha256(origin.encode() + b"\n" + typed_key).hexdigest()[:8]
    assert origin.startswith("beacon-audit/")
    assert len(origin) == len("beacon-audit/") + 16


def test_verifier_key_verifies_what_the_private_key_signs() -> None:
    private = create_trail_key()
    public = base64.b64decode(verifier_key(private).split("+", 2)[2])[1:]
    key = serialization.load_pem_private_key(private, password=None)
    signature = key.sign(b"checkpoint")  # type: ignore[union-attr, call-arg]
    Ed25519PublicKey.from_public_bytes(public).verify(signature, b"checkpoint")


def test_verifier_key_depends_on_nothing_but_the_private_key() -> None:
    private = create_trail_key()
    assert verifier_key(private) == verifier_key(private)
    assert verifier_key(private) != verifier_key(create_trail_key())


def test_key_of_another_kind_is_refused() -> None:
    other = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with pytest.raises(TypeError, match="expected an Ed25519 private key"):
        verifier_key(other)
