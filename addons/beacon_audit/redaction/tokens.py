"""Keyed fingerprints that stand where a value was.

``Tokens(key).token("license", value)`` is ``license:<kid>:<16 hex>``: the first 64 bits of HMAC-SHA256 over the kind
and the value. The same value always gives the same token under one key, so a reviewer sees "same key" and "key
changed"; without the HMAC key nobody can test a guess. ``kid`` names the HMAC key (4 hex digits), so tokens of two
installations are not compared by mistake. ``str`` values are taken as UTF-8.
"""

import hashlib
import hmac

_SMALLEST_KEY = 16


class Tokens:
    """Makes tokens under one HMAC key. The key does not show in ``repr``."""

    __slots__ = ("_key", "kid")

    def __init__(self, key: bytes) -> None:
        if len(key) < _SMALLEST_KEY:
            raise ValueError(f"a token key of at least {_SMALLEST_KEY} bytes is needed, got {len(key)}")
        self._key = key
        self.kid = hashlib.sha256(b"beacon-audit token key id\x00" + key).hexdigest()[:4]

    def __repr__(self) -> str:
        return f"Tokens(kid={self.kid!r})"

    def token(self, kind: str, value: str | bytes) -> str:
        """The token of ``value`` as a ``kind`` (a plain word such as ``license``)."""
        data = value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value
        # The zero byte cannot be part of a kind, so (kind, value) pairs never run together.
        digest = hmac.new(self._key, kind.encode() + b"\x00" + data, hashlib.sha256).hexdigest()
        return f"{kind}:{self.kid}:{digest[:16]}"
