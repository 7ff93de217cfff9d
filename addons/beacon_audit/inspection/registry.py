"""The detectors. Each is a module with one function ``detect(subject, context)``; a new one is added to the tuple."""

from collections.abc import Callable, Iterator

from beacon_audit.inspection import content_attributes, identity_attributes, license_misplaced, new_names
from beacon_audit.inspection.context import InspectionContext
from beacon_audit.inspection.subject import Subject, read_subject
from beacon_audit.model.finding import Finding
from beacon_audit.model.json_value import JsonValue

type Detector = Callable[[Subject, InspectionContext], Iterator[Finding]]

DETECTORS: tuple[Detector, ...] = (
    license_misplaced.detect,
    identity_attributes.detect,
    content_attributes.detect,
    new_names.detect,
)


def inspect(document: JsonValue, context: InspectionContext) -> tuple[Finding, ...]:
    """What every detector finds in ``document``, detector by detector, each in document order."""
    subject = read_subject(document)
    return tuple(finding for detect in DETECTORS for finding in detect(subject, context))
