"""A document against a schema: every difference as a finding with its JSON Pointer.

Takes a document and a schema; gives findings in the order of their pointers:
``contract.undocumented-field``, ``contract.missing-field`` (the pointer names where it should be),
``contract.wrong-type`` and ``contract.wrong-value``. Never raises on a document. Messages are made from the schema's
``description``, never from the document.

Listing every difference of a body made of a million mistakes would cost minutes, and each would hold a copy of what is
around it. So of a body above ``_LARGE`` only the first is listed, and of any other ``MOST_DIFFERENCES``, with one that
covers the whole body; redaction then hides all of it.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import jsonschema_rs
from jsonschema_rs import ValidationErrorKind as Kind

from beacon_audit.contracts.schemas import EXACT_INTEGER, PRESENT, SchemaSet
from beacon_audit.model.finding import Finding
from beacon_audit.model.json_value import JsonValue
from beacon_audit.model.pointer import json_pointer

#: The message of a finding whose pointer leads to the object around a member that must not be named.
KEY_NOT_SHOWN = "an undocumented field is in here; its key is not shown"

#: Values and, by 32 characters, texts. Each level that is wrong holds a copy of them: below ``_DEEP`` levels, which no
#: exporter comes to, they count again for every four.
_LARGE = 100_000
_TEXT_UNIT = 32
_DEEP = 12
MOST_DIFFERENCES = 50_000
_ARTICLED = {
    "array": "an array",
    "boolean": "a boolean",
    "integer": "an integer",
    "null": "null",
    "number": "a number",
    "object": "an object",
    "string": "a string",
}


_WHOLE = Finding(
    "contract.undocumented-field",
    "",
    "so much of the body is not as documented, or the body is so large, that only the first differences are listed",
)


@dataclass(frozen=True, slots=True)
class Differences:
    """``findings`` in the order of their pointers. Unless ``complete``, one of them covers the whole body."""

    findings: tuple[Finding, ...]
    complete: bool


class DocumentSchema:
    """One schema of an edition, ready to be asked."""

    def __init__(self, schemas: SchemaSet, name: str) -> None:
        self._schemas = schemas
        self._validator = schemas.validator(name)
        self._checker = schemas.checker(name)

    def accepts(self, document: JsonValue) -> bool:
        """Whether there is no difference between ``document`` and the schema."""
        return self._checker.is_valid(document)

    def findings(self, document: JsonValue) -> tuple[Finding, ...]:
        """The differences between ``document`` and the schema."""
        return self.listed(document).findings

    def listed(self, document: JsonValue) -> "Differences":
        """The same, and whether they are all."""
        if self.accepts(document):
            return Differences((), True)
        if is_large(document):
            return Differences(self._first_only(document), False)
        found: dict[Finding, None] = {}
        complete = True
        for finding in self._each(document):
            if len(found) == MOST_DIFFERENCES and finding not in found:
                found[_WHOLE] = None
                complete = False
                break
            found[finding] = None
        if not found:  # closed: whoever only says yes or no said no
            return Differences((_WHOLE,), False)
        return Differences(tuple(sorted(found, key=lambda finding: (finding.pointer, finding.code))), complete)

    def _each(self, document: JsonValue) -> Iterator[Finding]:
        for error in self._validator.iter_errors(document):
            yield from self._explain(error, document)

    def _first_only(self, document: JsonValue) -> tuple[Finding, ...]:
        try:
            self._validator.validate(document)
        except jsonschema_rs.ValidationError as error:
            return (_WHOLE, *islice(self._explain(error, document), MOST_DIFFERENCES))
        return (_WHOLE,)

    def _explain(self, error: jsonschema_rs.ValidationError, document: JsonValue) -> Iterator[Finding]:
        path = error.instance_path
        match error.kind:
            case Kind.AdditionalProperties(unexpected=keys) | Kind.UnevaluatedProperties(unexpected=keys):
                yield from (_undocumented((*path, key)) for key in keys)
            case Kind.FalseSchema() | Kind.UnevaluatedItems():
                yield _undocumented(path)
            case kind if missing := _lacking(kind):
                yield from (_missing(path, name) for name in missing)
            case Kind.AnyOf(context=branches) if names := _required_by(branches):
                message = f"expected one of the documented fields {', '.join(names)}, got none"
                yield Finding("contract.missing-field", json_pointer(path), message)
            case kind:
                yield self._wrong(error, kind.name, _value_at(document, path))

    def _wrong(self, error: jsonschema_rs.ValidationError, keyword: str, value: JsonValue) -> Finding:
        described = self._schemas.description(error.absolute_keyword_location)
        pointer = json_pointer(error.instance_path)
        if isinstance(error.kind, Kind.Type):
            expected = described or " or ".join(_ARTICLED[wanted] for wanted in error.kind.types)
            return Finding("contract.wrong-type", pointer, f"expected {expected}, got {_type_name(value)}")
        if keyword == EXACT_INTEGER:
            expected = described or "an integer"
            message = f"expected {expected}, got a number written with a fraction or an exponent"
            return Finding("contract.wrong-type", pointer, message)
        expected = described or f"what the schema says with {keyword}"
        message = f"expected {expected}, got {_type_name(value)} that does not fit"
        return Finding("contract.wrong-value", pointer, message)


def _type_name(value: JsonValue) -> str:
    # bool first: it is an int to Python
    for python_type, json_type in ((bool, "boolean"), (int, "integer"), (float, "number"), (str, "string")):
        if isinstance(value, python_type):
            return _ARTICLED[json_type]
    return _ARTICLED["array" if isinstance(value, list) else "object" if isinstance(value, dict) else "null"]


def _undocumented(path: Sequence[str | int]) -> Finding:
    pointer = json_pointer(path)
    if pointer.count("/") < len(path):
        return Finding("contract.undocumented-field", pointer, KEY_NOT_SHOWN)
    return Finding("contract.undocumented-field", pointer, "no documented sample shows this field")


def _missing(path: Sequence[str | int], name: str) -> Finding:
    message = f"expected the documented field {name}, got none"
    return Finding("contract.missing-field", json_pointer((*path, name)), message)


def _lacking(kind: Kind) -> tuple[str, ...]:
    """The names of the members that are missing, if ``kind`` says that."""
    if isinstance(kind, Kind.Custom) and kind.keyword == PRESENT:
        return tuple(json.loads(kind.message))
    return (kind.property,) if isinstance(kind, Kind.Required) else ()


def _required_by(branches: Sequence[Sequence[jsonschema_rs.ValidationError]]) -> tuple[str, ...]:
    """The field names that alternatives ask for, when that is all they ask for."""
    lacking = [_lacking(error.kind) for branch in branches for error in branch]
    return tuple(name for names in lacking for name in names) if all(lacking) else ()


def _value_at(document: JsonValue, path: Sequence[str | int]) -> JsonValue:
    value = document
    for token in path:
        if isinstance(value, list):
            value = value[int(token)]
        elif isinstance(value, dict):
            value = value[str(token)]
    return value


def is_large(document: JsonValue) -> bool:
    """Whether listing every difference of ``document`` could take minutes."""
    level = [document]
    seen = depth = 0
    while level:
        depth += 1
        weight = 1 + max(0, depth - _DEEP) // 4
        below: list[JsonValue] = []
        for value in level:
            if isinstance(value, str):
                seen += weight * (len(value) // _TEXT_UNIT)
            elif isinstance(value, dict):
                seen += weight * (len(value) + sum(map(len, value)) // _TEXT_UNIT)
                below.extend(value.values())
            elif isinstance(value, list):
                seen += weight * len(value)
                below.extend(value)
            if seen > _LARGE:
                return True
        level = below
    return False
