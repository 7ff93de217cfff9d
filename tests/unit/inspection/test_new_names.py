"""Names that no sample shows are found where they are."""

from collections.abc import Callable

import pytest

from beacon_audit.inspection import InspectionContext
from beacon_audit.inspection.new_names import detect
from beacon_audit.inspection.subject import read_subject
from beacon_audit.model.json_value import JsonValue

type Build = Callable[..., InspectionContext]


def places(document: JsonValue, context: InspectionContext) -> list[tuple[str, str]]:
    return [(finding.code, finding.pointer) for finding in detect(read_subject(document), context)]


@pytest.mark.parametrize(
    ("document", "code", "pointer"),
    [
        ({"attributes": [{"key": "new", "value": {}}]}, "contract.new-attribute-key", "/attributes/0/key"),
        ({"metrics": [{"name": "new"}]}, "contract.new-metric-name", "/metrics/0/name"),
        ({"spans": [{"name": "new"}]}, "contract.new-span-name", "/spans/0/name"),
        ({"spans": [{"events": [{"name": "new"}]}]}, "contract.new-event-name", "/spans/0/events/0/name"),
        ({"scopeSpans": [{"scope": {"name": "new"}}]}, "contract.new-scope-name", "/scopeSpans/0/scope/name"),
    ],
)
def test_new_name_is_found(document: JsonValue, code: str, pointer: str, context: Build) -> None:
    assert places(document, context()) == [(code, pointer)]


def test_documented_names_are_not_new(context: Build) -> None:
    document: JsonValue = {
        "scope": {"name": "langsmith.metrics"},
        "metrics": [{"name": "latency"}],
        "spans": [{"name": "receive_request", "events": [{"name": "parse_request", "attributes": [{"key": "env"}]}]}],
    }
    assert places(document, context()) == []


def test_case_and_spaces_make_another_name(context: Build) -> None:
    document: JsonValue = {"metrics": [{"name": "Latency"}, {"name": "latency "}]}
    assert [pointer for _, pointer in places(document, context())] == ["/metrics/0/name", "/metrics/1/name"]


def test_attribute_key_in_an_undocumented_place_is_found_too(context: Build) -> None:
    document: JsonValue = {"x": [{"kvlistValue": {"values": [{"key": "new"}]}}]}
    assert places(document, context()) == [("contract.new-attribute-key", "/x/0/kvlistValue/values/0/key")]


def test_every_occurrence_is_reported(context: Build) -> None:
    assert len(places({"metrics": [{"name": "new"}] * 3}, context())) == 3


def test_documents_that_are_not_otlp_have_no_names(context: Build) -> None:
    assert places({"metrics": [{"name": "new"}], "key": "new"}, context(otlp=None)) == []


def test_message_does_not_quote_the_name(context: Build) -> None:
    (finding,) = detect(read_subject({"spans": [{"name": "alice asked"}]}), context())
    assert "alice" not in finding.message
