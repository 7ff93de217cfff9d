"""From the bytes of a body to a document and everything that is wrong with it.

Decode (content encoding), parse (JSON, or protobuf where the protocol is OTLP), validate (contract), inspect
(promises), in that order, each step only on what the step before it made sure of. Pure, and never raises for anything
the sender can choose.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from beacon_audit.contracts import Contract
from beacon_audit.errors import WireError
from beacon_audit.inspection import InspectionContext, Role, inspect, nothing_approved
from beacon_audit.model import Endpoint, Finding
from beacon_audit.model.pointer import without_keys
from beacon_audit.policy import Limits
from beacon_audit.wire.content_encoding import decode_content
from beacon_audit.wire.content_sniffing import mismatch, second_reading
from beacon_audit.wire.content_type import PROTOBUF, check_content_type
from beacon_audit.wire.json_body import JsonValue, read_json
from beacon_audit.wire.otlp_json import read_otlp_json
from beacon_audit.wire.otlp_protobuf import read_protobuf

type Verdict = Literal["documented", "otlp", "undocumented", "malformed"]


@dataclass(frozen=True, slots=True)
class Assessment:
    """``document`` is the decoded body; ``parsed`` says whether there is one (``null`` is a document too).

    ``verdict``: ``malformed`` when bytes lie (any ``wire.`` finding), ``undocumented`` when the contract does not
    know it, ``otlp`` when only the protocol does, else ``documented``.
    """

    document: JsonValue
    parsed: bool
    findings: tuple[Finding, ...]
    verdict: Verdict


#: Findings of the contract that a documented message may have.
_DOCUMENTED_NOTES = frozenset({"contract.otlp-invalid"})
_OTLP_TIER = frozenset({"contract.otlp-structure"})
_NO_GZIP = "wire.gzip-corrupt"


def verdict_of(findings: Sequence[Finding]) -> Verdict:
    """The verdict that a set of findings amounts to; promises do not change what a message is."""
    if any(finding.basis == "wire" for finding in findings):
        return "malformed"
    contract = {finding.code for finding in findings if finding.basis == "contract"} - _DOCUMENTED_NOTES
    if contract - _OTLP_TIER:
        return "undocumented"
    return "otlp" if contract else "documented"


def assess_body(
    endpoint: Endpoint,
    contract: Contract,
    *,
    content_types: Sequence[str],
    content_encodings: Sequence[str],
    body: bytes,
    limits: Limits,
    contains_secret: Callable[[str], bool],
    learn: Callable[[JsonValue], object] = lambda _: None,
    approved: Callable[[Role, str], bool] = nothing_approved,
) -> Assessment:
    """Assess a request body sent to ``endpoint``. ``body`` is as received, still content-encoded.

    ``content_types`` and ``content_encodings`` are the values of all headers of that name. ``learn`` is given the
    document before anything looks for secrets in it, so that the license of this very request is known by then.
    ``approved`` says which new names were approved in the inventory.
    """
    standing = contract.status_findings(endpoint)
    if not body and endpoint.status == "unpublished":
        return Assessment(None, False, standing, verdict_of(standing))  # a GET has no body that anybody could read
    media_type, type_findings = check_content_type(content_types, endpoint.media_types)
    type_findings = (*standing, *type_findings)
    data = None
    try:
        data = decode_content(body, content_encodings, limit=limits.decoded_bytes)
        if any(finding.code == "contract.undocumented-media-type" for finding in type_findings):
            return Assessment(None, False, type_findings, verdict_of(type_findings))
        document, wire_findings = _read(endpoint, media_type, data, limits.json_depth)
    except WireError as error:
        lies = mismatch("gzip", body) if data is None and error.code == _NO_GZIP else mismatch(media_type, data or b"")
        findings = (*type_findings, Finding(error.code, error.pointer, error.message), *lies)
        return Assessment(None, False, findings, verdict_of(findings))
    wire_findings = (*wire_findings, *second_reading(media_type, data, endpoint.otlp, max_depth=limits.json_depth))
    learn(document)
    context = InspectionContext(
        endpoint=endpoint,
        names=contract.documented_names(endpoint),
        contains_secret=contains_secret,
        approved=approved,
    )
    inspected = inspect(document, context)
    findings = (
        *type_findings,
        *(_withholding(inspected.withheld, finding) for finding in wire_findings),
        *(_withholding(inspected.withheld, finding) for finding in contract.request_findings(endpoint, document)),
        *inspected.findings,
    )
    return Assessment(document, True, findings, verdict_of(findings))


def _read(
    endpoint: Endpoint, media_type: str | None, data: bytes, max_depth: int
) -> tuple[JsonValue, tuple[Finding, ...]]:
    if endpoint.otlp is None:
        return read_json(data, max_depth=max_depth)
    read = read_protobuf if media_type == PROTOBUF else read_otlp_json
    return read(data, endpoint.otlp, max_depth=max_depth)


def _withholding(keys: Collection[str], finding: Finding) -> Finding:
    """``finding`` with a pointer that shows none of ``keys``, which are secrets or somebody's name themselves."""
    if not keys:
        return finding
    return Finding(finding.code, without_keys(finding.pointer, keys), finding.message)
