"""The ``*.schema.json`` files of an edition: parsed, and checked for what JSON Schema itself lets pass.

Takes the files of the edition and the names of its sources. Gives the parsed schemas by file name, and the place of a
JSON Pointer in one of them. Raises ``ContractError``.

JSON Schema ignores a keyword that it does not know, so a misspelt ``maxLenght`` would be a limit that limits nothing:
here it is an error. So is another version of JSON Schema, of which the engine would pass over what that does not know,
a reference that leads back to itself, which it takes for satisfied, and a schema that is nested more deeply than
anybody writes one. One keyword is added, ``source``: the name of the place where a field was seen, out of ``sources``
of ``endpoints.yaml``.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from beacon_audit.contracts.endpoints_file import read_placed
from beacon_audit.contracts.references import circular_references, stray_references
from beacon_audit.contracts.schemas import Schema, subschemas
from beacon_audit.errors import ContractError
from beacon_audit.model.json_value import JsonValue
from beacon_audit.model.pointer import json_pointer

SCHEMA_SUFFIX = ".schema.json"
SOURCE = "source"
DEEPEST = 100
_VERSION = "https://json-schema.org/draft/2020-12/schema"
# fmt: off
#: The vocabulary of 2020-12, without the keywords that would load, rename or redefine something.
KEYWORDS = frozenset({
    "$schema", "$ref", "$defs", "$comment", "title", "description", "examples", "deprecated", "format",
    "type", "enum", "const", "pattern", "minLength", "maxLength",
    "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf",
    "items", "prefixItems", "contains", "minContains", "maxContains", "minItems", "maxItems", "uniqueItems",
    "properties", "patternProperties", "additionalProperties", "propertyNames", "required", "minProperties",
    "maxProperties", "dependentRequired", "dependentSchemas", "unevaluatedItems", "unevaluatedProperties",
    "allOf", "anyOf", "oneOf", "not", "if", "then", "else", SOURCE,
})
# fmt: on


@dataclass(frozen=True, slots=True)
class SchemaFiles:
    """``schemas`` by file name."""

    directory: Path
    schemas: Mapping[str, Schema]
    _data: Mapping[str, bytes] = field(repr=False)

    @classmethod
    def read(cls, files: Mapping[str, bytes], directory: Path, sources: Mapping[str, str]) -> Self:
        """The schemas among ``files``; their ``source`` must be one of ``sources``.

        Raises:
            ContractError: one is not a JSON Schema of ours; all such places of one file are listed.
        """
        data = {name: content for name, content in files.items() if name.endswith(SCHEMA_SUFFIX)}
        read = cls(directory, {name: _parse(content, f"{directory}/{name}") for name, content in data.items()}, data)
        for name, schema in read.schemas.items():
            if problems := [f"{read.place(name, at)}: {at}: {what}" for at, what in _problems(schema, sources)]:
                raise ContractError("\n".join(problems))
        for name, pointer in stray_references(read.schemas):
            message = "expected a reference to a schema, got one to other data, where keywords are not checked"
            raise ContractError(f"{read.place(name, pointer)}: {pointer or '/'}: {message}")
        for name, pointer in circular_references(read.schemas):
            message = "expected references that end somewhere, got one that leads back here, which allows anything"
            raise ContractError(f"{read.place(name, pointer)}: {pointer or '/'}: {message}")
        return read

    def place(self, name: str, pointer: str) -> str:
        """``file:line:column`` of ``pointer`` in the schema ``name``, as far as it can be told."""
        file = f"{self.directory}/{name}"
        try:
            return read_placed(self._data[name], file).at(pointer)  # JSON is YAML, but for some escapes and tabs
        except ContractError:
            return file


def _parse(data: bytes, file: str) -> Schema:
    try:
        schema = json.loads(data, object_pairs_hook=_unrepeated)
    except json.JSONDecodeError as error:
        raise ContractError(f"{file}:{error.lineno}:{error.colno}: expected JSON, got something else") from None
    except (ValueError, RecursionError) as error:
        reason = error.args[0] if isinstance(error, _Repeated) else "expected JSON, got something else"
        raise ContractError(f"{file}: {reason}") from None
    if not isinstance(schema, dict):
        raise ContractError(f"{file}:1:1: expected a JSON Schema that is an object")
    if _is_deep(schema):
        raise ContractError(f"{file}: expected a JSON Schema of at most {DEEPEST} nested levels, got more")
    return schema


def _is_deep(schema: Schema) -> bool:
    """Whether ``schema`` is nested too deeply for whoever walks through it."""
    level: list[JsonValue] = [schema]
    for _ in range(DEEPEST):
        below = [item.values() if isinstance(item, dict) else item for item in level if isinstance(item, dict | list)]
        level = [each for items in below for each in items]
    return bool(level)


class _Repeated(ValueError):
    """A key that stands twice in one object: which of the two counts depends on the reader."""


def _unrepeated(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise _Repeated(f"expected every key of an object once, got {twice} again")
    return found


def _problems(schema: Schema, sources: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for path, node in subschemas(schema):
        for keyword in node:
            if keyword not in KEYWORDS:
                yield json_pointer((*path, keyword)), "expected a keyword of JSON Schema 2020-12, got another"
        if node.get("$schema", _VERSION) not in (_VERSION, f"{_VERSION}#"):
            yield json_pointer((*path, "$schema")), f"expected JSON Schema 2020-12 ({_VERSION}), got another version"
        source = node.get(SOURCE)
        if source is not None and (not isinstance(source, str) or source not in sources):
            known = ", ".join(sources) or "there are none"
            yield json_pointer((*path, SOURCE)), f"expected a name out of sources in endpoints.yaml ({known})"
