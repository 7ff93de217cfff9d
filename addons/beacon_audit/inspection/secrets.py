"""Detector: text with the shape of a secret, in any field of any document: no contract allows one (``secret_shapes``).

Gives ``promise.secret`` for every text, and every key, that holds one, plain or encoded once (``readings``). The
documented license field is the exception; what stands there is the license.
"""

from collections.abc import Iterator

from beacon_audit.inspection.context import InspectionContext
from beacon_audit.inspection.facts import Suspicion, anywhere
from beacon_audit.inspection.secret_shapes import ANY_SECRET, secrets_in
from beacon_audit.inspection.subject import Subject


def detect(subject: Subject, context: InspectionContext) -> Iterator[Suspicion]:  # noqa: ARG001 (detectors look alike)
    """One suspicion for each text with a secret. Clean documents cost a single search."""
    for text, reading in subject.readings.matching(ANY_SECRET):
        kind = next((kind for kind, *_ in secrets_in(reading)), None)
        if kind is not None:
            message = f"expected no secret, got a text with the shape of {kind}"
            yield Suspicion("promise.secret", anywhere(text), message)
