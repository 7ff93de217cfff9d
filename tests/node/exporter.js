/*
 * OpenTelemetry's own exporters for Node over OTLP/HTTP, in a process of their own.
 *
 * `node exporter.js traces|metrics|logs json|protobuf TIMEOUT_MS [KEY=VALUE]` exports one batch to Beacon: what the
 * documentation shows, as far as the SDK leaves a choice, and an attribute KEY if given. By the environment:
 * BEACON_AT=HOST:PORT, where the name of Beacon leads (these exporters know of no proxy), NODE_EXTRA_CA_CERTS and
 * OTEL_EXPORTER_OTLP_COMPRESSION. Prints one JSON line: {"result": "SUCCESS"|"FAILURE", "error": …}.
 */
"use strict";

const https = require("node:https");
const tls = require("node:tls");
const { resourceFromAttributes } = require("@opentelemetry/resources");

const BEACON = "beacon.langchain.com";
const PACKAGES = { json: "http", protobuf: "proto" };

/* As where a name server of the installation answers Beacon's name with the proxy's address. */
class LedToTheProxy extends https.Agent {
  createConnection(options, done) {
    const [host, port] = process.env.BEACON_AT.split(":");
    return tls.connect({ ...options, host, port: Number(port), servername: BEACON }, done);
  }
}

function exporter(signal, name, encoding, timeoutMillis) {
  const { [name]: Exporter } = require(`@opentelemetry/exporter-${signal}-otlp-${PACKAGES[encoding]}`);
  const path = { trace: "traces", metrics: "metrics", logs: "logs" }[signal];
  return new Exporter({
    url: `https://${BEACON}/v1/beacon/v1/${path}`,
    timeoutMillis,
    httpAgentOptions: () => new LedToTheProxy(),
  });
}

const resource = resourceFromAttributes({ "service.name": "langsmith_backend" });

function traces(encoding, timeout, attributes) {
  const { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } = require("@opentelemetry/sdk-trace-base");
  const kept = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ resource, spanProcessors: [new SimpleSpanProcessor(kept)] });
  const span = provider.getTracer("").startSpan("receive_request");
  span.addEvent("parse_request", { request_size: "100" });
  span.setAttributes(attributes);
  span.end();
  return [exporter("trace", "OTLPTraceExporter", encoding, timeout), kept.getFinishedSpans()];
}

async function metrics(encoding, timeout, attributes) {
  const { MeterProvider, MetricReader } = require("@opentelemetry/sdk-metrics");
  class Reader extends MetricReader {
    async onForceFlush() {}
    async onShutdown() {}
  }
  const reader = new Reader();
  const provider = new MeterProvider({
    resource: resourceFromAttributes({ "resource.name": "langsmith-metrics", env: "ls_self_hosted" }),
    readers: [reader],
  });
  const counter = provider.getMeter("langsmith.metrics", "0.1.0").createCounter("langsmith_http_requests_failed", {
    unit: "1",
    description: "Counter of failed requests for LangSmith services",
  });
  const documented = { endpoint: "/info", method: "POST", service_name: "langsmith_platform_backend" };
  counter.add(456, { ...documented, ...attributes });
  const { resourceMetrics } = await reader.collect();
  return [exporter("metrics", "OTLPMetricExporter", encoding, timeout), resourceMetrics];
}

function logs(encoding, timeout, attributes) {
  const { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } = require("@opentelemetry/sdk-logs");
  const kept = new InMemoryLogRecordExporter();
  const provider = new LoggerProvider({
    resource,
    processors: [new SimpleLogRecordProcessor({ exporter: kept })],
  });
  provider.getLogger("").emit({
    severityNumber: 13,
    severityText: "Warning",
    body: "Database connection pool approaching capacity",
    attributes: { component: "langsmith_backend", pool_size: 95, ...attributes },
  });
  return [exporter("logs", "OTLPLogExporter", encoding, timeout), kept.getFinishedLogRecords()];
}

async function main(signal, encoding, timeout, ...pairs) {
  const attributes = Object.fromEntries(pairs.map((pair) => pair.split("=")));
  const [client, batch] = await { traces, metrics, logs }[signal](encoding, Number(timeout), attributes);
  const { code, error } = await new Promise((done) => client.export(batch, done));
  console.log(JSON.stringify({ result: code === 0 ? "SUCCESS" : "FAILURE", error: error && String(error) }));
  await client.shutdown();
}

main(...process.argv.slice(2));
