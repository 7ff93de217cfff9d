"""Acceptance: every documented sample is documented, with exactly the expected notes."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from beacon_audit.contracts import Contract
from beacon_audit.inspection import InspectionContext, inspect


def sample_names(edition_path: Path) -> list[str]:
    return sorted(file.stem for file in (edition_path / "samples").glob("*.json") if file.stem != "expected-notes")


def test_documented_sample_has_exactly_the_expected_notes(
    contract: Contract, sample: Callable[[str], Any], edition_path: Path
) -> None:
    expected = json.loads((edition_path / "samples" / "expected-notes.json").read_bytes())
    for name in sample_names(edition_path):
        endpoint_name, _, kind = name.partition(".")
        endpoint = contract.endpoint(endpoint_name)
        assert endpoint is not None
        document = sample(name)
        if kind == "request":
            findings = contract.request_findings(endpoint, document)
        else:
            findings = contract.response_findings(endpoint, 200, document)
        assert [{"code": finding.code, "pointer": finding.pointer} for finding in findings] == expected[f"{name}.json"]


def test_every_sample_file_is_listed_and_every_documented_request_has_one(
    contract: Contract, edition_path: Path
) -> None:
    listed = json.loads((edition_path / "samples" / "expected-notes.json").read_bytes())
    assert sample_names(edition_path) == sorted(name.removesuffix(".json") for name in listed)
    documented = {endpoint.name for endpoint in contract.endpoints if endpoint.status == "documented"}
    assert {name.removesuffix(".request") for name in sample_names(edition_path) if ".request" in name} == documented


def test_no_name_of_a_sample_is_new(contract: Contract, sample: Callable[[str], Any]) -> None:
    for endpoint in contract.endpoints:
        if endpoint.status == "documented":
            context = InspectionContext(endpoint, contract.documented_names(endpoint), lambda _: False)
            assert inspect(sample(f"{endpoint.name}.request"), context).findings == ()


def test_every_listed_name_stands_in_the_sample(contract: Contract, edition_path: Path) -> None:
    for endpoint in contract.endpoints:
        names = contract.documented_names(endpoint)
        listed = names.attribute_keys | names.metric_names | names.span_names | names.event_names | names.scope_names
        assert bool(listed) == (endpoint.otlp is not None)
        if listed:
            text = (edition_path / "samples" / f"{endpoint.name}.request.json").read_text()
            assert [name for name in sorted(listed) if f'"{name}"' not in text] == []


def test_what_an_older_edition_shows_a_newer_one_shows_unchanged() -> None:
    editions = Path(__file__).parents[3] / "addons" / "beacon_audit" / "contracts" / "editions" / "langsmith-beacon"
    for file in (editions / "2025-10" / "samples").glob("*.*.json"):
        assert json.loads(file.read_bytes()) == json.loads((editions / "2026-08" / "samples" / file.name).read_bytes())
