"""Acceptance: every documented sample is documented, with exactly the expected notes."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from beacon_audit.contracts import Contract
from beacon_audit.inspection import InspectionContext, inspect

SAMPLES = (
    "license-verify.request",
    "license-verify.response",
    "telemetry-metrics.request",
    "telemetry-traces.request",
    "usage-ingest.request",
    "usage-ingest.response",
)


@pytest.mark.parametrize("name", SAMPLES)
def test_documented_sample_has_exactly_the_expected_notes(
    name: str, contract: Contract, sample: Callable[[str], Any], edition_path: Path
) -> None:
    expected = json.loads((edition_path / "samples" / "expected-notes.json").read_bytes())
    endpoint_name, _, kind = name.partition(".")
    endpoint = contract.endpoint(endpoint_name)
    assert endpoint is not None
    document = sample(name)
    if kind == "request":
        findings = contract.request_findings(endpoint, document)
    else:
        findings = contract.response_findings(endpoint, 200, document)
    assert [{"code": finding.code, "pointer": finding.pointer} for finding in findings] == expected[f"{name}.json"]


def test_every_sample_file_is_tested_and_listed(edition_path: Path) -> None:
    files = {file.stem for file in (edition_path / "samples").glob("*.json")} - {"expected-notes"}
    listed = json.loads((edition_path / "samples" / "expected-notes.json").read_bytes())
    assert files == set(SAMPLES) == {name.removesuffix(".json") for name in listed}


@pytest.mark.parametrize("name", ["license-verify", "usage-ingest", "telemetry-metrics", "telemetry-traces"])
def test_no_name_of_a_sample_is_new(name: str, contract: Contract, sample: Callable[[str], Any]) -> None:
    endpoint = contract.endpoint(name)
    assert endpoint is not None
    context = InspectionContext(endpoint, contract.documented_names(endpoint), lambda _: False)
    assert inspect(sample(f"{name}.request"), context) == ()


@pytest.mark.parametrize("name", ["telemetry-metrics", "telemetry-traces"])
def test_every_listed_name_stands_in_the_sample(name: str, contract: Contract, edition_path: Path) -> None:
    endpoint = contract.endpoint(name)
    assert endpoint is not None
    names = contract.documented_names(endpoint)
    listed = names.attribute_keys | names.metric_names | names.span_names | names.event_names | names.scope_names
    text = (edition_path / "samples" / f"{name}.request.json").read_text()
    assert listed
    assert [name for name in sorted(listed) if f'"{name}"' not in text] == []
