"""The document of a ``policy`` entry as a file whose SHA-256 is the digest in the entry, and the name of the file."""

import json
from collections.abc import Mapping
from hashlib import sha256


def policy_file(fields: Mapping[str, object]) -> tuple[str, bytes] | None:
    """Name and content for the entry with ``fields``; ``None`` when its digest is not that of its document."""
    content = json.dumps(fields.get("document"), sort_keys=True, separators=(",", ":")).encode("ascii")
    digest = sha256(content).hexdigest()
    return (f"policy/{digest}.json", content) if fields.get("digest") == f"sha256:{digest}" else None
