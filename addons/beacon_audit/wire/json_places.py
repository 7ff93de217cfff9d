"""Where a JSON body is ambiguous: the slow, exact reader behind ``json_body``.

Takes bytes that are already known to be one valid JSON document; gives one ``wire.duplicate-key`` for every member
name that an earlier member of the same object has, and one ``wire.integer-range`` for every integer outside
[-2^63, 2^64-1], each with its JSON Pointer. Raises ``WireError`` for nesting beyond the
reader (``wire.json-depth``) and for a document that it refuses (``wire.json-invalid``).
"""

import json
from collections.abc import Iterator

from beacon_audit.errors import WireError
from beacon_audit.model.finding import Finding
from beacon_audit.model.pointer import json_pointer

_LOWEST = -(2**63)
_HIGHEST = 2**64 - 1
_LONGEST_INTEGER = len(str(_LOWEST))

type _Path = tuple[str | int, ...]


class _Members(list[tuple[str, object]]):
    """The members of one object in order, duplicates kept."""


class _OutOfRange:
    """Stands for an integer that 64 bits do not hold. Its digits are not converted: that would take quadratic time."""


def find_ambiguities(data: bytes) -> tuple[Finding, ...]:
    """Every duplicate key and every integer out of range, in document order."""
    failure: WireError | None = None
    root: object = None
    try:
        root = json.loads(data.decode(), object_pairs_hook=_Members, parse_int=_bounded_integer)
    except RecursionError:
        failure = WireError("wire.json-depth", "expected a document that is nested less deeply")
    except ValueError:
        failure = WireError(
            "wire.json-invalid", "expected a document that all readers accept, got one that some refuse"
        )
    if failure is not None:
        raise failure  # outside of the handler: the reader's error holds the whole body
    return tuple(_walk(root))


def _bounded_integer(digits: str) -> int | _OutOfRange:
    if len(digits) > _LONGEST_INTEGER:
        return _OutOfRange()
    value = int(digits)
    return value if _LOWEST <= value <= _HIGHEST else _OutOfRange()


def _walk(root: object) -> Iterator[Finding]:
    waiting: list[tuple[_Path, object]] = [((), root)]
    while waiting:
        path, value = waiting.pop()
        children: list[tuple[_Path, object]] = []
        if isinstance(value, _Members):
            yield from _duplicates(path, value)
            children = [((*path, key), child) for key, child in value]
        elif isinstance(value, list):
            children = [((*path, index), child) for index, child in enumerate(value)]
        elif isinstance(value, _OutOfRange):
            message = "expected an integer of at most 64 bits, got one that readers round or refuse"
            yield Finding("wire.integer-range", json_pointer(path), message)
        waiting.extend(reversed(children))


def _duplicates(path: _Path, members: _Members) -> Iterator[Finding]:
    seen: set[str] = set()
    for key, _ in members:
        if key in seen:
            message = "expected every key once in an object, got this one again; readers differ in which one counts"
            yield Finding("wire.duplicate-key", json_pointer((*path, key)), message)
        seen.add(key)
