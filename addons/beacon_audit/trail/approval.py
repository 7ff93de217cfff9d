"""The entry that says which new names somebody approved in the inventory: who, why, and the names by their kind.

Pure. `approval_fields` gives the fields beside those that every entry has, `read_approval` takes the names back, and
`split_names` makes several lists of names of one that is too long for an entry. A name is either the name itself or the
token that stands for it in payload files; which one is not the trail's business.

Raises `TrailCorrupt` for fields that are no approval (docs/trail-format.md, "Entries"), ``ValueError`` for names that
make none.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import orjson

from beacon_audit.errors import TrailCorrupt

#: What can be approved: the names that a contract documents for an endpoint.
NAME_KINDS = ("attribute-key", "metric-name", "span-name", "event-name", "scope-name")
#: In characters. Names that are longer stand as tokens.
LONGEST_NAME = 256
#: So many bytes of names go into one entry; the rest of its 65,000 is for who and why.
NAMES_BYTES = 48_000

type Names = Mapping[str, Sequence[str]]


def approval_fields(names: Names, *, by: str, operator: str, reason: str) -> dict[str, object]:
    """The fields of the entry. ``by`` is who approves, as told; ``operator`` who ran the command, as the system knows
    them."""
    fields: dict[str, object] = {
        "by": by,
        "operator": operator,
        "reason": reason,
        "names": {kind: sorted(set(group)) for kind, group in sorted(names.items())},
    }
    try:
        read_approval(fields)
    except TrailCorrupt as error:
        raise ValueError(str(error)) from None
    return fields


def read_approval(fields: Mapping[str, object]) -> dict[str, tuple[str, ...]]:
    """The names that an entry with ``fields`` approves, by their kind."""
    for field in ("by", "operator", "reason"):
        value = fields.get(field)
        if not isinstance(value, str) or not value:
            raise TrailCorrupt(f"approval: expected a text in '{field}'")
    names = fields.get("names")
    if not isinstance(names, dict) or not names or not set(NAME_KINDS).issuperset(names):
        raise TrailCorrupt("approval: expected names by their kind in 'names'")
    for group in names.values():
        if not isinstance(group, list) or not group or not all(isinstance(name, str) and name for name in group):
            raise TrailCorrupt("approval: expected a list of texts for each kind in 'names'")
    return {kind: tuple(group) for kind, group in names.items()}


def split_names(names: Iterable[tuple[str, str]], room: int = NAMES_BYTES) -> Iterator[dict[str, list[str]]]:
    """``names``, pairs of kind and name, in as few groups as fit ``room`` bytes each; nothing for no names."""
    group: dict[str, list[str]] = {}
    left = room
    for kind, name in names:
        size = len(orjson.dumps(name)) + 1
        if group and size > left:
            yield group
            group, left = {}, room
        group.setdefault(kind, []).append(name)
        left -= size
    if group:
        yield group
