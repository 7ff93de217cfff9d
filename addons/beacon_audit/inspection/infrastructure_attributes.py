"""Detector: attribute keys that describe the machines, networks and code of an installation.

No sentence of the vendor's rules them out, and no sample shows them: they say where an installation stands and what it
is made of. Gives ``promise.infrastructure-attribute`` at every such key of an OTLP document, whatever its value.
"""

from collections.abc import Iterator

from beacon_audit.inspection.attribute_keys import INFRASTRUCTURE_KEYS
from beacon_audit.inspection.context import InspectionContext
from beacon_audit.inspection.facts import Suspicion
from beacon_audit.inspection.key_patterns import KeyPatterns
from beacon_audit.inspection.subject import Subject

_LISTED = KeyPatterns(INFRASTRUCTURE_KEYS)
_MESSAGE = "expected request metadata, got an attribute key that describes hosts, networks or code"


def detect(subject: Subject, context: InspectionContext) -> Iterator[Suspicion]:
    """One suspicion for each attribute key that describes infrastructure."""
    if context.endpoint.otlp is not None:
        yield from _LISTED.suspicions(subject, "promise.infrastructure-attribute", _MESSAGE)
