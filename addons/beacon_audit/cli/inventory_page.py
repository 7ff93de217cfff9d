"""The inventory for people and for machines. Every line is printable; colour only on a terminal."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from beacon_audit.cli.output import paint, printable
from beacon_audit.review.inventory import Inventory, Item

TITLES = {
    "attribute-key": "attribute keys",
    "metric-name": "metrics",
    "span-name": "spans",
    "event-name": "events",
    "scope-name": "scopes",
    "log-template": "log templates",
    "measure": "usage measures",
    "field-path": "fields of requests",
    "response-field": "fields of answers",
}
STYLES = {"new": "bold yellow", "unknown": "yellow", "approved": "green"}
NAME_WIDTH, EXAMPLE_WIDTH = 100, 60


def item_json(inventory: Inventory, item: Item) -> dict[str, object]:
    """An item as one object. ``cardinality`` is a lower bound unless ``cardinality_exact``."""
    return {
        "kind": item.kind,
        "name": printable(item.name),
        "status": inventory.status(item),
        "approval": inventory.approval_of(item),
        "hidden": item.hidden,
        "endpoints": sorted(item.endpoints),
        "first_seen": item.first_seen,
        "last_seen": item.last_seen,
        "count": item.count,
        "exchanges": item.exchanges,
        "refused": item.refused,
        "cardinality": len(item.values),
        "cardinality_exact": item.all_values,
        "example": printable(item.example),
    }


def inventory_lines(inventory: Inventory, items: Sequence[Item]) -> Iterator[str]:
    """The page, line by line, without newlines."""
    if inventory.gaps:
        yield paint("PARTIAL: not everything that was carried could be looked at", "bold yellow")
        yield from (f"  {printable(gap)}" for gap in inventory.gaps)
    for kind, group in groupby(items, key=lambda item: item.kind):
        yield paint(TITLES[kind], "bold")
        for item in group:
            yield from _item_lines(inventory, item)
    yield _summary(inventory, items)


def _item_lines(inventory: Inventory, item: Item) -> Iterator[str]:
    status = inventory.status(item)
    marked = f"{paint(status.ljust(12), STYLES.get(status, ''))}" if status else ""
    yield f"  {marked}{_cut(item.name, NAME_WIDTH)}"
    values = f"{len(item.values)}" if item.all_values else f">={len(item.values)}"
    refused = f" ({item.refused} refused)" if item.refused else ""
    where = printable(", ".join(sorted(item.endpoints)))
    yield f"      times: {item.count}, exchanges: {item.exchanges}{refused}, values: {values}, in: {where}"
    when = f"{printable(item.first_seen)} to {printable(item.last_seen)}"
    yield f"      from {when}, such as: {_cut(item.example, EXAMPLE_WIDTH)}"


def _summary(inventory: Inventory, items: Sequence[Item]) -> str:
    new = sum(inventory.status(item) in ("new", "unknown") for item in items)
    unparsed = inventory.bodies["unparsed"]
    others = f"; {unparsed} bodies were no documents and are not listed" if unparsed else ""
    return f"{len(items)} things in {inventory.exchanges} exchanges, {new} names not approved{others}"


def _cut(text: str, width: int) -> str:
    shown = printable(text)
    return shown if len(shown) <= width else shown[: width - 1] + "…"
