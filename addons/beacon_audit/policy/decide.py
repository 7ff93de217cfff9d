"""What is done with a request, given everything that was found and one policy. Pure.

In this order, the first that applies decides:

1. mode ``offline`` refuses everything;
2. a ``containment`` finding refuses, in ``observe`` too: it is not known where the request would go;
3. rules of the policy: the endpoint is refused, its telemetry switch is off, its license is not one that may leave;
4. findings, by strictness and by the overrides for the endpoint (``policy.severity``).

Nothing that is added to a request or to a policy's refusals ever allows more; ``tests/property`` holds that.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from beacon_audit.model.decision import Decision, Disposition
from beacon_audit.model.endpoint import Endpoint
from beacon_audit.model.finding import Finding
from beacon_audit.policy import reasons
from beacon_audit.policy.document import Policy
from beacon_audit.policy.severity import disposition_of

_BASIS_ORDER = {"containment": 0, "wire": 1, "promise": 2, "contract": 3}


@dataclass(frozen=True, slots=True)
class _Objection:
    """One ground to refuse. ``absolute`` ones hold in ``observe`` too. ``finding`` is the one that it rests on."""

    code: str
    reason: str
    absolute: bool = False
    finding: Finding | None = None


def decide(
    policy: Policy, endpoint: Endpoint | None, findings: Sequence[Finding], *, licenses: Sequence[str]
) -> Decision:
    """Decide about one request.

    ``endpoint`` is ``None`` when no documented endpoint matches, which is refused with or without a finding that says
    so. ``licenses`` are the tokens of every license that the request carries.
    """
    dispositions = tuple((finding, _disposition(policy, endpoint, finding)) for finding in findings)
    blocking = sorted((finding for finding, disposition in dispositions if disposition == "block"), key=_stable_order)
    objection = next(_objections(policy, endpoint, blocking, licenses), None)
    if objection is None:
        return Decision("allowed", "documented", reasons.allowed(policy.strictness, dispositions), dispositions)
    others = len(findings) - (objection.finding is not None)
    reason = reasons.with_count(objection.reason, others)
    if policy.mode == "observe" and not objection.absolute:
        return Decision("observed", objection.code, f"would refuse: {reason}", dispositions)
    return Decision("refused", objection.code, reason, dispositions)


def _disposition(policy: Policy, endpoint: Endpoint | None, finding: Finding) -> Disposition:
    rule = policy.endpoints.get(endpoint.name) if endpoint else None
    return disposition_of(finding.code, policy.strictness, rule.findings if rule else {})


def _stable_order(finding: Finding) -> tuple[int, Finding]:
    """The same finding gives its name to the decision, in whatever order detectors ran."""
    return _BASIS_ORDER[finding.basis], finding


def _objections(
    policy: Policy, endpoint: Endpoint | None, blocking: Sequence[Finding], licenses: Sequence[str]
) -> Iterator[_Objection]:
    """Every ground to refuse, the strongest first."""
    if policy.mode == "offline":
        yield _Objection("policy.offline", reasons.OFFLINE, absolute=True)
    for finding in blocking:
        if finding.basis == "containment":
            yield _Objection(finding.code, reasons.finding(finding), absolute=True, finding=finding)
    if endpoint is not None:
        yield from _broken_rules(policy, endpoint, licenses)
    for finding in blocking:
        yield _Objection(finding.code, reasons.finding(finding), finding=finding)
    if endpoint is None:
        yield _Objection("contract.undocumented-endpoint", reasons.UNDOCUMENTED)


def _broken_rules(policy: Policy, endpoint: Endpoint, licenses: Sequence[str]) -> Iterator[_Objection]:
    rule = policy.endpoints.get(endpoint.name)
    if rule is not None and rule.action == "refuse":
        yield _Objection("policy.endpoint-refused", reasons.endpoint_refused(endpoint, rule))
    # A switch that the policy does not know is off; no switch at all means billing, which none turns off.
    if endpoint.switch is not None and not policy.telemetry.get(endpoint.switch, False):
        off = policy.disabled.get(endpoint.switch)
        yield _Objection("policy.telemetry-disabled", reasons.telemetry_disabled(endpoint, endpoint.switch, off))
    allowed = policy.license_fingerprints
    if allowed and any(license_token not in allowed for license_token in licenses):
        yield _Objection("policy.license-not-allowed", reasons.LICENSE_NOT_ALLOWED)
