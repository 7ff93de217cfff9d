"""What it costs to look at a body, as a multiple of `orjson.loads` of the same message as JSON.

Columns: ``read`` decodes and parses (with the checks for duplicate keys, depth and integers), ``validate`` holds it
against the contract, ``inspect`` runs every detector, ``all`` is `assess_body`, which is all three. Rounds alternate,
and the fastest counts: what else the machine does only ever makes one slower. The baseline of a protobuf row is the
JSON of the same message.

    python bench/validate.py [--rounds 15]
"""

import argparse
import base64
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources
from typing import Any

import orjson
from google.protobuf.json_format import ParseDict
from google.protobuf.message import Message
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from rich.console import Console
from rich.table import Table

from beacon_audit.contracts import load_contract
from beacon_audit.exchange.assess import assess_body
from beacon_audit.inspection import InspectionContext, inspect
from beacon_audit.model import Endpoint
from beacon_audit.policy import Limits
from beacon_audit.wire.content_encoding import decode_content
from beacon_audit.wire.json_body import read_json
from beacon_audit.wire.otlp_json import read_otlp_json
from beacon_audit.wire.otlp_protobuf import read_protobuf

EDITION = "langsmith-beacon/2026-08"
CONTRACT = load_contract(EDITION)
LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Body:
    """``data`` goes to ``endpoint``; ``baseline`` is the JSON of it."""

    name: str
    endpoint: Endpoint
    data: bytes
    baseline: bytes

    @property
    def media_type(self) -> str:
        return "application/json" if self.data is self.baseline else "application/x-protobuf"


def sample(name: str) -> Any:
    """A documented request."""
    path = f"contracts/editions/{EDITION}/samples/{name}.request.json"
    return json.loads(resources.files("beacon_audit").joinpath(path).read_text())


def endpoint(name: str) -> Endpoint:
    found = CONTRACT.endpoint(name)
    assert found is not None
    return found


def transactions(count: int) -> Any:
    report = sample("usage-ingest")
    (one, *_) = report["trace_transactions"]
    report["trace_transactions"] = [{**one, "trace_count": number} for number in range(count)]
    return report


def points(count: int) -> Any:
    """The gauge of the sample, with so many points."""
    body = sample("telemetry-metrics")
    scope = body["resourceMetrics"][0]["scopeMetrics"][0]
    gauge = scope["metrics"][0]
    scope["metrics"] = [gauge]
    (point, *_) = gauge["gauge"]["dataPoints"]
    start = point["timeUnixNano"]
    gauge["gauge"]["dataPoints"] = [{**point, "timeUnixNano": start + 1000 * number} for number in range(count)]
    return body


def spans(count: int) -> Any:
    """Spans as the sample has them, each with ids and times of its own."""
    body = sample("telemetry-traces")
    scope = body["resourceSpans"][0]["scopeSpans"][0]
    first, *_ = scope["spans"]
    start = int(first["startTimeUnixNano"])
    scope["spans"] = [
        {
            **first,
            "traceId": f"{number // 8 + 1:032x}",
            "spanId": f"{number + 1:016x}",
            "parentSpanId": f"{number:016x}" if number % 8 else "",
            "startTimeUnixNano": str(start + 1000 * number),
            "endTimeUnixNano": str(start + 1000 * number + 500),
        }
        for number in range(count)
    ]
    return body


def bodies() -> list[Body]:
    metrics, traces = points(200), spans(500)
    json_of = {
        "verify": (endpoint("license-verify"), sample("license-verify")),
        "ingest, 1000 transactions": (endpoint("usage-ingest"), transactions(1000)),
        "metrics, 200 points": (endpoint("telemetry-metrics"), metrics),
        "traces, 500 spans": (endpoint("telemetry-traces"), traces),
    }
    found = [Body(name, at, data := orjson.dumps(document), data) for name, (at, document) in json_of.items()]
    for name, document, message in (
        ("metrics, 200 points", metrics, ExportMetricsServiceRequest()),
        ("traces, 500 spans", traces, ExportTraceServiceRequest()),
    ):
        at, _ = json_of[name]
        found.append(Body(f"{name}, protobuf", at, as_protobuf(document, message), orjson.dumps(document)))
    return found


def as_protobuf(document: Any, message: Message) -> bytes:
    data: bytes = ParseDict(_with_base64_ids(document), message).SerializeToString()
    return data


def _with_base64_ids(value: Any) -> Any:
    # ProtoJSON writes bytes as base64; OTLP/JSON writes ids as hex.
    if isinstance(value, list):
        return [_with_base64_ids(item) for item in value]
    if not isinstance(value, dict):
        return value
    ids = {"traceId", "spanId", "parentSpanId"}
    return {
        key: base64.b64encode(bytes.fromhex(item)).decode() if key in ids else _with_base64_ids(item)
        for key, item in value.items()
    }


def stages(body: Body) -> dict[str, Callable[[], object]]:
    """What is measured, the baseline first."""
    at, depth = body.endpoint, LIMITS.json_depth

    def read() -> Any:
        data = decode_content(body.data, (), limit=LIMITS.decoded_bytes)
        if at.otlp is None:
            return read_json(data, max_depth=depth)[0]
        if body.data is body.baseline:
            return read_otlp_json(data, at.otlp, max_depth=depth)[0]
        return read_protobuf(data, at.otlp, max_depth=depth)[0]

    document = read()
    context = InspectionContext(endpoint=at, names=CONTRACT.documented_names(at), contains_secret=lambda _: False)

    def everything() -> object:
        return assess_body(
            at,
            CONTRACT,
            content_types=[body.media_type],
            content_encodings=[],
            body=body.data,
            limits=LIMITS,
            contains_secret=lambda _: False,
        )

    return {
        "orjson.loads": lambda: orjson.loads(body.baseline),
        "read": read,
        "validate": lambda: CONTRACT.request_findings(at, document),
        "inspect": lambda: inspect(document, context),
        "all": everything,
    }


def measure(body: Body, rounds: int) -> dict[str, float]:
    """Seconds of each stage, the least of the rounds."""
    work = stages(body)
    repeats = max(1, 400_000 // len(body.baseline))
    seconds: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(rounds):
        for name, once in work.items():
            began = time.perf_counter()
            for _ in range(repeats):
                once()
            seconds[name].append((time.perf_counter() - began) / repeats)
    return {name: min(taken) for name, taken in seconds.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    table = Table(title="cost of a body over orjson.loads of the same message as JSON")
    for column in ("body", "bytes", "orjson.loads", "read", "validate", "inspect", "all", "all, µs"):
        table.add_column(column, justify="left" if column == "body" else "right")
    for body in bodies():
        found = measure(body, options.rounds)
        base = found["orjson.loads"]
        table.add_row(
            body.name,
            f"{len(body.data):,}",
            f"{base * 1e6:,.1f} µs",
            *(f"{found[stage] / base:.2f}" for stage in ("read", "validate", "inspect", "all")),
            f"{found['all'] * 1e6:,.0f}",
        )
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
