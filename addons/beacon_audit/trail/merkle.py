"""The hashes of the Merkle tree of RFC 6962, section 2.1.

Leaves and inner nodes are hashed with different first bytes, so that no entry can stand for a pair of hashes. All
hashes are SHA-256 and 32 bytes long. Nothing here raises.
"""

from collections.abc import Sequence
from hashlib import sha256

#: The root of the tree without entries: the hash of nothing.
EMPTY_ROOT = sha256().digest()


def leaf_hash(entry: bytes) -> bytes:
    """The hash of an entry."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of the node above ``left`` and ``right``."""
    return sha256(b"\x01" + left + right).digest()


def root_of(hashes: Sequence[bytes]) -> bytes:
    """The root over ``hashes``, the roots of subtrees that lie beside each other from left to right.

    All stand for equally many leaves, a power of two; only the last may stand for fewer. RFC 6962 splits at the largest
    power of two below the size. That is the same as pairing from the left and letting the odd one rise unhashed.
    """
    if not hashes:
        return EMPTY_ROOT
    row = list(hashes)
    while len(row) > 1:
        odd = row[-1:] if len(row) % 2 else []
        row = [sha256(b"\x01" + left + right).digest() for left, right in zip(row[::2], row[1::2], strict=False)] + odd
    return row[0]
