"""Whether the endpoints that a policy has rules for exist in the contract that it is used with.

A misspelt name would otherwise be a rule that never applies: a refusal that refuses nothing.
"""

from collections.abc import Sequence

from beacon_audit.errors import PolicyError, Problem
from beacon_audit.model.endpoint import Endpoint
from beacon_audit.policy.document import Policy
from beacon_audit.policy.section import did_you_mean


def check_endpoint_names(policy: Policy, endpoints: Sequence[Endpoint]) -> None:
    """Check the rules of ``policy`` against the endpoints of the loaded contract.

    Raises:
        PolicyError: the contract has no endpoint of a name in ``endpoints``; lists all such rules.
    """
    known = [endpoint.name for endpoint in endpoints]
    problems = [
        Problem(
            rule.place.file,
            rule.place.line,
            rule.place.column,
            f"expected an endpoint of {policy.contract}, got {name}"
            + (did_you_mean(name, known) or f"; expected one of {', '.join(known)}"),
        )
        for name, rule in policy.endpoints.items()
        if name not in known
    ]
    if problems:
        raise PolicyError(problems)
