"""UUIDs where no documented payload has one."""

from collections.abc import Callable

from beacon_audit.inspection import InspectionContext
from beacon_audit.inspection.uuid_values import detect
from harness.inspected import places
from harness.telemetry_places import attributes, span

type Build = Callable[..., InspectionContext]

UUID = "3a1c2b6f-4430-4b92-8a5b-79b8b567bbc1"
ATTRIBUTES = "/resourceSpans/0/scopeSpans/0/spans/0/attributes"


def test_instance_id_may_be_one_but_not_elsewhere(context: Build) -> None:
    document = span(name=UUID, attributes=attributes(service__instance__id=UUID, tenant=UUID))
    assert sorted(pointer for _, pointer in places(detect, document, context())) == [
        f"{ATTRIBUTES}/1/value/stringValue",
        "/resourceSpans/0/scopeSpans/0/spans/0/name",
    ]


def test_value_without_dashes_is_one_too(context: Build) -> None:
    document = span(attributes=attributes(run=UUID.replace("-", ""), digest="0123456789abcdef0123456789abcdef"))
    assert places(detect, document, context()) == [("promise.uuid-value", f"{ATTRIBUTES}/0/value/stringValue")]


def test_ids_of_traces_are_none(context: Build) -> None:
    assert places(detect, span(traceId=UUID.replace("-", "")), context()) == []


def test_longer_hex_is_none(context: Build) -> None:
    assert places(detect, span(name=f"a{UUID}"), context()) == []
