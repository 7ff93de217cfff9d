"""Laws of decisions: nothing that is added, and no stricter policy, ever lets more out."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from beacon_audit.model import Decision, Endpoint, Finding
from beacon_audit.policy import Disabled, EndpointRule, Place, Policy, decide
from beacon_audit.policy.document import SWITCHES
from beacon_audit.policy.severity import FIXED_CODES, OVERRIDABLE
from harness.policies import METRICS, VERIFY, policy_with

CODES = [*OVERRIDABLE, *FIXED_CODES, "wire.duplicate-key", "containment.sni-mismatch", "contract.new", "promise.new"]
LICENSES = [f"license:3f9a:{n:016x}" for n in range(3)]
PLACE = Place("policy.yaml", 1, 1)
OPENNESS = {"refused": 0, "observed": 1, "allowed": 2}

findings = st.builds(Finding, st.sampled_from(CODES), st.sampled_from(["", "/a", "/a/0"]), st.just("found"))
dispositions = st.sampled_from(["note", "alert", "block"])
rules = st.builds(
    EndpointRule,
    st.sampled_from([None, "refuse"]),
    st.dictionaries(st.sampled_from(CODES), dispositions, max_size=3),
    st.just(PLACE),
)
policies = st.builds(
    policy_with,
    mode=st.sampled_from(["enforce", "observe", "offline"]),
    strictness=st.sampled_from(["lenient", "standard", "strict"]),
    telemetry=st.fixed_dictionaries({switch: st.booleans() for switch in SWITCHES}),
    endpoints=st.dictionaries(st.sampled_from([METRICS.name, VERIFY.name]), rules),
    license_fingerprints=st.lists(st.sampled_from(LICENSES), max_size=2).map(tuple),
)
endpoints = st.sampled_from([METRICS, VERIFY, None])
found = st.lists(findings, max_size=4)
carried = st.lists(st.sampled_from(LICENSES), max_size=2)


def openness(decision: Decision) -> int:
    return OPENNESS[decision.action]


@given(policies, endpoints, found, carried, findings, st.integers(0, 4))
def test_one_more_finding_never_lets_more_out(
    policy: Policy, endpoint: Endpoint | None, before: list[Finding], licenses: list[str], more: Finding, at: int
) -> None:
    after = [*before[:at], more, *before[at:]]
    first = decide(policy, endpoint, before, licenses=licenses)
    second = decide(policy, endpoint, after, licenses=licenses)
    assert openness(second) <= openness(first)


@given(policies, endpoints, found, carried)
def test_one_more_refusal_in_the_policy_never_lets_more_out(
    policy: Policy, endpoint: Endpoint | None, before: list[Finding], licenses: list[str]
) -> None:
    first = openness(decide(policy, endpoint, before, licenses=licenses))
    for name in (METRICS.name, VERIFY.name):
        findings_of_rule = policy.endpoints[name].findings if name in policy.endpoints else {}
        refusing = replace(
            policy, endpoints={**policy.endpoints, name: EndpointRule("refuse", findings_of_rule, PLACE)}
        )
        assert openness(decide(refusing, endpoint, before, licenses=licenses)) <= first
    for switch in SWITCHES:
        off = replace(
            policy,
            telemetry={**policy.telemetry, switch: False},
            disabled={switch: Disabled("policy.yaml", 1, 1, f"telemetry.{switch}")},
        )
        assert openness(decide(off, endpoint, before, licenses=licenses)) <= first
    offline = replace(policy, mode="offline")
    assert openness(decide(offline, endpoint, before, licenses=licenses)) == OPENNESS["refused"]


@given(policies, endpoints, found, carried)
def test_override_to_block_never_lets_more_out(
    policy: Policy, endpoint: Endpoint | None, before: list[Finding], licenses: list[str]
) -> None:
    first = openness(decide(policy, endpoint, before, licenses=licenses))
    for code in CODES:
        name = METRICS.name
        rule = policy.endpoints.get(name, EndpointRule(None, {}, PLACE))
        blocking = replace(rule, findings={**rule.findings, code: "block"})
        stricter = replace(policy, endpoints={**policy.endpoints, name: blocking})
        assert openness(decide(stricter, endpoint, before, licenses=licenses)) <= first


@given(policies, endpoints, found, carried)
def test_stricter_policy_never_lets_more_out(
    policy: Policy, endpoint: Endpoint | None, before: list[Finding], licenses: list[str]
) -> None:
    lenient, standard, strict = (
        openness(decide(replace(policy, strictness=strictness), endpoint, before, licenses=licenses))
        for strictness in ("lenient", "standard", "strict")
    )
    assert strict <= standard <= lenient
    enforced = openness(decide(replace(policy, mode="enforce"), endpoint, before, licenses=licenses))
    observed = openness(decide(replace(policy, mode="observe"), endpoint, before, licenses=licenses))
    assert enforced <= observed


@given(policies, endpoints, found, carried, st.randoms(use_true_random=False))
def test_decision_does_not_depend_on_the_order_of_findings(
    policy: Policy, endpoint: Endpoint | None, before: list[Finding], licenses: list[str], random: object
) -> None:
    shuffled = sorted(before, key=lambda _: random.random())  # type: ignore[attr-defined]
    first = decide(policy, endpoint, before, licenses=licenses)
    second = decide(policy, endpoint, shuffled, licenses=licenses)
    assert (first.action, first.code, first.reason) == (second.action, second.code, second.reason)


@given(policies, endpoints, found, carried)
def test_wrong_place_or_offline_is_never_anything_but_refused(
    policy: Policy, endpoint: Endpoint | None, before: list[Finding], licenses: list[str]
) -> None:
    decision = decide(policy, endpoint, before, licenses=licenses)
    if policy.mode == "offline" or any(finding.basis == "containment" for finding in before):
        assert decision.action == "refused"
    if decision.action == "allowed":
        assert all(disposition != "block" for _, disposition in decision.dispositions)
    assert decision.findings == tuple(before)
