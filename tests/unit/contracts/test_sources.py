"""Every field of every schema of every shipped edition says where it comes from."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from beacon_audit.contracts.description import describe_contract
from beacon_audit.contracts.schemas import subschemas


def declared_fields(schema: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Every place where a schema declares a field, whether or not anything refers to it."""
    for path, node in subschemas(schema):
        properties: Any = node.get("properties", {})
        for key, value in properties.items():
            yield "/".join(str(part) for part in (*path, "properties", key)), value
        for keyword in ("additionalProperties", "unevaluatedProperties", "patternProperties"):
            if isinstance(node.get(keyword), dict):
                yield "/".join(str(part) for part in (*path, keyword)), node[keyword]


def test_every_field_says_where_it_comes_from(edition_path: Path) -> None:
    sources = yaml.safe_load((edition_path / "endpoints.yaml").read_bytes())["sources"]
    files = [file for file in edition_path.glob("*.schema.json") if ".notes." not in file.name]
    assert files
    counted = 0
    for file in files:
        for place, field in declared_fields(json.loads(file.read_bytes())):
            assert field.get("source") in sources, f"{file.name}: {place}"
            counted += 1
    assert counted > 60


def test_notes_declare_no_field_of_their_own(edition: str, edition_path: Path) -> None:
    described = {endpoint["name"]: endpoint for endpoint in describe_contract(edition)["endpoints"]}
    for file in edition_path.glob("*.notes.schema.json"):
        known = {field["pointer"] for field in described[file.name.removesuffix(".notes.schema.json")]["request"]}
        departures = [
            "/".join("*" if part == "items" else str(part) for part in path if part != "properties")
            for path, node in subschemas(json.loads(file.read_bytes()))
            if "pattern" in node
        ]
        assert {f"/{place}" for place in departures} <= known


def test_documented_fields_are_those_of_the_page_of_the_edition(edition: str) -> None:
    described = describe_contract(edition)
    page = f"page-{edition.rpartition('/')[2]}"
    assert page in described["sources"]
    for endpoint in described["endpoints"]:
        sources = {field["source"] for field in endpoint["request"] or ()}
        allowed = {"documented": {page, "otlp"}, "observed": {"client"}, "unpublished": set()}[endpoint["status"]]
        assert sources <= allowed
        if endpoint["status"] == "documented":
            assert page in sources


def test_headers_are_those_of_a_standard_or_of_client_code(edition: str) -> None:
    sources = {header["name"]: header["source"] for header in describe_contract(edition)["headers"]}
    seen = {name for name, source in sources.items() if source == "client"}
    assert seen == {"x-langchain-license-key", "x-data-plane-auth"}
    assert all(sources[name].startswith(("RFC 91", "WHATWG ", "W3C ")) for name in sources.keys() - seen)


def test_every_source_is_used(edition: str) -> None:
    described = describe_contract(edition)
    used = {
        field["source"]
        for endpoint in described["endpoints"]
        for fields in (endpoint["request"] or (), *endpoint["responses"].values())
        for field in fields
    }
    used |= {header["source"] for header in described["headers"]} & set(described["sources"])
    assert used == set(described["sources"])


def test_every_promise_is_made_to_somebody(edition: str) -> None:
    described = describe_contract(edition)
    assert {name for endpoint in described["endpoints"] for name in endpoint["promises"]} == set(described["promises"])
