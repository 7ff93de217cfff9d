"""Warnings and errors only."""

from collections.abc import Callable
from typing import Any

import pytest

from beacon_audit.inspection import InspectionContext
from beacon_audit.inspection.log_severity import detect
from harness.inspected import places
from harness.telemetry_places import record

type Build = Callable[..., InspectionContext]

RECORD = "/resourceLogs/0/scopeLogs/0/logRecords/0"


@pytest.mark.parametrize("number", range(13, 25))
def test_warnings_and_errors_are_as_promised(number: int, context: Build) -> None:
    assert places(detect, record(severityNumber=number, severityText="Warning"), context()) == []


@pytest.mark.parametrize("number", [*range(1, 13), -1, "17", "SEVERITY_NUMBER_ERROR", 17.0])
def test_lower_or_unreadable_severity_is_found(number: object, context: Build) -> None:
    found = places(detect, record(severityNumber=number), context())
    assert found == [("promise.log-severity", f"{RECORD}/severityNumber")]


@pytest.mark.parametrize("number", [0, None])
def test_severity_that_is_none_is_found_at_the_record_as_protobuf_leaves_it_out(number: object, context: Build) -> None:
    assert places(detect, record(severityNumber=number), context()) == [("promise.log-severity", RECORD)]


def test_record_without_a_severity_is_found(context: Build) -> None:
    document = record()
    del document["resourceLogs"][0]["scopeLogs"][0]["logRecords"][0]["severityNumber"]
    assert places(detect, document, context()) == [("promise.log-severity", RECORD)]


@pytest.mark.parametrize("text", ["INFO", "debug", " Trace ", "info2", "notice", "INFORMATION"])
def test_text_that_says_less_than_the_number_is_found(text: str, context: Build) -> None:
    found = places(detect, record(severityNumber=17, severityText=text), context())
    assert found == [("promise.log-severity", f"{RECORD}/severityText")]


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        {"resourceLogs": 1},
        {"resourceLogs": [1]},
        {"resourceLogs": [{"scopeLogs": [{"logRecords": [1, {}]}]}]},
    ],
)
def test_odd_documents_do_not_make_it_raise(document: Any, context: Build) -> None:
    assert len(places(detect, document, context())) <= 1


def test_where_it_was_not_promised_any_severity_may_be(context: Build) -> None:
    assert places(detect, record(severityNumber=1), context(promises=frozenset())) == []
