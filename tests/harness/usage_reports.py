"""Usage reports that can be told apart: each carries a number of its own in a documented field.

The number is the ``trace_count`` of the only transaction. It is recorded in clear, so what a trail holds can be
compared with what the simulated Beacon received, request by request.
"""

import json
from collections.abc import Iterable
from typing import Any

from beacon_audit.demo.payloads import Payloads
from beacon_audit.demo.received import ReceivedRequest
from beacon_audit.home import Home
from beacon_audit.review.payloads import read_recorded_payload

PATH = "/v1/beacon/ingest-traces"
LICENSE = "lcl_7f3a52c9e1d04b6897ab"

_DOCUMENTED = json.loads(Payloads(LICENSE).documented("usage-ingest"))


def usage_report(number: int) -> bytes:
    """The documented sample with ``number`` in it."""
    transaction = {**_DOCUMENTED["trace_transactions"][0], "trace_count": number}
    return json.dumps({**_DOCUMENTED, "trace_transactions": [transaction]}).encode()


def number_of(body: bytes) -> int:
    """The number in a report, as sent or as recorded."""
    return _number(json.loads(body))


def received_numbers(requests: Iterable[ReceivedRequest]) -> list[int]:
    """The numbers of the reports that arrived, in order."""
    return [number_of(request.body) for request in requests]


def recorded_number(home: Home, entry: dict[str, object]) -> int:
    """The number of the report whose intent or refusal ``entry`` is, out of its payload file."""
    payload = read_recorded_payload(home, entry["payload"])
    assert payload.state == "present", payload
    return _number(payload.body)


def _number(report: Any) -> int:
    return int(report["trace_transactions"][0]["trace_count"])
