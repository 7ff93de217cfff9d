"""Keys for tests, the same in every run."""

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from beacon_audit.trail.note import Signer


def private_key(number: int) -> Ed25519PrivateKey:
    """The private key with this number, below 256."""
    return Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32)


def private_pem(number: int) -> bytes:
    """The same in the form of ``keys/trail.key``."""
    return private_key(number).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def signer(number: int = 1, name: str | None = "log.example/one") -> Signer:
    """The key with this number under ``name``."""
    return Signer(private_key(number), name)
