"""A second opinion on JSON Schemas: the ``jsonschema`` package, which shares no code with ours.

It is held to what ``docs/contracts.md`` says is stricter than the specification: ``5.0`` is no integer, ``$`` is the
end of the text and not a line end before it, ``format`` is checked. Our keyword ``source`` says nothing to it.
"""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from jsonschema import Draft202012Validator, FormatChecker, ValidationError
from jsonschema.validators import extend
from referencing import Registry
from referencing.jsonschema import DRAFT202012

_BASE = "https://oracle.invalid/"  # of a scheme that relative references can be joined to; nothing is fetched
_FORMATS = FormatChecker(formats=())


def _is_uuid(value: object) -> bool:
    return not isinstance(value, str) or str(UUID(value)) == value.lower()


def _is_time(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(_microseconds(value)).tzinfo is not None


def _microseconds(time: str) -> str:
    """``time`` with six digits of a fraction: Python knows no more, and RFC 3339 has no bound."""
    return re.sub(r"(\.[0-9]{6})[0-9]+", r"\1", time)


_FORMATS.checks("uuid", raises=ValueError)(_is_uuid)
_FORMATS.checks("date-time", raises=ValueError)(_is_time)


def _is_exact_integer(_: object, value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _pattern(_: object, pattern: str, value: object, __: object) -> Iterator[ValidationError]:
    if isinstance(value, str) and not re.search(re.sub(r"\$$", r"\\Z", pattern), value):
        yield ValidationError("does not match")


_Oracle = extend(
    Draft202012Validator,
    validators={"pattern": _pattern},
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine("integer", _is_exact_integer),
)


def _without(schema: Mapping[str, Any], keyword: str) -> dict[str, Any]:
    return {key: value for key, value in schema.items() if key != keyword}


class SchemaOracle:
    """The schemas of one directory."""

    def __init__(self, directory: Path) -> None:
        files = sorted(directory.glob("*.schema.json"))
        self.schemas: Mapping[str, Any] = {path.name: json.loads(path.read_bytes()) for path in files}
        # A schema that says which draft it is would be given to that draft's own validator, and not to ours.
        anonymous = {name: _without(schema, "$schema") for name, schema in self.schemas.items()}
        resources = [(_BASE + name, DRAFT202012.create_resource(schema)) for name, schema in anonymous.items()]
        self._registry: Registry[Any] = Registry().with_resources(resources)

    def accepts(self, name: str, document: object) -> bool:
        """Whether the schema in the file ``name`` allows ``document``."""
        oracle = _Oracle({"$ref": _BASE + name}, registry=self._registry, format_checker=_FORMATS)
        return bool(oracle.is_valid(document))
