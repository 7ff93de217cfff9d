"""Detector: trace and span ids that carry something. Ids are the one place in telemetry for bytes of any value.

Gives ``promise.id-channel``, at each such id, for

- more than ``MOST_ODD`` different ids in one body that OTLP does not allow but a documented sample shows (up to 16
  letters and digits: ``0932ksdka12345``). The documentation has two, no encoder makes any;
- a trace id whose 16 bytes are all printable ASCII (by chance one in six million is), and span ids of which more than
  ``MOST_PRINTABLE`` and one in a hundred are (by chance one in 2,500 is): text that is written as hex.

What is encrypted first looks like an id and is not found.
"""

import re
from collections.abc import Collection, Iterator

from beacon_audit.inspection.context import InspectionContext
from beacon_audit.inspection.facts import Fact, Suspicion
from beacon_audit.inspection.patterns import SEPARATOR, pattern
from beacon_audit.inspection.subject import Subject

MOST_ODD = 4
MOST_PRINTABLE = 4

_SPAN_IDS = ("spanId", "parentSpanId")
_VALID = re.compile(r"(?:[0-9a-f]{16})?", re.ASCII)
_ALL_VALID = pattern(r"\x1e(?:(?:[0-9a-f]{16})?\x1e)*")
_PRINTABLE_SPAN = re.compile(r"(?:[2-7][0-9a-f]){8}", re.ASCII)
_PRINTABLE_TRACE = re.compile(r"(?:[2-7][0-9a-f]){16}", re.ASCII)
_ANY_PRINTABLE = pattern(r"\x1e(?:[2-7][0-9a-f]){8}(?:(?:[2-7][0-9a-f]){8})?\x1e")
_CODE = "promise.id-channel"
_TEXT_MESSAGE = "expected a random id, got the bytes of a text"
_ODD_MESSAGE = f"expected at most {MOST_ODD} ids that OTLP does not allow, got one more"


def detect(subject: Subject, context: InspectionContext) -> Iterator[Suspicion]:
    """One suspicion for each id that carries something."""
    if context.endpoint.otlp is None:
        return
    suspects: dict[str, str] = {}
    spans = [text for member in _SPAN_IDS for text in subject.fields.get(member, ())]
    traces = subject.fields.get("traceId", ())
    if not _ALL_VALID.fullmatch(_joined(spans)):
        odd = {text for text in spans if not _VALID.fullmatch(text)}
        suspects |= dict.fromkeys(odd if len(odd) > MOST_ODD else (), _ODD_MESSAGE)
    if _ANY_PRINTABLE.search(_joined(spans)):
        ids = set(spans)
        printable = {text for text in ids if _PRINTABLE_SPAN.fullmatch(text)}
        # Of many random ids some are printable; of a text all are.
        if len(printable) > max(MOST_PRINTABLE, len(ids) // 100):
            suspects |= dict.fromkeys(printable, _TEXT_MESSAGE)
    if _ANY_PRINTABLE.search(_joined(traces)):
        suspects |= {text: _TEXT_MESSAGE for text in traces if _PRINTABLE_TRACE.fullmatch(text)}
    for member in ("traceId", *_SPAN_IDS) if suspects else ():
        for text in suspects.keys() & set(subject.fields.get(member, ())):
            yield Suspicion(_CODE, Fact("field", member, text), suspects[text])


def _joined(ids: Collection[str]) -> bytes:
    return SEPARATOR.join(("", *ids, "")).encode("utf-8", "surrogatepass")
