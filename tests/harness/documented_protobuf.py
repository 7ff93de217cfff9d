"""The documented samples in protobuf, as far as protobuf can say what they say.

What it cannot: a span id that is no hex (``0932ksdka12345``) has no bytes, so a valid one takes its place; a data point
has no ``aggregationTemporality`` and ``isMonotonic``, so they stand in the sum, which is where OTLP has them. Ids of
seven bytes are as invalid in protobuf as in JSON, and stay.
"""

import json
from pathlib import Path
from typing import Any

from beacon_audit import contracts
from harness.otlp_messages import to_protobuf

EDITIONS = Path(contracts.__file__).parent / "editions"
SIGNALS = {
    "langsmith-beacon/2025-10": ("metrics", "traces"),
    "langsmith-beacon/2026-08": ("metrics", "traces", "logs"),
}
NO_HEX = "0932ksdka12345"
#: Where the samples say what protobuf cannot.
NOT_SAID = {
    "/resourceMetrics/0/scopeMetrics/0/metrics/1/sum/dataPoints/0/aggregationTemporality",
    "/resourceMetrics/0/scopeMetrics/0/metrics/1/sum/dataPoints/0/isMonotonic",
    "/resourceSpans/0/scopeSpans/0/spans/1/spanId",
}


def sample(edition: str, signal: str) -> Any:
    """The documented sample, as a document."""
    return json.loads((EDITIONS / edition / "samples" / f"telemetry-{signal}.request.json").read_bytes())


def notes(edition: str, signal: str) -> list[tuple[str, str]]:
    """The golden notes of the sample, but for what protobuf cannot say: code and pointer."""
    golden = json.loads((EDITIONS / edition / "samples" / "expected-notes.json").read_bytes())
    listed = golden[f"telemetry-{signal}.request.json"]
    return [(note["code"], note["pointer"]) for note in listed if note["pointer"] not in NOT_SAID]


def expressible(edition: str, signal: str) -> Any:
    """The documented sample, as a document of which protobuf can say everything."""
    document = sample(edition, signal)
    if signal == "traces":
        document["resourceSpans"][0]["scopeSpans"][0]["spans"][1]["spanId"] = "0932d0a1234567ef"
    if signal == "metrics":
        (total,) = (each["sum"] for each in _metrics(document) if "sum" in each)
        for field in ("aggregationTemporality", "isMonotonic"):
            total[field] = total["dataPoints"][0].pop(field)
    return document


def documented_protobuf(edition: str, signal: str) -> bytes:
    """The documented sample in protobuf."""
    return to_protobuf(expressible(edition, signal), signal)


def _metrics(document: Any) -> Any:
    return document["resourceMetrics"][0]["scopeMetrics"][0]["metrics"]
