"""OpenTelemetry's own exporter takes a refusal for what it is: it drops the batch and does not try again.

Source of the rule: OTLP/HTTP specification, "Failures": 400 is final, 503 may be tried again.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import harness
from beacon_audit.demo.beacon import SimulatedBeacon
from harness.proxy import ProxyProcess, write_policy

pytest.importorskip(
    "opentelemetry.exporter.otlp.proto.http", reason="opentelemetry-exporter-otlp-proto-http is not installed"
)

HARNESS = Path(harness.__file__).parent
# Enough for several attempts: the exporter waits about one second after the first.
PATIENCE_S = 2.5


def export(signal: str, proxy: ProxyProcess, timeout: float) -> tuple[str, str]:
    """The result of one export, and what the exporter logged."""
    done = subprocess.run(
        [sys.executable, str(HARNESS / "otlp_exporter.py"), signal, str(timeout)],
        env={
            "PATH": os.environ["PATH"],
            "HTTPS_PROXY": proxy.url,
            "REQUESTS_CA_BUNDLE": str(proxy.home.ca_certificate),
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["result"], done.stderr


@pytest.mark.parametrize("signal", ["traces", "metrics"])
def test_protobuf_batch_is_refused_with_400_and_tried_exactly_once(tmp_path: Path, signal: str) -> None:
    with SimulatedBeacon(tmp_path) as beacon, ProxyProcess(tmp_path, write_policy(tmp_path, beacon)) as proxy:
        result, log = export(signal, proxy, PATIENCE_S)
        refusals = proxy.entries("refusal")
        assert [(entry["endpoint"], entry["status"], entry["reason_code"]) for entry in refusals] == [
            (f"telemetry-{signal}", 400, "contract.undocumented-media-type")
        ]
        assert result == "FAILURE"
        assert "400" in log
        assert "retry" not in log.lower()
        assert beacon.connections == 0


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
