"""Usage reports that can be told apart: each carries a number of its own in a documented field.

The number is the ``trace_count`` of the only transaction. It is recorded in clear, so what a trail holds can be
compared with what the simulated Beacon received, request by request.
"""

import json
from collections.abc import Iterable

from beacon_audit.demo.payloads import Payloads
from beacon_audit.demo.received import ReceivedRequest
from beacon_audit.home import Home
from beacon_audit.trail.payload_files import decode_payload
from beacon_audit.trail.reader import journal_payload

PATH = "/v1/beacon/ingest-traces"
LICENSE = "lcl_7f3a52c9e1d04b6897ab"

_DOCUMENTED = json.loads(Payloads(LICENSE).documented("usage-ingest"))


def usage_report(number: int) -> bytes:
    """The documented sample with ``number`` in it."""
    transaction = {**_DOCUMENTED["trace_transactions"][0], "trace_count": number}
    return json.dumps({**_DOCUMENTED, "trace_transactions": [transaction]}).encode()


def number_of(body: bytes) -> int:
    """The number in a report, as sent or as recorded."""
    return int(json.loads(body)["trace_transactions"][0]["trace_count"])


def received_numbers(requests: Iterable[ReceivedRequest]) -> list[int]:
    """The numbers of the reports that arrived, in order."""
    return [number_of(request.body) for request in requests]


def recorded_number(home: Home, entry: dict[str, object]) -> int:
    """The number of the report whose intent or refusal ``entry`` is, out of its payload file."""
    payload = entry["payload"]
    assert isinstance(payload, dict)
    path = home.payloads / payload["file"]
    # Until it is published, and after a kill until the next start, it lies in the journal.
    content = path.read_bytes() if path.exists() else journal_payload(home.trail, payload["file"])
    assert content is not None
    _, body = decode_payload(content, path)
    return number_of(body)
