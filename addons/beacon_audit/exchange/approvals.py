"""The new names that were approved in the inventory, as the proxy asks for them.

A name that is plain (``model.plain_name``) stands in approvals as it is. Any other stands as the token that payload
files have in its place: what somebody calls a span can be a sentence about a person, or a key, and an approval is never
deleted. So an approval of a token holds for exactly the one name that it was made of, and only in the installation that
has the key.

`Approvals` is filled from entries of the trail and grows only. No method raises for a name; `add` raises `TrailCorrupt`
for fields that are no approval.
"""

import re
from collections.abc import Mapping

from beacon_audit.inspection import Role
from beacon_audit.model.plain_name import is_plain_name
from beacon_audit.redaction import Tokens, hidden_token
from beacon_audit.trail.approval import read_approval

_TOKEN = re.compile(r"[a-z]+:[0-9a-f]{4}:[0-9a-f]{16}", re.ASCII)


def is_token(name: str) -> bool:
    """Whether it has the form of what stands for a name that was not written."""
    return _TOKEN.fullmatch(name) is not None


def name_to_approve(name: str, tokens: Tokens) -> str:
    """What an approval of ``name`` says; a token as a payload file shows it is taken as one."""
    return name if is_plain_name(name) else hidden_token(tokens, name)


class Approvals:
    """``len`` counts approved names."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self._names: set[tuple[str, str]] = set()

    def add(self, fields: Mapping[str, object]) -> None:
        """Take in an entry of type ``approval``."""
        self._names.update((kind, name) for kind, group in read_approval(fields).items() for name in group)

    def __len__(self) -> int:
        return len(self._names)

    def covers(self, role: Role, name: str) -> bool:
        """Whether ``name`` was approved as a name of that kind."""
        if not self._names:
            return False
        # What looks like a token was approved as one, if at all: a name that a sender made look like it is another.
        if is_plain_name(name) and not is_token(name):
            return (role, name) in self._names
        return (role, hidden_token(self._tokens, name)) in self._names
