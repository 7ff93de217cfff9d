"""What must hold in ``endpoints.yaml`` beyond its form: names once, files that are there, pointers that lead somewhere.

Takes the values of the file (of the form of ``endpoints.schema.json``) and the parsed schemas. Gives pairs of a JSON
Pointer into the file and a message. Pure.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from beacon_audit.contracts.fields import fields_of
from beacon_audit.contracts.schemas import Schema

_HEADER_NAME = re.compile(r"[a-z0-9!#$%&'*+.^_`|~-]{1,64}", re.ASCII)

type Entry = Mapping[str, Any]
type Problems = Iterator[tuple[str, str]]

_READ = ("method", "path", "request", "responses")
#: What an endpoint of a status has to have, and what it cannot have.
_KEYS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "documented": (_READ, ("prefix", "reason")),
    "observed": ((*_READ, "reason"), ("prefix",)),
    "unpublished": (("prefix", "reason"), (*_READ, "request_notes", "names", "otlp", "license_pointers")),
}


def edition_problems(edition: Entry, schemas: Mapping[str, Schema]) -> Problems:
    """Every rule that ``edition`` breaks."""
    endpoints = edition["endpoints"]
    for index, entry in enumerate(endpoints):
        where = f"/endpoints/{index}"
        incomplete = tuple(_status_problems(entry, where))
        yield from incomplete
        if ("switch" in entry) != ("setting" in entry):
            yield where, "expected both switch and setting, or neither"
        yield from _promise_problems(entry, where, edition.get("promises", {}))
        missing = [(at, file) for at, file in _files(entry, where) if file not in schemas]
        yield from ((at, f"expected the file {file}, got none") for at, file in missing)
        if not (missing or incomplete):
            yield from _pointer_problems(entry, where, schemas)
    yield from _repeated(endpoints, "name", lambda entry: entry["name"], "endpoint name")
    yield from _repeated(endpoints, "path", lambda entry: (entry.get("method"), entry.get("path")), "method and path")
    yield from _repeated(endpoints, "prefix", lambda entry: entry.get("prefix"), "prefix")
    yield from _header_problems(edition, schemas)
    hosts = edition["hosts"]
    for index, known in enumerate(edition.get("known_hosts", [])):
        if known["host"] in hosts:
            yield f"/known_hosts/{index}/host", f"expected a host that is not one of hosts, got {known['host']}"


def _status_problems(entry: Entry, where: str) -> Problems:
    status = entry.get("status", "documented")
    needed, excluded = _KEYS[status]
    yield from ((where, f"expected the key {key} for status {status}, got none") for key in needed if key not in entry)
    yield from ((f"{where}/{key}", f"expected no {key} for status {status}") for key in excluded if key in entry)


def _promise_problems(entry: Entry, where: str, promises: Mapping[str, str]) -> Problems:
    for index, name in enumerate(entry.get("promises", [])):
        if name not in promises:
            yield f"{where}/promises/{index}", f"expected a promise whose sentence stands in promises, got {name}"


def _files(entry: Entry, where: str) -> Iterator[tuple[str, str]]:
    for key in ("request", "request_notes"):
        if key in entry:
            yield f"{where}/{key}", entry[key]
    for status, file in entry.get("responses", {}).items():
        yield f"{where}/responses/{status}", file


def _pointer_problems(entry: Entry, where: str, schemas: Mapping[str, Schema]) -> Problems:
    """A pointer to a secret that leads nowhere protects nothing."""
    documents = {
        "license_pointers": [entry["request"]] if "request" in entry else [],
        "response_secret_pointers": list(entry.get("responses", {}).values()),
    }
    for key, files in documents.items():
        known = {field.pointer for file in files for field in fields_of(schemas, file)}
        for index, pointer in enumerate(entry.get(key, [])):
            if pointer not in known:
                yield f"{where}/{key}/{index}", "expected the place of a field in the schema, got none of them"


def _header_problems(edition: Entry, schemas: Mapping[str, Schema]) -> Problems:
    """A header whose name never matches documents nothing, and a value without a bound is a way out for anything."""
    if "headers" not in edition:
        return
    file = edition["headers"]
    properties = schemas.get(file, {}).get("properties")
    if file not in schemas:
        yield "/headers", f"expected the file {file}, got none"
    elif not isinstance(properties, dict):
        yield "/headers", f"expected a schema with properties in {file}, one for each header, got none"
    else:
        for name, says in properties.items():
            if not _HEADER_NAME.fullmatch(name):
                yield "/headers", f"expected header names in lower case in {file}, got {name}"
            elif says is not False and not (isinstance(says, dict) and _is_bounded(says)):
                yield "/headers", f"expected a string with maxLength, enum or const for {name} in {file}, got another"


def _is_bounded(says: Schema) -> bool:
    return says.get("type") == "string" and any(keyword in says for keyword in ("maxLength", "enum", "const"))


def _repeated(entries: list[Entry], key: str, value_of: Callable[[Entry], object], what: str) -> Problems:
    seen: set[object] = set()
    for index, entry in enumerate(entries):
        value = value_of(entry)
        if key not in entry:
            continue
        if value in seen:
            yield f"/endpoints/{index}/{key}", f"expected every {what} once, got one again"
        seen.add(value)
