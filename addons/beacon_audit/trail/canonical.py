"""The one right spelling of numbers and bytes in the texts of the trail.

Whatever is signed or compared must have one spelling, or two different files could be taken for the same. Base64 is
RFC 4648 section 4, padded, its unused bits zero (Python's decoder lets both pass). Numbers are decimal without leading
zeros and below 2^63. Raises `TrailCorrupt`; messages name the place by ``what`` and never hold the text itself.
"""

import base64
import binascii
import re

from beacon_audit.errors import TrailCorrupt

_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}")
_NUMBER_LIMIT = 2**63


def to_base64(data: bytes) -> str:
    """``data`` in base64."""
    return base64.b64encode(data).decode("ascii")


def from_base64(text: str, what: str, length: int | None = None) -> bytes:
    """The bytes that ``text`` spells; there are ``length`` of them, if that is given."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise TrailCorrupt(f"{what}: expected base64, came {len(text)} characters that are not") from None
    if to_base64(data) != text:
        raise TrailCorrupt(f"{what}: expected base64 in its one right spelling, came another")
    if length is not None and len(data) != length:
        raise TrailCorrupt(f"{what}: expected {length} bytes in base64, came {len(data)}")
    return data


def from_decimal(text: str, what: str) -> int:
    """The number that ``text`` spells."""
    if not _DECIMAL.fullmatch(text) or int(text) >= _NUMBER_LIMIT:
        raise TrailCorrupt(f"{what}: expected a decimal number below 2^63 without leading zeros, came something else")
    return int(text)
