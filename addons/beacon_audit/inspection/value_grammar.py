"""Detector: values of documented and standard attributes that are not what such a value looks like.

Gives ``promise.value-grammar`` for an ``endpoint`` that is no route template (a query, an address, an id or a number in
it), a ``method`` that is none, and so on (``attribute_values``), where the vendor promises no payload contents
(``no-content``).
"""

from collections.abc import Iterator

from beacon_audit.inspection.attribute_values import GRAMMARS
from beacon_audit.inspection.context import InspectionContext
from beacon_audit.inspection.facts import Fact, Suspicion
from beacon_audit.inspection.subject import Subject


def detect(subject: Subject, context: InspectionContext) -> Iterator[Suspicion]:
    """One suspicion for each value outside of its grammar."""
    if "no-content" not in context.endpoint.promises:
        return
    for key, texts in subject.attributes.items():
        grammar = GRAMMARS.get(key)
        for text in texts if grammar else ():
            if grammar and not grammar.allows(text):
                message = f"expected {grammar.expected} as the value of {key}, got something else"
                yield Suspicion("promise.value-grammar", Fact("attribute", key, text), message)
