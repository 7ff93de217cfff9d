"""Detector: UUIDs in free text, where the vendor promises no identifiers (``no-identity``): that of a tenant, a user, a
run or a document stands for the thing itself.

Gives ``promise.uuid-value`` for every text that holds one, with dashes, or as the whole value of an attribute without.
The one attribute that exists for a random UUID, ``service.instance.id``, may have it. Source of the shape: RFC 9562 §4.
"""

from collections.abc import Iterator

from beacon_audit.inspection.context import InspectionContext
from beacon_audit.inspection.facts import Fact, Suspicion, anywhere
from beacon_audit.inspection.patterns import pattern
from beacon_audit.inspection.subject import Subject

_DASHED = pattern(
    r"(?:^|[^0-9A-Fa-f])[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}(?:[^0-9A-Fa-f]|$)"
)
_BARE = pattern(r"[0-9a-f]{12}[1-8][0-9a-f]{3}[89ab][0-9a-f]{15}", any_case=True)
_CODE = "promise.uuid-value"
_MAY_HAVE_ONE = frozenset({"service.instance.id"})
_MESSAGE = "expected no identifier, got a UUID"


def detect(subject: Subject, context: InspectionContext) -> Iterator[Suspicion]:
    """One suspicion for each text with a UUID."""
    if "no-identity" not in context.endpoint.promises:
        return
    for text, _ in subject.readings.matching(_DASHED):
        for about in _facts(subject, text):
            yield Suspicion(_CODE, about, _MESSAGE)
    for key, texts in subject.attributes.items():
        for text in filter(_is_bare, texts):
            yield Suspicion(_CODE, Fact("attribute", key, text), _MESSAGE)


def _facts(subject: Subject, text: str) -> Iterator[Fact]:
    """Where ``text`` stands and may not."""
    if not any(text in subject.attributes.get(key, ()) for key in _MAY_HAVE_ONE):
        yield anywhere(text)
        return
    for member, texts in subject.wordy.items():
        if text in texts:
            yield Fact("field", member, text)
    for key, texts in subject.attributes.items():
        if text in texts and key not in _MAY_HAVE_ONE:
            yield Fact("attribute", key, text)


def _is_bare(text: str) -> bool:
    return len(text) == 32 and text.isascii() and bool(_BARE.fullmatch(text.encode()))
