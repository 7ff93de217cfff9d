"""Whether a policy may take the place of another one while the proxy runs. Pure.

What the proxy was built from at its start cannot change under it: where it dials and whom it trusts there, which hosts
it answers as, what it bounds, who cosigns its trail. Everything else can, the mode included.
"""

from beacon_audit.errors import PolicyError, Problem
from beacon_audit.policy.document import Place, Policy

#: Keys at the top of a policy that a restart is needed for.
FIXED = ("contract", "upstream", "limits", "witnesses")


def changes_what_is_fixed(policy: Policy, follower: Policy) -> tuple[str, ...]:
    """Keys in ``FIXED`` that ``follower`` has otherwise than ``policy``; a certificate counts by its content too."""
    return tuple(
        key
        for key in FIXED
        if getattr(policy, key) != getattr(follower, key) or policy.effective.get(key) != follower.effective.get(key)
    )


def check_replacement(policy: Policy, follower: Policy) -> None:
    """Check that ``follower`` may take the place of ``policy``.

    Raises:
        PolicyError: it changes what cannot change; lists every such key.
    """
    problems = []
    for key in changes_what_is_fixed(policy, follower):
        place = follower.places.get(key, Place(follower.name, 1, 1))
        reason = f"expected {key} as it was when the proxy started, got a change; restart the proxy for that"
        problems.append(Problem(place.file, place.line, place.column, reason))
    if problems:
        raise PolicyError(problems)
