"""Texts of clean telemetry, by the place where they stand (``telemetry_places``): they break no promise."""

from collections.abc import Mapping

_ROUTES = (
    "/", "/sessions", "/info", "/ok", "/api/v1/runs/{run_id}", "/runs/{run_id}/feedback",
    "/datasets/{dataset_id}/share",
    "/api/v1/annotation-queues/{queue_id}/runs", "/v2/orgs/:org/workspaces", "/static/*", "/public/{share_token}/run",
    "/api/v1/sessions/{session_id:uuid}", "/.well-known/openid-configuration", "/runs/batch", "/otel/v1/traces",
    "/users/<int:user_id>",
)  # fmt: skip
_VERSIONS = (
    "0.1.0", "1.36.0", "v0.11.4", "2.7.18.1", "3.12.4+build.7", "1.2.3.4", "0.66b1", "2025.10.2", "20250106",
    "0d1c2b3a4f5e60718293a4b5c6d7e8f901234567", "12.2.3-rc.1", "1.0.0-SNAPSHOT", "latest", "0.11.0.post1",
)  # fmt: skip
_SERVICES = (
    "langsmith_backend", "langsmith_platform_backend", "langsmith-metrics", "langsmith_queue_worker",
    "unknown_service",
    "unknown_service:python", "unknown_service:/usr/local/bin/node", "langsmith-backend.langsmith.svc.cluster.local",
    "host-backend", "clickhouse", "platform-backend-7d9f8b6c5-x2k4q", "langsmith-redis-0",
)  # fmt: skip
_LABELS = (
    *(version for version in _VERSIONS if version.count(".") != 3), *_SERVICES, "production", "us-east-1",
    "eu-west-3a", "ls_self_hosted", "true", "100", "95", "timeout",
    "2025-01-06T10:00:00Z", "2026-03-25T02:00:00+00:00", "2025-01-06 10:00:00.123456", "12:30:45", "127.0.0.1",
    "0.0.0.0:8080", "localhost:1984", "application/json", "application/x-protobuf; charset=utf-8", "HTTP/1.1", "gzip",
    "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "std::vector<int>",
    "rate_limit_exceeded",
    "registry.example/langchain/langsmith-backend:0.11.4", "PostgreSQL", "clickhouse", "select", "SELECT",
    "@opentelemetry/instrumentation-http", "react@18.2.0", "opentelemetry-sdk==1.36.0", "amd64", "linux/arm64",
    "3.13.1",
    "00:1a:2b", "a1b2c3d4", "p99", "cache miss", "read timeout", "token_bucket", "secret_manager", "password_reset",
)  # fmt: skip
_ERRORS = (
    "timeout", "TimeoutError", "java.net.ConnectException", "sqlalchemy.exc.OperationalError", "httpx.ReadTimeout",
    "_OTHER", "builtins.ValueError", "Error", "asyncio.exceptions.CancelledError",
)  # fmt: skip
_SPAN_NAMES = (
    "receive_request", "process_request", "GET /sessions", "POST /api/v1/runs/{run_id}", "GET", "HTTP POST",
    "SELECT langsmith.runs", "INSERT", "langsmith.trace.ingest", "process trace batch", "redis GET", "connect",
    "Session.commit", "clickhouse.query", "asgi http send", "PUT /datasets/{dataset_id} http receive",
)  # fmt: skip
_METRIC_NAMES = (
    "langsmith_http_requests_latency", "http.server.request.duration", "db.client.connections.usage", "up",
    "langsmith_platform_backend_http_server_request_duration_seconds_bucket", "process_cpu_seconds_total",
    "go_gc_duration_seconds", "system.network.io", "target_info", "otelcol_exporter_sent_spans",
)  # fmt: skip
_DESCRIPTIONS = (
    "", "Request latency of LangSmith services", "Counter of failed requests for LangSmith services",
    "Duration of HTTP server requests.", "Number of active HTTP server requests.",
    "The number of connections that are currently in state described by the `state` attribute.",
    "A summary of the pause duration of garbage collection cycles.",
    "Total user and system CPU time spent in seconds.",
    "Measures the duration of inbound HTTP requests, in milliseconds.", "Size of HTTP request messages (compressed).",
    "The time it took to obtain an open connection from the pool", "Number of runs selected from the queue",
)  # fmt: skip
_BODIES = (
    "Database connection pool approaching capacity", "Failed to process trace batch", "Warning", "",
    "Connection pool is full, discarding connection: beacon.langchain.com. Connection pool size: 10",
    "Transient error StatusCode.UNAVAILABLE encountered while exporting traces, retrying in 1s.",
    "Exception while exporting Span batch.", "Overriding of current TracerProvider is not allowed",
    "Queue is full, likely spans will be dropped.", "Failed to delete from cache",
    "failed to update index set for runs",
    "Slow query: 5312 ms", "Retrying in 30 seconds (attempt 3 of 5)", "Worker 12 exited with status 137",
    "could not select a node from the pool",
    "select one of the values from list where possible",
    "select members from union (select one from list); then join us",
    "host=web-1 status=200 user=unknown", "UPDATE in progress: SET aside", "Basic authentication failed",
    "Bearer authentication_required",
    "invalid token: signature has expired", "upgraded from version 1.2.3.4 to version 1.2.4.0", "disk usage at 91%",
    "ClickHouse replica is 42s behind", "rate limit exceeded for workspace", "I/O error while reading segment",
)  # fmt: skip

#: Texts by place that break no promise.
CLEAN: Mapping[str, tuple[str, ...]] = {
    "endpoint": _ROUTES,
    "http.route": _ROUTES,
    "method": ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "_OTHER"),
    "service_name": _SERVICES,
    "service.version": _VERSIONS,
    "service.instance.id": ("627cc493-f310-47de-96bd-71410b7dec09", *_SERVICES),
    "telemetry.sdk.name": ("opentelemetry",),
    "telemetry.sdk.version": _VERSIONS,
    "telemetry.sdk.language": ("python", "nodejs", "go", "cpp", "java", "webjs"),
    "error.type": (*_ERRORS, "500", "404"),
    "exception.type": _ERRORS,
    "db.system.name": ("postgresql", "clickhouse", "redis", "microsoft.sql_server"),
    "db.operation.name": ("SELECT", "INSERT", "findAndModify", "HMSET", "CREATE TABLE", "select"),
    "some.label": (*_LABELS, *_ERRORS),
    "span name": _SPAN_NAMES,
    "event name": ("parse_request", "event", "exception", "cache miss", "gen_ai.client.inference"),
    "status message": ("status-cancelled", "", "TimeoutError: timed out", "HTTP 503 Service Unavailable", "canceled"),
    "trace state": ("", "rojo=00f067aa0ba902b7", "ot=th:c", "dd=s:1;o:rum,congo=t61rcWkgMzE"),
    "schema URL": ("", "https://opentelemetry.io/schemas/1.36.0"),
    "scope name": (
        "langsmith.metrics", "opentelemetry.instrumentation.fastapi", "@opentelemetry/instrumentation-http",
        "github.com/langchain-ai/langsmith/platform-backend", "io.opentelemetry.okhttp-3.0",
    ),
    "scope version": _VERSIONS,
    "metric name": _METRIC_NAMES,
    "metric unit": ("", "seconds", "1", "By", "ms", "{requests}", "{active connections}", "By/s", "%", "\u00b5s",
    "Cel"),
    "metric description": _DESCRIPTIONS,
    "log body": _BODIES,
    "severity text": ("Warning", "WARN", "Error", "ERROR", "FATAL", "Critical", ""),
}  # fmt: skip
