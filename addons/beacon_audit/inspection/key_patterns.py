"""Matches attribute keys against lists such as those in ``attribute_keys``."""

import re
from collections.abc import Iterator, Sequence

from beacon_audit.inspection.subject import Name, Subject


class KeyPatterns:
    """A list of keys in which ``*`` stands for one or more characters. Case does not count: a sender chooses it."""

    def __init__(self, patterns: Sequence[str]) -> None:
        alternatives = (re.escape(pattern).replace(r"\*", ".+") for pattern in patterns)
        self._matcher = re.compile("|".join(alternatives), re.IGNORECASE | re.DOTALL)

    def matching(self, subject: Subject) -> Iterator[Name]:
        """The attribute keys of ``subject`` that are on the list."""
        known: dict[str, bool] = {}
        for name in subject.names:
            if name.role != "attribute-key":
                continue
            listed = known.get(name.name)
            if listed is None:
                listed = known[name.name] = self._matcher.fullmatch(name.name.strip()) is not None
            if listed:
                yield name
