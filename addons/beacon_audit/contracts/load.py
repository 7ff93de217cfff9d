"""Reads a contract edition: ``endpoints.yaml`` and the JSON Schemas beside it.

Takes a reference (see ``edition_files``); gives a ``Contract``. Raises ``ContractError`` that lists every problem of
``endpoints.yaml`` as ``file:line:column: pointer: message``, or the first of the schemas. A contract of one's own is
held to the same rules as a shipped one (``docs/contracts.md``).
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from beacon_audit.contracts.contract import Contract, DocumentedNames, EndpointRules, KnownHost, KnownPath
from beacon_audit.contracts.edition_files import (
    ENDPOINTS_FILE,
    available_editions,
    digest_of,
    edition_directory,
    read_files,
)
from beacon_audit.contracts.edition_rules import edition_problems
from beacon_audit.contracts.endpoints_file import PlacedValues, read_placed
from beacon_audit.contracts.otlp_tier import OtlpTier, status_schema
from beacon_audit.contracts.request_headers import HeaderSchema, RequestHeaders
from beacon_audit.contracts.schema_files import SchemaFiles
from beacon_audit.contracts.schemas import Schema, SchemaSet
from beacon_audit.contracts.validation import DocumentSchema
from beacon_audit.errors import ContractError
from beacon_audit.model.endpoint import ANY_METHOD, Endpoint
from beacon_audit.model.finding import Finding

_FORM = Path(__file__).with_name("endpoints.schema.json")
_LICENSE: Schema = {
    "description": "a license key: 1 to 4096 printable ASCII characters without spaces",
    "type": "string",
    "pattern": "^[!-~]+$",
    "maxLength": 4096,
}
_HTTP_HEADERS = Path(__file__).with_name("http-headers.schema.json")

type Problems = Iterator[tuple[str, str]]


def load_contract(reference: str) -> Contract:
    """The contract edition that ``reference`` names: a shipped edition, or a directory."""
    directory = edition_directory(reference)
    files = read_files(directory)
    placed = read_placed(files[ENDPOINTS_FILE], f"{directory}/{ENDPOINTS_FILE}")
    edition = placed.values
    digest = digest_of(files)
    _refuse(placed, _form_problems(edition))
    _refuse(placed, _borrowed_name(edition["name"], digest))
    schema_files = SchemaFiles.read(files, directory, edition.get("sources", {}))
    _refuse(placed, edition_problems(edition, schema_files.schemas))
    loading = _Schemas(schema_files)
    return Contract(
        name=edition["name"],
        digest=digest,
        hosts=tuple(edition["hosts"]),
        port=edition["port"],
        endpoints=tuple(_endpoint(entry) for entry in edition["endpoints"]),
        known_paths=tuple(_known_path(entry) for entry in edition.get("known_paths", [])),
        rules={entry["name"]: loading.rules(entry) for entry in edition["endpoints"] if "request" in entry},
        known_hosts=tuple(KnownHost(**entry) for entry in edition.get("known_hosts", [])),
        reasons={entry["name"]: entry["reason"] for entry in edition["endpoints"] if "reason" in entry},
        headers=loading.headers(edition),
    )


def _refuse(placed: PlacedValues, problems: Problems) -> None:
    listed = [f"{placed.at(pointer)}: {pointer or '/'}: {message}" for pointer, message in problems]
    if listed:
        raise ContractError("\n".join(listed))


def _form_problems(edition: Mapping[str, Any]) -> Problems:
    form = DocumentSchema(SchemaSet({_FORM.name: json.loads(_FORM.read_bytes())}), _FORM.name)
    return ((finding.pointer, _in_words_of_a_file(finding)) for finding in form.findings(dict(edition)))


def _in_words_of_a_file(finding: Finding) -> str:
    """The schema's findings speak of payloads and documentation, which a file of settings is not."""
    if finding.code == "contract.undocumented-field":
        return "expected a key of docs/contracts.md, got another"
    return finding.message.replace("the documented field ", "the key ")


def _borrowed_name(name: str, digest: str) -> Problems:
    """A record that says ``langsmith-beacon/2026-08`` must mean the shipped rules, not somebody's copy of them."""
    if name in available_editions() and digest != digest_of(read_files(edition_directory(name))):
        yield "/name", f"expected a name of its own, got {name}, which is a shipped edition"


def _endpoint(entry: Mapping[str, Any]) -> Endpoint:
    return Endpoint(
        name=entry["name"],
        method=entry.get("method", ANY_METHOD),
        path=entry["prefix" if "prefix" in entry else "path"],
        traffic_class=entry["class"],
        switch=entry.get("switch"),
        setting=entry.get("setting"),
        otlp=entry.get("otlp"),
        media_types=tuple(entry["media_types"]),
        license_pointers=tuple(entry.get("license_pointers", ())),
        response_secret_pointers=tuple(entry.get("response_secret_pointers", ())),
        license_headers=tuple(entry.get("license_headers", ())),
        promises=frozenset(entry.get("promises", ())),
        status=entry.get("status", "documented"),
        prefix="prefix" in entry,
    )


def _known_path(entry: Mapping[str, Any]) -> KnownPath:
    prefix = "prefix" in entry
    return KnownPath(path=entry["prefix" if prefix else "path"], prefix=prefix, reason=entry["reason"])


def _usual_headers(license_headers: Iterable[str]) -> HeaderSchema:
    """What HTTP clients send by themselves, and ``license_headers`` in case that no schema says more of them."""
    schema = json.loads(_HTTP_HEADERS.read_bytes())
    schema["properties"] |= dict.fromkeys(license_headers, _LICENSE)
    return HeaderSchema.of(SchemaSet({_HTTP_HEADERS.name: schema}), {_HTTP_HEADERS.name: schema}, _HTTP_HEADERS.name)


class _Schemas:
    """The schemas of an edition as the rules of its endpoints."""

    def __init__(self, files: SchemaFiles) -> None:
        self._files = files
        self._set = SchemaSet(files.schemas, place=files.place)

    def headers(self, edition: Mapping[str, Any]) -> RequestHeaders:
        """The headers that requests may have."""
        carriers = [name for entry in edition["endpoints"] for name in entry.get("license_headers", ())]
        own = [edition["headers"]] if "headers" in edition else []
        schemas = [HeaderSchema.of(self._set, self._files.schemas, file) for file in own]
        return RequestHeaders([*schemas, _usual_headers(carriers)], carriers)

    def rules(self, entry: Mapping[str, Any]) -> EndpointRules:
        """The rules of one endpoint."""
        request = DocumentSchema(self._set, entry["request"])
        signal = entry.get("otlp")
        notes = entry.get("request_notes")
        return EndpointRules(
            request=OtlpTier(signal, request, self._files.schemas, entry["request"]) if signal else request,
            notes=DocumentSchema(self._set, notes) if notes else None,
            responses={int(status): DocumentSchema(self._set, file) for status, file in entry["responses"].items()},
            names=DocumentedNames(**{kind: frozenset(names) for kind, names in entry.get("names", {}).items()}),
            failure=status_schema() if signal else None,
        )
