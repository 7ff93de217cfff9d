"""The Ed25519 key that signs the trail's checkpoints, and the public line that verifies them.

The verifier key is a C2SP ``signed-note`` vkey. Its name is the origin of the log, ``beacon-audit/<16 hex>``, taken
from the first public key: it names this log among others and stays when the key changes (docs/trail-format.md).

Raises ``ValueError``, ``TypeError`` or ``UnsupportedAlgorithm`` for PEM that is not such a key.
"""

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from beacon_audit.trail.note import Signer


def create_trail_key() -> bytes:
    """A new private key (PKCS #8 PEM)."""
    return Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def verifier_key(private: bytes, origin: str | None = None) -> str:
    """The vkey line, without a newline, of the private key ``private`` (PKCS #8 PEM). Without ``origin`` it is the
    first key of a log, which is named after it."""
    return Signer.load(private, origin).vkey
