"""OpenTelemetry's exporters for Node, which write JSON and protobuf with code that no other part of this test has.

Needs ``node`` and the packages that ``make node`` installs from ``tests/node/package-lock.json``; skipped by name where
one of them is missing. These exporters know of no proxy, so the proxy stands where Beacon's name leads.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from beacon_audit.demo.beacon import SimulatedBeacon
from harness.proxy import ProxyProcess, write_policy

DIRECTORY = Path(__file__).parents[1] / "node"
MEDIA_TYPES = {"json": "application/json", "protobuf": "application/x-protobuf"}
# Enough for a second attempt: the exporter waits about one second after the first.
PATIENCE_MS = 2500

pytestmark = [
    pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed"),
    pytest.mark.skipif(
        not (DIRECTORY / "node_modules" / "@opentelemetry").is_dir(),
        reason="OpenTelemetry's packages for Node are not installed: make node",
    ),
]


@dataclass(frozen=True)
class Stage:
    beacon: SimulatedBeacon
    proxy: ProxyProcess

    def export(self, signal: str, encoding: str, compression: str, *attributes: str) -> tuple[str, str]:
        """The result of one export, and all that the exporter said."""
        environment: Mapping[str, str] = {
            "PATH": os.environ["PATH"],
            "BEACON_AT": self.proxy.ready["proxy"],
            "NODE_EXTRA_CA_CERTS": str(self.proxy.home.ca_certificate),
            "OTEL_EXPORTER_OTLP_COMPRESSION": compression,
        }
        done = subprocess.run(
            ["node", str(DIRECTORY / "exporter.js"), signal, encoding, str(PATIENCE_MS), *attributes],
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)["result"], done.stdout + done.stderr

    def new_entries(self, before: int) -> list[dict[str, Any]]:
        return self.proxy.entries()[before:]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    directory = tmp_path_factory.mktemp("node")
    with SimulatedBeacon(directory) as beacon:
        policy = write_policy(directory, beacon, contract="langsmith-beacon/2026-08")
        with ProxyProcess(directory, policy, mode="reverse") as proxy:
            yield Stage(beacon, proxy)


@pytest.mark.parametrize("compression", ["none", "gzip"])
@pytest.mark.parametrize("encoding", MEDIA_TYPES)
@pytest.mark.parametrize("signal", ["traces", "metrics", "logs"])
def test_documented_batch_is_forwarded_and_another_is_refused_and_tried_exactly_once(
    stage: Stage, signal: str, encoding: str, compression: str
) -> None:
    before, requests = len(stage.proxy.entries()), len(stage.beacon.requests)
    result, log = stage.export(signal, encoding, compression)
    intent, *others = stage.new_entries(before)
    assert (result, intent["type"]) == ("SUCCESS", "intent"), (intent, log)
    # A logger without a name gets one from the SDK.
    named = {"contract.new-scope-name"} if signal == "logs" else set()
    assert {finding["code"] for finding in intent["findings"]} - {"contract.otlp-structure"} == named
    (outcome,) = others
    assert (outcome["status"], outcome["findings"]) == (200, [])
    (received,) = stage.beacon.requests[requests:]
    assert received.header_values("content-type") == (MEDIA_TYPES[encoding],)
    assert (received.header_values("content-encoding") == ("gzip",)) == (compression == "gzip")
    assert len(received.body) == intent["request_bytes"]

    result, log = stage.export(signal, encoding, compression, "user.id=x")
    (refusal,) = stage.new_entries(before)[2:]
    assert (refusal["type"], refusal["status"], refusal["reason_code"]) == (
        "refusal",
        400,
        "promise.identity-attribute",
    )
    assert result == "FAILURE", log
    assert len(stage.beacon.requests) == requests + 1
