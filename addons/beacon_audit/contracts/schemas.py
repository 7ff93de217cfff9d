"""JSON Schemas (2020-12) made ready to use: no network, no backtracking, integers that are integers.

Takes the parsed ``*.schema.json`` files of one directory by file name; they refer to one another by that name. Gives
validators. Raises ``ContractError`` for a schema that is not one or refers to something outside of the directory.

Two differences from plain JSON Schema, both stricter: ``"type": "integer"`` refuses ``5.0`` (the specification
counts it as an integer, OTLP and other readers do not), and patterns are matched in linear time, so without
look-around. ``format`` is checked.

Each schema has two validators, which agree on every document. One explains: an integer that is none, and an object
without what is required, break keywords of ours, which costs a call into Python for each. The other only says yes or
no, with what the engine knows by itself: an integer is what draft 4 calls one.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from urllib.parse import unquote

import jsonschema_rs

from beacon_audit.errors import ContractError
from beacon_audit.model.json_value import JsonValue
from beacon_audit.model.pointer import json_pointer, pointer_tokens, value_at

EXACT_INTEGER = "exactInteger"
#: In place of ``required``: one error for an object, whose message is a JSON list of all that it lacks. The engine
#: makes every error before it gives the first, each with a copy of the object.
PRESENT = "requiredAtOnce"
#: What the name of a file is resolved against.
BASE = "contract:/"
#: Everything but a number that is no integer, or is written as none. No file has this name.
_EXACT = "contract:/exact/integer"
_DRAFT_4: "Schema" = {
    "$schema": "http://json-schema.org/draft-04/schema#",
    "type": ["integer", "string", "boolean", "object", "array", "null"],
}

# Where the vocabulary of 2020-12 holds sub-schemas. Elsewhere (const, enum, default) the same words are plain data.
_ONE_SCHEMA = ("items", "additionalProperties", "unevaluatedProperties", "unevaluatedItems", "contains",
               "propertyNames", "not", "if", "then", "else")  # fmt: skip
_LIST_OF_SCHEMAS = ("allOf", "anyOf", "oneOf", "prefixItems")
_MAP_OF_SCHEMAS = ("properties", "patternProperties", "$defs", "dependentSchemas")

type Schema = dict[str, JsonValue]


class _ExactInteger:
    """The keyword behind ``"type": "integer"``: refuses a number that was written as a fraction or with an exponent."""

    def __init__(self, parent: dict[str, object], value: object, path: list[str | int]) -> None:
        pass  # the keyword has no parameters

    def validate(self, instance: object) -> None:
        if type(instance) is float:
            raise ValueError("not written as an integer")


class _Present:
    """The keyword behind ``required``."""

    def __init__(self, _parent: dict[str, object], value: list[str], _path: list[str | int]) -> None:
        self._names = value

    def validate(self, instance: object) -> None:
        if isinstance(instance, dict):
            missing = [name for name in self._names if name not in instance]
            if missing:
                raise ValueError(json.dumps(missing))


class SchemaSet:
    """The schemas of one directory. ``place`` says for messages where a JSON Pointer of a schema stands."""

    def __init__(self, schemas: Mapping[str, Schema], place: Callable[[str, str], str] = lambda name, _: name) -> None:
        self._place = place
        self._schemas = _identified(schemas, _explaining)
        self._quick = _identified(schemas, _quick)

    def __contains__(self, name: object) -> bool:
        return name in self._schemas

    def validator(self, name: str) -> jsonschema_rs.Validator:
        """A validator for the schema in the file ``name``, which says what is wrong."""
        return self._compiled(name, self._schemas)

    def checker(self, name: str) -> jsonschema_rs.Validator:
        """The same for who only wants yes or no, in a fraction of the time."""
        return self._compiled(name, self._quick)

    def _compiled(self, name: str, schemas: Mapping[str, Schema]) -> jsonschema_rs.Validator:
        resources = [(_EXACT, _DRAFT_4), *((BASE + other, schema) for other, schema in schemas.items())]
        try:
            return jsonschema_rs.Draft202012Validator(
                schemas[name],
                registry=jsonschema_rs.Registry(resources),  # holds these only and fetches nothing
                offline=True,
                validate_formats=True,
                ignore_unknown_formats=False,
                pattern_options=jsonschema_rs.RegexOptions(),
                keywords={EXACT_INTEGER: _ExactInteger, PRESENT: _Present},
            )
        except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError) as error:
            reason = str(error).partition("\n")[0]
            path = error.instance_path if isinstance(error, jsonschema_rs.ValidationError) else ()
            place = self._place(name, json_pointer(path))
            raise ContractError(f"{place}: expected a JSON Schema (2020-12) of its own directory: {reason}") from None

    def description(self, location: str | None) -> str | None:
        """The ``description`` beside the keyword at ``location`` (an absolute keyword location), if there is one."""
        file, _, fragment = (location or "").removeprefix(BASE).partition("#")
        node = value_at(self._schemas.get(file), pointer_tokens(unquote(fragment))[:-1])
        found = node.get("description") if isinstance(node, dict) else None
        return found if isinstance(found, str) else None


def subschemas(schema: Schema) -> Iterator[tuple[tuple[str | int, ...], Schema]]:
    """``schema`` and every schema inside it, each with the path to it."""
    yield (), schema
    for keyword, value in schema.items():
        inner: list[tuple[tuple[str | int, ...], JsonValue]] = []
        if keyword in _ONE_SCHEMA:
            inner = [((keyword,), value)]
        elif keyword in _LIST_OF_SCHEMAS and isinstance(value, list):
            inner = [((keyword, index), item) for index, item in enumerate(value)]
        elif keyword in _MAP_OF_SCHEMAS and isinstance(value, dict):
            inner = [((keyword, key), item) for key, item in value.items()]
        for path, item in inner:
            if isinstance(item, dict):
                yield from (((*path, *rest), node) for rest, node in subschemas(item))


def _identified(schemas: Mapping[str, Schema], say: Callable[[Schema, bool], None]) -> dict[str, Schema]:
    return {name: _strict(schema, say) | {"$id": BASE + name} for name, schema in schemas.items()}


def _explaining(schema: Schema, exact: bool) -> None:
    if exact:
        schema[EXACT_INTEGER] = True
    required = schema.get("required")
    if isinstance(required, list) and all(isinstance(name, str) for name in required):
        schema[PRESENT] = schema.pop("required")


def _quick(schema: Schema, exact: bool) -> None:
    if exact:
        more = schema.get("allOf")
        schema["allOf"] = [*(more if isinstance(more, list) else ()), {"$ref": _EXACT}]


def _strict(schema: Schema, say: Callable[[Schema, bool], None]) -> Schema:
    """A copy in which every place that wants an integer wants an exact one, as ``say`` says it."""
    strict = dict(schema)
    for keyword, value in schema.items():
        if keyword in _ONE_SCHEMA and isinstance(value, dict):
            strict[keyword] = _strict(value, say)
        elif keyword in _LIST_OF_SCHEMAS and isinstance(value, list):
            strict[keyword] = [_strict(item, say) if isinstance(item, dict) else item for item in value]
        elif keyword in _MAP_OF_SCHEMAS and isinstance(value, dict):
            strict[keyword] = {
                key: _strict(item, say) if isinstance(item, dict) else item for key, item in value.items()
            }
    if schema.get("additionalProperties") is False:
        strict.setdefault("properties", {})  # without it the engine reports the object and not the fields
    wanted = schema.get("type")
    types = wanted if isinstance(wanted, list) else [wanted]
    say(strict, "integer" in types and "number" not in types)
    return strict
