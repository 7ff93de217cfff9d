"""Detector: attribute keys that carry payload contents or database records, where the vendor promises to send neither
(``no-content``).

Gives ``promise.content-attribute`` at every such key, whatever its value.
"""

from collections.abc import Iterator

from beacon_audit.inspection.attribute_keys import CONTENT_KEYS
from beacon_audit.inspection.context import InspectionContext
from beacon_audit.inspection.facts import Suspicion
from beacon_audit.inspection.key_patterns import KeyPatterns
from beacon_audit.inspection.subject import Subject

_LISTED = KeyPatterns(CONTENT_KEYS)
_MESSAGE = "expected no payload contents or database records, got an attribute key that exists for them"


def detect(subject: Subject, context: InspectionContext) -> Iterator[Suspicion]:
    """One suspicion for each attribute key that carries content."""
    if "no-content" in context.endpoint.promises:
        yield from _LISTED.suspicions(subject, "promise.content-attribute", _MESSAGE)
