"""What OTLP allows, from ``otlp/*.schema.json``: which members a message has, and which of them mean nothing.

In proto3 a field that holds its default is the same as none: an encoder of protobuf leaves it out, one of JSON may
write it. ``OtlpMessage.without_defaults`` takes such members away, so that both encodings of a message are judged
alike, and ``required`` in the schema of a contract asks for a value that says something. Pure.

The schemas mark a field without presence with ``default`` and a oneof with ``not``; ``scripts/otlp_schemas.py`` writes
them.
"""

import functools
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from beacon_audit.model.endpoint import OtlpSignal
from beacon_audit.model.json_value import JsonValue

_DIRECTORY = Path(__file__).parent / "otlp"


def read_schema(name: str) -> dict[str, Any]:
    """The schema of a signal, or ``status``."""
    schema: dict[str, Any] = json.loads((_DIRECTORY / f"{name}.schema.json").read_bytes())
    return schema


@dataclass(slots=True, eq=False)
class OtlpMember:
    """One field. ``defaults`` are the values that mean the same as none. ``fixed_text``: a text that is not free: an
    id, a number."""

    defaults: tuple[JsonValue, ...]
    fixed_text: bool
    message: "OtlpMessage | None" = None


@dataclass(slots=True, eq=False)
class OtlpMessage:
    """One message. Of the ``choices``, a oneof, it has at most one."""

    members: dict[str, OtlpMember] = field(default_factory=dict)
    choices: frozenset[str] = frozenset()

    def without_defaults(self, document: JsonValue) -> JsonValue:
        """``document`` without members that mean nothing; what is not of this form is left as it is."""
        if not isinstance(document, dict):
            return document
        kept: dict[str, JsonValue] = {}
        for name, value in document.items():
            member = self.members.get(name)
            if member is None:
                kept[name] = value
            elif not (member.defaults and _means_nothing(value, member.defaults)):
                kept[name] = value if member.message is None else _below(value, member.message)
        return kept

    def at(self, path: Sequence[str]) -> "OtlpMember | OtlpMessage | None":
        """What stands at ``path``, the tokens of a JSON Pointer."""
        found: OtlpMember | OtlpMessage | None = self
        for token in path:
            if isinstance(found, OtlpMember) and found.message is not None:
                if token.isdecimal():  # no field of OTLP has such a name
                    found = found.message
                    continue
                found = found.message
            found = found.members.get(token) if isinstance(found, OtlpMessage) else None
        return found


@functools.cache
def otlp_request(signal: OtlpSignal) -> OtlpMessage:
    """The export request of ``signal``."""
    schema = read_schema(signal)
    made: dict[str, OtlpMessage] = {}
    for name in schema["$defs"]:
        made[f"#/$defs/{name}"] = OtlpMessage()
    for name, definition in schema["$defs"].items():
        message = made[f"#/$defs/{name}"]
        message.members = {key: _member(value, made) for key, value in definition.get("properties", {}).items()}
        pairs = definition.get("not", {}).get("anyOf", [])
        message.choices = frozenset(key for pair in pairs for key in pair["required"])
    return made[schema["$ref"]]


def _member(schema: Mapping[str, Any], made: Mapping[str, OtlpMessage]) -> OtlpMember:
    value = schema.get("items", schema)
    fixed = "pattern" in value and "maxLength" not in value
    return OtlpMember(_defaults(schema), fixed, made.get(value.get("$ref", "")))


def _defaults(schema: Mapping[str, Any]) -> tuple[JsonValue, ...]:
    if "default" not in schema:
        return ()
    default = schema["default"]
    if "number" in schema["type"]:
        return (0, 0.0)
    return (0, "0") if schema["type"] == ["integer", "string"] else (default,)


def _below(value: JsonValue, message: OtlpMessage) -> JsonValue:
    if isinstance(value, list):
        return [message.without_defaults(item) for item in value]
    return message.without_defaults(value)


def _means_nothing(value: JsonValue, defaults: tuple[JsonValue, ...]) -> bool:
    """Whether one of ``defaults`` is equal and of the same type: ``False`` is not 0, and -0.0 is written out because it
    is not 0.0."""
    for default in defaults:
        if type(value) is type(default) and value == default:
            return not isinstance(value, float) or math.copysign(1.0, value) > 0
    return False
