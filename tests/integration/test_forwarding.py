"""What may leave, leaves as it came, to the right place and to nobody else."""

import contextlib
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from beacon_audit.demo.beacon import SimulatedBeacon
from harness.client import HOST, Tunnel
from harness.proxy import ProxyProcess, write_policy
from harness.violations import PATHS, Sent, documented

HTTP2 = (
    shutil.which("curl") is not None and b"HTTP2" in subprocess.run(["curl", "--version"], capture_output=True).stdout
)
VERIFY = Sent(PATHS["license-verify"], documented("license-verify"))


def test_upstream_receives_byte_for_byte_what_the_client_sent(tmp_path: Path) -> None:
    body = b' { "license" :"lcl_\\u0061bcdefgh1234" }\n'
    head = (
        f"POST /v1/beacon/verify HTTP/1.1\r\nhOST: {HOST}\r\ncontent-TYPE: application/json; charset=utf-8\r\n"
        f"X-Langchain-Trace: a  b\r\nx-twice: 1\r\nX-Twice: 2\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode()
    with SimulatedBeacon(tmp_path) as beacon, ProxyProcess(tmp_path, write_policy(tmp_path, beacon)) as proxy:
        with Tunnel(proxy.address, proxy.home.ca_certificate) as tunnel:
            assert tunnel.send_raw(head + body).status == 200
        assert [(request.head, request.body) for request in beacon.requests] == [(head, body)]


@pytest.mark.parametrize("fault", ["untrusted authority", "another name"])
def test_an_upstream_that_cannot_prove_its_name_gets_no_request(tmp_path: Path, fault: str) -> None:
    names = ("example.net",) if fault == "another name" else (HOST,)
    other = tmp_path / "other"
    other.mkdir()
    with SimulatedBeacon(tmp_path, names=names) as beacon, SimulatedBeacon(other) as stranger:
        trusted = stranger if fault == "untrusted authority" else beacon
        upstream = {"address": beacon.address, "ca_file": str(trusted.ca_file)}
        with ProxyProcess(tmp_path, write_policy(tmp_path, beacon, upstream=upstream)) as proxy:
            assert VERIFY.to(proxy.address, proxy.home.ca_certificate).status == 502
            assert beacon.requests == []
            (outcome,) = proxy.entries("outcome")
            assert outcome["state"] == "not_sent"


def test_reverse_mode_answers_as_the_documented_host(tmp_path: Path) -> None:
    with (
        SimulatedBeacon(tmp_path) as beacon,
        ProxyProcess(tmp_path, write_policy(tmp_path, beacon), mode="reverse") as proxy,
    ):
        with Tunnel(proxy.address, proxy.home.ca_certificate, connect=None) as tunnel:
            for _ in range(20):
                assert tunnel.send(VERIFY.path, VERIFY.body).status == 200
        assert (beacon.connections, len(beacon.requests)) == (1, 20)
        for tunnel_options, host in (({"sni": "example.net"}, HOST), ({"sni": None}, HOST), ({}, "example.net")):
            sent = Sent(VERIFY.path, VERIFY.body, {"connect": None, **tunnel_options}, {"host": host})
            assert sent.to(proxy.address, proxy.home.ca_certificate).status == 403, (tunnel_options, host)
        in_clear: dict[str, Any] = {"tls": False, "connect": None}
        for way, status in ((in_clear, 403), ({}, 400)):  # {}: by CONNECT
            sent = Sent(VERIFY.path, VERIFY.body, way)
            assert sent.to(proxy.address, proxy.home.ca_certificate).status == status
        assert beacon.connections == 1
        assert len(proxy.entries("refusal")) == 5


@contextmanager
def parent_proxy(beacon: SimulatedBeacon) -> Iterator[tuple[str, list[str]]]:
    """A corporate proxy that knows CONNECT only, leads to ``beacon``, and notes every target."""
    listener = socket.create_server(("127.0.0.1", 0))
    targets: list[str] = []

    def pump(source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)

    def serve() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                head += client.recv(1)
            targets.append(head.split(b" ")[1].decode())
            upstream = socket.create_connection((beacon.host, beacon.port))
            client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            for pair in ((client, upstream), (upstream, client)):
                threading.Thread(target=pump, args=pair, daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", targets
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def test_a_parent_proxy_is_used_and_verified_through(tmp_path: Path) -> None:
    with SimulatedBeacon(tmp_path) as beacon, parent_proxy(beacon) as (url, targets):
        upstream = {"proxy": url, "ca_file": str(beacon.ca_file)}
        with ProxyProcess(tmp_path, write_policy(tmp_path, beacon, upstream=upstream)) as proxy:
            with Tunnel(proxy.address, proxy.home.ca_certificate) as tunnel:
                for _ in range(20):
                    assert tunnel.send(VERIFY.path, VERIFY.body).status == 200
            assert targets == [f"{HOST}:443"]
            assert len(beacon.requests) == 20
            refused = Sent("/v1/beacon/backup", VERIFY.body)
            assert refused.to(proxy.address, proxy.home.ca_certificate).status == 403
            assert targets == [f"{HOST}:443"]


def curl_http2(proxy: ProxyProcess, path: str, *options: str) -> tuple[str, str]:
    """One curl process; the HTTP version and the status."""
    command = ["curl", "-sS", "--http2", "-x", proxy.url, "--cacert", str(proxy.home.ca_certificate)]
    command += ["-H", "Content-Type: application/json", "--data-binary", "@-", "-o", "/dev/null", *options]
    command += ["-w", "%{http_version} %{http_code}", f"https://{HOST}{path}"]
    run = subprocess.run(command, input=VERIFY.body, capture_output=True, check=True)
    version, status = run.stdout.decode().split()
    return version, status


@pytest.mark.skipif(not HTTP2, reason="curl is missing or knows no HTTP/2")
def test_http2_clients_are_served_and_refused_alike(tmp_path: Path) -> None:
    with SimulatedBeacon(tmp_path) as beacon, ProxyProcess(tmp_path, write_policy(tmp_path, beacon)) as proxy:
        assert curl_http2(proxy, VERIFY.path) == ("2", "200")
        assert curl_http2(proxy, "/v1/beacon/backup") == ("2", "403")
        assert curl_http2(proxy, VERIFY.path, "-H", "Host: example.net") == ("2", "403")
        assert len(beacon.requests) == 1
        assert [entry["state"] for entry in proxy.entries("outcome")] == ["sent"]
        codes = [entry["reason_code"] for entry in proxy.entries("refusal")]
        assert codes == ["contract.undocumented-endpoint", "containment.host-mismatch"]
