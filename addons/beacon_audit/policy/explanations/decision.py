"""What the codes ``policy.…`` mean, which a decision has when no finding led to it."""

from collections.abc import Mapping

from beacon_audit.policy.explanations.explanation import Explanation

DECISION: Mapping[str, Explanation] = {
    "policy.offline": Explanation(
        means="The policy's mode is offline: nothing may leave.",
        matters="No connection was opened and no name was looked up.",
        source="mode in the policy.",
        do="Nothing, if the installation is meant to be offline. The attempts show what LangSmith tried to send.",
    ),
    "policy.endpoint-refused": Explanation(
        means="The policy refuses this endpoint by name.",
        matters="Somebody decided so; the reason names the file and line.",
        source="endpoints.NAME.action in the policy.",
        do="Nothing, or take the line out of the policy.",
    ),
    "policy.telemetry-disabled": Explanation(
        means="This class of telemetry is turned off by the policy or by langsmith_config.yaml, and was sent "
        "nevertheless.",
        matters="If the setting was rolled out, this is evidence that it does not do what it says.",
        source="telemetry in the policy; config.telemetry in langsmith_config.yaml.",
        do="Check that the value named in the reason was rolled out; beacon-audit lint finds mistakes in the file.",
    ),
    "policy.license-not-allowed": Explanation(
        means="The request carries a license key that is not one of license.fingerprints in the policy.",
        matters="A second installation, an old key or somebody else's key uses this way out.",
        source="license.fingerprints in the policy.",
        do="If the key was renewed, add its fingerprint, which the record shows.",
    ),
}
