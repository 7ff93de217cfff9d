"""A home with three recorded exchanges: one allowed, one refused with a hostile path, one observed."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from beacon_audit.home import Home, create_home, open_trail_writer
from beacon_audit.trail import build_payload

ALLOWED, REFUSED, OBSERVED = "01j000000000000000000allow", "01j0000000000000000000deny", "01j000000000000000000watch"
FINDING = {
    "basis": "contract",
    "code": "contract.undocumented-endpoint",
    "pointer": "",
    "message": "no documented endpoint",
    "disposition": "block",
}


def _intent(identity: str, **fields: object) -> dict[str, object]:
    return {
        "type": "intent",
        "id": identity,
        "time": "2026-01-02T10:00:00.000Z",
        "source": "10.0.1.5:40000",
        "method": "POST",
        "host": "beacon.langchain.com",
        "path": "/v1/beacon/verify",
        "endpoint": "license-verify",
        "class": "billing",
        "action": "allowed",
        "reason": "documented",
        "reason_code": "documented",
        "findings": [],
        "request_bytes": 1234,
        "payload": None,
        **fields,
    }


def _outcome(identity: str) -> dict[str, object]:
    return {"type": "outcome", "id": identity, "time": "2026-01-02T10:00:01.000Z", "state": "sent", "status": 200}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Holds nothing yet."""
    return create_home(tmp_path / "home", ("beacon.langchain.com",))


@pytest.fixture
def recorded(home: Home) -> Home:
    """Holds the three exchanges."""
    payload = build_payload({"license": "license:ab12:00"}, b"s" * 32, name=f"{ALLOWED}.json.zst", date="2026-01-02")
    refused: Mapping[str, object] = {
        "type": "refusal",
        "endpoint": None,
        "path": "/\x1b[2J\u202egpj.exe",
        "action": "refused",
        "reason": "no documented endpoint",
        "findings": [FINDING],
        "status": 403,
        "time": "2026-01-03T10:00:00.000Z",
    }
    writer = open_trail_writer(home, new_id=lambda: "n" * 26, now=lambda: "2026-01-02T00:00:00Z")
    entries = (
        (_intent(ALLOWED, payload=payload.reference), payload),
        (_outcome(ALLOWED), None),
        (_intent(REFUSED, **refused), None),
        (_intent(OBSERVED, action="observed", endpoint="telemetry-traces", time="2026-01-04T10:00:00.000Z"), None),
        (_outcome(OBSERVED), None),
    )
    try:
        for fields, attached in entries:
            writer.submit(fields, attached).result(timeout=10)
    finally:
        writer.close()
    return home
