"""What a detector says of a body that holds more of what it looks for than it looks at: one finding for all of it."""

from collections.abc import Iterator
from typing import Any

from beacon_audit.inspection.facts import Suspicion, anywhere
from beacon_audit.inspection.subject import Subject


def whole_body(subject: Subject, look_alike: Any, code: str, message: str) -> Iterator[Suspicion]:
    """The whole body; and keys that ``look_alike``, a google-re2 pattern, finds, so that no pointer shows one."""
    yield Suspicion(code, (), message)
    for text, _ in subject.readings.matching(look_alike):
        if text in subject.keys:
            yield Suspicion(code, anywhere(text), message)
