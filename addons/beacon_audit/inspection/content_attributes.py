"""Detector: attribute keys that carry payload contents or database records, which the vendor promises not to send.

Gives ``promise.content-attribute`` at every such key, whatever its value.
"""

from collections.abc import Iterator

from beacon_audit.inspection.attribute_keys import CONTENT_KEYS
from beacon_audit.inspection.context import InspectionContext
from beacon_audit.inspection.key_patterns import KeyPatterns
from beacon_audit.inspection.subject import Subject, path_of
from beacon_audit.model.finding import Finding
from beacon_audit.model.pointer import json_pointer

_LISTED = KeyPatterns(CONTENT_KEYS)


def detect(subject: Subject, context: InspectionContext) -> Iterator[Finding]:  # noqa: ARG001 (detectors look alike)
    """One finding for each attribute key that carries content."""
    for name in _LISTED.matching(subject):
        message = "expected no payload contents or database records, got an attribute key that exists for them"
        yield Finding("promise.content-attribute", json_pointer(path_of(name.place)), message)
