"""Which names somebody means who approves: from what was typed, and from what the inventory lists. Pure.

A name is typed as it is listed, or as ``KIND:NAME``, which may not have been seen yet. Raises `UsageError` for what is
neither, and for what cannot be approved; nothing that holds a secret is repeated.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from beacon_audit.errors import UsageError
from beacon_audit.exchange.approvals import name_to_approve
from beacon_audit.inspection import kind_of_secret
from beacon_audit.redaction import Tokens
from beacon_audit.review.inventory.inventory import Inventory
from beacon_audit.trail.approval import LONGEST_NAME, NAME_KINDS

#: What an approval changes.
_OPEN = frozenset({"new", "unknown"})

type Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Choice:
    """``names`` are to be approved; ``settled`` were named and need no approval; ``hidden`` counts new names that
    ``--all`` leaves out because nobody can see what they are."""

    names: tuple[Pair, ...]
    settled: tuple[str, ...] = ()
    hidden: int = 0


def kind_and_name(typed: str) -> Pair | None:
    """The parts of ``KIND:NAME``; ``None`` when it does not begin with a kind."""
    kind, colon, name = typed.partition(":")
    return (kind, name) if colon and kind in NAME_KINDS else None


def typed_pairs(typed: Iterable[str], tokens: Tokens) -> list[Pair]:
    """What names of the form ``KIND:NAME`` approve."""
    pairs = []
    for text in typed:
        pair = kind_and_name(text)
        if pair is None:
            raise ValueError("expected KIND:NAME")
        pairs.append((pair[0], name_to_approve(_checked(pair[1]), tokens)))
    return pairs


def listed_names(inventory: Inventory, typed: Sequence[str], *, everything: bool) -> Choice:
    """What names as the inventory lists them approve, or with ``everything`` all of it that is new and can be seen."""
    if everything:
        return _everything(inventory)
    pairs: list[Pair] = []
    settled: list[str] = []
    for text in typed:
        found = [item for item in inventory.items.values() if item.kind in NAME_KINDS and item.name == _checked(text)]
        if not found:
            raise UsageError(
                f"no attribute key, metric, span, event or scope in the inventory has the name at place "
                f"{typed.index(text) + 1}; to approve a name before it is seen, write its kind before it, as in "
                "span-name:NAME"
            )
        for item in found:
            name = inventory.approvable_name(item)
            if inventory.status(item) not in _OPEN:
                settled.append(f"{item.kind}:{item.name}")
            elif name is None:
                raise UsageError("keys/tokens.key of this home is needed to approve a name that is not one plain word")
            else:
                pairs.append((item.kind, name))
    return Choice(tuple(dict.fromkeys(pairs)), tuple(settled))


def _everything(inventory: Inventory) -> Choice:
    found = [item for item in inventory.listed() if inventory.status(item) in _OPEN]
    names = [(item.kind, inventory.approvable_name(item)) for item in found if not item.hidden]
    pairs = tuple((kind, name) for kind, name in names if name is not None)
    return Choice(pairs, hidden=len(found) - len(pairs))


def _checked(name: str) -> str:
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        raise UsageError(f"a name: expected 1 to {LONGEST_NAME} printable characters")
    if kind_of_secret(name):
        raise UsageError("a name: it has the form of a secret, and the trail is never deleted; it was not approved")
    return name
