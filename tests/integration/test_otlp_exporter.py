"""OpenTelemetry's own exporters: what is documented goes through, and a refusal is taken for what it is.

A refused batch is dropped and not tried again. Source of the rule: OTLP/HTTP specification, "Failures": 400 is final,
503 may be tried again.
"""

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import harness
from beacon_audit.demo.beacon import SimulatedBeacon
from harness.proxy import ProxyProcess, write_policy

pytest.importorskip(
    "opentelemetry.exporter.otlp.proto.http", reason="opentelemetry-exporter-otlp-proto-http is not installed"
)

HARNESS = Path(harness.__file__).parent
SIGNALS = ["traces", "metrics", "logs"]
# Enough for several attempts: the exporter waits about one second after the first.
PATIENCE_S = 2.5


def export(
    signal: str, proxy: ProxyProcess, timeout: float, *arguments: str, environment: Mapping[str, str] | None = None
) -> tuple[str, str]:
    """The result of one export, and what the exporter logged."""
    done = subprocess.run(
        [sys.executable, str(HARNESS / "otlp_exporter.py"), signal, str(timeout), *arguments],
        env={
            "PATH": os.environ["PATH"],
            "HTTPS_PROXY": proxy.url,
            "REQUESTS_CA_BUNDLE": str(proxy.home.ca_certificate),
            **(environment or {}),
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["result"], done.stderr


@dataclass(frozen=True)
class Stage:
    beacon: SimulatedBeacon
    proxy: ProxyProcess
    strictness: str

    def new_entries(self, before: int) -> list[dict[str, Any]]:
        """What was recorded since the trail held ``before`` entries."""
        return self.proxy.entries()[before:]


@pytest.fixture(scope="module", params=["standard", "strict"])
def stage(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A proxy under the edition that documents logs, at each strictness."""
    directory = tmp_path_factory.mktemp(request.param)
    with SimulatedBeacon(directory) as beacon:
        policy = write_policy(directory, beacon, contract="langsmith-beacon/2026-08", strictness=request.param)
        with ProxyProcess(directory, policy) as proxy:
            yield Stage(beacon, proxy, request.param)


@pytest.mark.parametrize("compression", ["none", "gzip"])
@pytest.mark.parametrize("signal", SIGNALS)
def test_documented_batch_in_protobuf_is_forwarded_as_it_came(stage: Stage, signal: str, compression: str) -> None:
    before, requests = len(stage.proxy.entries()), len(stage.beacon.requests)
    result, log = export(signal, stage.proxy, PATIENCE_S, environment={"OTEL_EXPORTER_OTLP_COMPRESSION": compression})
    entry, *others = stage.new_entries(before)
    if stage.strictness == "strict" and signal != "metrics":
        # The SDK cannot but send what no sample shows: kind and flags of a span, the time at which a log was observed.
        assert (entry["type"], entry["reason_code"]) == ("refusal", "contract.otlp-structure")
        return
    assert (result, entry["type"], [each["type"] for each in others]) == ("SUCCESS", "intent", ["outcome"]), log
    assert {finding["code"] for finding in entry["findings"]} <= {"contract.otlp-structure"}
    assert (others[0]["status"], others[0]["findings"]) == (200, [])
    (received,) = stage.beacon.requests[requests:]
    assert received.header_values("content-type") == ("application/x-protobuf",)
    assert (received.header_values("content-encoding") == ("gzip",)) == (compression == "gzip")
    assert len(received.body) == entry["request_bytes"]


@pytest.mark.parametrize("compression", ["none", "gzip"])
@pytest.mark.parametrize("signal", SIGNALS)
def test_batch_with_an_undocumented_attribute_is_refused_and_tried_exactly_once(
    stage: Stage, signal: str, compression: str
) -> None:
    strict = stage.strictness == "strict"
    attribute, code = ("tenant=x", "new-attribute-key") if strict else ("user.id=x", "promise.identity-attribute")
    before, connections = len(stage.proxy.entries()), stage.beacon.connections
    result, log = export(
        signal, stage.proxy, PATIENCE_S, attribute, environment={"OTEL_EXPORTER_OTLP_COMPRESSION": compression}
    )
    (entry,) = stage.new_entries(before)
    assert (entry["type"], entry["endpoint"], entry["status"]) == ("refusal", f"telemetry-{signal}", 400)
    assert any(finding["code"].endswith(code) for finding in entry["findings"])
    assert result == "FAILURE"
    assert "400" in log
    assert "retry" not in log.lower()
    assert stage.beacon.connections == connections


needs_json_exporter = pytest.mark.skipif(
    importlib.util.find_spec("opentelemetry.exporter.otlp.json") is None,
    reason="opentelemetry-exporter-otlp-json-http is not installed",
)


@pytest.fixture(scope="module")
def in_place_of_beacon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A proxy in reverse mode: the exporter that writes JSON knows of no other."""
    directory = tmp_path_factory.mktemp("reverse")
    with SimulatedBeacon(directory) as beacon:
        policy = write_policy(directory, beacon, contract="langsmith-beacon/2026-08")
        with ProxyProcess(directory, policy, mode="reverse") as proxy:
            yield Stage(beacon, proxy, "standard")


@needs_json_exporter
@pytest.mark.parametrize("compression", ["none", "gzip"])
@pytest.mark.parametrize("signal", SIGNALS)
def test_exporter_that_writes_json_and_knows_no_proxy_is_served_and_refused_alike(
    in_place_of_beacon: Stage, signal: str, compression: str
) -> None:
    stage = in_place_of_beacon
    environment = {
        "OTLP_ENCODING": "json",
        "BEACON_AT": stage.proxy.ready["proxy"],
        "SSL_CERT_FILE": str(stage.proxy.home.ca_certificate),  # which is all that LangSmith's chart sets
        "OTEL_EXPORTER_OTLP_COMPRESSION": compression,
    }
    before, requests = len(stage.proxy.entries()), len(stage.beacon.requests)
    result, log = export(signal, stage.proxy, PATIENCE_S, environment=environment)
    assert result == "SUCCESS", log
    intent, outcome = stage.new_entries(before)
    assert (intent["type"], outcome["status"], outcome["findings"]) == ("intent", 200, [])
    assert {finding["code"] for finding in intent["findings"]} <= {"contract.otlp-structure"}
    (received,) = stage.beacon.requests[requests:]
    assert received.header_values("content-type") == ("application/json",)
    assert (received.header_values("content-encoding") == ("gzip",)) == (compression == "gzip")

    result, log = export(signal, stage.proxy, PATIENCE_S, "user.id=x", environment=environment)
    (refusal,) = stage.new_entries(before)[2:]
    assert (result, refusal["type"], refusal["status"]) == ("FAILURE", "refusal", 400), log
    assert len(stage.beacon.requests) == requests + 1


def test_batch_that_could_not_be_recorded_is_tried_again(tmp_path: Path) -> None:
    """The contrast: the exporter would have had the time to try a refusal again, had it been one to try again."""
    fault = tmp_path / "fault"
    fault.touch()
    launcher = (str(HARNESS / "launchers" / "sabotage.py"), "admit")
    policy = write_policy(tmp_path, None)
    environment = {"BEACON_AUDIT_TEST_FAULT": str(fault)}
    with ProxyProcess(tmp_path, policy, launcher=launcher, environment=environment) as proxy:
        result, log = export("traces", proxy, PATIENCE_S)
        assert result == "FAILURE"
        assert log.count('HTTP/1.1" 503') >= 2
        assert proxy.entries("intent") == []
