"""Content-Length against the bytes.

The HTTP parsers hold a body to its length already; this holds them to it, because a receiver that trusts the header
and one that trusts the frames would see two bodies (RFC 9112 §6.3, RFC 9113 §8.1.1). Takes the values of all
Content-Length headers and the number of bytes of the body as received; gives ``wire.content-length`` or nothing. Never
raises.
"""

import re
from collections.abc import Sequence

from beacon_audit.model.finding import Finding

_LENGTH = re.compile(r"[0-9]{1,19}", re.ASCII)


def check_content_length(values: Sequence[str], size: int) -> tuple[Finding, ...]:
    """What is wrong with ``values`` for a body of ``size`` bytes."""
    if not values:
        return ()
    if len(values) > 1:
        message = f"expected one content-length header, got {len(values)}"
    elif not _LENGTH.fullmatch(values[0]):
        message = "expected a number in content-length, got something else"
    elif int(values[0]) != size:
        message = "expected as many bytes as content-length says, got more or fewer"
    else:
        return ()
    return (Finding("wire.content-length", "", message),)
