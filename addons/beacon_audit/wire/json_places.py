"""Where a JSON body is ambiguous: the slow, exact reader behind ``json_body``.

Takes bytes that are already known to be one valid JSON document; gives one ``wire.duplicate-key`` for every member
name that an earlier member of the same object has, one ``wire.integer-range`` for every integer outside
[-2^63, 2^64-1], and one ``wire.number-digits`` for every number of more than ``LONGEST_NUMBER`` characters that no
reader shows in full, each with its JSON Pointer. Of these, ``MOST_AMBIGUITIES`` are listed; one more then covers the
whole body, and redaction hides it.

Raises ``WireError`` for nesting beyond the reader (``wire.json-depth``) and for a document that it refuses
(``wire.json-invalid``).
"""

import json
from collections.abc import Iterator
from itertools import islice

from beacon_audit.errors import WireError
from beacon_audit.model.finding import Finding
from beacon_audit.wire.places import Place, pointer_to

_LOWEST = -(2**63)
_HIGHEST = 2**64 - 1
_LONGEST_INTEGER = len(str(_LOWEST))
#: The longest form in which a language writes a double of its own accord has 24 characters; the others are leeway.
LONGEST_NUMBER = 40
MOST_AMBIGUITIES = 100

_MESSAGES = {
    "wire.duplicate-key": "expected every key once in an object, got this one again; readers differ in which counts",
    "wire.integer-range": "expected an integer of at most 64 bits, got one that readers round or refuse",
    "wire.number-digits": f"expected a number of at most {LONGEST_NUMBER} characters, got one that readers round",
}


class _Members(list[tuple[str, object]]):
    """The members of one object in order, duplicates kept."""


class _Odd:
    """Stands for a number that readers do not agree on, by the code of its finding. Its digits are not converted: that
    would take quadratic time."""

    __slots__ = ("code",)

    def __init__(self, code: str) -> None:
        self.code = code


_OUT_OF_RANGE = _Odd("wire.integer-range")
_TOO_LONG = _Odd("wire.number-digits")


def find_ambiguities(data: bytes) -> tuple[Finding, ...]:
    """The duplicate keys and the numbers out of range, in document order."""
    failure: WireError | None = None
    root: object = None
    try:
        root = json.loads(
            data.decode(), object_pairs_hook=_Members, parse_int=_bounded_integer, parse_float=_bounded_fraction
        )
    except RecursionError:
        failure = WireError("wire.json-depth", "expected a document that is nested less deeply")
    except ValueError:
        failure = WireError(
            "wire.json-invalid", "expected a document that all readers accept, got one that some refuse"
        )
    if failure is not None:
        raise failure  # outside of the handler: the reader's error holds the whole body
    walk = _walk(root)
    listed = [Finding(code, pointer_to(place), _MESSAGES[code]) for code, place in islice(walk, MOST_AMBIGUITIES)]
    if next(walk, None) is not None:
        message = f"more than {MOST_AMBIGUITIES} places of this body are ambiguous; only the first are listed"
        listed.append(Finding(listed[-1].code, "", message))
    return tuple(listed)


def _bounded_integer(digits: str) -> int | _Odd:
    if len(digits) > _LONGEST_INTEGER:
        return _OUT_OF_RANGE
    value = int(digits)
    return value if _LOWEST <= value <= _HIGHEST else _OUT_OF_RANGE


def _bounded_fraction(digits: str) -> float | _Odd:
    return float(digits) if len(digits) <= LONGEST_NUMBER else _TOO_LONG


def _walk(root: object) -> Iterator[tuple[str, Place]]:
    waiting: list[tuple[Place, object]] = [(None, root)]
    while waiting:
        place, value = waiting.pop()
        if isinstance(value, _Members):
            yield from _duplicates(place, value)
            waiting += [((place, key), child) for key, child in reversed(value) if _may_hold_more(child)]
        elif isinstance(value, list):
            waiting += [
                ((place, index), value[index]) for index in reversed(range(len(value))) if _may_hold_more(value[index])
            ]
        elif isinstance(value, _Odd):
            yield value.code, place


def _may_hold_more(value: object) -> bool:
    return isinstance(value, list | _Odd)


def _duplicates(place: Place, members: _Members) -> Iterator[tuple[str, Place]]:
    seen: set[str] = set()
    for key, _ in members:
        if key in seen:
            yield "wire.duplicate-key", (place, key)
        seen.add(key)
