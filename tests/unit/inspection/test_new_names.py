"""Names that no sample shows are found where they are."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from beacon_audit.inspection import InspectionContext
from beacon_audit.inspection.attribute_keys import STANDARD_KEYS
from beacon_audit.inspection.new_names import detect
from beacon_audit.model.json_value import JsonValue
from harness.inspected import findings_of, places

type Build = Callable[..., InspectionContext]


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
    assert places(detect, document, context()) == [(code, pointer)]


def test_documented_names_are_not_new(context: Build) -> None:
    document: JsonValue = {
        "scope": {"name": "langsmith.metrics"},
        "metrics": [{"name": "latency"}],
        "spans": [{"name": "receive_request", "events": [{"name": "parse_request", "attributes": [{"key": "env"}]}]}],
    }
    assert places(detect, document, context()) == []


def test_case_and_spaces_make_another_name(context: Build) -> None:
    document: JsonValue = {"metrics": [{"name": "Latency"}, {"name": "latency "}]}
    assert [pointer for _, pointer in places(detect, document, context())] == ["/metrics/0/name", "/metrics/1/name"]


def test_attribute_key_in_an_undocumented_place_is_found_too(context: Build) -> None:
    document: JsonValue = {"x": [{"kvlistValue": {"values": [{"key": "new"}]}}]}
    assert places(detect, document, context()) == [("contract.new-attribute-key", "/x/0/kvlistValue/values/0/key")]


def test_every_occurrence_is_reported(context: Build) -> None:
    assert len(places(detect, {"metrics": [{"name": "new"}] * 3}, context())) == 3


def test_documents_that_are_not_otlp_have_no_names(context: Build) -> None:
    assert places(detect, {"metrics": [{"name": "new"}], "key": "new"}, context(otlp=None)) == []


def test_approved_name_is_found_as_approved_and_of_its_kind_only(context: Build) -> None:
    document: JsonValue = {"metrics": [{"name": "new"}], "spans": [{"name": "new"}], "key": "telemetry.sdk.name"}
    approving = replace(context(), approved=lambda role, name: (role, name) != ("span-name", "new"))
    assert places(detect, document, approving) == [
        ("contract.approved-name", "/metrics/0/name"),
        ("contract.new-span-name", "/spans/0/name"),
        ("contract.standard-attribute-key", "/key"),
    ]


def test_documented_name_is_not_called_approved(context: Build) -> None:
    approving = replace(context(), approved=lambda _role, _name: True)
    assert places(detect, {"metrics": [{"name": "latency"}]}, approving) == []


def test_message_does_not_quote_the_name(context: Build) -> None:
    (finding,) = findings_of(detect, {"spans": [{"name": "alice asked"}]}, context())
    assert "alice" not in finding.message


@pytest.mark.parametrize("key", STANDARD_KEYS)
def test_key_that_libraries_send_by_themselves_has_a_code_of_its_own(key: str, context: Build) -> None:
    found = places(detect, {"attributes": [{"key": key}]}, context())
    assert found == [("contract.standard-attribute-key", "/attributes/0/key")]


def test_standard_key_in_another_spelling_is_new(context: Build) -> None:
    document: JsonValue = {"attributes": [{"key": "Service.Version"}, {"key": "service.version "}]}
    assert {code for code, _ in places(detect, document, context())} == {"contract.new-attribute-key"}


def test_documented_name_of_another_role_is_new(context: Build) -> None:
    document: JsonValue = {"spans": [{"name": "parse_request", "events": [{"name": "receive_request"}]}]}
    assert places(detect, document, context()) == [
        ("contract.new-event-name", "/spans/0/events/0/name"),
        ("contract.new-span-name", "/spans/0/name"),
    ]
