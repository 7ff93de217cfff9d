"""Detector: a known secret anywhere but in the field that is documented for the license.

Gives ``promise.license-misplaced`` for every text, and every key, that holds a known secret in any form.
"""

from collections.abc import Iterator

from beacon_audit.inspection.context import InspectionContext
from beacon_audit.inspection.facts import Suspicion, anywhere
from beacon_audit.inspection.subject import Subject
from beacon_audit.model.text_groups import SEPARATOR, text_groups

_CODE = "promise.license-misplaced"
_MESSAGE = "expected the license only in its documented field, got a known secret here"


def detect(subject: Subject, context: InspectionContext) -> Iterator[Suspicion]:
    """One suspicion for each text with a misplaced secret. Clean documents cost a search for each group of texts."""
    for group in text_groups(subject.texts):
        if not context.contains_secret(SEPARATOR.join(group)):
            continue
        located = [Suspicion(_CODE, anywhere(text), _MESSAGE) for text in set(group) if context.contains_secret(text)]
        # The search said yes: without a place, the whole body is suspect rather than none of it.
        yield from located or [Suspicion(_CODE, (), "a known secret stands outside of the documented license field")]
