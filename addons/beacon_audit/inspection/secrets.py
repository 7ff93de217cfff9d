"""Detector: text with the shape of a secret, in any field of any document: no contract allows one (``secret_shapes``).

Gives ``promise.secret`` for every text, and every key, that holds one, plain or encoded once (``readings``). The
documented license field is the exception; what stands there is the license. Where more than ``MOST_CHECKED`` texts look
as if they held one, which nobody sends, none is looked at closely, and one finding covers the whole body.
"""

from collections.abc import Iterator
from itertools import islice

from beacon_audit.inspection.context import InspectionContext
from beacon_audit.inspection.facts import Suspicion, anywhere
from beacon_audit.inspection.secret_shapes import ANY_SECRET, MOST_CHECKED, secrets_in
from beacon_audit.inspection.subject import Subject


def detect(subject: Subject, context: InspectionContext) -> Iterator[Suspicion]:  # noqa: ARG001 (detectors look alike)
    """One suspicion for each text with a secret. Clean documents cost a single search."""
    candidates = list(islice(subject.readings.matching(ANY_SECRET), MOST_CHECKED + 1))
    if len(candidates) > MOST_CHECKED:
        message = f"expected no secret, got more than {MOST_CHECKED} texts that look as if they held one"
        yield Suspicion("promise.secret", (), message)
        return
    for text, reading in candidates:
        kind = next((kind for kind, *_ in secrets_in(reading)), None)
        if kind is not None:
            message = f"expected no secret, got a text with the shape of {kind}"
            yield Suspicion("promise.secret", anywhere(text), message)
