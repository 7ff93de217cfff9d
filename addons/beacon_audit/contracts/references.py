"""References in schemas that lead where they must not: back to where they began without a step into the value, or to
what is no schema.

A schema of the first kind says nothing of any value, and the engine takes it for satisfied: a mistake in one line, and
everything is documented. A schema that refers to itself for a part of the value (a tree, a nested list) is no such
thing. What stands among examples or constants is data: nobody has looked at its keywords when a reference makes a
schema of it. Takes the parsed schemas of an edition by file name; pure, and does not recurse. Source: JSON Schema Core
2020-12 §9.4.1.
"""

import posixpath
from collections.abc import Iterator, Mapping
from urllib.parse import unquote

from beacon_audit.contracts.schemas import BASE, Schema, subschemas
from beacon_audit.model.json_value import JsonValue
from beacon_audit.model.pointer import json_pointer, pointer_tokens, value_at

#: File, and the way to a schema in it.
type _Place = tuple[str, tuple[str, ...]]

# Keywords whose schemas are about the same value.
_ONE = ("not", "if", "then", "else")
_LIST = ("allOf", "anyOf", "oneOf")
_MAP = ("dependentSchemas",)


def circular_references(schemas: Mapping[str, Schema]) -> Iterator[tuple[str, str]]:
    """File and pointer of a schema on each way that leads back to itself."""
    done: set[_Place] = set()
    for file, schema in schemas.items():
        for path, _ in subschemas(schema):
            yield from _circles_from((file, tuple(map(str, path))), schemas, done)


def stray_references(schemas: Mapping[str, Schema]) -> Iterator[tuple[str, str]]:
    """File and pointer of a schema that refers to an object or a list that is no schema."""
    every = [
        (file, tuple(map(str, path)), node) for file, schema in schemas.items() for path, node in subschemas(schema)
    ]
    places = {(file, path) for file, path, _ in every}
    for file, path, node in every:
        reference = node.get("$ref")
        if isinstance(reference, str):
            target = _target(reference, file)
            if target not in places and isinstance(_at(target, schemas), dict | list):
                yield file, json_pointer(path)


def _circles_from(start: _Place, schemas: Mapping[str, Schema], done: set[_Place]) -> Iterator[tuple[str, str]]:
    """Depth first. ``done`` are schemas of which every way is known; this one is among them afterwards."""
    if start in done:
        return
    way = {start: iter(_beside(start, schemas))}
    while way:
        place, following = next(reversed(way.items()))
        after = next(following, None)
        if after is None:
            done.add(place)
            del way[place]
        elif after in way:
            yield after[0], json_pointer(after[1])
        elif after not in done:
            way[after] = iter(_beside(after, schemas))


def _beside(place: _Place, schemas: Mapping[str, Schema]) -> list[_Place]:
    """The schemas that are about the same value as the one at ``place``."""
    file, path = place
    node = _at(place, schemas)
    if not isinstance(node, dict):
        return []
    beside = [(file, (*path, key)) for key in _ONE if key in node]
    for key in _LIST:
        items = node.get(key)
        beside += [(file, (*path, key, str(at))) for at in range(len(items) if isinstance(items, list) else 0)]
    for key in _MAP:
        members = node.get(key)
        beside += [(file, (*path, key, name)) for name in (members if isinstance(members, dict) else ())]
    reference = node.get("$ref")
    return [*beside, _target(reference, file)] if isinstance(reference, str) else beside


def _at(place: _Place, schemas: Mapping[str, Schema]) -> JsonValue:
    file, path = place
    return value_at(schemas.get(file), path)


def _target(reference: str, file: str) -> _Place:
    """Where ``reference`` leads, in any of the spellings that the engine resolves."""
    other, _, fragment = reference.partition("#")
    name = posixpath.normpath(f"/{unquote(other).removeprefix(BASE)}").lstrip("/") if other else file
    return name, tuple(pointer_tokens(unquote(fragment)))
