"""Detector: log records below the severity that the vendor promises (``warnings-and-errors-only``).

Gives ``promise.log-severity`` for every record whose ``severityNumber`` is under 13 (WARN) or not given, or whose
``severityText`` says less than its number. Source: the promise "warning and error log messages only"; OpenTelemetry
logs data model, "Field: SeverityNumber" and "Displaying Severity".
"""

import re
from collections.abc import Iterator

from beacon_audit.inspection.context import InspectionContext
from beacon_audit.inspection.facts import Suspicion
from beacon_audit.inspection.subject import Subject
from beacon_audit.model.json_value import JsonValue

_WARN = 13
_CODE = "promise.log-severity"
_LESS = re.compile(r"\s*(?:trace|debug|verbose|fine|finer|finest|info|information|informational|notice)[0-9]?\s*", re.I)
_RECORDS = ("resourceLogs", "scopeLogs", "logRecords")

type Path = tuple[str | int, ...]


def detect(subject: Subject, context: InspectionContext) -> Iterator[Suspicion]:
    """One suspicion for each record that should not have been sent."""
    if "warnings-and-errors-only" not in context.endpoint.promises:
        return
    for path, record in _below((), subject.document, _RECORDS):
        number, text = record.get("severityNumber"), record.get("severityText")
        if not isinstance(number, int) or number < _WARN:
            message = "expected warnings and errors only (severity 13 and above), got a log record below or without one"
            # 0 is none: protobuf leaves it out, and the finding is to be the same.
            yield Suspicion(_CODE, (*path, "severityNumber") if number else path, message)
        elif isinstance(text, str) and _LESS.fullmatch(text):
            message = "expected the severity that the number says, got the name of a lower one"
            yield Suspicion(_CODE, (*path, "severityText"), message)


def _below(path: Path, value: JsonValue, members: tuple[str, ...]) -> Iterator[tuple[Path, dict[str, JsonValue]]]:
    """Every object in the lists ``members``, one within the other."""
    member, *deeper = members
    items = value.get(member) if isinstance(value, dict) else None
    for at, item in enumerate(items if isinstance(items, list) else ()):
        if deeper:
            yield from _below((*path, member, at), item, tuple(deeper))
        elif isinstance(item, dict):
            yield (*path, member, at), item
