"""One decision: the mode first, then the place, then the rules of the policy, then the findings."""

from dataclasses import replace

import pytest

from beacon_audit.model import Endpoint, Finding
from beacon_audit.policy import Disabled, EndpointRule, Place, Policy, decide
from harness.policies import METRICS, VERIFY, policy_with

FIELD = Finding("contract.undocumented-field", "/prompt", "no documented request has this field")
MISMATCH = Finding("containment.sni-mismatch", "", "the SNI names another host")
DUPLICATE = Finding("wire.duplicate-key", "/license", "the key stands here twice")
NEW_NAME = Finding("contract.new-metric-name", "/name", "no documented sample has this name")
NOTE = Finding("contract.otlp-invalid", "/spanId", "a documented sample shows this")
LICENSE, OTHER = "license:3f9a:0123456789abcdef", "license:3f9a:fedcba9876543210"
OFF = Disabled("langsmith_config.yaml", 4, 14, "config.telemetry.metrics")


def switched_off(by: Disabled = OFF) -> Policy:
    return policy_with(telemetry={"metrics": False}, disabled={"metrics": by})


def refusing(endpoint: Endpoint) -> Policy:
    return policy_with(endpoints={endpoint.name: EndpointRule("refuse", {}, Place("dir/policy.yaml", 7, 5))})


def test_request_without_findings_is_allowed_as_documented() -> None:
    decision = decide(policy_with(), VERIFY, [], licenses=[LICENSE])
    assert (decision.action, decision.code, decision.reason) == ("allowed", "documented", "as documented")
    assert not decision.alert


def test_blocking_finding_refuses_and_says_where() -> None:
    decision = decide(policy_with(), VERIFY, [FIELD], licenses=[])
    assert (decision.action, decision.code) == ("refused", "contract.undocumented-field")
    assert decision.reason == "no documented request has this field (at /prompt)"
    assert decision.dispositions == ((FIELD, "block"),)


def test_reason_counts_the_other_findings() -> None:
    assert decide(policy_with(), VERIFY, [FIELD, NOTE], licenses=[]).reason.endswith("; 1 more finding")
    assert decide(policy_with(), VERIFY, [FIELD, NOTE, DUPLICATE], licenses=[]).reason.endswith("; 2 more findings")
    assert decide(switched_off(), METRICS, [FIELD], licenses=[]).reason.endswith("; 1 more finding")


def test_findings_keep_their_order_and_their_dispositions() -> None:
    decision = decide(policy_with(), METRICS, [NOTE, NEW_NAME, FIELD], licenses=[])
    assert decision.dispositions == ((NOTE, "note"), (NEW_NAME, "alert"), (FIELD, "block"))


def test_allowed_request_with_findings_counts_them() -> None:
    decision = decide(policy_with(), METRICS, [NOTE, NEW_NAME, NOTE], licenses=[])
    assert (decision.action, decision.code) == ("allowed", "documented")
    assert decision.reason == "allowed at strictness standard with 1 alert and 2 notes"
    assert decision.alert


@pytest.mark.parametrize("findings", [[FIELD, DUPLICATE], [DUPLICATE, FIELD]])
def test_code_does_not_depend_on_the_order_of_the_findings(findings: list[Finding]) -> None:
    assert decide(policy_with(), VERIFY, findings, licenses=[]).code == "wire.duplicate-key"


@pytest.mark.parametrize("mode", ["enforce", "observe"])
def test_finding_of_containment_refuses_in_every_mode(mode: str) -> None:
    decision = decide(policy_with(mode=mode), VERIFY, [FIELD, MISMATCH], licenses=[])
    assert (decision.action, decision.code) == ("refused", "containment.sni-mismatch")


def test_offline_refuses_everything_before_anything_else() -> None:
    for endpoint, findings in ((VERIFY, []), (METRICS, [FIELD]), (None, [MISMATCH])):
        decision = decide(policy_with(mode="offline"), endpoint, findings, licenses=[])
        assert (decision.action, decision.code) == ("refused", "policy.offline")


def test_undocumented_endpoint_is_refused_even_when_no_finding_says_so() -> None:
    decision = decide(policy_with(strictness="lenient"), None, [], licenses=[])
    assert (decision.action, decision.code) == ("refused", "contract.undocumented-endpoint")


# --- observe --------------------------------------------------------------------------------------------------------


def test_observe_lets_go_what_it_would_refuse_and_says_so() -> None:
    decision = decide(policy_with(mode="observe"), VERIFY, [FIELD], licenses=[])
    assert (decision.action, decision.code) == ("observed", "contract.undocumented-field")
    assert decision.reason == "would refuse: no documented request has this field (at /prompt)"
    assert decision.dispositions == ((FIELD, "block"),)


def test_observe_allows_what_it_would_not_refuse() -> None:
    assert decide(policy_with(mode="observe"), VERIFY, [], licenses=[]).action == "allowed"


# --- rules of the policy --------------------------------------------------------------------------------------------


def test_disabled_telemetry_is_refused_with_the_file_and_key_that_turned_it_off() -> None:
    decision = decide(switched_off(), METRICS, [], licenses=[])
    assert (decision.action, decision.code) == ("refused", "policy.telemetry-disabled")
    assert decision.reason == (
        "metrics are turned off by langsmith_config.yaml:4 config.telemetry.metrics, "
        "yet LangSmith still sends: check that this value was rolled out"
    )


def test_telemetry_that_only_the_policy_disables_is_refused_with_what_to_set_at_the_source() -> None:
    reason = decide(switched_off(Disabled("p.yaml", 2, 1, "telemetry.metrics")), METRICS, [], licenses=[]).reason
    assert reason == (
        "metrics are turned off by p.yaml:2 telemetry.metrics; "
        "set config.telemetry.metrics to false in LangSmith's values to stop it at the source"
    )


@pytest.mark.parametrize(
    ("off", "reason"),
    [
        (
            Disabled("p.yaml", 2, 1, "telemetry.usage_snapshot"),
            "usage snapshot is turned off by p.yaml:2 telemetry.usage_snapshot; set PHONE_HOME_USAGE_REPORTING_ENABLED "
            "to false in commonEnv of LangSmith's values to stop it at the source",
        ),
        (
            Disabled("values.yaml", 3, 1, "PHONE_HOME_USAGE_REPORTING_ENABLED"),
            "usage snapshot is turned off by values.yaml:3 PHONE_HOME_USAGE_REPORTING_ENABLED, "
            "yet LangSmith still sends: check that this value was rolled out",
        ),
    ],
)
def test_snapshot_that_is_turned_off_names_the_variable(off: Disabled, reason: str) -> None:
    endpoint = replace(
        METRICS, name="usage-snapshot", switch="usage_snapshot", setting="PHONE_HOME_USAGE_REPORTING_ENABLED"
    )
    policy = policy_with(telemetry={"usage_snapshot": False}, disabled={"usage_snapshot": off})
    assert decide(policy, endpoint, [], licenses=[]).reason == reason


def test_switch_that_the_policy_does_not_know_is_off() -> None:
    assert decide(policy_with(telemetry={}), METRICS, [], licenses=[]).code == "policy.telemetry-disabled"


def test_billing_is_never_refused_by_a_switch() -> None:
    off = policy_with(telemetry=dict.fromkeys(("metrics", "traces", "logs", "usage_snapshot"), False))
    assert decide(off, VERIFY, [], licenses=[LICENSE]).action == "allowed"


def test_refused_endpoint_is_refused_with_the_line_that_refuses_it() -> None:
    decision = decide(refusing(VERIFY), VERIFY, [], licenses=[])
    assert (decision.action, decision.code) == ("refused", "policy.endpoint-refused")
    assert decision.reason == "license-verify is refused by policy.yaml:7 endpoints.license-verify.action"
    assert decide(refusing(VERIFY), METRICS, [], licenses=[]).action == "allowed"


@pytest.mark.parametrize("licenses", [[OTHER], [LICENSE, OTHER]])
def test_license_that_is_not_listed_may_not_leave(licenses: list[str]) -> None:
    decision = decide(policy_with(license_fingerprints=(LICENSE,)), VERIFY, [], licenses=licenses)
    assert (decision.action, decision.code) == ("refused", "policy.license-not-allowed")


@pytest.mark.parametrize("licenses", [[LICENSE], []])
def test_listed_license_or_none_may_leave(licenses: list[str]) -> None:
    assert decide(policy_with(license_fingerprints=(LICENSE,)), VERIFY, [], licenses=licenses).action == "allowed"


def test_rule_of_the_policy_comes_before_findings() -> None:
    decision = decide(switched_off(), METRICS, [DUPLICATE, FIELD], licenses=[])
    assert decision.code == "policy.telemetry-disabled"


# --- overrides ------------------------------------------------------------------------------------------------------


def test_override_counts_for_its_endpoint_only() -> None:
    rule = EndpointRule(None, {"contract.undocumented-field": "alert"}, Place("p.yaml", 1, 1))
    policy = policy_with(endpoints={"license-verify": rule})
    assert decide(policy, VERIFY, [FIELD], licenses=[]).action == "allowed"
    assert decide(policy, VERIFY, [FIELD], licenses=[]).alert
    assert decide(policy, METRICS, [FIELD], licenses=[]).action == "refused"


@pytest.mark.parametrize("finding", [DUPLICATE, MISMATCH])
def test_override_of_a_fixed_code_is_without_effect_even_in_a_policy_made_by_hand(finding: Finding) -> None:
    rule = EndpointRule(None, {finding.code: "note"}, Place("p.yaml", 1, 1))
    policy = policy_with(strictness="lenient", endpoints={"license-verify": rule})
    assert decide(policy, VERIFY, [finding], licenses=[]).action == "refused"
