"""The form of what the trail says about a change of policy while the proxy ran (docs/trail-format.md, "Entries"). Pure.

Both functions take the fields of an entry and raise `TrailCorrupt` when they are not as they must be.
"""

import re
from collections.abc import Mapping

from beacon_audit.errors import TrailCorrupt

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}").fullmatch


def check_policy(fields: Mapping[str, object]) -> None:
    """A ``policy``: ``previous``, if it is there, is the digest of the policy before."""
    if "previous" in fields and not _is_digest(fields["previous"]):
        raise TrailCorrupt("expected the digest of a policy in 'previous'")


def check_policy_refused(fields: Mapping[str, object]) -> None:
    """A ``policy-refused``: ``in_force`` is a digest, ``reason`` a text, ``files`` what was read, by name."""
    if not _is_digest(fields.get("in_force")):
        raise TrailCorrupt("expected the digest of a policy in 'in_force'")
    reason, files = fields.get("reason"), fields.get("files")
    if not isinstance(reason, str) or not reason:
        raise TrailCorrupt("expected a text in 'reason'")
    if not isinstance(files, list) or not all(_is_file(file) for file in files):
        raise TrailCorrupt("expected name and digest of each file in 'files'")


def _is_file(file: object) -> bool:
    if not isinstance(file, dict) or file.keys() != {"name", "digest"}:
        return False
    return isinstance(file["name"], str) and (file["digest"] is None or _is_digest(file["digest"]))


def _is_digest(value: object) -> bool:
    return isinstance(value, str) and _DIGEST(value) is not None
