"""What one contract edition has that another has not, as data for people.

Takes two descriptions (``description``). Gives JSON values, whose shape ``contract diff --json`` promises: everywhere
``added`` and ``removed`` are lists and ``changed`` says ``from`` and ``to``. Endpoints are the same by name, fields by
place. How sources, promises and reasons are worded is no difference. Pure.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from beacon_audit.contracts.description import Described

#: What an endpoint has beside its fields; ``reason`` is wording.
_ATTRIBUTES = ("method", "path", "prefix", "class", "status", "switch", "setting", "otlp", "promises", "media_types",
               "license_pointers", "license_headers", "response_secret_pointers", "names")  # fmt: skip
#: What a field has; its source differs between editions by name alone.
_FIELD_ATTRIBUTES = ("types", "required", "description")


def contract_difference(old: Described, new: Described) -> Described:
    """What changes from ``old`` to ``new``."""
    before, after = _by_name(old["endpoints"]), _by_name(new["endpoints"])
    changed = [
        difference
        for name, endpoint in after.items()
        if name in before and (difference := _endpoint(name, before[name], endpoint)) is not None
    ]
    return {
        "from": old["name"],
        "to": new["name"],
        "hosts": _listed(old["hosts"], new["hosts"]),
        "port": None if old["port"] == new["port"] else {"from": old["port"], "to": new["port"]},
        "endpoints": {
            "added": [endpoint for name, endpoint in after.items() if name not in before],
            "removed": [endpoint for name, endpoint in before.items() if name not in after],
            "changed": changed,
        },
        "headers": _headers(old["headers"], new["headers"]),
        "known_hosts": _listed(
            [known["host"] for known in old["known_hosts"]], [known["host"] for known in new["known_hosts"]]
        ),
        "known_paths": _listed(
            [known["path"] for known in old["known_paths"]], [known["path"] for known in new["known_paths"]]
        ),
    }


def is_empty(difference: Described) -> bool:
    """Whether the two editions say the same."""
    parts = (difference[part] for part in ("hosts", "endpoints", "headers", "known_hosts", "known_paths"))
    return difference["port"] is None and not any(any(part.values()) for part in parts)


def _headers(old: Sequence[Described], new: Sequence[Described]) -> Described:
    before, after = _by_name(old), _by_name(new)
    return {
        "added": [header for name, header in after.items() if name not in before],
        "removed": [header for name, header in before.items() if name not in after],
        "changed": {
            name: changes
            for name, header in after.items()
            if name in before and (changes := _changes(before[name], header, ("description",)))
        },
    }


def _endpoint(name: str, old: Described, new: Described) -> Described | None:
    statuses = dict.fromkeys((*old["responses"], *new["responses"]))
    difference = {
        "name": name,
        "attributes": _changes(old, new, _ATTRIBUTES),
        "request": _fields(old["request"], new["request"]),
        "responses": {
            status: fields
            for status in statuses
            if (fields := _fields(old["responses"].get(status), new["responses"].get(status)))
        },
    }
    return difference if difference["attributes"] or difference["request"] or difference["responses"] else None


def _fields(old: Sequence[Described] | None, new: Sequence[Described] | None) -> Described | None:
    """``None``: no difference. A list of fields that is not there at all differs from an empty one."""
    if old == new:
        return None
    before, after = _by_name(old or (), "pointer"), _by_name(new or (), "pointer")
    changed = {
        pointer: changes
        for pointer, field in after.items()
        if pointer in before and (changes := _changes(before[pointer], field, _FIELD_ATTRIBUTES))
    }
    difference = {
        "added": [field for pointer, field in after.items() if pointer not in before],
        "removed": [field for pointer, field in before.items() if pointer not in after],
        "changed": changed,
    }
    return difference if any(difference.values()) or (old is None) != (new is None) else None


def _changes(old: Mapping[str, Any], new: Mapping[str, Any], attributes: Sequence[str]) -> Described:
    return {name: {"from": old[name], "to": new[name]} for name in attributes if old[name] != new[name]}


def _listed(old: Sequence[str], new: Sequence[str]) -> Described:
    return {"added": [item for item in new if item not in old], "removed": [item for item in old if item not in new]}


def _by_name(described: Sequence[Described], key: str = "name") -> dict[str, Described]:
    return {item[key]: item for item in described}
