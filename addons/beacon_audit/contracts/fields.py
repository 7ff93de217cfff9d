"""The fields that a JSON Schema describes, as a list for people: place, type, need, source.

Takes the parsed schemas of an edition and a file name. A place is a JSON Pointer in which ``*`` stands for every index
of a list and every key of a map (``/trace_transactions/*/id``). References are followed; where a schema refers to
itself the list ends. An object that takes members of any name and kind has one more, ``*``, that says so. Pure, raises
nothing for schemas that the engine takes.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from beacon_audit.contracts.schemas import Schema
from beacon_audit.model.json_value import JsonValue
from beacon_audit.model.pointer import escaped, pointer_tokens

_CLOSING = ("additionalProperties", "unevaluatedProperties")
#: What is said of the members that nothing describes, of an object that nothing closes.
OPEN = "anything: no additionalProperties closes the object"
#: Keywords whose schemas apply to the same value.
_BESIDE = ("allOf", "anyOf", "oneOf", "if", "then", "else")


@dataclass(frozen=True, slots=True)
class Field:
    """``types`` are JSON types; none means any. ``required``: wherever what encloses it is present. ``source``: the
    name of the place where it was seen, ``None`` when the schema does not say. ``description`` says what may stand
    there, "" when that is not more than the type."""

    pointer: str
    types: tuple[str, ...]
    required: bool
    source: str | None
    description: str

    def to_json(self) -> dict[str, object]:
        return {
            "pointer": self.pointer,
            "types": list(self.types),
            "required": self.required,
            "source": self.source,
            "description": self.description,
        }


def fields_of(schemas: Mapping[str, Schema], name: str) -> tuple[Field, ...]:
    """Every field that the schema in the file ``name`` describes, each once, in the order of the schema."""
    found: dict[str, Field] = {}
    for field in _Walk(schemas).below(schemas[name], name, "", ()):
        first = found.setdefault(field.pointer, field)
        if field.required and not first.required:
            found[field.pointer] = replace(first, required=True)
    return tuple(found.values())


@dataclass(frozen=True, slots=True)
class _Walk:
    schemas: Mapping[str, Schema]

    def below(self, node: JsonValue, file: str, pointer: str, chain: tuple[str, ...]) -> Iterator[Field]:
        """The fields inside the value that ``node`` describes. ``chain``: the references that led here."""
        parts = list(self._parts(node, file, chain))
        for part, at, links in parts:
            wanted = part.get("required")
            required = wanted if isinstance(wanted, list) else []
            properties = part.get("properties")
            for key, value in properties.items() if isinstance(properties, dict) else ():
                place = f"{pointer}/{escaped(key)}"
                yield from self._field(value, at, place, key in required, links)
            for key in _CLOSING:
                yield from self._field(part.get(key), at, f"{pointer}/*", False, links)
            patterns = part.get("patternProperties")
            for value in patterns.values() if isinstance(patterns, dict) else ():
                yield from self._field(value, at, f"{pointer}/*", False, links)
            prefixed = part.get("prefixItems")
            for value in (*(prefixed if isinstance(prefixed, list) else ()), part.get("items")):
                yield from self.below(value, at, f"{pointer}/*", links)
        if _is_open([part for part, _, _ in parts]):
            yield Field(f"{pointer}/*", (), False, None, OPEN)

    def _field(
        self, value: JsonValue, file: str, pointer: str, required: bool, chain: tuple[str, ...]
    ) -> Iterator[Field]:
        if not isinstance(value, dict):
            return  # true and false describe nothing
        parts = [part for part, _, _ in self._parts(value, file, chain)]
        types = next((types for part in parts if (types := _types(part))), ())
        described = next((text for part in parts if isinstance(text := part.get("description"), str)), "")
        source = next((text for part in parts if isinstance(text := part.get("source"), str)), None)
        yield Field(pointer, types, required, source, described)
        yield from self.below(value, file, pointer, chain)

    def _parts(
        self, node: JsonValue, file: str, chain: tuple[str, ...]
    ) -> Iterator[tuple[Schema, str, tuple[str, ...]]]:
        """``node`` and every schema that applies to the same value, with the file of each and the way to it."""
        if not isinstance(node, dict):
            return
        yield node, file, chain
        reference = node.get("$ref")
        if isinstance(reference, str):
            other, _, fragment = reference.partition("#")
            target = f"{other or file}#{fragment}"
            if target not in chain:
                yield from self._parts(self._resolve(other or file, fragment), other or file, (*chain, target))
        for key in _BESIDE:
            beside = node.get(key)
            for part in beside if isinstance(beside, list) else [beside]:
                yield from self._parts(part, file, chain)

    def _resolve(self, file: str, fragment: str) -> JsonValue:
        node: JsonValue = self.schemas.get(file)
        for token in pointer_tokens(fragment):
            node = node.get(token) if isinstance(node, dict) else None
        return node


def _is_open(parts: Sequence[Schema]) -> bool:
    """Whether an object that all of ``parts`` describe may have members that none of them does."""
    closing = [part[key] for part in parts for key in _CLOSING if key in part]
    return any("object" in _types(part) for part in parts) and all(closes is True for closes in closing)


def _types(part: Schema) -> tuple[str, ...]:
    wanted = part.get("type")
    listed = wanted if isinstance(wanted, list) else [wanted]
    return tuple(name for name in listed if isinstance(name, str))
