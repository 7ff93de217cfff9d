"""What every code means that a finding, a refusal or a decision can have: the source of ``beacon-audit explain`` and of
``docs/findings.md``. A test holds it complete, both ways, against the code."""

from collections.abc import Mapping

from beacon_audit.policy.explanations.containment import CONTAINMENT
from beacon_audit.policy.explanations.contract import CONTRACT
from beacon_audit.policy.explanations.decision import DECISION
from beacon_audit.policy.explanations.explanation import Explanation
from beacon_audit.policy.explanations.promise import PROMISE
from beacon_audit.policy.explanations.wire import WIRE

#: By code; bases in the order in which they decide, and ``policy.…`` last.
EXPLANATIONS: Mapping[str, Explanation] = {**CONTAINMENT, **WIRE, **PROMISE, **CONTRACT, **DECISION}

#: What a code that begins so is about.
BASES: Mapping[str, str] = {
    "containment": "The request would go to the wrong place, or by a way that does not add up. Refused in every mode.",
    "wire": "The bytes are not what they claim to be, or two readers would make different things of them.",
    "promise": "A secret, or something that the vendor promises not to send.",
    "contract": "Not as the documentation shows it.",
    "policy": "No finding, but a rule of the policy that refused the request.",
}

__all__ = ["BASES", "EXPLANATIONS", "Explanation"]
