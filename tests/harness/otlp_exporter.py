"""The OpenTelemetry project's own Python exporters over OTLP/HTTP, in a process of their own.

``python otlp_exporter.py traces|metrics|logs TIMEOUT_S [KEY=VALUE]`` exports one batch to Beacon: what the
documentation shows, as far as the SDK leaves a choice, and an attribute ``KEY`` if given. All else comes by the
environment: proxy, CA, ``OTEL_EXPORTER_OTLP_COMPRESSION``; ``OTLP_ENCODING=json`` takes the exporter that writes JSON;
``BEACON_AT=HOST:PORT`` is where the name of Beacon leads, for a client that knows of no proxy. Prints one JSON line:
``{"result": "SUCCESS"|"FAILURE", "seconds": …}``. Its log goes to stderr.
"""

import json
import logging
import os
import socket
import sys
import time
from importlib import import_module
from typing import Any

from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

BEACON = "beacon.langchain.com"
EXPORTERS = {
    "protobuf": "opentelemetry.exporter.otlp.proto.http",
    "json": "opentelemetry.exporter.otlp.json.http",
}
SERVICE = Resource({"service.name": "langsmith_backend"})  # the constructor adds nothing of its own


def exporter(signal: str, module: str, name: str, timeout: float) -> Any:
    package = EXPORTERS[os.environ.get("OTLP_ENCODING", "protobuf")]
    return getattr(import_module(f"{package}.{module}"), name)(
        endpoint=f"https://{BEACON}/v1/beacon/v1/{signal}", timeout=timeout
    )


def traces(timeout: float, attributes: dict[str, str]) -> Any:
    kept = InMemorySpanExporter()
    provider = TracerProvider(resource=SERVICE)
    provider.add_span_processor(SimpleSpanProcessor(kept))
    with provider.get_tracer("").start_as_current_span("receive_request") as span:
        span.add_event("parse_request", {"request_size": "100"})
        span.set_attributes(attributes)
    return exporter("traces", "trace_exporter", "OTLPSpanExporter", timeout).export(kept.get_finished_spans())


def metrics(timeout: float, attributes: dict[str, str]) -> Any:
    reader = InMemoryMetricReader()
    resource = Resource({"resource.name": "langsmith-metrics", "env": "ls_self_hosted"})
    meter = MeterProvider([reader], resource=resource).get_meter("langsmith.metrics", "0.1.0")
    counter = meter.create_counter(
        "langsmith_http_requests_failed", "1", "Counter of failed requests for LangSmith services"
    )
    counter.add(
        456, {"endpoint": "/info", "method": "POST", "service_name": "langsmith_platform_backend", **attributes}
    )
    collected = reader.get_metrics_data()
    if collected is None:
        raise AssertionError("the reader collected nothing")
    return exporter("metrics", "metric_exporter", "OTLPMetricExporter", timeout).export(collected)


def logs(timeout: float, attributes: dict[str, str]) -> Any:
    kept = InMemoryLogRecordExporter()  # type: ignore[no-untyped-call]  # the SDK left it out
    provider = LoggerProvider(resource=SERVICE)
    provider.add_log_record_processor(SimpleLogRecordProcessor(kept))
    record = LogRecord(
        timestamp=time.time_ns(),
        severity_number=SeverityNumber.WARN,
        severity_text="Warning",
        body="Database connection pool approaching capacity",
        attributes={"component": "langsmith_backend", "pool_size": 95, **attributes},
    )
    provider.get_logger("").emit(record)
    return exporter("logs", "_log_exporter", "OTLPLogExporter", timeout).export(kept.get_finished_logs())


def lead_beacon_to(host: str, port: str) -> None:
    """Answer look-ups of Beacon's name as a name server of the installation would."""
    look_up = socket.getaddrinfo

    def leading(name: Any, service: Any, *more: Any, **options: Any) -> Any:
        return look_up(host, port, *more, **options) if name == BEACON else look_up(name, service, *more, **options)

    socket.getaddrinfo = leading  # type: ignore[assignment]  # overloads that nobody here uses


if __name__ == "__main__":
    logging.basicConfig(level=logging.DEBUG)
    if "BEACON_AT" in os.environ:
        lead_beacon_to(*os.environ["BEACON_AT"].split(":"))
    started = time.monotonic()
    signal, timeout, *pairs = sys.argv[1:]
    extra = dict(pair.split("=", 1) for pair in pairs)
    result = {"traces": traces, "metrics": metrics, "logs": logs}[signal](float(timeout), extra)
    print(json.dumps({"result": result.name, "seconds": time.monotonic() - started}))
