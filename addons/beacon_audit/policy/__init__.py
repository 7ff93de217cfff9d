"""What may leave and what becomes of what may not: the policy file, and the decision about one request.

``load`` and ``files`` read files; everything else is pure. ``langsmith_config`` and ``lint`` read the vendor's file,
``parse`` ours (``yaml_source``, ``scalars``, ``section``, ``rules``, ``connection``, ``witnesses``). ``decide`` rests
on ``severity``, a table. ``replacement`` says what a reload may change.
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
from beacon_audit.policy.files import FileRead, PolicyFiles
from beacon_audit.policy.load import load_policy, preset_names
from beacon_audit.policy.replacement import changes_what_is_fixed, check_replacement

__all__ = [
    "Disabled",
    "EndpointRule",
    "FileRead",
    "Limits",
    "Mode",
    "Place",
    "Policy",
    "PolicyFiles",
    "Recording",
    "Source",
    "Strictness",
    "Upstream",
    "WitnessServer",
    "Witnessing",
    "changes_what_is_fixed",
    "check_endpoint_names",
    "check_replacement",
    "decide",
    "load_policy",
    "preset_names",
]
