"""Clients that know nothing of this proxy work through it, with its CA file and the usual variables and no more."""

import gzip
import json
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from beacon_audit.demo.beacon import BEACON_HOST, SimulatedBeacon
from beacon_audit.demo.payloads import Payloads
from harness import ordinary_clients
from harness.ordinary_clients import (
    NODE_FETCH,
    PYTHON_HTTPX,
    PYTHON_HTTPX_IN_CHUNKS,
    PYTHON_REQUESTS,
    PYTHON_REQUESTS_IN_CHUNKS,
    Said,
    curl,
    python,
)
from harness.proxy import ProxyProcess, write_policy

PAYLOADS = Payloads("lcl_2c9b71f06ad84e35")
VERIFY = "/v1/beacon/verify"
USAGE = "/v1/beacon/ingest-traces"


def _curl_features() -> str:
    if shutil.which("curl") is None:
        return ""
    return subprocess.run(["curl", "--version"], capture_output=True, text=True, check=True).stdout


needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
needs_http2 = pytest.mark.skipif("HTTP2" not in _curl_features(), reason="curl with HTTP/2 is not installed")
needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")


@dataclass(frozen=True)
class Stage:
    beacon: SimulatedBeacon
    proxy: ProxyProcess

    @property
    def ca_file(self) -> Path:
        return self.proxy.home.ca_certificate

    def run(self, command: tuple[str, ...], trust: str, *, path: str = USAGE, body: bytes | None = None) -> Said:
        """One client that is told of the proxy, and of the CA file by the variable ``trust``."""
        return ordinary_clients.run(
            command,
            PAYLOADS.documented("usage-ingest") if body is None else body,
            path=path,
            environment={"HTTPS_PROXY": self.proxy.url, **({trust: self.ca_file} if trust else {})},
        )


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    directory = tmp_path_factory.mktemp("clients")
    with SimulatedBeacon(directory) as beacon, ProxyProcess(directory, write_policy(directory, beacon)) as proxy:
        yield Stage(beacon, proxy)


CLIENTS = [
    pytest.param(curl("--http1.1"), "CURL_CA_BUNDLE", id="curl", marks=needs_curl),
    pytest.param(curl("--http1.1"), "SSL_CERT_FILE", id="curl-ssl-cert-file", marks=needs_curl),
    pytest.param(curl("--http2"), "CURL_CA_BUNDLE", id="curl-http2", marks=needs_http2),
    pytest.param(python(PYTHON_REQUESTS), "REQUESTS_CA_BUNDLE", id="requests"),
    pytest.param(python(PYTHON_HTTPX), "SSL_CERT_FILE", id="httpx"),
]


@pytest.mark.parametrize(("command", "trust"), CLIENTS)
def test_usage_report_of_an_ordinary_client_arrives_and_is_recorded(
    stage: Stage, command: tuple[str, ...], trust: str
) -> None:
    arrived, recorded = len(stage.beacon.requests), len(stage.proxy.entries("intent"))
    said = stage.run(command, trust)
    assert (said.status, json.loads(said.body or "null")) == (200, {"inserted_count": 1}), said.error
    assert [request.body for request in stage.beacon.requests[arrived:]] == [PAYLOADS.documented("usage-ingest")]
    [intent] = stage.proxy.entries("intent")[recorded:]
    assert (intent["endpoint"], intent["action"], intent["host"]) == ("usage-ingest", "allowed", BEACON_HOST)
    assert intent["findings"] == []  # no header of a usual client is undocumented
    assert stage.proxy.entries("outcome")[-1]["state"] == "sent"


@pytest.mark.parametrize(
    ("command", "trust"),
    [
        pytest.param(
            curl("--http1.1", "--header", "Transfer-Encoding: chunked"), "CURL_CA_BUNDLE", id="curl", marks=needs_curl
        ),
        pytest.param(
            curl("--http1.1", "--header", "Expect: 100-continue"), "CURL_CA_BUNDLE", id="curl-expect", marks=needs_curl
        ),
        pytest.param(python(PYTHON_REQUESTS_IN_CHUNKS), "REQUESTS_CA_BUNDLE", id="requests"),
        pytest.param(python(PYTHON_HTTPX_IN_CHUNKS), "SSL_CERT_FILE", id="httpx"),
    ],
)
def test_body_arrives_in_whatever_form_an_ordinary_client_sends_it(
    stage: Stage, command: tuple[str, ...], trust: str
) -> None:
    arrived = len(stage.beacon.requests)
    said = stage.run(command, trust)
    assert said.status == 200, said.error
    [request] = stage.beacon.requests[arrived:]
    body = gzip.decompress(request.body) if b"gzip" in request.head else request.body
    assert body == PAYLOADS.documented("usage-ingest")


@pytest.mark.parametrize(("command", "trust"), CLIENTS)
def test_refusal_reaches_an_ordinary_client_with_its_reason(stage: Stage, command: tuple[str, ...], trust: str) -> None:
    arrived = len(stage.beacon.requests)
    said = stage.run(command, trust, body=PAYLOADS.with_undocumented_field())
    assert said.status == 403, said.error
    refusal = stage.proxy.entries("refusal")[-1]
    assert (json.loads(said.body)["record"], refusal["reason_code"]) == (refusal["id"], "contract.undocumented-field")
    assert len(stage.beacon.requests) == arrived


@pytest.mark.parametrize("command", [parameter.values[0] for parameter in CLIENTS if parameter.id == "requests"])
def test_client_without_the_ca_file_sends_nothing(stage: Stage, command: tuple[str, ...]) -> None:
    arrived = len(stage.beacon.requests)
    said = stage.run(command, "")
    assert said.status == 0
    assert "CERTIFICATE_VERIFY_FAILED" in said.error
    assert len(stage.beacon.requests) == arrived


def _node_version() -> tuple[int, ...]:
    shown = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout
    return tuple(int(part) for part in shown.strip().lstrip("v").split(".")[:2])


@needs_node
def test_node_fetch_works_through_the_proxy(stage: Stage) -> None:
    version = _node_version()
    if not (version >= (24, 0) or (22, 21) <= version < (23, 0)):
        pytest.skip(f"node {version[0]}.{version[1]} ignores HTTPS_PROXY; NODE_USE_ENV_PROXY needs 22.21 or 24")
    said = ordinary_clients.run(
        ("node", "-e", NODE_FETCH),
        PAYLOADS.documented("license-verify"),
        path=VERIFY,
        environment={
            "HTTPS_PROXY": stage.proxy.url,
            "NODE_USE_ENV_PROXY": "1",
            "NODE_EXTRA_CA_CERTS": stage.ca_file,
        },
    )
    assert said.status == 200, said.error
    assert "token" in json.loads(said.body)


def _why_not_reverse() -> str | None:
    """Why this machine cannot pretend that Beacon's name leads to it; ``None`` when it can."""
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        return "a host name of our own needs root and unshare"
    if subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False).returncode:
        return "this kernel or container gives out no mount namespace"
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", 443))
        except OSError as error:
            return f"127.0.0.1:443 cannot be listened on: {error.strerror}"
    return None


def _with_hosts_file(hosts: Path, command: tuple[str, ...]) -> tuple[str, ...]:
    """``command`` in a mount namespace in which ``hosts`` stands at /etc/hosts; nobody else sees it."""
    return ("unshare", "-m", "sh", "-c", f'mount --bind "{hosts}" /etc/hosts && exec "$@"', "sh", *command)


@pytest.mark.parametrize(
    ("command", "trust"),
    [
        pytest.param(("node", "-e", NODE_FETCH), "NODE_EXTRA_CA_CERTS", id="node-fetch", marks=needs_node),
        pytest.param(python(PYTHON_HTTPX), "SSL_CERT_FILE", id="httpx"),
    ],
)
def test_client_that_ignores_proxies_works_by_dns_override(
    tmp_path: Path, command: tuple[str, ...], trust: str
) -> None:
    if reason := _why_not_reverse():
        pytest.skip(reason)
    hosts = tmp_path / "hosts"
    hosts.write_text(f"127.0.0.1 localhost {BEACON_HOST}\n")
    with (
        SimulatedBeacon(tmp_path) as beacon,
        ProxyProcess(tmp_path, write_policy(tmp_path, beacon), mode="reverse", listen="127.0.0.1:443") as proxy,
    ):
        said = ordinary_clients.run(
            _with_hosts_file(hosts, command),
            PAYLOADS.documented("license-verify"),
            path=VERIFY,
            environment={trust: proxy.home.ca_certificate},
        )
        assert said.status == 200, said.error
        assert "token" in json.loads(said.body)
        assert [request.path for request in beacon.requests] == [VERIFY]
        assert [entry["endpoint"] for entry in proxy.entries("intent")] == ["license-verify"]
