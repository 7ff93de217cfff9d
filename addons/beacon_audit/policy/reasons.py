"""The sentences of decisions. Lower case, no full stop, nothing from a payload but the pointer of a finding."""

from collections.abc import Sequence
from pathlib import PurePath

from beacon_audit.model.decision import Disposition
from beacon_audit.model.endpoint import Endpoint
from beacon_audit.model.finding import Finding
from beacon_audit.policy.document import Disabled, EndpointRule

OFFLINE = "the policy's mode is offline: nothing may leave"
UNDOCUMENTED = "no documented endpoint has this method and path"
LICENSE_NOT_ALLOWED = "it carries a license key that is not one of license.fingerprints in the policy"


def finding(found: Finding) -> str:
    """What was found, and where in the body."""
    return f"{found.message} (at {found.pointer})" if found.pointer else found.message


def endpoint_refused(endpoint: Endpoint, rule: EndpointRule) -> str:
    """The policy refuses this endpoint by name."""
    place = f"{PurePath(rule.place.file).name}:{rule.place.line}"
    return f"{endpoint.name} is refused by {place} endpoints.{endpoint.name}.action"


def telemetry_disabled(endpoint: Endpoint, switch: str, off: Disabled | None) -> str:
    """Who turned this class of telemetry off, and what to set at the source so that it stops being sent."""
    what = switch.replace("_", " ")
    by = f"{off.file}:{off.line} {off.setting}" if off else f"the policy, which has no switch {switch}"
    verb = "is" if switch == "usage_snapshot" else "are"
    advice = ""
    if endpoint.setting is not None and off is not None and off.setting == endpoint.setting:
        advice = ", yet LangSmith still sends: check that this value was rolled out"
    elif endpoint.setting is not None:
        where = "LangSmith's values" if "." in endpoint.setting else "commonEnv of LangSmith's values"
        advice = f"; set {endpoint.setting} to false in {where} to stop it at the source"
    return f"{what} {verb} turned off by {by}{advice}"


def allowed(strictness: str, dispositions: Sequence[tuple[Finding, Disposition]]) -> str:
    """Nothing refuses it, though there may be findings."""
    if not dispositions:
        return "as documented"
    alerts = sum(disposition == "alert" for _, disposition in dispositions)
    notes = len(dispositions) - alerts
    counts = [f"{count} {_plural(word, count)}" for count, word in ((alerts, "alert"), (notes, "note")) if count]
    return f"allowed at strictness {strictness} with {' and '.join(counts)}"


def with_count(reason: str, others: int) -> str:
    """``reason`` with the number of findings that it does not speak of."""
    return f"{reason}; {others} more {_plural('finding', others)}" if others else reason


def _plural(word: str, count: int) -> str:
    return word if count == 1 else f"{word}s"
