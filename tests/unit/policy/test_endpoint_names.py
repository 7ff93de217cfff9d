"""A rule for an endpoint that does not exist is refused: it would refuse nothing."""

from pathlib import Path

import pytest

from beacon_audit.contracts import load_contract
from beacon_audit.errors import PolicyError
from beacon_audit.policy import check_endpoint_names, load_policy, preset_names
from harness.policies import Loaded

ENDPOINTS = load_contract("langsmith-beacon/2025-10").endpoints


def test_rules_for_documented_endpoints_are_fine(loaded: Loaded) -> None:
    check_endpoint_names(loaded("endpoints: {telemetry-traces: {action: refuse}, usage-ingest: {}}"), ENDPOINTS)
    for name in preset_names():
        check_endpoint_names(load_policy(name, cwd=Path.cwd()), ENDPOINTS)


def test_every_rule_for_an_unknown_endpoint_is_refused_at_its_place(loaded: Loaded) -> None:
    policy = loaded("endpoints:\n  telemetry-trace: {action: refuse}\n  zzz: {action: refuse}\n")
    with pytest.raises(PolicyError) as caught:
        check_endpoint_names(policy, ENDPOINTS)
    first, second = caught.value.problems
    assert first.line == 3
    assert "did you mean telemetry-traces?" in first.message
    assert second.line == 4
    assert "expected one of license-verify" in second.message
