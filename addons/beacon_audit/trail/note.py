"""Signed notes: a text and the signatures below it, C2SP signed-note.

Two kinds of keys are known: Ed25519 over the text (``01``), which signs checkpoints, and the timestamped cosignatures
of witnesses (``04``, C2SP tlog-cosignature). Signatures of other kinds and of other keys are carried along and prove
nothing. Parsing is strict, and what it accepts encodes to the same bytes again.

Raises `TrailCorrupt` for notes, `UsageError` for vkey lines. ``cryptography`` is imported where a signature is made or
checked: who only reads need not wait for it.
"""

import hashlib
import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from beacon_audit.errors import TrailCorrupt, UsageError
from beacon_audit.trail.canonical import from_base64, to_base64

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

ED25519 = 1
COSIGNATURE = 4
#: C2SP asks for room for 16 signatures, of which post-quantum ones take up to 5 kB each.
NOTE_LIMIT = 128 * 1024

_KEY_BYTES = 32
_KEY_ID_BYTES = 4
_TIME_BYTES = 8
_DASH = "\N{EM DASH} "
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
# Half a surrogate pair, as a command line can hold it, has no UTF-8.
_NOT_IN_NAME = re.compile(r"[\x00-\x20\s+\ud800-\udfff]")
_VKEY_FORM = "<name>+<key id, 8 hex digits>+<base64(type || public key)>"


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key under the name it signs with. ``kind`` is `ED25519` or `COSIGNATURE`, ``public`` has 32 bytes."""

    name: str
    kind: int
    public: bytes

    @property
    def key_id(self) -> bytes:
        """The four bytes that a signature by this key begins with. They find a key, they do not prove it."""
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public).digest()[:_KEY_ID_BYTES]

    @property
    def vkey(self) -> str:
        """The key as one line, without a newline."""
        return f"{self.name}+{self.key_id.hex()}+{to_base64(bytes([self.kind]) + self.public)}"

    def verifies(self, signature: bytes, message: bytes) -> bool:
        """Whether ``signature`` is this key's Ed25519 signature of exactly ``message``."""
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except InvalidSignature:
            return False
        return True


def parse_vkey(line: str) -> VerifierKey:
    """The key of a vkey ``line`` without its newline.

    Raises:
        UsageError: it is not one, its key id is not that of its key, or its key is of a kind not known here.
    """
    name, key_id, key = (*line.split("+", 2), "", "")[:3]
    try:
        data = from_base64(key, "public key")
    except TrailCorrupt:
        data = b""
    if not data or not _is_name(name):
        raise UsageError(f"verifier key: expected {_VKEY_FORM} on one line, came something else; copy it whole")
    verifier = VerifierKey(name, data[0], data[1:])
    if verifier.kind not in (ED25519, COSIGNATURE) or len(verifier.public) != _KEY_BYTES:
        raise UsageError(
            f"verifier key: expected an Ed25519 key of type 01 or 04, came type {data[0]:02x} with "
            f"{len(verifier.public)} bytes; ask the log's owner for another"
        )
    if verifier.key_id.hex() != key_id:
        raise UsageError("verifier key: its key id is not that of its name and key; copy it again, it was changed")
    return verifier


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line: who is said to have signed (``name``, and the four bytes ``key_id``), and what it gives."""

    name: str
    key_id: bytes
    value: bytes


@dataclass(frozen=True, slots=True)
class Note:
    """A ``text`` that ends with a newline, and its signatures, none of which is checked yet."""

    text: str
    signatures: tuple[Signature, ...]

    def encode(self) -> bytes:
        """The note as it is stored."""
        lines = [f"{_DASH}{line.name} {to_base64(line.key_id + line.value)}\n" for line in self.signatures]
        return f"{self.text}\n{''.join(lines)}".encode()


def parse_note(data: bytes) -> Note:
    """The note that ``data`` is. Checks no signature.

    Raises:
        TrailCorrupt: it is not a note, or longer than `NOTE_LIMIT`.
    """
    if len(data) > NOTE_LIMIT:
        raise TrailCorrupt(f"signed note: expected at most {NOTE_LIMIT} bytes, came {len(data)}")
    try:
        note = data.decode()
    except UnicodeDecodeError as error:
        raise TrailCorrupt(f"signed note: expected UTF-8, came another byte at offset {error.start}") from None
    control = _CONTROL.search(note)
    if control is not None:
        raise TrailCorrupt(f"signed note: expected no control character but newline, came one at {control.start()}")
    text, empty_line, lines = note.rpartition("\n\n")
    if not empty_line or not lines.endswith("\n"):
        raise TrailCorrupt("signed note: expected a text, an empty line and whole signature lines, came something else")
    return Note(f"{text}\n", tuple(_parse_signature(line) for line in lines[:-1].split("\n")))


def _parse_signature(line: str) -> Signature:
    name, space, value = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not space or not _is_name(name):
        raise TrailCorrupt("signed note: expected lines of an em dash, a key name and base64; came another")
    data = from_base64(value, "signed note, signature line")
    if len(data) <= _KEY_ID_BYTES:
        raise TrailCorrupt(f"signed note, signature line: expected a key id and a signature, came {len(data)} bytes")
    return Signature(name, data[:_KEY_ID_BYTES], data[_KEY_ID_BYTES:])


def _is_name(name: str) -> bool:
    return bool(name) and not _NOT_IN_NAME.search(name)


def signed_by(note: Note, key: VerifierKey) -> bool:
    """Whether ``key`` signed ``note``. False: no signature claims to be its.

    Raises:
        TrailCorrupt: a signature claims to be its and is not, so somebody changed the text or the signature.
    """
    key_id = key.key_id
    own = [line.value for line in note.signatures if (line.name, line.key_id) == (key.name, key_id)]
    for value in own:
        if not _is_signature(value, note.text.encode(), key):
            raise TrailCorrupt(f"signed note: the signature of key {key_id.hex()} does not fit the text")
    return bool(own)


def _is_signature(value: bytes, text: bytes, key: VerifierKey) -> bool:
    if key.kind == ED25519:
        return key.verifies(value, text)
    time, signature = int.from_bytes(value[:_TIME_BYTES]), value[_TIME_BYTES:]
    return time < 2**63 and key.verifies(signature, f"cosignature/v1\ntime {time}\n".encode() + text)


class Signer:
    """A private Ed25519 key under the name it signs with."""

    def __init__(self, private: "Ed25519PrivateKey", name: str | None = None) -> None:
        self._private = private
        public = private.public_key().public_bytes_raw()
        self.verifier = VerifierKey(first_origin(public) if name is None else name, ED25519, public)

    @classmethod
    def load(cls, private_pem: bytes, name: str | None = None) -> "Signer":
        """The key in ``private_pem`` (PKCS #8 PEM, not encrypted). Without a ``name`` it is the first key of a log,
        which is named after it.

        Raises:
            ValueError, TypeError, UnsupportedAlgorithm: it is no such key.
        """
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        private = load_pem_private_key(private_pem, password=None)
        if not isinstance(private, Ed25519PrivateKey):
            raise TypeError("expected an Ed25519 private key, came another kind of key")
        return cls(private, name)

    @cached_property
    def vkey(self) -> str:
        """The public key as a vkey line, without a newline."""
        return self.verifier.vkey

    def sign(self, text: str) -> Signature:
        """The signature line for ``text``."""
        return Signature(self.verifier.name, self.verifier.key_id, self.sign_bytes(text.encode()))

    def sign_bytes(self, data: bytes) -> bytes:
        """The 64 bytes of an Ed25519 signature of ``data``."""
        return self._private.sign(data)

    def derive(self, purpose: bytes) -> bytes:
        """32 secret bytes for ``purpose`` that whoever has this private key can make again, and nobody else: its
        HKDF-SHA256 (RFC 5869), without a salt."""
        from cryptography.hazmat.primitives.hashes import SHA256
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF

        return HKDF(SHA256(), 32, salt=None, info=purpose).derive(self._private.private_bytes_raw())


def sign_note(text: str, *signers: Signer) -> Note:
    """The note of ``text``, which ends with a newline and has no other control character, signed by each of
    ``signers``."""
    if not text.endswith("\n") or _CONTROL.search(text) or not signers:
        raise ValueError("a note takes a text of whole lines without control characters, and a signer")
    return Note(text, tuple(signer.sign(text) for signer in signers))


def first_origin(public: bytes) -> str:
    """The name of the log whose first key is ``public``: it is derived, so it can be made again from the key alone."""
    return "beacon-audit/" + hashlib.sha256(b"beacon-audit origin\n" + public).hexdigest()[:16]
