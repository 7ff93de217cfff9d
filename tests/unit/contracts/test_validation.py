"""Differences as findings: all of them, each in its place, none with a value."""

import time
from typing import Any

import pytest

from beacon_audit.contracts.schemas import SchemaSet
from beacon_audit.contracts.validation import MOST_DIFFERENCES, DocumentSchema, is_large
from beacon_audit.model.json_value import JsonValue

SECRET = "lcl_made_up_key"


def findings(schema: dict[str, Any], document: JsonValue) -> list[tuple[str, str, str]]:
    checked = DocumentSchema(SchemaSet({"a.schema.json": schema}), "a.schema.json")
    return [
        (finding.code.removeprefix("contract."), finding.pointer, finding.message)
        for finding in checked.findings(document)
    ]


@pytest.mark.parametrize(
    ("schema", "document", "code"),
    [
        ({"type": "integer"}, SECRET, "wrong-type"),
        ({"enum": [1]}, SECRET, "wrong-value"),
        ({"const": "x"}, SECRET, "wrong-value"),
        ({"pattern": "^x$"}, SECRET, "wrong-value"),
        ({"maxLength": 3}, SECRET, "wrong-value"),
        ({"format": "uuid"}, SECRET, "wrong-value"),
        ({"items": {"type": "null"}}, [SECRET], "wrong-type"),
        ({"properties": {}, "additionalProperties": False}, {"x": SECRET}, "undocumented-field"),
        ({"properties": {}, "unevaluatedProperties": False}, {"x": SECRET}, "undocumented-field"),
        ({"additionalProperties": False}, {"x": SECRET}, "undocumented-field"),
        ({"unevaluatedItems": False}, [SECRET], "undocumented-field"),
        ({"items": False}, [SECRET], "undocumented-field"),
        ({"properties": {"x": False}}, {"x": SECRET}, "undocumented-field"),
        ({"required": ["y"]}, {"x": SECRET}, "missing-field"),
        ({"anyOf": [{"required": ["y"]}, {"required": ["z"]}]}, {"x": SECRET}, "missing-field"),
        ({"anyOf": [{"required": ["y"]}, {"type": "null"}]}, {"x": SECRET}, "wrong-value"),
        ({"oneOf": [{"type": "null"}, {"const": 1}]}, SECRET, "wrong-value"),
        ({"not": {"type": "string"}}, SECRET, "wrong-value"),
        ({"propertyNames": {"maxLength": 3}}, {SECRET: 1}, "wrong-value"),
        ({"dependentRequired": {"x": ["y"]}}, {"x": SECRET}, "missing-field"),
    ],
)
def test_every_kind_of_difference_has_a_code_and_a_message_without_values(
    schema: dict[str, Any], document: JsonValue, code: str
) -> None:
    ((found, _, message),) = findings(schema, document)
    assert found == code
    assert SECRET not in message
    assert message


def test_message_says_what_was_expected_in_the_words_of_the_schema() -> None:
    schema = {
        "properties": {"id": {"$ref": "#/$defs/id"}},
        "$defs": {"id": {"description": "a short id", "maxLength": 3}},
    }
    assert findings(schema, {"id": "long id"}) == [
        ("wrong-value", "/id", "expected a short id, got a string that does not fit")
    ]


def test_findings_come_in_the_order_of_their_pointers() -> None:
    schema = {"properties": {"b": {"type": "null"}, "a": {"type": "null"}}, "additionalProperties": False}
    assert [pointer for _, pointer, _ in findings(schema, {"c": 1, "b": 1, "a": 1, "aa": 1})] == [
        "/a",
        "/aa",
        "/b",
        "/c",
    ]


def test_keys_are_escaped_in_pointers() -> None:
    assert [pointer for _, pointer, _ in findings({"additionalProperties": False}, {"a/b~": 1})] == ["/a~1b~0"]


def test_undocumented_field_with_a_long_key_is_found_at_the_object_around_it() -> None:
    schema = {"properties": {"a": {"type": "object", "additionalProperties": False}}}
    ((code, pointer, message),) = findings(schema, {"a": {"k" * 65: SECRET}})
    assert (code, pointer) == ("undocumented-field", "/a")
    assert "not shown" in message


def test_number_that_is_equal_to_an_integer_is_named_for_what_it_is() -> None:
    ((_, _, message),) = findings({"type": "integer", "description": "a count"}, 5.0)
    assert message == "expected a count, got a number written with a fraction or an exponent"


def test_huge_undocumented_body_is_refused_as_a_whole_in_bounded_time() -> None:
    schema: dict[str, Any] = {"items": {"type": "object"}}
    started = time.process_time()
    found = findings(schema, [1] * 1_000_000)
    assert time.process_time() - started < 20
    assert found[0][:2] == ("undocumented-field", "")  # hides the whole body
    assert found[1][:2] == ("wrong-type", "/0")


def test_huge_documented_body_has_no_findings() -> None:
    assert findings({"items": {"type": "integer"}}, [1] * 200_000) == []


def test_large_texts_make_a_body_large_too() -> None:
    """Each difference would hold a copy of what is around it."""
    schema: dict[str, Any] = {"items": {"required": ["a"]}}
    assert len(findings(schema, [{"b": "x" * 100}] * 10)) == 10
    larges: list[JsonValue] = [{"b": "x" * 7_000_000}, {"x" * 7_000_000: 1}]
    for large in larges:
        assert findings(schema, [large, large])[0][:2] == ("undocumented-field", "")


def test_object_that_lacks_everything_is_one_error_and_a_finding_for_each_member() -> None:
    """The engine makes all errors before it gives the first, each with a copy of the object."""
    names = [f"k{number:02}" for number in range(20)]
    schema: dict[str, Any] = {"items": {"required": names}}
    schemas = SchemaSet({"a.schema.json": schema})
    document: list[JsonValue] = [{"k07": 1}] * 1_000
    assert len(list(schemas.validator("a.schema.json").iter_errors(document))) == 1_000
    found = DocumentSchema(schemas, "a.schema.json").findings(document[:1])
    assert [finding.pointer for finding in found] == [f"/0/{name}" for name in names if name != "k07"]


def test_values_below_many_levels_count_more_than_once() -> None:
    """Each level that is wrong holds a copy of them."""
    for levels, large in ((3, False), (50, True)):
        document: JsonValue = [1] * 20_000
        for _ in range(levels):
            document = {"x": document}
        assert is_large(document) == large


def test_differences_without_end_are_cut_off_and_the_whole_body_is_named() -> None:
    schema: dict[str, Any] = {"additionalProperties": False}
    found = findings(schema, {f"k{number}": 1 for number in range(MOST_DIFFERENCES + 1)})
    assert len(found) == MOST_DIFFERENCES + 1
    assert found[0][:2] == ("undocumented-field", "")  # hides the whole body
    found = findings(schema, {f"k{number}": 1 for number in range(MOST_DIFFERENCES)})
    assert len(found) == MOST_DIFFERENCES
    assert found[0][:2] == ("undocumented-field", "/k0")


def test_differences_that_are_the_same_are_counted_once() -> None:
    schema: dict[str, Any] = {"allOf": [{"additionalProperties": False}] * 3}
    assert len(findings(schema, {f"k{number}": 1 for number in range(MOST_DIFFERENCES)})) == MOST_DIFFERENCES


def test_no_without_a_difference_to_show_is_a_no(monkeypatch: pytest.MonkeyPatch) -> None:
    checked = DocumentSchema(SchemaSet({"a.schema.json": {}}), "a.schema.json")
    monkeypatch.setattr(DocumentSchema, "accepts", lambda *_: False)
    (finding,) = checked.findings(1)
    assert (finding.code, finding.pointer) == ("contract.undocumented-field", "")
