"""Schemas made ready: stricter integers, linear patterns, nothing from outside."""

from typing import Any

import pytest

from beacon_audit.contracts.schemas import SchemaSet
from beacon_audit.errors import ContractError


def accepts(schema: dict[str, Any], document: Any, **others: dict[str, Any]) -> bool:
    """What both validators say: the one that explains and the one that does not."""
    files = {"a.schema.json": schema} | {f"{name}.schema.json": other for name, other in others.items()}
    schemas = SchemaSet(files)
    accepted = schemas.checker("a.schema.json").is_valid(document)
    assert accepted == (not list(schemas.validator("a.schema.json").iter_errors(document)))
    return accepted


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "integer"},
        {"type": ["integer", "string"]},
        {"allOf": [{"type": "integer"}]},
        {"anyOf": [{"type": "integer"}, {"type": "string"}]},
        {"$ref": "#/$defs/whole", "$defs": {"whole": {"type": "integer"}}},
        {"if": True, "then": {"type": "integer"}},
        {"type": "integer", "allOf": [{"minimum": 1}]},
        {"type": "integer", "$ref": "#/$defs/low", "$defs": {"low": {"maximum": 9}}},
    ],
)
def test_integer_written_as_5_0_is_refused_wherever_an_integer_is_wanted(schema: dict[str, Any]) -> None:
    assert accepts(schema, 5)
    assert not accepts(schema, 5.0)


@pytest.mark.parametrize("whole", [0, -1, 2**63, 2**64, 10**30, -(10**30)])
def test_integer_of_any_size_is_an_integer(whole: int) -> None:
    assert accepts({"type": "integer"}, whole)
    assert not accepts({"type": "integer"}, float(whole))


@pytest.mark.parametrize("other", [None, True, False, "5", [5], {"5": 5}])
def test_what_is_no_number_is_no_integer(other: Any) -> None:
    assert not accepts({"type": "integer"}, other)
    assert accepts({"type": ["integer", "null", "boolean", "string", "array", "object"]}, other)


@pytest.mark.parametrize("schema", [{"type": "number"}, {"type": ["integer", "number"]}, {}])
def test_number_may_be_written_either_way(schema: dict[str, Any]) -> None:
    assert accepts(schema, 5)
    assert accepts(schema, 5.0)


def test_words_of_the_vocabulary_are_data_where_they_are_data() -> None:
    assert accepts({"const": {"type": "integer"}}, {"type": "integer"})
    assert accepts({"properties": {"type": {"type": "string"}}}, {"type": "integer"})
    assert not accepts({"properties": {"const": {"type": "integer"}}}, {"const": 5.0})


def test_pattern_ends_at_the_end_and_not_before_a_newline() -> None:
    assert accepts({"pattern": "^[0-9]+$"}, "12")
    assert not accepts({"pattern": "^[0-9]+$"}, "12\n")


def test_catastrophic_pattern_takes_linear_time() -> None:
    assert not accepts({"pattern": "^(a+)+$"}, "a" * 5_000 + "!")


def test_schemas_of_one_directory_refer_to_one_another_by_file_name() -> None:
    common = {"$defs": {"word": {"type": "string"}}}
    schema = {"items": {"$ref": "common.schema.json#/$defs/word"}}
    assert accepts(schema, ["x"], common=common)
    assert not accepts(schema, [1], common=common)


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "https://schemas.example/a.json"},
        {"$ref": "file:///etc/hostname"},
        {"$ref": "missing.schema.json"},
        {"$id": "https://schemas.example/", "$ref": "other.json"},
        {"pattern": "(?=look-around)"},
        {"pattern": "("},
        {"format": "no-such-format"},
        {"type": "no-such-type"},
        {"minimum": "1"},
    ],
)
def test_schema_that_is_none_or_refers_outside_is_refused_with_its_file(schema: dict[str, Any]) -> None:
    with pytest.raises(ContractError, match=r"^a\.schema\.json: expected a JSON Schema"):
        accepts(schema, {})


@pytest.mark.parametrize(
    ("location", "description"),
    [
        ("contract:/a.schema.json#/properties/x~1y/maxLength", "an x"),
        ("contract:/a.schema.json#/allOf/0/type", "first"),
        ("contract:/a.schema.json#/allOf/7/type", None),
        ("contract:/a.schema.json#/nowhere/type", None),
        ("contract:/b.schema.json#/type", None),
        (None, None),
    ],
)
def test_description_beside_a_keyword_is_found_or_none(location: str | None, description: str | None) -> None:
    schema: dict[str, Any] = {
        "properties": {"x/y": {"description": "an x", "maxLength": 1}},
        "allOf": [{"description": "first", "type": "object"}],
    }
    assert SchemaSet({"a.schema.json": schema}).description(location) == description
