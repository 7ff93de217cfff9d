"""The rules about what may leave: switches, endpoints, fingerprints and named sources."""

import pytest

from beacon_audit.policy import Disabled
from harness.policies import Loaded, Refused

FINGERPRINT = "license:3f9a:0123456789abcdef"


def test_switch_that_is_false_is_off_and_says_where(loaded: Loaded) -> None:
    policy = loaded("telemetry:\n  metrics: false\n  traces: true\n")
    assert policy.telemetry == {"metrics": False, "traces": True, "logs": True, "usage_snapshot": True}
    assert policy.disabled == {"metrics": Disabled("policy.yaml", 3, 12, "telemetry.metrics")}


def test_rule_of_an_endpoint_is_taken_with_its_place(loaded: Loaded) -> None:
    policy = loaded(
        "endpoints:\n"
        "  telemetry-traces: {action: refuse}\n"
        "  usage-ingest:\n    findings: {contract.undocumented-field: alert}\n"
    )
    traces, usage = policy.endpoints["telemetry-traces"], policy.endpoints["usage-ingest"]
    assert (traces.action, dict(traces.findings), traces.place.line) == ("refuse", {}, 3)
    assert (usage.action, dict(usage.findings)) == (None, {"contract.undocumented-field": "alert"})


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("{action: allow}", "expected refuse for endpoints.license-verify.action, got text"),
        ("{actions: refuse}", "unknown key actions; did you mean action?"),
        ("{action: null}", "got nothing"),
        ("{findings: {wire.duplicate-key: alert}}", "finding wire.duplicate-key always blocks"),
        ("{findings: {containment.sni-mismatch: note}}", "finding containment.sni-mismatch always blocks"),
        ("{findings: {contract.undocumented-media-type: note}}", "always blocks"),
        ("{findings: {contract.undocumented-endpoint: note}}", "always blocks"),
        ("{findings: {contract.new-metric-nam: block}}", "did you mean contract.new-metric-name?"),
        ("{findings: {style.ugly: block}}", "unknown finding style.ugly; docs/policy-reference.md lists the codes"),
        ("{findings: {contract.wrong-type: blok}}", "did you mean block?"),
        ("refuse", "expected a mapping for endpoints.license-verify, got text"),
    ],
)
def test_wrong_rule_is_refused(rule: str, words: str, refused: Refused) -> None:
    (problem,) = refused(f"endpoints: {{license-verify: {rule}}}")
    assert words in problem.message


def test_name_that_no_endpoint_can_have_is_refused(refused: Refused) -> None:
    (problem,) = refused("endpoints: {License Verify: {action: refuse}}")
    assert "expected the name of an endpoint" in problem.message


def test_fingerprints_are_taken_once_each(loaded: Loaded) -> None:
    policy = loaded(f"license: {{fingerprints: ['{FINGERPRINT}', '{FINGERPRINT}']}}")
    assert policy.license_fingerprints == (FINGERPRINT,)


@pytest.mark.parametrize(
    "fingerprint",
    [
        "lcl_0123456789abcdef",
        FINGERPRINT.upper(),
        f"{FINGERPRINT}0",
        f'"{FINGERPRINT}\\n"',
        "license:3f9a:",
        "12",
        "null",
    ],
)
def test_fingerprint_of_another_form_is_refused_without_being_repeated(fingerprint: str, refused: Refused) -> None:
    (problem,) = refused(f"license: {{fingerprints: [{fingerprint}]}}")
    assert "never put a license key here" in problem.message
    assert "0123" not in problem.message


def test_fingerprints_that_are_no_list_are_refused_and_do_not_mean_any(refused: Refused) -> None:
    (problem,) = refused("license: {fingerprints: null}")
    assert "expected a list for license.fingerprints, got nothing" in problem.message


def test_source_is_named_by_its_smallest_network(loaded: Loaded) -> None:
    policy = loaded(
        "sources:\n"
        "  - {name: cluster, cidr: 10.0.0.0/16}\n"
        "  - {name: backend, cidr: 10.0.1.0/24}\n"
        "  - {name: six, cidr: 'fd00::/64'}\n"
    )
    assert policy.source_name("10.0.1.7") == "backend"
    assert policy.source_name("10.0.2.7") == "cluster"
    assert policy.source_name("::ffff:10.0.1.7") == "backend"
    assert policy.source_name("fd00::1") == "six"
    assert policy.source_name("192.0.2.1") is None
    assert policy.source_name("not an address") is None


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("{name: a, cidr: 10.0.0.1/24}", "without bits set after its prefix"),
        ("{name: a, cidr: 10.0.0.0/33}", "expected a network such as"),
        ("{name: a}", "expected cidr in sources[0], got none"),
        ("{name: a, cidr: null}", "expected text for sources[0].cidr, got nothing"),
        ("{cidr: 10.0.0.0/8}", "expected name in sources[0], got none"),
        ("{name: a b, cidr: 10.0.0.0/8}", "expected a name of at most 64"),
        ("{name: 2025-10-01, cidr: 10.0.0.0/8}", "reads as a date and others may not; put it in quotes"),
        ("{name: a, cidr: 10.0.0.0/8, port: 1}", "unknown key port"),
        ("a", "expected a mapping for sources[0], got text"),
        ("{name: a, cidr: 10.0.0.0/8}, {name: b, cidr: 10.0.0.0/8}", "expected every network once"),
    ],
)
def test_wrong_source_is_refused(source: str, words: str, refused: Refused) -> None:
    (problem,) = refused(f"sources: [{source}]")
    assert words in problem.message
