"""JSON bytes to one OTLP document: ``json_body``, and the names by which parsers know a field besides its own.

Parsers of ProtoJSON take the name of the ``.proto`` file as well as the one in lowerCamelCase, OTLP only the latter
(OTLP specification, "JSON Protobuf Encoding"). So ``trace_id`` is one document to some receivers and another to the
rest. Findings besides those of ``json_body``: ``wire.json-alias`` at every such member of a known message, and
``wire.duplicate-key`` when the field stands there under both names. Raises what ``json_body`` raises.

The common body has no key with an underscore and costs one search; only others are walked through.
"""

from collections.abc import Iterator
from itertools import islice

import re2

from beacon_audit.model.finding import Finding
from beacon_audit.model.json_value import JsonValue
from beacon_audit.wire.json_body import read_json
from beacon_audit.wire.otlp_messages import MessageShape, Signal, request_shape
from beacon_audit.wire.places import Place, pointer_to

# Every other name has an underscore. With re2, because each underscore of a long run would be a beginning of its own;
# and alone, because re2 is quick in finding one character to begin with, and ten times slower with a choice of two.
_UNDERSCORE_IN_NAME = re2.compile(rb'_[A-Za-z0-9_]*"[ \t\r\n]*:')
MOST_ALIASES = 100


def read_otlp_json(data: bytes, signal: Signal, *, max_depth: int) -> tuple[JsonValue, tuple[Finding, ...]]:
    """The export request of ``signal`` in ``data``, and what is ambiguous about it."""
    document, findings = read_json(data, max_depth=max_depth)
    if _may_hold_alias(data):
        aliases = _aliases(document, request_shape(signal))
        findings = (*findings, *islice(aliases, MOST_ALIASES))
        if next(aliases, None) is not None:
            message = f"more than {MOST_ALIASES} fields of this body have another name; only the first are listed"
            findings = (*findings, Finding("wire.json-alias", "", message))
    return document, findings


def _may_hold_alias(data: bytes) -> bool:
    """The underscore may be written as an escape, which is rare enough to look closer at any."""
    return (b"\\" in data and b"\\u" in data) or _UNDERSCORE_IN_NAME.search(data) is not None


def _aliases(document: JsonValue, request: MessageShape) -> Iterator[Finding]:
    waiting: list[tuple[Place, JsonValue, MessageShape]] = [(None, document, request)]
    while waiting:
        place, value, shape = waiting.pop()
        if isinstance(value, list):
            waiting += [((place, index), value[index], shape) for index in reversed(range(len(value)))]
        elif isinstance(value, dict):
            below: list[tuple[Place, JsonValue, MessageShape]] = []
            for name, item in value.items():
                proper = shape.aliases.get(name)
                if proper is not None:
                    yield from _alias((place, name), both=proper in value)
                child = shape.children.get(proper or name)
                if child is not None:
                    below.append(((place, name), item, child))
            waiting += reversed(below)


def _alias(place: Place, *, both: bool) -> Iterator[Finding]:
    pointer = pointer_to(place)
    message = "expected the name of this field in lowerCamelCase, got the other one, which only some receivers read"
    yield Finding("wire.json-alias", pointer, message)
    if both:
        message = "expected every field once, got this one under both of its names; readers differ in which one counts"
        yield Finding("wire.duplicate-key", pointer, message)
