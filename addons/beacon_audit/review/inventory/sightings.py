"""What one redacted document carries, one sighting for each thing and place. Pure; does not recurse.

The documents are those of payload files: what nobody has vouched for stands as an object
``{"undocumented": token, "type": …, "bytes": …}``, and a name among it is known by that token. What has a ``key`` is an
attribute, what lies in ``metrics`` is a metric and so on, in whatever shape, as for the detectors
(``inspection.subject``).

``value`` of a sighting is what is told apart to say how many values there are: an attribute's value, the attributes of
a metric's points, of a span or an event, a scope's version, a measure's count, a template's body, and what stands at a
path.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from beacon_audit.inspection.facts import ROLE_IN_LIST
from beacon_audit.model.pointer import escaped
from beacon_audit.review.inventory.log_template import log_template

#: The template of bodies that are not recorded.
HIDDEN_BODY = "<hidden>"


class Sighting(NamedTuple):
    """One thing of ``kind`` called ``name``. ``hidden``: the name is a token."""

    kind: str
    name: str
    value: object
    hidden: bool = False


def token_of(value: object) -> str | None:
    """The token of a value that is not recorded; ``None`` when ``value`` is something else."""
    if isinstance(value, dict) and value.keys() == {"undocumented", "type", "bytes"}:
        token = value["undocumented"]
        return token if isinstance(token, str) else None
    return None


def sightings(document: object, *, otlp: bool, field_kind: str = "field-path") -> Iterator[Sighting]:
    """Everything that ``document`` carries. ``otlp``: it can have names."""
    waiting: list[tuple[str, str, bool, Any]] = [("", "", False, document)]
    while waiting:
        path, member, in_list, value = waiting.pop()
        if isinstance(value, dict) and value and token_of(value) is None:
            if otlp:
                yield from _named(member, in_list, value)
            elif member == "measures":
                yield from (Sighting("measure", name, count) for name, count in value.items())
            waiting += [(f"{path}/{escaped(key)}", key, False, item) for key, item in reversed(value.items())]
        elif isinstance(value, list) and value:
            below = f"{path}/*"
            waiting += [(below, member, True, item) for item in reversed(value)]
        else:
            yield Sighting(field_kind, path, value)
            if otlp and member == "body" and token_of(value) is not None:
                yield Sighting("log-template", HIDDEN_BODY, value, hidden=True)


def _named(member: str, in_list: bool, value: dict[str, Any]) -> Iterator[Sighting]:
    """What the object ``value``, or an item of the list ``member``, is called."""
    if "key" in value:
        yield from _sighting("attribute-key", value["key"], value.get("value"))
    role = ROLE_IN_LIST.get(member) if in_list else "scope-name" if member == "scope" else None
    if role is not None and "name" in value:
        name = value["name"]
        if role == "metric-name":
            for attributes in _series(value):
                yield from _sighting(role, name, attributes)
        else:
            yield from _sighting(role, name, value.get("version" if role == "scope-name" else "attributes"))
    if member == "body" and not in_list and "stringValue" in value:
        body = value["stringValue"]
        if isinstance(body, str):
            yield Sighting("log-template", log_template(body), body)
        elif token_of(body) is not None:
            yield Sighting("log-template", HIDDEN_BODY, body, hidden=True)


def _sighting(kind: str, name: object, value: object) -> Iterator[Sighting]:
    token = token_of(name)
    if token is not None:
        yield Sighting(kind, token, value, hidden=True)
    elif isinstance(name, str) and name:
        yield Sighting(kind, name, value)


def _series(metric: Mapping[str, Any]) -> list[object]:
    """The attributes of each data point; one for a metric without points."""
    points: list[object] = [
        point.get("attributes")
        for data in metric.values()
        if isinstance(data, dict) and isinstance(data.get("dataPoints"), list)
        for point in data["dataPoints"]
        if isinstance(point, dict)
    ]
    return points or [None]
