"""A contract edition as data for people: what may go where, in which fields, and where each field was seen.

Takes a reference (see ``edition_files``). Gives JSON values, whose shape ``contract show --json`` promises. The edition
is loaded first, by the same rules as for the proxy, so what is shown is what would be enforced. Raises
``ContractError``.
"""

import json
from collections.abc import Mapping
from typing import Any

from beacon_audit.contracts.contract import Contract
from beacon_audit.contracts.edition_files import ENDPOINTS_FILE, digest_of, edition_directory, read_files
from beacon_audit.contracts.endpoints_file import read_placed
from beacon_audit.contracts.fields import fields_of
from beacon_audit.contracts.load import load_contract
from beacon_audit.contracts.schema_files import SCHEMA_SUFFIX
from beacon_audit.contracts.schemas import Schema
from beacon_audit.errors import ContractError
from beacon_audit.model.endpoint import Endpoint

type Described = dict[str, Any]


def describe_contract(reference: str) -> Described:
    """Everything that the edition ``reference`` says."""
    contract = load_contract(reference)
    files = read_files(edition_directory(reference))
    if digest_of(files) != contract.digest:
        raise ContractError(f"{reference}: changed while it was read; try again")
    edition = read_placed(files[ENDPOINTS_FILE], ENDPOINTS_FILE).values
    schemas = {name: json.loads(data) for name, data in files.items() if name.endswith(SCHEMA_SUFFIX)}
    entries = {entry["name"]: entry for entry in edition["endpoints"]}
    return {
        "name": contract.name,
        "digest": contract.digest,
        "hosts": list(contract.hosts),
        "port": contract.port,
        "sources": dict(edition.get("sources", {})),
        "promises": dict(edition.get("promises", {})),
        "endpoints": [
            _endpoint(contract, endpoint, entries[endpoint.name], schemas) for endpoint in contract.endpoints
        ],
        "headers": [
            {"name": name, "source": found.source, "description": found.description}
            for name, found in contract.headers.documented()
        ],
        "known_hosts": [{"host": known.host, "reason": known.reason} for known in contract.known_hosts],
        "known_paths": [
            {"path": known.path, "prefix": known.prefix, "reason": known.reason} for known in contract.known_paths
        ],
    }


def _endpoint(
    contract: Contract, endpoint: Endpoint, entry: Mapping[str, Any], schemas: Mapping[str, Schema]
) -> Described:
    responses = entry.get("responses", {})
    return {
        "name": endpoint.name,
        "method": endpoint.method,
        "path": endpoint.path,
        "prefix": endpoint.prefix,
        "class": endpoint.traffic_class,
        "status": endpoint.status,
        "reason": contract.reasons.get(endpoint.name),
        "switch": endpoint.switch,
        "setting": endpoint.setting,
        "otlp": endpoint.otlp,
        "promises": sorted(endpoint.promises),
        "media_types": list(endpoint.media_types),
        "license_pointers": list(endpoint.license_pointers),
        "license_headers": list(endpoint.license_headers),
        "response_secret_pointers": list(endpoint.response_secret_pointers),
        "names": {kind: sorted(names) for kind, names in entry.get("names", {}).items()},
        "request": _fields(schemas, entry["request"]) if "request" in entry else None,
        "responses": {status: _fields(schemas, file) for status, file in sorted(responses.items())},
    }


def _fields(schemas: Mapping[str, Schema], file: str) -> list[Described]:
    return [field.to_json() for field in fields_of(schemas, file)]
