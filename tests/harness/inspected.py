"""What a detector finds in a document, and where."""

from collections.abc import Sequence

from beacon_audit.inspection import InspectionContext
from beacon_audit.inspection.locate import locate
from beacon_audit.inspection.registry import Detector
from beacon_audit.inspection.subject import read_subject
from beacon_audit.model import Finding
from beacon_audit.model.json_value import JsonValue


def findings_of(detect: Detector, document: JsonValue, context: InspectionContext) -> Sequence[Finding]:
    """The findings of one detector."""
    subject = read_subject(document, context.endpoint.license_pointers)
    return locate(subject.document, list(detect(subject, context))).findings


def places(detect: Detector, document: JsonValue, context: InspectionContext) -> list[tuple[str, str]]:
    """The codes and pointers of what one detector finds."""
    return [(finding.code, finding.pointer) for finding in findings_of(detect, document, context)]
