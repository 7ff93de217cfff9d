"""A document as the detectors see it: every text with its place, and the names that OTLP gives meaning to.

Takes any JSON value; never raises and does not recurse, so nesting cannot exhaust the stack. Places are linked lists
from the value up to the root, turned into a JSON Pointer only when there is something to report. Texts and names are
tuples because there are thousands in a body and a frozen dataclass takes three times as long to make.

A name counts wherever it stands: whatever has a ``key`` is an attribute, whatever lies in ``metrics`` is a metric. A
document with an undocumented shape hides nothing from the detectors by it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple

from beacon_audit.model.json_value import JsonValue

type Place = tuple[Place, str | int] | None
type Role = Literal["attribute-key", "metric-name", "span-name", "event-name", "scope-name"]

_NAMED_BY_LIST: dict[str, Role] = {"metrics": "metric-name", "spans": "span-name", "events": "event-name"}


class Text(NamedTuple):
    """A string of the document: a value at ``place``, or (``is_key``) the key that ``place`` ends with."""

    place: Place
    text: str
    is_key: bool


class Name(NamedTuple):
    """A string that names something in OTLP, at ``place``."""

    role: Role
    place: Place
    name: str


@dataclass(frozen=True, slots=True)
class Subject:
    """Both lists are in document order."""

    texts: tuple[Text, ...]
    names: tuple[Name, ...]


def path_of(place: Place) -> tuple[str | int, ...]:
    """The keys and indexes from the root down to ``place``."""
    path: list[str | int] = []
    while place is not None:
        place, token = place
        path.append(token)
    return tuple(reversed(path))


def read_subject(document: JsonValue) -> Subject:
    """Every text and every name of ``document``."""
    texts: list[Text] = []
    names: list[Name] = []
    waiting: list[tuple[Place, JsonValue]] = [(None, document)]
    while waiting:
        place, value = waiting.pop()
        if isinstance(value, str):
            texts.append(Text(place, value, False))
            continue
        if isinstance(value, dict):
            texts.extend([Text((place, key), key, True) for key in value])
            names.extend(_names_in(place, value))
        waiting.extend(
            [((place, step), item) for step, item in _items(value) if isinstance(item, str | list | dict)][::-1]
        )
    return Subject(tuple(texts), tuple(names))


def _items(value: JsonValue) -> Iterable[tuple[str | int, JsonValue]]:
    if isinstance(value, dict):
        return value.items()
    return enumerate(value) if isinstance(value, list) else ()


def _names_in(place: Place, value: dict[str, JsonValue]) -> list[Name]:
    found: list[Name] = []
    key, name = value.get("key"), value.get("name")
    if isinstance(key, str):
        found.append(Name("attribute-key", (place, "key"), key))
    role = _role_of(place)
    if role is not None and isinstance(name, str):
        found.append(Name(role, (place, "name"), name))
    return found


def _role_of(place: Place) -> Role | None:
    """What ``name`` means in the object at ``place``: its list, or the field ``scope``, decides."""
    if place is None:
        return None
    above, step = place
    if step == "scope":
        return "scope-name"
    if isinstance(step, int) and above is not None and isinstance(above[1], str):
        return _NAMED_BY_LIST.get(above[1])
    return None
