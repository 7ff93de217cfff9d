"""A document as the detectors see it: everything it says, each thing once.

Takes any JSON value; never raises and does not recurse, so nesting cannot exhaust the stack. Time is linear in the
size of the document: one walk, which is most of what an inspection costs, and no places (``locate`` finds those).

A name counts wherever it stands: whatever has a ``key`` is an attribute, whatever lies in ``metrics`` is a metric. A
document with an undocumented shape hides nothing from the detectors by it.

``fields`` has every text value but those of ordinary attributes (``{"key": …, "value": {"stringValue": …}}``), which
are in ``attributes`` only. Most of them are ids and times, each of which comes once: telling which are the same would
cost more than looking at all. The documented license field is left out of all of it: it may hold what nothing else may.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any

from beacon_audit.inspection.facts import ROLE_IN_LIST, Role
from beacon_audit.inspection.readings import Readings, is_bare, readings_of
from beacon_audit.model.json_value import JsonValue
from beacon_audit.model.pointer import pointer_tokens


@dataclass(frozen=True)
class Subject:
    """``keys`` are those of objects. ``fields`` are texts by member, with repetitions; ``attributes`` are texts by
    attribute key, ``names`` by role; ``bodies`` are the texts of log records."""

    document: JsonValue
    keys: frozenset[str]
    fields: Mapping[str, Sequence[str]]
    attributes: Mapping[str, Collection[str]]
    names: Mapping[Role, Collection[str]]
    bodies: frozenset[str]

    @property
    def texts(self) -> Iterator[str]:
        """Every text, values and keys; ids with repetitions."""
        fields = ({**self.fields, **self.wordy}).values()
        return chain(self.keys, self.attributes, *fields, *self.attributes.values())

    @cached_property
    def wordy(self) -> Mapping[str, Collection[str]]:
        """``fields`` without the members that hold nothing but many ids or numbers (``is_bare``), each text once."""
        return {member: frozenset(texts) for member, texts in self.fields.items() if not is_bare(texts)}

    @cached_property
    def readings(self) -> Readings:
        """What every text that is worth a search can be read as."""
        groups = (self.keys, self.attributes, *self.wordy.values(), *self.attributes.values())
        return readings_of(set().union(*groups), self.fields.get("bytesValue", ()))


def read_subject(document: JsonValue, apart_from: Collection[str] = ()) -> Subject:
    """Everything that ``document`` says, but for the texts at the JSON Pointers ``apart_from``."""
    rest = document
    for pointer in apart_from:
        rest = _without(rest, pointer_tokens(pointer))
    walk = _Walk()
    walk.through(rest)
    walk.names["attribute-key"].update(walk.attributes)
    return Subject(rest, frozenset(walk.keys), walk.fields, walk.attributes, walk.names, frozenset(walk.bodies))


def _without(value: JsonValue, path: list[str]) -> JsonValue:
    """``value`` without the text at ``path``; what is on the way is copied, nothing is changed."""
    if not path:
        return "" if isinstance(value, str) else value
    token, *below = path
    if isinstance(value, dict) and token in value:
        return {**value, token: _without(value[token], below)}
    if isinstance(value, list) and token.isdecimal() and int(token) < len(value):
        at = int(token)
        return [*value[:at], _without(value[at], below), *value[at + 1 :]]
    return value


class _Walk:
    def __init__(self) -> None:
        self.keys: set[str] = set()
        self.fields: defaultdict[str, list[str]] = defaultdict(list)
        self.attributes: defaultdict[str, set[str]] = defaultdict(set)
        self.names: defaultdict[Role, set[str]] = defaultdict(set)
        self.bodies: set[str] = set()

    # In one piece and without a call for each value: there are ten thousand in a body, and a call costs as much as the
    # rest of what is done with one.
    def through(self, document: JsonValue) -> None:  # noqa: C901
        """Take in everything, level by level."""
        keys, fields, attributes, names = self.keys, self.fields, self.attributes, self.names
        level: list[Any] = [document]
        while level:
            below: list[Any] = []
            for value in level:
                if type(value) is dict:
                    keys.update(value)
                    for member, item in value.items():
                        kind = type(item)
                        if kind is str:
                            fields[member].append(item)
                        elif kind is dict:
                            below.append(item)
                            if member == "scope" or member == "body":
                                self._scope_or_body(member, item)
                        elif kind is list and item:
                            if member == "attributes":
                                for each in item:
                                    text = _ordinary_text(each)
                                    if text is None:
                                        below.append(each)
                                    else:
                                        attributes[each["key"]].add(text)
                                continue
                            below += item
                            if member in ROLE_IN_LIST:
                                names[ROLE_IN_LIST[member]].update(_names_in(item))
                    if "key" in value:
                        self._odd_attribute(value)
                elif type(value) is list:
                    below += value
                elif type(value) is str:
                    fields[""].append(value)
            level = below

    def _odd_attribute(self, value: dict[str, JsonValue]) -> None:
        key, held = value["key"], value.get("value")
        if isinstance(key, str):
            self.names["attribute-key"].add(key)
            text = held.get("stringValue") if isinstance(held, dict) else None
            if isinstance(text, str):
                self.attributes[key].add(text)

    def _scope_or_body(self, member: str, item: dict[str, JsonValue]) -> None:
        name, text = item.get("name"), item.get("stringValue")
        if member == "scope" and isinstance(name, str):
            self.names["scope-name"].add(name)
        elif member == "body" and isinstance(text, str):
            self.bodies.add(text)


def _names_in(items: list[JsonValue]) -> list[str]:
    return [name for item in items if type(item) is dict and type(name := item.get("name")) is str]


def _ordinary_text(attribute: Any) -> str | None:
    """The text of ``{"key": …, "value": {"stringValue": …}}``, and of nothing else."""
    if type(attribute) is dict and len(attribute) == 2:
        value = attribute.get("value")
        if type(value) is dict and len(value) == 1 and type(attribute.get("key")) is str:
            text = value.get("stringValue")
            return text if type(text) is str else None
    return None
