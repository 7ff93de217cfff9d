"""Names that a sender chose, as they may be written: plain ones as they are, a token in the place of any other.

Nobody documents an undocumented member, path, method or host, so what stands there is the sender's text, and may be a
key that no one has learned. ``name:<kid>:<16 hex>`` tells two of them apart and says nothing else. A known secret
within a name has its own token there, so that a reviewer sees which key it was.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass

from beacon_audit.model.plain_name import is_plain_name
from beacon_audit.redaction.registry import SecretRegistry
from beacon_audit.redaction.tokens import Tokens

#: RFC 9110 §9, RFC 5789, and those of WebDAV and its kin (IANA's registry) that clients send.
METHODS = frozenset(
    (
        "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "QUERY", "PRI",
        "PROPFIND", "PROPPATCH", "MKCOL", "COPY", "MOVE", "LOCK", "UNLOCK", "REPORT", "SEARCH", "ACL",
    )
)  # fmt: skip
# What stands further down a path is one name.
_MOST_PARTS = 16
_PORT = re.compile(r"(.*):([0-9]{1,5})", re.ASCII | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Names:
    """How names are written under one key. Nothing here raises."""

    registry: SecretRegistry
    tokens: Tokens

    def name(self, text: str) -> str:
        """A name of any kind."""
        return "".join(self._parts(text, None))

    def method(self, text: str) -> str:
        """A method of HTTP; case is kept."""
        return text if text.upper() in METHODS else self.tokens.token("name", text)

    def path(self, text: str, documented: str = "") -> str:
        """A path, without its query, segment by segment; ``documented`` is what it begins with."""
        if text in (documented, "*"):
            return text
        known = documented if documented and text.startswith(f"{documented}/") else ""
        return known + "/".join(self._parts(text[len(known) :], "/"))

    def host(self, text: str, documented: Collection[str] = ()) -> str:
        """A host or ``host:port``, label by label; ``documented`` ones are shown whatever they are."""
        has_port = _PORT.fullmatch(text)
        host, port = (has_port[1], f":{has_port[2]}") if has_port else (text, "")
        return (host if host in documented else ".".join(self._parts(host, "."))) + port

    def _parts(self, text: str, separator: str | None) -> list[str]:
        clean = self.registry.scrub(text)
        if clean == text:
            return [self._part(part) for part in _split(text, separator)]
        known = re.compile(rf"((?:license|token):{self.tokens.kid}:[0-9a-f]{{16}})")
        if not known.search(clean):  # it was withheld as a whole
            return [self.tokens.token("name", text)]
        # Split at a group, every other piece is a token of what is known.
        return [
            "".join(piece if at % 2 else self._part(piece) for at, piece in enumerate(known.split(part)))
            for part in _split(clean, separator)
        ]

    def _part(self, text: str) -> str:
        return text if not text or is_plain_name(text) else self.tokens.token("name", text)


def _split(text: str, separator: str | None) -> list[str]:
    return [text] if separator is None else text.split(separator, _MOST_PARTS)
