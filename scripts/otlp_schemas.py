"""Writes ``addons/beacon_audit/contracts/otlp/*.schema.json`` from the descriptors of ``opentelemetry-proto``.

Run it with the project's Python after an update of that package: ``.venv/bin/python scripts/otlp_schemas.py``. A test
compares what it would write with what is there. ``status.schema.json`` is ``google.rpc.Status``, from the descriptors
of ``googleapis-common-protos``, which the development tools bring.

What the descriptors do not say comes from the OTLP specification: ids are hex and not all zero, spans and links have
both of theirs. One rule is ours: texts have at most ``LONGEST_TEXT`` characters, because a place that no documented
sample shows must not hold more than one that a sample does.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.rpc import status_pb2
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2 as logs
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2 as metrics
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as traces

type Schema = dict[str, Any]

DIRECTORY = Path(__file__).parents[1] / "addons" / "beacon_audit" / "contracts" / "otlp"
LONGEST_TEXT = 256
LONGEST_ANSWER = 1024  # a text in a response, which comes in and does not go out
ROOTS = {
    "metrics": (metrics.ExportMetricsServiceRequest.DESCRIPTOR, metrics.ExportMetricsServiceResponse.DESCRIPTOR),
    "traces": (traces.ExportTraceServiceRequest.DESCRIPTOR, traces.ExportTraceServiceResponse.DESCRIPTOR),
    "logs": (logs.ExportLogsServiceRequest.DESCRIPTOR, logs.ExportLogsServiceResponse.DESCRIPTOR),
    "status": (status_pb2.Status.DESCRIPTOR,),
}
#: "A Span without a valid trace_id or span_id is invalid", and a link points to a span.
WITH_IDS = frozenset({"opentelemetry.proto.trace.v1.Span", "opentelemetry.proto.trace.v1.Span.Link"})
IDS = {"trace_id": 32, "span_id": 16, "parent_span_id": 16}
UP_TO_2_63 = (
    "[1-9][0-9]{0,17}|[1-8][0-9]{18}|9[0-1][0-9]{17}|92[0-1][0-9]{16}|922[0-2][0-9]{15}|9223[0-2][0-9]{14}"
    "|92233[0-6][0-9]{13}|922337[0-1][0-9]{12}|92233720[0-2][0-9]{10}|922337203[0-5][0-9]{9}|9223372036[0-7][0-9]{8}"
    "|92233720368[0-4][0-9]{7}|922337203685[0-3][0-9]{6}|9223372036854[0-6][0-9]{5}|92233720368547[0-6][0-9]{4}"
    "|922337203685477[0-4][0-9]{3}|9223372036854775[0-7][0-9]{2}|922337203685477580[0-7]"
)
UP_TO_2_64 = (
    "[1-9][0-9]{0,18}|1[0-7][0-9]{18}|18[0-3][0-9]{17}|184[0-3][0-9]{16}|1844[0-5][0-9]{15}|18446[0-6][0-9]{14}"
    "|184467[0-3][0-9]{13}|1844674[0-3][0-9]{12}|184467440[0-6][0-9]{10}|1844674407[0-2][0-9]{9}"
    "|18446744073[0-6][0-9]{8}|1844674407370[0-8][0-9]{6}|18446744073709[0-4][0-9]{5}|184467440737095[0-4][0-9]{4}"
    "|18446744073709550[0-9]{3}|18446744073709551[0-5][0-9]{2}|1844674407370955160[0-9]|1844674407370955161[0-5]"
)


def integer(lowest: int, highest: int, description: str) -> Schema:
    return {"description": description, "type": "integer", "minimum": lowest, "maximum": highest}


INT32 = integer(-(2**31), 2**31 - 1, "an integer from -2^31 to 2^31-1")
UINT32 = integer(0, 2**32 - 1, "an integer from 0 to 2^32-1")
INT64: Schema = {
    **integer(-(2**63), 2**63 - 1, "a signed 64-bit integer, as a number or a decimal string"),
    "type": ["integer", "string"],
    "pattern": f"^(?:0|-?(?:{UP_TO_2_63})|-9223372036854775808)$",
}
UINT64: Schema = {
    **integer(0, 2**64 - 1, "an unsigned 64-bit integer, as a number or a decimal string"),
    "type": ["integer", "string"],
    "pattern": f"^(?:0|{UP_TO_2_64})$",
}
DOUBLE: Schema = {
    "description": "a number, or NaN, Infinity or -Infinity as a text",
    "type": ["number", "string"],
    "pattern": "^(?:NaN|-?Infinity)$",
}
TYPE = FieldDescriptor
SCALARS: dict[int, Schema] = {
    TYPE.TYPE_BOOL: {"type": "boolean"},
    TYPE.TYPE_DOUBLE: DOUBLE,
    TYPE.TYPE_INT32: INT32,
    TYPE.TYPE_SINT32: INT32,
    TYPE.TYPE_UINT32: UINT32,
    TYPE.TYPE_FIXED32: UINT32,
    TYPE.TYPE_INT64: INT64,
    TYPE.TYPE_SFIXED64: INT64,
    TYPE.TYPE_UINT64: UINT64,
    TYPE.TYPE_FIXED64: UINT64,
}
DEFAULTS: dict[int, object] = {TYPE.TYPE_BOOL: False, TYPE.TYPE_STRING: "", TYPE.TYPE_BYTES: ""}


def text(longest: int) -> Schema:
    return {"description": f"a text of at most {longest} characters", "type": "string", "maxLength": longest}


def identifier(digits: int, *, may_be_empty: bool) -> Schema:
    described = f"{digits} hex digits that are not all zero"
    return {
        "description": f"empty, or {described}" if may_be_empty else described,
        "type": "string",
        "pattern": f"^(?:[0-9A-Fa-f]{{{digits}}}){'?' if may_be_empty else ''}$",
        "not": {"const": "0" * digits},
    }


def base64(longest: int) -> Schema:
    return {
        "description": f"base64 of at most {longest} bytes",
        "type": "string",
        "pattern": "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$",
        "maxLength": (longest + 2) // 3 * 4,
    }


def value(field: FieldDescriptor, longest: int) -> Schema:
    """The schema of one value of ``field``."""
    if field.message_type:
        return {"$ref": f"#/$defs/{field.message_type.full_name}"}
    if field.enum_type:
        names = ", ".join(f"{each.number} ({each.name})" for each in field.enum_type.values)
        numbers = [each.number for each in field.enum_type.values]
        return {"description": f"one of {names}", "type": "integer", "enum": numbers}
    if field.name in IDS:
        return identifier(IDS[field.name], may_be_empty=not needed(field))
    if field.type == TYPE.TYPE_STRING:
        return text(longest)
    return base64(longest) if field.type == TYPE.TYPE_BYTES else SCALARS[field.type]


def member(field: FieldDescriptor, longest: int) -> Schema:
    """The schema of ``field``; ``default`` where leaving it out means the same (no field presence)."""
    found = value(field, longest)
    if field.is_repeated:
        return {"type": "array", "items": found, "default": []}
    return found if field.has_presence else {**found, "default": DEFAULTS.get(field.type, 0)}


def needed(field: FieldDescriptor) -> bool:
    return field.containing_type.full_name in WITH_IDS and field.name in ("trace_id", "span_id")


def message(descriptor: Descriptor, longest: int) -> Schema:
    """The schema of one message."""
    if descriptor.full_name == "google.protobuf.Any":
        return {"type": "object"}  # in JSON it is the message that it holds, with "@type"
    schema: Schema = {
        "type": "object",
        "properties": {field.json_name: member(field, longest) for field in descriptor.fields},
    }
    if required := [field.json_name for field in descriptor.fields if needed(field)]:
        schema["required"] = required
    names = [[field.json_name for field in oneof.fields] for oneof in descriptor.oneofs if len(oneof.fields) > 1]
    if names:
        (choices,) = names  # no message of OTLP has two
        pairs = [{"required": [one, other]} for at, one in enumerate(choices) for other in choices[at + 1 :]]
        schema = {
            "description": f"at most one of {', '.join(choices)}",
            **schema,
            "not": {"type": "object", "anyOf": pairs},
        }
    return {**schema, "additionalProperties": False}


def reachable(descriptor: Descriptor, found: dict[str, Descriptor]) -> Iterator[Descriptor]:
    """``descriptor`` and every message in it, each once."""
    if descriptor.full_name in found:
        return
    found[descriptor.full_name] = descriptor
    yield descriptor
    for field in descriptor.fields:
        if field.message_type:
            yield from reachable(field.message_type, found)


def schema_of(name: str) -> Schema:
    """The whole schema: the first root is what it describes, the others are among its ``$defs``."""
    definitions: Schema = {}
    found: dict[str, Descriptor] = {}
    for root in ROOTS[name]:
        answer = root.full_name.endswith(("Response", "Status"))
        for descriptor in reachable(root, found):
            definitions[descriptor.full_name] = message(descriptor, LONGEST_ANSWER if answer else LONGEST_TEXT)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$comment": "Written by scripts/otlp_schemas.py. Field names: OTLP/JSON, lowerCamelCase.",
        "$ref": f"#/$defs/{ROOTS[name][0].full_name}",
        "$defs": definitions,
    }


def files() -> dict[Path, str]:
    """What is to be written, by path."""
    return {
        DIRECTORY / f"{name}.schema.json": json.dumps(schema_of(name), indent=2, ensure_ascii=False) + "\n"
        for name in ROOTS
    }


if __name__ == "__main__":
    for path, content in files().items():
        path.write_text(content, encoding="utf-8")
        print(f"wrote {path}", file=sys.stderr)
