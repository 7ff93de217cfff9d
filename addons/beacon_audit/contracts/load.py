"""Reads a contract edition: ``endpoints.yaml`` and the JSON Schemas beside it.

Takes a reference (see ``edition_files``); gives a ``Contract``. Raises ``ContractError`` that lists every problem of
``endpoints.yaml``, or the first of a schema.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from beacon_audit.contracts.contract import Contract, DocumentedNames, EndpointRules, KnownPath
from beacon_audit.contracts.edition_files import (
    ENDPOINTS_FILE,
    available_editions,
    digest_of,
    edition_directory,
    read_files,
)
from beacon_audit.contracts.schemas import SchemaSet
from beacon_audit.contracts.validation import DocumentSchema
from beacon_audit.errors import ContractError
from beacon_audit.model.endpoint import Endpoint

_FORM = Path(__file__).with_name("endpoints.schema.json")


def load_contract(reference: str) -> Contract:
    """The contract edition that ``reference`` names: a shipped edition, or a directory."""
    directory = edition_directory(reference)
    files = read_files(directory)
    place = f"{directory}/{ENDPOINTS_FILE}"
    edition = _read_endpoints(files[ENDPOINTS_FILE], place)
    digest = digest_of(files)
    _refuse_borrowed_name(edition["name"], digest, place)
    schemas = SchemaSet(_read_schemas(files, directory))
    _refuse(place, _problems(edition, schemas))
    return Contract(
        name=edition["name"],
        digest=digest,
        hosts=tuple(edition["hosts"]),
        port=edition["port"],
        endpoints=tuple(_endpoint(entry) for entry in edition["endpoints"]),
        known_paths=tuple(_known_path(entry) for entry in edition.get("known_paths", [])),
        rules={entry["name"]: _rules(entry, schemas) for entry in edition["endpoints"]},
    )


class _StrictLoader(yaml.SafeLoader):
    """A loader that refuses a key given twice, which YAML forbids and PyYAML lets pass, and a key that is no text."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [(key.tag, key.value) for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        if len(set(keys)) < len(keys):
            raise yaml.constructor.ConstructorError(None, None, "a key is given twice", node.start_mark)
        mapping = super().construct_mapping(node, deep=deep)
        if not all(isinstance(key, str) for key in mapping):
            raise yaml.constructor.ConstructorError(None, None, "a key is not a text, quote it", node.start_mark)
        return mapping


def _read_endpoints(data: bytes, place: str) -> dict[str, Any]:
    try:
        edition = yaml.load(data, _StrictLoader)  # noqa: S506 (a SafeLoader)
    except (yaml.YAMLError, UnicodeDecodeError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise ContractError(f"{place}: expected YAML, got something else: {reason}") from None
    form = DocumentSchema(SchemaSet({_FORM.name: json.loads(_FORM.read_bytes())}), _FORM.name)
    _refuse(place, (f"{finding.pointer or '/'}: {finding.message}" for finding in form.findings(edition)))
    return dict(edition)


def _refuse(place: str, problems: Iterator[str]) -> None:
    listed = [f"{place}: {problem}" for problem in problems]
    if listed:
        raise ContractError("\n".join(listed))


def _refuse_borrowed_name(name: str, digest: str, place: str) -> None:
    """A record that says ``langsmith-beacon/2025-10`` must mean the shipped rules, not somebody's copy of them."""
    if name in available_editions() and digest != digest_of(read_files(edition_directory(name))):
        raise ContractError(f"{place}: /name: expected a name of its own, got {name}, which is a shipped edition")


def _problems(edition: Mapping[str, Any], schemas: SchemaSet) -> Iterator[str]:
    names: set[str] = set()
    places: set[tuple[str, str]] = set()
    for index, entry in enumerate(edition["endpoints"]):
        where = f"/endpoints/{index}"
        if entry["name"] in names:
            yield f"{where}/name: expected every endpoint name once, got {entry['name']} again"
        if (entry["method"], entry["path"]) in places:
            yield f"{where}/path: expected every method and path once, got {entry['method']} {entry['path']} again"
        if ("switch" in entry) != ("setting" in entry):
            yield f"{where}: expected both switch and setting, or neither"
        names.add(entry["name"])
        places.add((entry["method"], entry["path"]))
        files = [entry["request"], *entry["responses"].values()]
        files += [entry["request_notes"]] if "request_notes" in entry else []
        yield from (f"{where}: expected the file {file}, got none" for file in files if file not in schemas)


def _read_schemas(files: Mapping[str, bytes], directory: Path) -> dict[str, dict[str, Any]]:
    schemas: dict[str, dict[str, Any]] = {}
    for name, data in files.items():
        if not name.endswith(".schema.json"):
            continue
        try:
            schema = json.loads(data)
        except (ValueError, RecursionError):
            raise ContractError(f"{directory}/{name}: expected JSON, got something else") from None
        if not isinstance(schema, dict):
            raise ContractError(f"{directory}/{name}: expected a JSON Schema that is an object")
        schemas[name] = schema
    return schemas


def _endpoint(entry: Mapping[str, Any]) -> Endpoint:
    return Endpoint(
        name=entry["name"],
        method=entry["method"],
        path=entry["path"],
        traffic_class=entry["class"],
        switch=entry.get("switch"),
        setting=entry.get("setting"),
        otlp=entry.get("otlp"),
        media_types=tuple(entry["media_types"]),
        license_pointers=tuple(entry.get("license_pointers", ())),
        response_secret_pointers=tuple(entry.get("response_secret_pointers", ())),
        license_headers=tuple(entry.get("license_headers", ())),
    )


def _known_path(entry: Mapping[str, Any]) -> KnownPath:
    prefix = "prefix" in entry
    return KnownPath(path=entry["prefix" if prefix else "path"], prefix=prefix, reason=entry["reason"])


def _rules(entry: Mapping[str, Any], schemas: SchemaSet) -> EndpointRules:
    notes = entry.get("request_notes")
    return EndpointRules(
        request=DocumentSchema(schemas, entry["request"]),
        notes=DocumentSchema(schemas, notes) if notes else None,
        responses={int(status): DocumentSchema(schemas, file) for status, file in entry["responses"].items()},
        names=DocumentedNames(**{kind: frozenset(names) for kind, names in entry.get("names", {}).items()}),
    )
