"""The fields of a schema as a list: places, types, needs, sources."""

from typing import Any

import pytest

from beacon_audit.contracts.fields import OPEN, Field, fields_of


def places(schema: dict[str, Any], **others: dict[str, Any]) -> dict[str, Field]:
    files = {"a.schema.json": schema} | {f"{name}.schema.json": other for name, other in others.items()}
    return {field.pointer: field for field in fields_of(files, "a.schema.json")}


def test_field_has_its_type_need_source_and_description() -> None:
    field = {"description": "a name", "type": "string", "source": "page"}
    found = places({"properties": {"a": field, "b": {"type": ["integer", "string"]}, "c": {}}, "required": ["a"]})
    assert found == {
        "/a": Field("/a", ("string",), True, "page", "a name"),
        "/b": Field("/b", ("integer", "string"), False, None, ""),
        "/c": Field("/c", (), False, None, ""),
    }


def test_star_stands_for_every_index_and_every_key() -> None:
    inner = {"properties": {"id": {"type": "string"}}}
    assert places({"properties": {"list": {"items": inner}, "map": {"additionalProperties": inner}}}).keys() == {
        "/list", "/list/*/id", "/map", "/map/*", "/map/*/id",
    }  # fmt: skip


def test_key_with_a_slash_is_written_as_a_pointer_has_it() -> None:
    assert places({"properties": {"a/b~c": {}}}).keys() == {"/a~1b~0c"}


def test_references_are_followed_into_other_files_and_say_what_they_do_not_say_themselves() -> None:
    other = {"$defs": {"whole": {"type": "integer", "description": "a count"}, "node": {"properties": {"x": {}}}}}
    schema = {
        "properties": {
            "n": {"$ref": "b.schema.json#/$defs/whole", "source": "page"},
            "o": {"$ref": "b.schema.json#/$defs/node"},
        }
    }
    found = places(schema, b=other)
    assert found["/n"] == Field("/n", ("integer",), False, "page", "a count")
    assert found.keys() == {"/n", "/o", "/o/x"}


def test_alternatives_are_listed_together_and_what_is_only_refused_is_not() -> None:
    schema = {
        "anyOf": [{"properties": {"a": {}}, "required": ["a"]}, {"properties": {"b": {}}}],
        "not": {"properties": {"c": {}}},
        "properties": {"d": False, "e": True},
    }
    assert places(schema).keys() == {"/a", "/b"}


def test_schema_that_refers_to_itself_ends() -> None:
    schema = {
        "properties": {"child": {"$ref": "#"}},
        "$defs": {},
    }
    assert places(schema).keys() == {"/child", "/child/child"}


def test_words_of_the_vocabulary_may_be_names_of_fields() -> None:
    assert places({"properties": {"properties": {"type": "string"}, "items": {}}}).keys() == {"/properties", "/items"}


@pytest.mark.parametrize(
    ("schema", "open_at"),
    [
        ({"type": "object"}, {"/*"}),
        ({"type": ["object", "null"], "properties": {"a": {"type": "string"}}}, {"/*"}),
        ({"type": "object", "additionalProperties": True}, {"/*"}),
        ({"type": "object", "additionalProperties": False}, set()),
        ({"type": "object", "unevaluatedProperties": False, "allOf": [{"type": "object"}]}, set()),
        ({"$ref": "#/$defs/closed", "$defs": {"closed": {"type": "object", "additionalProperties": False}}}, set()),
        ({"type": "array", "items": {"type": "object"}}, {"/*/*"}),
        ({"type": "object", "additionalProperties": {"type": "string"}}, set()),
    ],
)
def test_object_that_is_open_to_anything_says_so(schema: dict[str, Any], open_at: set[str]) -> None:
    found = places(schema).values()
    assert {field.pointer for field in found if field.description == OPEN and not field.types} == open_at
