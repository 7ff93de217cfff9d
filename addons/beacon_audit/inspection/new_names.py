"""Detector: names that no documented sample shows.

Gives, at every such name in an OTLP document, ``contract.new-attribute-key``, ``contract.new-metric-name``,
``contract.new-span-name``, ``contract.new-event-name`` or ``contract.new-scope-name``; for keys that OpenTelemetry
libraries send by themselves, ``contract.standard-attribute-key``; and for what would be new but was approved in the
inventory, ``contract.approved-name``. New names are how a release starts to send more, and how free text can be sent in
a documented shape.
"""

from collections.abc import Iterator

from beacon_audit.inspection.attribute_keys import STANDARD_KEYS
from beacon_audit.inspection.context import InspectionContext
from beacon_audit.inspection.facts import Fact, Role, Suspicion
from beacon_audit.inspection.subject import Subject

APPROVED = "contract.approved-name"
_STANDARD = frozenset(STANDARD_KEYS)  # exactly these: another spelling is a new key
_STANDARD_MESSAGE = "no documented sample shows this attribute key; OpenTelemetry libraries send it by themselves"


def detect(subject: Subject, context: InspectionContext) -> Iterator[Suspicion]:
    """One suspicion for each name that is not documented."""
    if context.endpoint.otlp is None:
        return
    names = context.names
    documented: dict[Role, frozenset[str]] = {
        "attribute-key": names.attribute_keys,
        "metric-name": names.metric_names,
        "span-name": names.span_names,
        "event-name": names.event_names,
        "scope-name": names.scope_names,
    }
    for role, known in documented.items():
        for name in subject.names.get(role, ()):
            if name and name not in known:  # an empty name is none: protobuf leaves it out
                yield _suspicion(role, name, context)


def _suspicion(role: Role, name: str, context: InspectionContext) -> Suspicion:
    about = Fact("name", role, name)
    if role == "attribute-key" and name in _STANDARD:
        return Suspicion("contract.standard-attribute-key", about, _STANDARD_MESSAGE)
    if context.approved(role, name):
        return Suspicion(APPROVED, about, f"no documented sample shows this {_said(role)}; approved in the inventory")
    message = f"expected a documented {_said(role)}, got one that no documented sample shows"
    return Suspicion(f"contract.new-{role}", about, message)


def _said(role: Role) -> str:
    return role.replace("-", " ")
