"""One exchange on one page, for people. Every line is printable; colour only on a terminal."""

import json
from collections.abc import Iterator, Mapping

from beacon_audit.cli.exchange_line import STYLES
from beacon_audit.cli.output import paint, printable
from beacon_audit.review.dossier import Dossier
from beacon_audit.review.payloads import RecordedPayload

MAX_BODY_LINES = 400
SHOWN_APART = ("findings", "response_findings")
DISPOSITION_STYLES = {"block": "bold red", "alert": "yellow", "note": "dim"}
PAYLOAD_STATES = {
    "none": "none was recorded",
    "deleted": "deleted; what the trail committed to was",
    "altered": "NOT what the trail committed to",
    "unreadable": "cannot be read",
    "present": "redacted, as the trail committed to it",
}


def dossier_lines(dossier: Dossier) -> Iterator[str]:
    """The page, line by line, without newlines."""
    fields = dossier.exchange.to_json()
    width = max(len(name) for name in fields)
    for name, value in fields.items():
        if name not in SHOWN_APART and value is not None:
            text = printable(str(value))
            yield f"{name.ljust(width)}  {paint(text, STYLES[text]) if name == 'action' and text in STYLES else text}"
    yield from _findings("findings in the request", fields["findings"])
    yield from _findings("findings in the response", fields["response_findings"])
    yield from _payload("request body", dossier.request_payload)
    yield from _payload("response body", dossier.response_payload)
    yield from _heading("trail entries")
    for entry in dossier.entries:
        yield printable(json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False))


def _heading(text: str) -> Iterator[str]:
    yield ""
    yield paint(text, "bold")


def _findings(title: str, findings: object) -> Iterator[str]:
    if not isinstance(findings, list) or not findings:
        return
    yield from _heading(title)
    for finding in findings:
        if isinstance(finding, Mapping):
            disposition = printable(str(finding.get("disposition", "")))
            marked = paint(disposition.ljust(5), DISPOSITION_STYLES.get(disposition, ""))
            place = printable(str(finding.get("pointer") or "(whole request)"))
            yield f"  {marked}  {printable(str(finding.get('code')))}  {place}"
            yield f"         {printable(str(finding.get('message')))}"


def _payload(title: str, payload: RecordedPayload) -> Iterator[str]:
    if payload.state == "none":
        return
    yield from _heading(f"{title}: {PAYLOAD_STATES[payload.state]}")
    if payload.commitment:
        yield f"  {printable(payload.commitment)}  {printable(payload.file or '')}"
    if payload.state != "present":
        return
    lines = json.dumps(payload.body, indent=2, ensure_ascii=False).split("\n")
    for line in lines[:MAX_BODY_LINES]:
        yield "  " + printable(line)
    if len(lines) > MAX_BODY_LINES:
        yield f"  … {len(lines) - MAX_BODY_LINES} more lines; --json gives all of them"
