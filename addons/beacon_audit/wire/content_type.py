"""Reads the Content-Type header of a request.

Promise: one media type, or the reasons why there is none. Takes the values of all Content-Type headers and the
documented media types (lower-case, without parameters); gives the media type in lower case, or ``None`` when it cannot
be told, with findings: ``wire.content-type`` (missing, more than one, malformed; RFC 9110 §8.3), ``wire.charset``
(anything but utf-8: a receiver that honours it reads other text than we did) and
``contract.undocumented-media-type``. Never raises.
"""

import re
from collections.abc import Sequence

from beacon_audit.model.finding import Finding
from beacon_audit.model.plain_name import is_plain_name

PROTOBUF = "application/x-protobuf"

_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # noqa: S105 (RFC 9110's word for a bare value, not a secret)
_MEDIA_TYPE = re.compile(rf"({_TOKEN}/{_TOKEN})((?:[ \t]*;[ \t]*{_TOKEN}=(?:{_TOKEN}|\"[^\"\\\x00-\x1f]*\"))*)")
_PARAMETER = re.compile(rf";[ \t]*({_TOKEN})=(?:({_TOKEN})|\"([^\"]*)\")")
# A type that goes into a message: nothing long enough, or odd enough, to be a message from the sender.
_NAMEABLE = re.compile(r"(?:application|text|multipart|image|audio|video)/[a-z0-9.+-]{1,32}")
_LONGEST_HEADER = 256


def check_content_type(values: Sequence[str], allowed: Sequence[str]) -> tuple[str | None, tuple[Finding, ...]]:
    """The media type that ``values`` name, and what is wrong with it."""
    if len(values) != 1:
        got = "none" if not values else str(len(values))
        return None, (Finding("wire.content-type", "", f"expected one content-type header, got {got}"),)
    value = values[0].strip(" \t")
    match = _MEDIA_TYPE.fullmatch(value) if len(value) <= _LONGEST_HEADER else None
    if match is None:
        return None, (Finding("wire.content-type", "", "expected a media type, got a header that does not hold one"),)
    media_type = match[1].lower()
    findings = _parameter_findings(match[2])
    if media_type not in allowed:
        findings.append(_undocumented(media_type, allowed))
    return media_type, tuple(findings)


def _parameter_findings(parameters: str) -> list[Finding]:
    findings: list[Finding] = []
    charsets = 0
    for name, bare, quoted in _PARAMETER.findall(parameters):
        if name.lower() != "charset":
            message = "expected no content-type parameter but charset, got another one"
            findings.append(Finding("wire.content-type", "", message))
            continue
        charsets += 1
        if (bare or quoted).lower() != "utf-8":
            findings.append(Finding("wire.charset", "", "expected charset utf-8 or none, got another one"))
    if charsets > 1:
        findings.append(Finding("wire.charset", "", f"expected one charset, got {charsets}"))
    return findings


def _undocumented(media_type: str, allowed: Sequence[str]) -> Finding:
    shown = _NAMEABLE.fullmatch(media_type) and is_plain_name(media_type)
    named = media_type if shown else "another type"
    message = f"expected {' or '.join(allowed)}, got {named}"
    return Finding("contract.undocumented-media-type", "", message)
