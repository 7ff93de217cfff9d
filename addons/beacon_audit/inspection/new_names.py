"""Detector: names that no documented sample shows.

Gives, at every such name in an OTLP document, ``contract.new-attribute-key``, ``contract.new-metric-name``,
``contract.new-span-name``, ``contract.new-event-name`` or ``contract.new-scope-name``. New names are how a release
starts to send more, and how free text can be sent in a documented shape.
"""

from collections.abc import Iterator

from beacon_audit.inspection.context import InspectionContext
from beacon_audit.inspection.subject import Role, Subject, path_of
from beacon_audit.model.finding import Finding
from beacon_audit.model.pointer import json_pointer


def detect(subject: Subject, context: InspectionContext) -> Iterator[Finding]:
    """One finding for each name that is not documented."""
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
    for name in subject.names:
        if name.name not in documented[name.role]:
            what = name.role.replace("-", " ")
            message = f"expected a documented {what}, got one that no documented sample shows"
            yield Finding(f"contract.new-{name.role}", json_pointer(path_of(name.place)), message)
