"""What the trail says of a policy that comes into force: the fields of a ``policy`` entry beside its time and place."""

from beacon_audit.errors import TrailError, UsageError
from beacon_audit.policy import Policy
from beacon_audit.proxy.identity import new_id, now
from beacon_audit.trail.entry import encode_entry

#: No entry has a longer one.
_LAST_INDEX = 2**63 - 1


def policy_fields(policy: Policy) -> dict[str, object]:
    """Digest, name and document. A reload adds the digest of the policy before."""
    return {"digest": policy.digest, "name": policy.name, "document": dict(policy.effective)}


def check_policy_fits(policy: Policy) -> None:
    """Check before anything is recorded: a run without its policy on the record would be one that crashed.

    Raises:
        UsageError: the entry would be too long.
    """
    fields = policy_fields(policy) | {"previous": policy.digest}
    try:
        encode_entry({**fields, "type": "policy", "id": new_id(), "time": now()}, _LAST_INDEX)
    except TrailError as error:
        raise UsageError(f"{policy.name}: too long to be recorded whole, name fewer sources ({error})") from None
