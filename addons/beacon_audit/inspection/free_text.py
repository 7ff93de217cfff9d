"""Detector: free text where labels belong, such as a prompt or an answer, where the vendor promises no payload contents
(``no-content``).

Gives ``promise.free-text`` for every text that is longer, or of another form, than the field that holds it is for
(``text_forms``), and for every run of base64 or hex that hides a readable text. Attributes whose values have a grammar
are left to ``value_grammar``.
"""

from collections.abc import Iterator

from beacon_audit.inspection.attribute_values import GRAMMARS
from beacon_audit.inspection.context import InspectionContext
from beacon_audit.inspection.facts import Fact, Suspicion, anywhere
from beacon_audit.inspection.subject import Subject
from beacon_audit.inspection.text_forms import FORMS, LABEL, SENTENCE, Form

_CODE = "promise.free-text"


def detect(subject: Subject, context: InspectionContext) -> Iterator[Suspicion]:
    """One suspicion for each text that does not fit where it stands."""
    if "no-content" not in context.endpoint.promises:
        return
    for text in subject.readings.veiled:
        yield Suspicion(_CODE, anywhere(text), "expected a label, got a readable text in base64 or hex")
    for text in subject.keys:
        yield from _unfit(anywhere(text), LABEL)
    for member, texts in subject.wordy.items():
        for text in texts:
            form = SENTENCE if text in subject.bodies else FORMS.get(member, LABEL)
            yield from _unfit(Fact("field", member, text), form)
    for key, texts in subject.attributes.items():
        for text in texts if key not in GRAMMARS else ():
            yield from _unfit(Fact("attribute", key, text), LABEL)


def _unfit(about: Fact, form: Form) -> Iterator[Suspicion]:
    fault = form.fault(about.text)
    if fault is not None:
        yield Suspicion(_CODE, about, f"expected a text of the form that belongs here, got one with {fault}")
