"""One line of the inventory: a thing that was carried, and how often, when, where, with how many values."""

import json
from collections.abc import Mapping
from typing import Any

import orjson

from beacon_audit.inspection import without_secrets
from beacon_audit.review.inventory.sightings import token_of

#: What can be approved, then what is only listed.
KINDS = (
    "attribute-key",
    "metric-name",
    "span-name",
    "event-name",
    "scope-name",
    "log-template",
    "measure",
    "field-path",
    "response-field",
)
#: So many values of one thing are told apart.
MOST_VALUES = 100
LONGEST_EXAMPLE = 120


class Item:
    """``name`` holds nothing of the shape of a secret; ``hidden``: it is a token. ``count`` counts sightings,
    ``exchanges`` the exchanges that they are from, and ``refused`` those of them that stayed in. ``first_index`` is the
    index of the entry that began the first."""

    __slots__ = (
        "count",
        "documented",
        "endpoints",
        "example",
        "exchanges",
        "first_index",
        "first_seen",
        "hidden",
        "kind",
        "last_index",
        "last_seen",
        "name",
        "refused",
        "undocumented",
        "unknown",
        "values",
    )  # fmt: skip

    def __init__(self, kind: str, name: str, *, hidden: bool, index: int, time: str, value: object) -> None:
        self.kind = kind
        self.name = without_secrets(name)
        self.hidden = hidden
        self.first_index, self.first_seen = index, time
        self.last_index, self.last_seen = -1, time
        self.count = self.exchanges = self.refused = 0
        self.endpoints: set[str] = set()
        self.values: set[int] = set()
        self.example = example_of(value)
        #: Whether a contract documents it for an endpoint that it was sent to, does not, or is not known.
        self.documented = self.undocumented = self.unknown = False

    def see(self, index: int, time: str, endpoint: str, value: object, *, refused: bool) -> None:
        """One more sighting, in the exchange that began with the entry ``index``."""
        self.count += 1
        if index != self.last_index:
            self.last_index, self.last_seen = index, time
            self.exchanges += 1
            self.refused += refused
            self.endpoints.add(endpoint)
        if len(self.values) < MOST_VALUES:
            self.values.add(_identity(value))

    @property
    def all_values(self) -> bool:
        """Whether ``values`` counts all of them."""
        return len(self.values) < MOST_VALUES


def example_of(value: object) -> str:
    """``value`` as a person reads it, without secrets, cut."""
    text = without_secrets(_text(_inner(value)))
    return text if len(text) <= LONGEST_EXAMPLE else text[: LONGEST_EXAMPLE - 1] + "…"


def _inner(value: object) -> object:
    """The one value in an attribute's value of OTLP, whose member only names the type."""
    if isinstance(value, dict) and len(value) == 1:
        member, inner = next(iter(value.items()))
        if member.endswith("Value"):
            return inner
    return value


def _text(value: object) -> str:
    token = token_of(value)
    if token is not None:
        return token
    if isinstance(value, list) and (pairs := _pairs(value)):
        return " ".join(pairs)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _pairs(attributes: list[Any]) -> list[str]:
    """A list of attributes as ``key=value``; empty when it is another list."""
    pairs = []
    for attribute in attributes:
        if not isinstance(attribute, Mapping) or attribute.keys() - {"value"} != {"key"}:
            return []
        pairs.append(f"{_text(attribute['key'])}={_text(_inner(attribute.get('value')))}")
    return pairs


def _identity(value: object) -> int:
    if isinstance(value, str):
        return hash(value)
    try:
        return hash(orjson.dumps(value, option=orjson.OPT_SORT_KEYS))
    except orjson.JSONEncodeError:
        return hash(repr(value))  # numbers over 64 bits, half a surrogate pair
