"""The inventory of a home: every exchange of the trail, joined with its payload files, counted thing by thing.

Needs no key and no lock, so it works beside a running proxy and on a copy. Memory is bounded: beyond ``MOST_ITEMS``
things nothing new is listed, and ``Inventory.gaps`` says so, as it says which bodies could not be looked at. Reading
raises what ``trail.reader`` raises.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from beacon_audit.errors import HomeError, TrailCorrupt
from beacon_audit.home.layout import Home
from beacon_audit.redaction import Tokens
from beacon_audit.review.exchanges import Entry, Exchange, iter_exchanges
from beacon_audit.review.inventory.documented import EndpointNames, endpoint_names
from beacon_audit.review.inventory.inventory import MOST_ITEMS, Inventory
from beacon_audit.review.inventory.item import Item
from beacon_audit.review.inventory.sightings import Sighting, sightings
from beacon_audit.review.payloads import read_recorded_payload
from beacon_audit.trail.approval import NAME_KINDS, read_approval
from beacon_audit.trail.published import published_size


def take_inventory(home: Home, on_progress: Callable[[int, int], None] = lambda _done, _total: None) -> Inventory:
    """Look at everything in ``home``. ``on_progress`` is told how many entries of how many were read."""
    inventory = Inventory(tokens=_tokens(home))
    census = _Census(home, inventory)
    for exchange in iter_exchanges(home, census.note_other):
        census.take(exchange)
        on_progress(min(exchange.index, census.published), census.published)
    return inventory


def _tokens(home: Home) -> Tokens | None:
    """What makes tokens, where it can be read: without it only approvals of names in clear are recognised as such."""
    try:
        return Tokens(home.token_key())
    except HomeError:
        return None


@dataclass(frozen=True, slots=True)
class _Sight:
    """The exchange that is being looked at."""

    index: int
    time: str
    endpoint: str
    refused: bool
    names: EndpointNames | None


class _Census:
    def __init__(self, home: Home, inventory: Inventory) -> None:
        self._home = home
        self._inventory = inventory
        #: Payload files of entries below are where they belong, or gone; the journal need not be searched for them.
        self.published = published_size(home.trail)

    def note_other(self, entry: Entry) -> None:
        """Take in an entry that belongs to no exchange."""
        if entry["type"] != "approval":
            return
        try:
            names = read_approval(entry)
        except TrailCorrupt:
            return  # `verify` names it; an approval that cannot be read approves nothing
        identity = str(entry["id"])
        self._inventory.approvals[identity] = int(str(entry["index"]))
        for kind, group in names.items():
            for name in group:
                self._inventory.approved.setdefault((kind, name), identity)

    def take(self, exchange: Exchange) -> None:
        """Count what an exchange carried, there and back."""
        self._inventory.exchanges += 1
        begin = exchange.begin
        endpoint = exchange.text("endpoint") or ""
        names = endpoint_names(exchange.text("contract") or "", endpoint)
        sight = _Sight(exchange.index, str(begin["time"]), endpoint or "(none)", exchange.refused, names)
        self._look_at(sight, begin, begin.get("request_bytes"), exchange.index, "field-path")
        if exchange.outcome is not None:
            outcome = exchange.outcome
            self._look_at(sight, outcome, outcome.get("response_bytes"), int(str(outcome["index"])), "response-field")

    def _look_at(self, sight: _Sight, entry: Entry, size: object, index: int, field_kind: str) -> None:
        reference = entry.get("payload")
        if reference is None and not size:
            return  # there was no body
        payload = read_recorded_payload(self._home, reference, published=index < self.published)
        if payload.state != "present":
            self._inventory.bodies[payload.state] += 1
            return
        if _is_unparsed(payload.body):
            self._inventory.bodies["unparsed"] += 1
            return
        self._inventory.bodies["present"] += 1
        # A document of a contract that is not known here may be OTLP; and answers have no names.
        otlp = field_kind == "field-path" and (sight.names is None or sight.names.otlp)
        for sighting in sightings(payload.body, otlp=otlp, field_kind=field_kind):
            self._note(sight, sighting)

    def _note(self, sight: _Sight, sighting: Sighting) -> None:
        kind, name, value, hidden = sighting
        key = (kind, name)
        items = self._inventory.items
        item = items.get(key)
        if item is None:
            if len(items) >= MOST_ITEMS:
                self._inventory.beyond = True
                return
            item = items[key] = Item(kind, name, hidden=hidden, index=sight.index, time=sight.time, value=value)
        item.see(sight.index, sight.time, sight.endpoint, value, refused=sight.refused)
        if kind in NAME_KINDS:
            _note_standing(item, sight.names, name)


def _note_standing(item: Item, names: EndpointNames | None, name: str) -> None:
    if names is None:
        item.unknown = True
    elif not item.hidden and name in names.documented[item.kind]:
        item.documented = True
    else:
        item.undocumented = True


def _is_unparsed(body: object) -> bool:
    return isinstance(body, Mapping) and body.keys() == {"unparsed"}
