"""What may leave and what becomes of what may not: the policy file, and the decision about one request.

``load`` reads files; everything else is pure. ``langsmith_config`` and ``lint`` read the vendor's file, ``parse`` ours
(``yaml_source``, ``scalars``, ``section``, ``rules``, ``connection``, ``witnesses``). ``decide`` rests on ``severity``,
a table.
"""

from beacon_audit.policy.decide import decide
from beacon_audit.policy.document import (
    Disabled,
    EndpointRule,
    Limits,
    Mode,
    Place,
    Policy,
    Recording,
    Source,
    Strictness,
    Upstream,
    Witnessing,
    WitnessServer,
)
from beacon_audit.policy.endpoint_names import check_endpoint_names
from beacon_audit.policy.load import load_policy, preset_names

__all__ = [
    "Disabled",
    "EndpointRule",
    "Limits",
    "Mode",
    "Place",
    "Policy",
    "Recording",
    "Source",
    "Strictness",
    "Upstream",
    "WitnessServer",
    "Witnessing",
    "check_endpoint_names",
    "decide",
    "load_policy",
    "preset_names",
]
