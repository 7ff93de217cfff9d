"""The OpenTelemetry project's own Python exporter over OTLP/HTTP, in a process of its own.

``python otlp_exporter.py traces|metrics TIMEOUT_S`` exports one batch to Beacon, told of the proxy and of its CA by the
environment alone, and prints one JSON line: ``{"result": "SUCCESS"|"FAILURE", "seconds": …}``. Its log goes to stderr.
"""

import json
import logging
import sys
import time
from typing import Any

from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

BASE = "https://beacon.langchain.com/v1/beacon/v1/"


def traces(timeout: float) -> Any:
    kept = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    with provider.get_tracer("langsmith").start_as_current_span("receive_request"):
        pass
    return OTLPSpanExporter(endpoint=BASE + "traces", timeout=timeout).export(kept.get_finished_spans())


def metrics(timeout: float) -> Any:
    reader = InMemoryMetricReader()
    meter = MeterProvider([reader]).get_meter("langsmith.metrics")
    meter.create_counter("langsmith_http_requests_failed").add(456, {"method": "POST"})
    collected = reader.get_metrics_data()
    if collected is None:
        raise AssertionError("the reader collected nothing")
    return OTLPMetricExporter(endpoint=BASE + "metrics", timeout=timeout).export(collected)


if __name__ == "__main__":
    logging.basicConfig(level=logging.DEBUG)
    started = time.monotonic()
    result = {"traces": traces, "metrics": metrics}[sys.argv[1]](float(sys.argv[2]))
    print(json.dumps({"result": result.name, "seconds": time.monotonic() - started}))
