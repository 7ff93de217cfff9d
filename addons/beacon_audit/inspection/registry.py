"""The detectors. Each is a module with one function ``detect(subject, context)``; a new one is added to the tuple.

Detectors judge what a document says; where it says it is looked up once for all of them, and only if there is something
to report.
"""

from collections.abc import Callable, Iterator
from itertools import islice

from beacon_audit.inspection import (
    connection_strings,
    content_attributes,
    database_text,
    email_addresses,
    free_text,
    id_channel,
    identity_attributes,
    infrastructure_attributes,
    ip_addresses,
    license_misplaced,
    log_severity,
    new_names,
    secrets,
    usage_counts,
    uuid_values,
    value_grammar,
)
from beacon_audit.inspection.context import InspectionContext
from beacon_audit.inspection.facts import Suspicion
from beacon_audit.inspection.locate import MOST_PLACES, Located, locate
from beacon_audit.inspection.subject import Subject, read_subject
from beacon_audit.model.json_value import JsonValue

type Detector = Callable[[Subject, InspectionContext], Iterator[Suspicion]]

DETECTORS: tuple[Detector, ...] = (
    license_misplaced.detect,
    secrets.detect,
    identity_attributes.detect,
    content_attributes.detect,
    database_text.detect,
    connection_strings.detect,
    email_addresses.detect,
    ip_addresses.detect,
    uuid_values.detect,
    free_text.detect,
    value_grammar.detect,
    log_severity.detect,
    usage_counts.detect,
    id_channel.detect,
    infrastructure_attributes.detect,
    new_names.detect,
)


def inspect(document: JsonValue, context: InspectionContext) -> Located:
    """What the detectors find in ``document``."""
    subject = read_subject(document, context.endpoint.license_pointers)
    # One more than are located, so that it shows that there were more.
    suspicions = [suspicion for detect in DETECTORS for suspicion in islice(detect(subject, context), MOST_PLACES + 1)]
    return locate(subject.document, suspicions)  # without the license field, which is where the license belongs
