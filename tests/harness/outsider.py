"""What an outsider can check of a log with a vkey line, SHA-256 and Ed25519, written from docs/trail-format.md.

Shares no code with the product and is as slow as RFC 6962 reads. Where something does not hold it raises
`AssertionError`, or whatever the parsing of nonsense raises.
"""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


@dataclass(frozen=True, slots=True)
class SignedTree:
    """What a checkpoint says."""

    origin: str
    size: int
    root: bytes


def read_checkpoint(note: bytes, vkey: str) -> SignedTree:
    """The checkpoint ``note``, signed by the key of the line ``vkey`` and nobody else."""
    name, key_id, key = vkey.split("+", 2)
    text, signature_line = note.decode().split("\n\n")
    raw = base64.b64decode(signature_line.removeprefix(f"— {name} ").removesuffix("\n"), validate=True)
    assert signature_line == f"— {name} {base64.b64encode(raw).decode()}\n"
    assert raw[:4].hex() == key_id
    Ed25519PublicKey.from_public_bytes(base64.b64decode(key)[1:]).verify(raw[4:], f"{text}\n".encode())
    origin, size, root = text.split("\n")
    assert origin == name
    return SignedTree(origin, int(size), base64.b64decode(root, validate=True))


def is_signed_by(note: bytes, vkey: str) -> bool:
    try:
        read_checkpoint(note, vkey)
    except (AssertionError, InvalidSignature):
        return False
    return True


def check_inclusion_file(data: bytes, vkey: str) -> tuple[dict[str, Any], SignedTree]:
    """The entry that the ``.tlog-proof`` file ``data`` proves, and the log that it is in."""
    head, note = data.split(b"\n\n", 1)
    title, extra, place, *hashes = head.decode().split("\n")
    assert title == "c2sp.org/tlog-proof@v1"
    entry = base64.b64decode(extra.removeprefix("extra "), validate=True)
    index = int(place.removeprefix("index "))
    tree = read_checkpoint(note, vkey)
    leaf = sha256(b"\x00" + entry).digest()
    assert _root_above(leaf, index, tree.size, _decoded(hashes)) == tree.root
    fields: dict[str, Any] = json.loads(entry)
    assert fields["index"] == index
    return fields, tree


def check_consistency_file(data: bytes, vkey: str, earlier: SignedTree) -> SignedTree:
    """The log that the file ``data`` proves to have grown out of ``earlier``."""
    head, note = data.split(b"\n\n", 1)
    first, *hashes = head.decode().split("\n")
    assert first == f"old {earlier.size}"
    tree = read_checkpoint(note, vkey)
    assert earlier.origin == tree.origin
    assert 0 < earlier.size <= tree.size
    assert _roots(earlier.size, tree.size, _decoded(hashes), earlier.root) == (earlier.root, tree.root)
    return tree


def _decoded(hashes: Sequence[str]) -> list[bytes]:
    decoded = [base64.b64decode(line, validate=True) for line in hashes]
    assert {len(node) for node in decoded} <= {32}
    return decoded


def _root_above(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    if size == 1:
        assert not path
        return leaf
    k = _split(size)
    if index < k:
        return _node(_root_above(leaf, index, k, path[:-1]), path[-1])
    return _node(path[-1], _root_above(leaf, index - k, size - k, path[:-1]))


def _roots(old: int, new: int, proof: list[bytes], known: bytes | None) -> tuple[bytes, bytes]:
    """The old and the new root. ``known``: the old root, as long as the old tree is a whole subtree here."""
    if old == new:
        (root,) = proof if known is None else [*proof, known]
        return root, root
    k = _split(new)
    if old <= k:
        before, after = _roots(old, k, proof[:-1], known)
        return before, _node(after, proof[-1])
    before, after = _roots(old - k, new - k, proof[:-1], None)
    return _node(proof[-1], before), _node(proof[-1], after)


def _split(size: int) -> int:
    return 1 << (size - 1).bit_length() - 1


def _node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()
