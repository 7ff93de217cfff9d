"""Detector: e-mail addresses, where the vendor promises to identify nobody (``no-identity``).

Gives ``promise.email-address`` for every text, and every key, that holds one. Source of the shape: RFC 5321 §4.1.2,
without quoted local parts and address literals, which nobody has; letters beyond ASCII are allowed (RFC 6531), and
``%40`` for the sign. The last label of a domain is letters, so ``package@1.9.0`` is no address.
"""

from collections.abc import Iterator

from beacon_audit.inspection.context import InspectionContext
from beacon_audit.inspection.facts import Suspicion, anywhere
from beacon_audit.inspection.patterns import pattern
from beacon_audit.inspection.subject import Subject

_LETTER = r"A-Za-z0-9\x80-\xff"
_ADDRESS = pattern(
    rf"[{_LETTER}.!#$&'*+/=?^_`{{|}}~-]*[{_LETTER}_](?:@|%40|\(at\))"
    rf"(?:[{_LETTER}](?:[{_LETTER}-]*[{_LETTER}])?\.)+[A-Za-z\x80-\xff]{{2,24}}(?:[^{_LETTER}]|$)"
)
_MESSAGE = "expected nothing that identifies a person, got an e-mail address"


def detect(subject: Subject, context: InspectionContext) -> Iterator[Suspicion]:
    """One suspicion for each text with an address."""
    if "no-identity" in context.endpoint.promises:
        for text, _ in subject.readings.matching(_ADDRESS):
            yield Suspicion("promise.email-address", anywhere(text), _MESSAGE)
