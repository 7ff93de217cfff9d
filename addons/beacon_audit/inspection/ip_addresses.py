"""Detector: IP addresses, where the vendor promises to identify nobody (``no-identity``).

Gives ``promise.ip-address`` for every text, and every key, that holds an IPv4 or IPv6 address. Not one are: versions
(behind ``v``, ``version``, or a name and a slash as in ``Chrome/120.0.0.0``, and four numbers as the whole value of
what is called so), more or fewer than four numbers, numbers over 255 or with a leading zero, and addresses that are the
same on every machine (loopback, unspecified, broadcast), which identify nobody.
"""

import ipaddress
import re
from collections.abc import Collection, Iterator
from itertools import chain

from beacon_audit.inspection.context import InspectionContext
from beacon_audit.inspection.facts import Fact, Suspicion, anywhere
from beacon_audit.inspection.patterns import pattern
from beacon_audit.inspection.subject import Subject
from beacon_audit.inspection.whole_body import whole_body

_CANDIDATE = pattern(
    r"[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}",
    r"[0-9A-Fa-f]{1,4}:[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*",
)
# Everything around belongs to the candidate, so that a part of something longer is none.
_V4 = re.compile(rb"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?!\.?\w|-(?:rc|alpha|beta|dev|post|SNAPSHOT))", re.ASCII)
_V6 = re.compile(rb"(?<![\w:.])[0-9A-Fa-f]{1,4}:[0-9A-Fa-f:.]+(?![\w:])", re.ASCII)
_OF_A_VERSION = re.compile(rb"(?:\bv|version[\s:=\"']*|\w/)$", re.ASCII | re.IGNORECASE)
_ENOUGH_GROUPS = 3
_VERSION = "version"
#: Reading one takes up to 10 µs. A text with more of what could be one counts as a text with one, and in a body with
#: more of it in all, one finding covers everything.
MOST_CHECKED = 10_000
MOST_CHECKED_IN_ALL = 100_000
_MESSAGE = "expected nothing that identifies a person or a machine, got an IP address"


def detect(subject: Subject, context: InspectionContext) -> Iterator[Suspicion]:
    """One suspicion for each text with an address."""
    if "no-identity" not in context.endpoint.promises:
        return
    versions = {text for key, texts in subject.attributes.items() if key.endswith(_VERSION) for text in texts}
    versions.update(subject.fields.get(_VERSION, ()))
    called_so: dict[str, None] = {}
    found = []
    looked_at = 0
    for text, reading in subject.readings.matching(_CANDIDATE):
        holds_address, count = _look_at(reading)
        looked_at += count
        if looked_at > MOST_CHECKED_IN_ALL:  # nothing else is told: the order of the texts is none
            yield from whole_body(subject, _CANDIDATE, "promise.ip-address", _MESSAGE)
            return
        if not holds_address:
            continue
        if text in versions and _V4.fullmatch(reading):
            called_so[text] = None
        else:
            found.append(Suspicion("promise.ip-address", anywhere(text), _MESSAGE))
    yield from found
    for about in _elsewhere(subject, called_so):
        yield Suspicion("promise.ip-address", about, _MESSAGE)


def _elsewhere(subject: Subject, versions: Collection[str]) -> Iterator[Fact]:
    """Where one of these texts stands without being called a version. One look at the whole document, not one each."""
    names = [text for text in versions if text in subject.keys or text in subject.attributes]
    yield from map(anywhere, names)
    values = set(versions).difference(names)
    for member, texts in subject.wordy.items():
        if member != _VERSION:
            yield from (Fact("field", member, text) for text in texts if text in values)
    for key, texts in subject.attributes.items():
        if not key.endswith(_VERSION):
            yield from (Fact("attribute", key, text) for text in texts if text in values)


def _look_at(data: bytes) -> tuple[bool, int]:
    """Whether ``data`` holds an address, and how many candidates were looked at."""
    count = 0
    for match in chain(_V4.finditer(data), _V6.finditer(data)):
        count += 1
        if count > MOST_CHECKED or _is_address(data, match):
            return True, count
    return False, count


def _is_address(data: bytes, match: re.Match[bytes]) -> bool:
    if match.re is _V4:
        return not _is_version(data, match.start()) and _identifies(match.group())
    found = match.group().rstrip(b".")
    return _has_groups(found) and _identifies(found)


def _is_version(data: bytes, start: int) -> bool:
    """Whether what stands before ``start`` says that a version begins there."""
    return _OF_A_VERSION.search(data[max(0, start - 16) : start]) is not None


def _has_groups(found: bytes) -> bool:
    """Not the name of something in a C++ namespace that happens to be hex: ``dead::beef``."""
    groups = [group for group in found.split(b":") if group]
    return any(byte in b"0123456789" for byte in (found if len(groups) >= _ENOUGH_GROUPS else groups[0]))


def _identifies(found: bytes) -> bool:
    try:
        address = ipaddress.ip_address(found.decode())
    except ValueError:
        return False
    return not (address.is_loopback or address.is_unspecified or address == ipaddress.IPv4Address("255.255.255.255"))
