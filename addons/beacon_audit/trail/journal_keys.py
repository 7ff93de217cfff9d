"""The keys with which a writer knows its own journal again.

A batch carries an HMAC-SHA256 whose key is derived from the private key that signs checkpoints: HKDF-SHA256 (RFC 5869)
of the 32 bytes of the Ed25519 key, without a salt; ``info`` is ``beacon-audit journal/v3``, a newline, the origin and a
newline. Nobody else can make one, and from a MAC nobody learns anything about the key.

The MAC is by the key that would sign a checkpoint behind the batch: a batch with a ``key-change`` has one by the *new*
key, so whoever starts with the new key alone can prove the newest batch of the journal to be his own.

Pure. Raises `TrailCorrupt` for a change to a key that is not at hand.
"""

import hmac
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from beacon_audit.errors import TrailCorrupt
from beacon_audit.trail.committed import Committed
from beacon_audit.trail.note import Signer

_LABEL = "beacon-audit journal/v3"


@dataclass(frozen=True, slots=True)
class JournalKeys:
    """The key ``in_force`` (its vkey), out of those at hand."""

    in_force: str
    keys: Mapping[str, bytes] = field(repr=False)

    @classmethod
    def of(cls, signers: Sequence[Signer], in_force: Signer) -> "JournalKeys":
        """Those that belong to ``signers``, among them the one ``in_force``."""
        keys = {signer.vkey: signer.derive(f"{_LABEL}\n{signer.verifier.name}\n".encode()) for signer in signers}
        return cls(in_force.vkey, keys)

    def after(self, items: Iterable[Committed]) -> "JournalKeys":
        """With the key that is in force behind these entries."""
        in_force = self.in_force
        for item in items:
            if item.kind == "key-change":
                in_force = str(json.loads(item.entry).get("new"))
                if in_force not in self.keys:
                    raise TrailCorrupt(
                        "key change: expected a change from the key in force to the next one, came other keys"
                    )
        return self if in_force == self.in_force else replace(self, in_force=in_force)

    def mac(self, sealed: bytes) -> bytes:
        """The MAC of what a batch seals, by the key in force."""
        return hmac.digest(self.keys[self.in_force], sealed, "sha256")

    def proves(self, sealed: bytes, mac: bytes) -> bool:
        """Whether ``mac`` is that of ``sealed`` by the key in force."""
        return hmac.compare_digest(self.mac(sealed), mac)
