"""Detector: what is no count in a usage snapshot, where the vendor promises "aggregated counts only" (``counts-only``).

Gives ``promise.usage-count`` for a measure that is not a whole number from 0 to ``MOST``, for one whose name is not a
name of things (lower-case words), and for a window of time that is none: not in RFC 3339, backwards, or over a year.
"""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

from beacon_audit.inspection.context import InspectionContext
from beacon_audit.inspection.facts import Suspicion
from beacon_audit.inspection.subject import Subject
from beacon_audit.model.json_value import JsonValue

_CODE = "promise.usage-count"
#: A million times what a large installation counts.
MOST = 10**12
_NAME = re.compile(r"[a-z][a-z0-9]{0,31}(?:[_.][a-z0-9]{1,24}){0,4}", re.ASCII)
_LONG_NUMBER = re.compile(r"[0-9]{5}")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?(?:\+00:00|Z)", re.ASCII)
_WINDOW = ("from_timestamp", "to_timestamp")
_LONGEST = timedelta(days=366)


def detect(subject: Subject, context: InspectionContext) -> Iterator[Suspicion]:
    """One suspicion for each measure that is no count, and for a window of time that is none."""
    document = subject.document
    if "counts-only" not in context.endpoint.promises or not isinstance(document, dict):
        return
    yield from _measures(document.get("measures"))
    yield from _window(document)


def _measures(measures: JsonValue) -> Iterator[Suspicion]:
    if measures is not None and not isinstance(measures, dict):
        yield Suspicion(_CODE, ("measures",), "expected measures with counts, got something else")
        return
    for name, value in (measures or {}).items():
        if not _NAME.fullmatch(name) or _LONG_NUMBER.search(name):
            # The name is what is wrong, so it is not shown: the pointer ends at the object around it.
            yield Suspicion(_CODE, ("measures",), "expected names of things that are counted, got another name")
        if type(value) is not int or not 0 <= value <= MOST:
            yield Suspicion(_CODE, ("measures", name), f"expected a count from 0 to {MOST}, got something else")


def _window(document: dict[str, JsonValue]) -> Iterator[Suspicion]:
    times = []
    for member in _WINDOW:
        time = _time(document[member]) if member in document else None
        if member in document and time is None:
            yield Suspicion(_CODE, (member,), "expected a time in UTC (RFC 3339), got something else")
        times.append(time)
    start, end = times
    if start is not None and end is not None and not timedelta() <= end - start <= _LONGEST:
        yield Suspicion(_CODE, ("to_timestamp",), "expected a window of at most a year, got another")


def _time(value: JsonValue) -> datetime | None:
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        return None
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return None
