"""Matches attribute keys against lists such as those in ``attribute_keys``."""

import re
from collections.abc import Iterator, Sequence

from beacon_audit.inspection.facts import Fact, Suspicion
from beacon_audit.inspection.subject import Subject


class KeyPatterns:
    """A list of keys in which ``*`` stands for one or more characters. Case does not count: a sender chooses it."""

    def __init__(self, patterns: Sequence[str]) -> None:
        alternatives = (re.escape(pattern).replace(r"\*", ".+") for pattern in patterns)
        self._matcher = re.compile("|".join(alternatives), re.IGNORECASE | re.DOTALL)

    def lists(self, key: str) -> bool:
        """Whether ``key`` is on the list."""
        return self._matcher.fullmatch(key.strip()) is not None

    def suspicions(self, subject: Subject, code: str, message: str) -> Iterator[Suspicion]:
        """One for each attribute key of ``subject`` that is on the list."""
        for key in subject.names.get("attribute-key", ()):
            if self.lists(key):
                yield Suspicion(code, Fact("name", "attribute-key", key), message)
