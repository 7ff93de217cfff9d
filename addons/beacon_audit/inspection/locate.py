"""Where in a document the facts stand that detectors are suspicious of.

One walk for all detectors, with places: linked lists from a value up to the root, turned into a JSON Pointer only for
what is found. Never raises and does not recurse.

A key that is suspicious itself is not shown: pointers end at the object around it, and ``Located.withheld`` names it,
so that others can do the same. Beyond ``MOST_PLACES`` nothing is located, and one finding of each code covers the whole
body.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from beacon_audit.inspection.facts import ROLE_IN_LIST, Fact, Role, Suspicion
from beacon_audit.model.finding import Finding
from beacon_audit.model.json_value import JsonValue
from beacon_audit.model.pointer import can_show_key, json_pointer

type Place = tuple[Place, str | int] | None
type Path = tuple[str | int, ...]

MOST_PLACES = 10_000


@dataclass(frozen=True, slots=True)
class Located:
    """``findings`` by code, each in document order: the same for the same document, in whatever order sets are read."""

    findings: tuple[Finding, ...]
    withheld: frozenset[str]


def locate(document: JsonValue, suspicions: Sequence[Suspicion]) -> Located:
    """A finding for every place of every suspicion."""
    if not suspicions:
        return Located((), frozenset())
    search = _Search(suspicion.about for suspicion in suspicions if isinstance(suspicion.about, Fact))
    search.through(document)
    withheld = frozenset(search.keys)
    pointers = _Pointers(withheld)
    found: list[tuple[str, int, Finding]] = []
    for at, (code, about, message) in enumerate(suspicions):
        for sequence, place in search.places[about] if isinstance(about, Fact) else [(at, _place_of(about))]:
            found.append((code, sequence, Finding(code, pointers.to(place), message)))
    found.sort()
    findings = dict.fromkeys(finding for *_, finding in found)
    return Located((*findings, *(_beyond(suspicions) if search.full else ())), withheld)


def _beyond(suspicions: Iterable[Suspicion]) -> Iterator[Finding]:
    message = f"the body has more than {MOST_PLACES} suspicious places; the others are not listed"
    return (Finding(code, "", message) for code in dict.fromkeys(suspicion.code for suspicion in suspicions))


def _place_of(path: Path) -> Place:
    place: Place = None
    for token in path:
        place = (place, token)
    return place


class _Pointers:
    """Pointers to places. Neighbours share what is above them, so that is made once."""

    def __init__(self, withheld: frozenset[str]) -> None:
        self._withheld = withheld
        #: By the identity of a place: what leads to it, whether all keys on the way are shown, and the place, which is
        #: kept so that no other ever has its identity.
        self._known: dict[int, tuple[str, bool, Place]] = {id(None): ("", True, None)}

    def to(self, place: Place) -> str:
        """The JSON Pointer to ``place``, or to the innermost object around the first key that is not shown."""
        steps = []
        while (known := self._known.get(id(place))) is None and place is not None:
            steps.append(place)
            place = place[0]
        pointer, shown, _ = known or ("", True, None)
        for step in reversed(steps):
            last = step[1]
            shown = shown and last not in self._withheld and (isinstance(last, int) or can_show_key(last))
            pointer = f"{pointer}{json_pointer((last,))}" if shown else pointer
            self._known[id(step)] = pointer, shown, step
        return pointer


class _Search:
    """``places`` are numbered in document order; ``keys`` are wanted texts that stand as keys."""

    def __init__(self, facts: Iterable[Fact]) -> None:
        self._places: dict[Fact, list[tuple[int, Place]]] = {fact: [] for fact in facts}
        self._texts = {fact.text for fact in self._places}
        self._attributes = any(fact.kind == "attribute" for fact in self._places)
        self._keys = any(fact.kind == "text" for fact in self._places)
        self._count = 0
        self.keys: set[str] = set()

    @property
    def places(self) -> Mapping[Fact, Sequence[tuple[int, Place]]]:
        return self._places

    @property
    def full(self) -> bool:
        return self._count > MOST_PLACES

    def through(self, document: JsonValue) -> None:
        """Find every place, in document order."""
        if not self._places:
            return
        texts = self._texts
        waiting: list[tuple[Place, JsonValue]] = [(None, document)]
        while waiting and not self.full:
            place, value = waiting.pop()
            if isinstance(value, str):
                self._text(place, value)
                continue
            if isinstance(value, dict):
                self._object(place, value)
            # What neither holds anything nor is wanted is left out here: a step for each would be most of the time.
            below = [
                ((place, step), item)
                for step, item in _items(value)
                if type(item) is dict or type(item) is list or (type(item) is str and item in texts)
            ]
            below.reverse()
            waiting += below

    def _object(self, place: Place, value: dict[str, JsonValue]) -> None:
        for key in value.keys() & self._texts if self._keys else ():
            if self._note(Fact("text", "", key), place):
                self.keys.add(key)
        if not self._attributes:
            return
        attribute, held = value.get("key"), value.get("value")
        if isinstance(attribute, str) and isinstance(held, dict) and isinstance(text := held.get("stringValue"), str):
            self._note(Fact("attribute", attribute, text), ((place, "value"), "stringValue"))

    def _text(self, place: Place, text: str) -> None:
        above, last = place if place is not None else (None, "")
        self._note(Fact("text", "", text), place)
        self._note(Fact("field", last if isinstance(last, str) else "", text), place)
        role = _role_at(above, last)
        if role is not None:
            self._note(Fact("name", role, text), place)

    def _note(self, fact: Fact, place: Place) -> bool:
        found = self._places.get(fact)
        if found is None:
            return False
        self._count += 1
        found.append((self._count, place))
        return True


def _items(value: JsonValue) -> Iterable[tuple[str | int, JsonValue]]:
    if isinstance(value, dict):
        return value.items()
    return enumerate(value) if isinstance(value, list) else ()


def _role_at(above: Place, member: str | int) -> Role | None:
    """What a text called ``member`` in the object at ``above`` names: its list, or the field ``scope``, decides."""
    if member == "key":
        return "attribute-key"
    if member != "name" or above is None:
        return None
    around, step = above
    if step == "scope":
        return "scope-name"
    if isinstance(step, int) and around is not None and isinstance(around[1], str):
        return ROLE_IN_LIST.get(around[1])
    return None
