"""Where texts stand in telemetry, and the promises that are made of it.

A place is a function from a text to the document of a request that holds it there and is as documented otherwise.
"""

from collections.abc import Callable, Mapping
from typing import Any

type Document = dict[str, Any]

PROMISES = frozenset({"no-identity", "no-content", "warnings-and-errors-only", "counts-only"})


def attributes(**texts: str) -> list[Document]:
    """A list of attributes; ``__`` in a name stands for a dot."""
    return [{"key": key.replace("__", "."), "value": {"stringValue": text}} for key, text in texts.items()]


def span(**members: Any) -> Document:
    """A request with one span."""
    documented = {
        "traceId": "71699b6fe85982c7c8995ea3d9c95df2",
        "spanId": "3c191d03fa8be053",
        "parentSpanId": "",
        "name": "receive_request",
        "startTimeUnixNano": "1581452772000000321",
        "endTimeUnixNano": "1581452773000000789",
        "status": {},
    }
    return {"resourceSpans": [{"scopeSpans": [{"scope": {}, "spans": [documented | members]}]}]}


def metric(**members: Any) -> Document:
    """A request with one metric."""
    documented = {"name": "langsmith_http_requests_latency", "unit": "seconds", "gauge": {"dataPoints": []}}
    return {"resourceMetrics": [{"scopeMetrics": [{"metrics": [documented | members]}]}]}


def record(**members: Any) -> Document:
    """A request with one log record."""
    documented = {"timeUnixNano": "1581452773000009875", "severityNumber": 13, "body": {"stringValue": "Warning"}}
    return {"resourceLogs": [{"scopeLogs": [{"logRecords": [documented | members]}]}]}


def _attribute(key: str) -> Callable[[str], Document]:
    return lambda text: span(attributes=[{"key": key, "value": {"stringValue": text}}])


PLACES: Mapping[str, Callable[[str], Document]] = {
    **{
        key: _attribute(key)
        for key in (
            "endpoint", "http.route", "method", "service_name", "service.version", "service.instance.id",
            "telemetry.sdk.name", "telemetry.sdk.version", "telemetry.sdk.language", "error.type", "exception.type",
            "db.system.name", "db.operation.name", "some.label",
        )
    },
    "span name": lambda text: span(name=text),
    "event name": lambda text: span(events=[{"name": text, "timeUnixNano": "1581452773000000123"}]),
    "status message": lambda text: span(status={"message": text, "code": 2}),
    "trace state": lambda text: span(traceState=text),
    "schema URL": lambda text: {"resourceSpans": [{"schemaUrl": text, "scopeSpans": []}]},
    "scope name": lambda text: {"resourceSpans": [{"scopeSpans": [{"scope": {"name": text}}]}]},
    "scope version": lambda text: {"resourceSpans": [{"scopeSpans": [{"scope": {"version": text}}]}]},
    "metric name": lambda text: metric(name=text),
    "metric unit": lambda text: metric(unit=text),
    "metric description": lambda text: metric(description=text),
    "log body": lambda text: record(body={"stringValue": text}),
    "severity text": lambda text: record(severityText=text),
}  # fmt: skip
