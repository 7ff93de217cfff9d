"""What is documented, and what the protocol allows beyond it, with a documentation of five fields."""

import copy
from typing import Any

import pytest

from beacon_audit.contracts.otlp_tier import OtlpTier, status_schema
from beacon_audit.contracts.schemas import SchemaSet
from beacon_audit.contracts.validation import DocumentSchema

FILE = "traces.request.schema.json"
ID = {"type": "string", "pattern": "^[0-9a-f]{16}$", "description": "16 hex digits"}
SPAN: dict[str, Any] = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "maxLength": 8},
        "spanId": ID,
        "droppedLinksCount": {"type": "integer", "maximum": 5},
        "attributes": {"type": "array", "items": {"$ref": "#/$defs/attribute"}},
    },
    "required": ["name"],
    "additionalProperties": False,
}
ATTRIBUTE: dict[str, Any] = {
    "type": "object",
    "properties": {
        "key": {"type": "string"},
        "value": {
            "type": "object",
            "properties": {
                "stringValue": {"type": "string", "maxLength": 8},
                "bytesValue": {"type": "string", "maxLength": 8},
            },
            "anyOf": [{"required": ["stringValue"]}, {"required": ["bytesValue"]}],
            "additionalProperties": False,
        },
    },
    "required": ["key", "value"],
    "additionalProperties": False,
}


def around(name: str, inner: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {name: {"type": "array", "items": inner}},
        "required": [name],
        "additionalProperties": False,
    }


SCHEMA: dict[str, Any] = {
    **around("resourceSpans", around("scopeSpans", around("spans", SPAN))),
    "$defs": {"attribute": ATTRIBUTE},
}
DOCUMENTED = DocumentSchema(SchemaSet({FILE: SCHEMA}), FILE)
TIER = OtlpTier("traces", DOCUMENTED, {FILE: SCHEMA}, FILE)
AT = "/resourceSpans/0/scopeSpans/0/spans/0"


def request(**span: Any) -> Any:
    return {"resourceSpans": [{"scopeSpans": [{"spans": [{"name": "work", **span}]}]}]}


def found(document: Any) -> list[str]:
    """``code pointer`` of every finding; pointers from the span if they lead there."""
    return [
        f"{finding.code.removeprefix('contract.')} {finding.pointer.replace(AT, '')}"
        for finding in TIER.findings(document)
    ]


def value(**held: Any) -> dict[str, Any]:
    return {"attributes": [{"key": "k", "value": held}]}


def test_documented_message_has_no_findings() -> None:
    assert found(request(spanId="00f067aa0ba902b7", droppedLinksCount=1, **value(stringValue="v"))) == []


def test_field_that_only_the_protocol_has_is_structure() -> None:
    assert found(request(kind=2, flags=257, startTimeUnixNano="5")) == [
        "otlp-structure /flags",
        "otlp-structure /kind",
        "otlp-structure /startTimeUnixNano",
    ]


def test_field_that_neither_has_is_undocumented() -> None:
    assert found(request(extra=1)) == ["undocumented-field /extra"]
    assert found({"resourceSpans": [{"extra": 1}]}) == [
        "undocumented-field /resourceSpans/0/extra",
        "missing-field /resourceSpans/0/scopeSpans",
    ]


def test_inside_of_structure_the_findings_of_the_protocol_stand() -> None:
    ids = {"traceId": "ab" * 16, "spanId": "cd" * 8}
    links = [ids, {**ids, "extra": {"more": 1}}, {**ids, "flags": "x"}]
    assert found(request(links=links)) == [
        "otlp-structure /links",
        "undocumented-field /links/1/extra",
        "wrong-type /links/2/flags",
    ]


@pytest.mark.parametrize(
    ("member", "wrong", "code"),
    [
        ("kind", 99, "wrong-value"),
        ("flags", "SAMPLED", "wrong-type"),
        ("flags", -1, "wrong-value"),
        ("startTimeUnixNano", str(2**64), "wrong-value"),
        ("traceState", "x" * 257, "wrong-value"),
    ],
)
def test_structure_that_the_protocol_refuses_is_what_the_protocol_says(member: str, wrong: object, code: str) -> None:
    assert found(request(**{member: wrong})) == [f"{code} /{member}"]


def test_names_that_begin_alike_are_not_taken_for_one_another() -> None:
    """``links`` and ``linksX``, ``links/1`` and ``links0``: all that stands below a place begins with a slash."""
    links = [{"traceId": "ab" * 16, "spanId": "cd" * 8, "x": 1}]
    document = request(links=links, linksX={"y": 1}, links0=1)
    assert found(document) == [
        "otlp-structure /links",
        "undocumented-field /links/0/x",
        "undocumented-field /links0",
        "undocumented-field /linksX",
    ]


def test_another_choice_of_a_oneof_is_structure_and_nothing_is_missing() -> None:
    at = "/attributes/0/value"
    assert found(request(**value(intValue="5"))) == [f"otlp-structure {at}/intValue"]
    assert found(request(**value(arrayValue={"values": [{"stringValue": "long enough to pass"}]}))) == [
        f"otlp-structure {at}/arrayValue"
    ]


def test_two_choices_of_a_oneof_are_wrong_together() -> None:
    at = "/attributes/0/value"
    assert found(request(**value(stringValue="v", intValue="5"))) == [
        f"wrong-value {at}",
        f"otlp-structure {at}/intValue",
    ]


def test_no_choice_of_a_oneof_is_a_missing_field() -> None:
    assert found(request(**value())) == ["missing-field /attributes/0/value"]


@pytest.mark.parametrize("default", ["", None])
def test_member_that_holds_its_default_counts_as_none(default: Any) -> None:
    document = request()
    if default is None:
        del document["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["name"]
    else:
        document["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["name"] = default
    assert found(document) == ["missing-field /name"]


@pytest.mark.parametrize("member", [{"kind": 0}, {"flags": 0}, {"links": []}, {"traceState": ""}, {"spanId": ""}])
def test_default_of_a_field_that_no_sample_shows_says_nothing(member: dict[str, Any]) -> None:
    assert found(request(**member)) == []


def test_wrong_type_that_looks_like_a_default_is_found() -> None:
    assert found(request(flags=False)) == ["wrong-type /flags"]
    assert found(request(traceState=0)) == ["wrong-type /traceState"]


def test_id_in_capitals_is_another_form_and_a_longer_text_is_not() -> None:
    assert found(request(spanId="00F067AA0BA902B7")) == ["otlp-structure /spanId"]
    assert found(request(spanId="00F067AA0BA902B7ff")) == ["wrong-value /spanId"]
    assert found(request(name="nine chars")) == ["wrong-value /name"]
    assert found(request(**value(stringValue="nine chars"))) == ["wrong-value /attributes/0/value/stringValue"]


def test_bytes_that_are_longer_than_documented_stay_wrong() -> None:
    """They are written in a form of their own too, but hold whatever somebody puts there."""
    assert found(request(**value(bytesValue="AAAA"))) == []
    assert found(request(**value(bytesValue="AAAAAAAAAAAA"))) == ["wrong-value /attributes/0/value/bytesValue"]


def test_number_outside_of_what_is_documented_stays_so() -> None:
    assert found(request(droppedLinksCount=6)) == ["wrong-value /droppedLinksCount"]


@pytest.mark.parametrize("document", [None, 5, "x", [], {}, {"resourceSpans": None}, {"resourceSpans": [[{}]]}])
def test_document_of_any_other_form_has_findings_and_raises_nothing(document: Any) -> None:
    assert found(document)


ASKS: dict[str, Any] = {"required": ["b"], "properties": {"b": {"type": "string"}}}


@pytest.mark.parametrize(
    ("inner", "value"),
    [
        ({"not": {"$ref": "#/$defs/asks"}}, {"b": "x"}),
        ({"oneOf": [{"$ref": "#/$defs/asks"}, {"type": "object"}]}, {"b": "x"}),
        ({"if": {"$ref": "#/$defs/asks"}, "then": False}, {"b": "x"}),
        ({"not": {"anyOf": [{"properties": {"c": {"$ref": "#/$defs/asks"}}}]}}, {"c": {"b": "x"}}),
        ({"contains": {"$ref": "#/$defs/asks"}, "minContains": 0, "maxContains": 1}, [{"b": "x"}, {"b": "y"}]),
        ({"required": ["b"], "unevaluatedProperties": False}, {"b": "long"}),
        ({"allOf": [{"required": ["b"]}, {"$ref": "#/$defs/lone"}], "unevaluatedProperties": False}, {"b": "long"}),
    ],
)
def test_quick_look_passes_nothing_that_the_schema_refuses(inner: dict[str, Any], value: Any) -> None:
    """Where to ask for more of a part is to ask for less of the whole."""
    schema: dict[str, Any] = {"properties": {"a": inner}, "$defs": {"asks": ASKS, "lone": {"required": ["b"]}}}
    documented = DocumentSchema(SchemaSet({FILE: schema}), FILE)
    document = {"a": value}
    assert not documented.accepts(document)
    assert OtlpTier("traces", documented, {FILE: schema}, FILE).findings(document)


def test_schema_may_refer_to_any_part_of_what_is_declared() -> None:
    words = {"type": "array", "items": {"type": "string"}}
    schema: dict[str, Any] = {"properties": {"a": words, "b": {"$ref": "#/properties/a/items"}}, "required": ["a"]}
    tier = OtlpTier("traces", DocumentSchema(SchemaSet({FILE: schema}), FILE), {FILE: schema}, FILE)
    assert tier.findings({"a": ["word"], "b": "word"}) == ()
    assert tier.findings({"a": ["word"], "b": 5})


def test_large_body_that_is_not_as_documented_is_told_in_two_findings() -> None:
    document = request()
    document["resourceSpans"][0]["scopeSpans"][0]["spans"] = [{"name": "x", "extra": 1}] * 60_000
    findings = TIER.findings(document)
    assert ("contract.undocumented-field", "") in {(finding.code, finding.pointer) for finding in findings}
    assert len(findings) == 2


@pytest.mark.parametrize("text", ["long", "x", "0", ""])
def test_large_body_as_documented_has_no_findings(text: str) -> None:
    document = request()
    document["resourceSpans"][0]["scopeSpans"][0]["spans"] = [{"name": "work", **value(stringValue=text)}] * 60_000
    assert found(document) == []


@pytest.mark.parametrize(("time", "missing"), [("0", True), (0, True), ("00", False), ("1", False), (1, False)])
def test_time_that_is_asked_for_and_none_is_missing(time: Any, missing: bool) -> None:
    asking = copy.deepcopy(SCHEMA)
    span = asking["properties"]["resourceSpans"]["items"]["properties"]["scopeSpans"]["items"]["properties"]["spans"]
    span["items"]["properties"]["startTimeUnixNano"] = {"type": ["integer", "string"], "pattern": "^[0-9]+$"}
    span["items"]["required"] = ["name", "startTimeUnixNano"]
    tier = OtlpTier("traces", DocumentSchema(SchemaSet({FILE: asking}), FILE), {FILE: asking}, FILE)
    findings = tier.findings(request(startTimeUnixNano=time))
    assert [finding.pointer for finding in findings] == [f"{AT}/startTimeUnixNano"] * missing


def test_empty_list_that_is_asked_for_is_missing() -> None:
    assert found({"resourceSpans": []}) == ["missing-field /resourceSpans"]
    assert found({"resourceSpans": [{"scopeSpans": []}]}) == ["missing-field /resourceSpans/0/scopeSpans"]


@pytest.mark.parametrize("monotonic", [True, False])
def test_flag_that_is_asked_for_and_not_set_is_missing(monotonic: bool) -> None:
    total = {"type": "object", "properties": {"isMonotonic": {"type": "boolean"}}, "required": ["isMonotonic"]}
    metric = {"type": "object", "properties": {"sum": total}}
    asking = around("resourceMetrics", around("scopeMetrics", around("metrics", metric)))
    tier = OtlpTier("metrics", DocumentSchema(SchemaSet({FILE: asking}), FILE), {FILE: asking}, FILE)
    document: Any = {"resourceMetrics": [{"scopeMetrics": [{"metrics": [{"sum": {"isMonotonic": monotonic}}]}]}]}
    assert [finding.code for finding in tier.findings(document)] == ["contract.missing-field"] * (not monotonic)


def test_findings_come_in_the_order_of_their_pointers() -> None:
    document = request(kind=1, extra=1, name="nine chars", links=[{}])
    assert [finding.pointer for finding in TIER.findings(document)] == sorted(
        finding.pointer for finding in TIER.findings(document)
    )


def test_status_may_hold_details_of_any_type() -> None:
    assert status_schema().accepts({"code": 3, "message": "no", "details": [{"@type": "x", "y": 1}]})
    assert not status_schema().accepts({"code": "3"})
    assert not status_schema().accepts({"message": "x" * 1025})
