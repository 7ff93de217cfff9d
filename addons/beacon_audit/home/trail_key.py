"""The Ed25519 key that signs the trail's checkpoints, and the public line that verifies them.

The verifier key is a C2SP ``signed-note`` vkey, ``<origin>+<key id>+<base64(01 || public key)>``, where the key id is
the first four bytes of ``SHA-256(origin || 0A || 01 || public key)`` in hex. The origin names this log among others:
``beacon-audit/<16 hex>``, taken from the public key, so that the line can be made again from ``trail.key`` alone.

Raises ``ValueError``, ``TypeError`` or ``UnsupportedAlgorithm`` for PEM that is not such a key.
"""

import base64
import hashlib

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

ED25519 = b"\x01"  # signature type of C2SP signed-note


def create_trail_key() -> bytes:
    """A new private key (PKCS #8 PEM)."""
    return Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def verifier_key(private: bytes) -> str:
    """The vkey line, without a newline, of the private key ``private`` (PKCS #8 PEM)."""
    key = serialization.load_pem_private_key(private, password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise TypeError("not an Ed25519 key")
    public = key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    origin = "beacon-audit/" + hashlib.sha256(b"beacon-audit origin\n" + public).hexdigest()[:16]
    key_id = hashlib.sha256(origin.encode() + b"\n" + ED25519 + public).digest()[:4]
    return f"{origin}+{key_id.hex()}+{base64.b64encode(ED25519 + public).decode()}"
