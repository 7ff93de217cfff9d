"""The result of a census: what was carried, what of it was approved, and what could not be looked at."""

from collections import Counter
from dataclasses import dataclass, field

from beacon_audit.exchange.approvals import is_token
from beacon_audit.inspection.attribute_keys import STANDARD_KEYS
from beacon_audit.model.plain_name import is_plain_name
from beacon_audit.redaction import Tokens, hidden_token
from beacon_audit.review.inventory.item import KINDS, Item
from beacon_audit.trail.approval import LONGEST_NAME, NAME_KINDS

MOST_ITEMS = 10_000
#: What a body can be besides looked at; ``unparsed`` ones were no document and carried nothing that has a name.
_GAPS = {
    "none": "were not recorded (recording.payloads: none)",
    "deleted": "were deleted (prune, retention)",
    "altered": "are not what the trail committed to (run: beacon-audit verify)",
    "unreadable": "cannot be read",
}


@dataclass(slots=True)
class Inventory:
    """``approvals`` has the index of each approval by its id; ``approved`` the id by kind and name. ``bodies`` counts
    what became of the bodies of ``exchanges`` exchanges."""

    items: dict[tuple[str, str], Item] = field(default_factory=dict)
    approvals: dict[str, int] = field(default_factory=dict)
    approved: dict[tuple[str, str], str] = field(default_factory=dict)
    bodies: Counter[str] = field(default_factory=Counter)
    exchanges: int = 0
    beyond: bool = False
    tokens: Tokens | None = None

    def listed(self) -> list[Item]:
        """All items by kind, each kind in the order in which they were first seen."""
        return sorted(self.items.values(), key=lambda item: (KINDS.index(item.kind), item.first_index, item.name))

    def approval_of(self, item: Item) -> str | None:
        """The id of the approval of ``item``, if somebody approved it."""
        return self.approved.get((item.kind, self.approvable_name(item) or ""))

    def approvable_name(self, item: Item) -> str | None:
        """What an approval of ``item`` has to say; ``None`` when it cannot be approved from here."""
        if item.kind not in NAME_KINDS or len(item.name) > LONGEST_NAME:
            return None
        if item.hidden or (is_plain_name(item.name) and not is_token(item.name)):
            return item.name
        return hidden_token(self.tokens, item.name) if self.tokens else None

    def status(self, item: Item) -> str | None:
        """``documented``, ``standard``, ``approved``, ``new`` or ``unknown``; ``None`` where nothing is to approve."""
        if item.kind not in NAME_KINDS:
            return None
        if item.undocumented and self._is_standard(item):
            return "standard"
        if not (item.undocumented or item.unknown):
            return "documented"
        if self.approval_of(item) is not None:
            return "approved"
        return "new" if item.undocumented else "unknown"

    @property
    def gaps(self) -> list[str]:
        """Why this is not all that was carried; empty when it is."""
        said = [f"{self.bodies[state]} bodies {what}" for state, what in _GAPS.items() if self.bodies[state]]
        return (
            [*said, f"more than {MOST_ITEMS} things were carried; later ones are not listed"] if self.beyond else said
        )

    def _is_standard(self, item: Item) -> bool:
        return item.kind == "attribute-key" and item.name in STANDARD_KEYS
