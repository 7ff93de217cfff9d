"""Measured false positives: texts of clean telemetry break no promise, wherever they stand."""

import json
from pathlib import Path

import pytest

from beacon_audit.contracts import load_contract
from beacon_audit.inspection import InspectionContext, inspect
from beacon_audit.model import Finding
from beacon_audit.policy.severity import disposition_of
from harness.clean_texts import CLEAN
from harness.telemetry_places import PLACES

EDITIONS = ("langsmith-beacon/2025-10", "langsmith-beacon/2026-08")
CONTRACTS = {edition: load_contract(edition) for edition in EDITIONS}
SAMPLES = Path(load_contract.__code__.co_filename).parent / "editions"
ENDPOINTS = [(edition, endpoint.name) for edition in EDITIONS for endpoint in CONTRACTS[edition].endpoints]


def inspected(edition: str, endpoint: str, document: object) -> tuple[Finding, ...]:
    contract = CONTRACTS[edition]
    found = contract.endpoint(endpoint)
    assert found is not None
    return inspect(document, InspectionContext(found, contract.documented_names(found), lambda _: False)).findings  # type: ignore[arg-type]


@pytest.mark.parametrize(("place", "text"), [(place, text) for place, texts in CLEAN.items() for text in texts])
def test_clean_text_breaks_no_promise(place: str, text: str) -> None:
    document = PLACES[place](text)
    signal = {"resourceSpans": "traces", "resourceMetrics": "metrics", "resourceLogs": "logs"}[next(iter(document))]
    findings = inspected("langsmith-beacon/2026-08", f"telemetry-{signal}", document)
    assert [finding.code for finding in findings if finding.basis == "promise"] == []


@pytest.mark.parametrize(("edition", "endpoint"), ENDPOINTS)
def test_documented_sample_gives_no_finding_at_all(edition: str, endpoint: str) -> None:
    sample = SAMPLES / edition / "samples" / f"{endpoint}.request.json"
    if sample.exists():
        assert inspected(edition, endpoint, json.loads(sample.read_text())) == ()


@pytest.mark.parametrize("exporter", ["python", "node", "go"])
def test_default_resource_of_an_exporter_is_noted_and_no_more(exporter: str) -> None:
    resources = {
        "python": {
            "telemetry.sdk.language": "python",
            "telemetry.sdk.name": "opentelemetry",
            "telemetry.sdk.version": "1.36.0",
            "service.name": "unknown_service",
        },
        "node": {
            "service.name": "unknown_service:/usr/local/bin/node",
            "telemetry.sdk.language": "nodejs",
            "telemetry.sdk.name": "opentelemetry",
            "telemetry.sdk.version": "2.0.1",
            "service.instance.id": "627cc493-f310-47de-96bd-71410b7dec09",
        },
        "go": {
            "service.name": "unknown_service:platform-backend",
            "telemetry.sdk.language": "go",
            "telemetry.sdk.name": "opentelemetry",
            "telemetry.sdk.version": "1.37.0",
            "service.version": "0.11.4",
        },
    }
    attributes = [{"key": key, "value": {"stringValue": text}} for key, text in resources[exporter].items()]
    document = {"resourceSpans": [{"resource": {"attributes": attributes}, "scopeSpans": []}]}
    findings = inspected("langsmith-beacon/2026-08", "telemetry-traces", document)
    assert {finding.code for finding in findings} == {"contract.standard-attribute-key"}
    assert disposition_of("contract.standard-attribute-key", "standard", {}) == "note"
