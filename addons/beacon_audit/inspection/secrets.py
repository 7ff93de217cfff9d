"""Detector: text with the shape of a secret, in any field of any document: no contract allows one (``secret_shapes``).

Gives ``promise.secret`` for every text, and every key, that holds one, plain or encoded once (``readings``). The
documented license field is the exception; what stands there is the license. Where more than ``MOST_CHECKED`` texts look
as if they held one, which nobody sends, none is looked at closely, and one finding covers the whole body; likewise
where texts have more than ``MOST_CHECKED_IN_ALL`` parts that look like one.
"""

from collections.abc import Iterator
from itertools import islice

from beacon_audit.inspection.context import InspectionContext
from beacon_audit.inspection.facts import Suspicion, anywhere
from beacon_audit.inspection.secret_shapes import ANY_SECRET, MOST_CHECKED, MOST_CHECKED_IN_ALL, first_secret
from beacon_audit.inspection.subject import Subject
from beacon_audit.inspection.whole_body import whole_body


def detect(subject: Subject, context: InspectionContext) -> Iterator[Suspicion]:  # noqa: ARG001 (detectors look alike)
    """One suspicion for each text with a secret. Clean documents cost a single search."""
    candidates = list(islice(subject.readings.matching(ANY_SECRET), MOST_CHECKED + 1))
    if len(candidates) > MOST_CHECKED:
        yield from _all(subject, f"more than {MOST_CHECKED} texts that look as if they held one")
        return
    found = []
    looked_at = 0
    for text, reading in candidates:
        kind, count = first_secret(reading)
        looked_at += count
        if looked_at > MOST_CHECKED_IN_ALL:  # nothing else is told: the order of the texts is none
            yield from _all(subject, f"more than {MOST_CHECKED_IN_ALL} parts of texts that look like one")
            return
        if kind is not None:
            message = f"expected no secret, got a text with the shape of {kind}"
            found.append(Suspicion("promise.secret", anywhere(text), message))
    yield from found


def _all(subject: Subject, got: str) -> Iterator[Suspicion]:
    return whole_body(subject, ANY_SECRET, "promise.secret", f"expected no secret, got {got}")
