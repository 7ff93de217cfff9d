"""A contract edition, and the difference between two, as lines for a person.

Takes what ``contracts.description`` and ``contracts.difference`` give. A contract may be anybody's, so nothing of it
reaches the terminal but printable characters.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from beacon_audit.cli.output import paint, printable

type Described = Mapping[str, Any]

_SIGNS = {"added": "+", "removed": "-", "changed": "~"}
_STYLES = {"+": "green", "-": "red", "~": "yellow"}


def edition_page(described: Described) -> Iterator[str]:
    """One edition: where to, from where it is known, and every endpoint with every field."""
    yield f"{paint(printable(described['name']), 'bold')}  {described['digest']}"
    yield f"hosts  {printable(', '.join(described['hosts']))}, port {described['port']}"
    for heading in ("sources", "promises"):
        if described[heading]:
            yield f"\n{heading}"
            yield from _table(described[heading].items(), "  ")
    yield "\nrequest headers"
    yield from _table(_header_rows(described["headers"]), "  ")
    for endpoint in described["endpoints"]:
        heading, *lines = _endpoint(endpoint)
        name = printable(endpoint["name"])
        yield f"\n{paint(name, 'bold')}{printable(heading.removeprefix(endpoint['name']))}"
        yield from (printable(line) for line in lines)
    known = [(_path(entry), entry["reason"]) for entry in described["known_paths"]]
    known += [(entry["host"], entry["reason"]) for entry in described["known_hosts"]]
    if known:
        yield "\nknown, and refused"
        yield from _table(known, "  ")


def difference_page(difference: Described) -> Iterator[str]:
    """What changes from one edition to another; a line that says so when nothing does."""
    title = f"{printable(difference['from'])} → {printable(difference['to'])}"
    lines = list(_difference(difference))
    yield paint(title, "bold")
    yield from lines or ["no difference"]


def _difference(difference: Described) -> Iterator[str]:
    for heading, word in (("hosts", "host"), ("known_hosts", "known host"), ("known_paths", "known path")):
        for change in ("added", "removed"):
            for item in difference[heading][change]:
                yield _signed(_SIGNS[change], f"{word} {item}")
    if difference["port"]:
        yield _signed("~", f"port {_from_to(difference['port'])}")
    yield from _header_changes(difference["headers"])
    endpoints = difference["endpoints"]
    for change in ("added", "removed"):
        for endpoint in endpoints[change]:
            yield ""
            yield from (_signed(_SIGNS[change], line) for line in _endpoint(endpoint))
    for endpoint in endpoints["changed"]:
        yield ""
        yield _signed("~", endpoint["name"])
        for name, change in endpoint["attributes"].items():
            yield _signed("~", f"  {name} {_from_to(change)}")
        yield from _field_changes("request", endpoint["request"])
        for status, fields in endpoint["responses"].items():
            yield from _field_changes(f"response {status}", fields)


def _header_changes(headers: Described) -> Iterator[str]:
    for change in ("added", "removed"):
        for row in _table(_header_rows(headers[change])):
            yield _signed(_SIGNS[change], f"header {row}")
    for name, changes in headers["changed"].items():
        yield _signed("~", f"header {name} {_from_to(changes['description'])}")


def _field_changes(heading: str, fields: Described | None) -> Iterator[str]:
    if not fields:
        return
    yield f"    {heading}"
    for change in ("added", "removed"):
        for row in _field_rows(fields[change]):
            yield _signed(_SIGNS[change], f"    {row}")
    for pointer, changes in fields["changed"].items():
        for name, change in changes.items():
            yield _signed("~", f"    {pointer} {name} {_from_to(change)}")


def _signed(sign: str, text: str) -> str:
    return paint(f"{sign} {printable(text)}", _STYLES[sign])


def _from_to(change: Described) -> str:
    return f"{_shown(change['from'])} → {_shown(change['to'])}"


def _shown(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(str(item) for item in value) or "none"
    return "none" if value is None or value == "" else str(value)


def _endpoint(endpoint: Described) -> Iterator[str]:
    method = "any method" if endpoint["method"] == "*" else endpoint["method"]
    status = "" if endpoint["status"] == "documented" else f"  {endpoint['status']}, not documented"
    yield f"{endpoint['name']}  {method} {_path(endpoint)}  {endpoint['class']}{status}"
    if endpoint["reason"]:
        yield f"  {endpoint['reason']}"
    if endpoint["switch"]:
        yield f"  turned off by telemetry.{endpoint['switch']} (policy) or {endpoint['setting']} (LangSmith)"
    else:
        yield "  no switch turns it off"
    for heading in ("promises", "media_types", "license_headers"):
        if endpoint[heading]:
            yield f"  {heading.replace('_', ' ')}: {', '.join(endpoint[heading])}"
    for kind, names in endpoint["names"].items():
        yield f"  {kind.replace('_', ' ')}: {', '.join(names)}"
    if endpoint["request"] is None:
        yield "  nothing is known of its fields"
        return
    secrets = {*endpoint["license_pointers"], *endpoint["response_secret_pointers"]}
    yield "  request"
    yield from (f"    {row}" for row in _field_rows(endpoint["request"], secrets))
    for code, fields in endpoint["responses"].items():
        yield f"  response {code}" + ("" if fields else ": no fields")
        yield from (f"    {row}" for row in _field_rows(fields, secrets))


def _path(described: Described) -> str:
    return f"{described['path']}{'…' if described['prefix'] else ''}"


def _header_rows(headers: Sequence[Described]) -> Iterator[tuple[str, str, str]]:
    return ((header["name"], header["source"] or "-", header["description"]) for header in headers)


def _field_rows(fields: Sequence[Described], secrets: Collection[str] = ()) -> Iterator[str]:
    rows = [
        (
            field["pointer"],
            " or ".join(field["types"]) or "any",
            "required" if field["required"] else "optional",
            field["source"] or "-",
            "secret; " * (field["pointer"] in secrets) + field["description"],
        )
        for field in fields
    ]
    yield from _table(rows)


def _table(rows: Iterable[Sequence[str]], indent: str = "") -> Iterator[str]:
    cells = [[printable(cell) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))] if cells else []
    for row in cells:
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield f"{indent}{line}".rstrip()
