"""Detector: attribute keys that identify a person, where the vendor promises to identify nobody (``no-identity``).

Gives ``promise.identity-attribute`` at every such key, whatever its value.
"""

from collections.abc import Iterator

from beacon_audit.inspection.attribute_keys import IDENTITY_KEYS
from beacon_audit.inspection.context import InspectionContext
from beacon_audit.inspection.facts import Suspicion
from beacon_audit.inspection.key_patterns import KeyPatterns
from beacon_audit.inspection.subject import Subject

_LISTED = KeyPatterns(IDENTITY_KEYS)
_MESSAGE = "expected nothing that identifies a person, got an attribute key that exists for it"


def detect(subject: Subject, context: InspectionContext) -> Iterator[Suspicion]:
    """One suspicion for each attribute key that identifies a person."""
    if "no-identity" in context.endpoint.promises:
        yield from _LISTED.suspicions(subject, "promise.identity-attribute", _MESSAGE)
