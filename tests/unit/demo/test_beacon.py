"""The simulated Beacon, asked by the standard library's HTTP client over real TLS."""

import http.client
import json
import socket
import ssl
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from beacon_audit.demo.answers import Behaviour
from beacon_audit.demo.beacon import BEACON_HOST, SimulatedBeacon


@pytest.fixture
def beacon(tmp_path: Path) -> Iterator[SimulatedBeacon]:
    with SimulatedBeacon(tmp_path) as running:
        yield running


class _Client(http.client.HTTPSConnection):
    """Connects to the simulated Beacon but asks for the real name in SNI and Host."""

    def __init__(self, beacon: SimulatedBeacon) -> None:
        self._trust = ssl.create_default_context(cafile=str(beacon.ca_file))
        self._trust.set_alpn_protocols(["http/1.1"])
        self._beacon = beacon
        super().__init__(BEACON_HOST, timeout=5)

    def connect(self) -> None:
        plain = socket.create_connection((self._beacon.host, self._beacon.port), timeout=5)
        self.sock = self._trust.wrap_socket(plain, server_hostname=BEACON_HOST)

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, bytes]:
        self.request(method, path, body=body, headers=headers)
        response = self.getresponse()
        return response.status, response.read()


def _settled(beacon: SimulatedBeacon, count: int) -> None:
    deadline = time.monotonic() + 5
    while beacon.connections < count and time.monotonic() < deadline:
        time.sleep(0.01)


def test_license_verification_answers_a_token_of_three_parts(beacon: SimulatedBeacon) -> None:
    status, body = _Client(beacon).ask("POST", "/v1/beacon/verify", b'{"license": "lcl_made_up"}')
    assert status == 200
    token = json.loads(body)["token"]
    assert [bool(part) for part in token.split(".")] == [True, True, True]


def test_usage_ingestion_answers_how_many_transactions_came(beacon: SimulatedBeacon) -> None:
    body = json.dumps({"license": "x", "trace_transactions": [{}, {}, {}]}).encode()
    assert _Client(beacon).ask("POST", "/v1/beacon/ingest-traces", body) == (200, b'{"inserted_count":3}')


@pytest.mark.parametrize("path", ["/v1/beacon/v1/metrics", "/v1/beacon/v1/traces"])
def test_telemetry_answers_an_empty_success(beacon: SimulatedBeacon, path: str) -> None:
    assert _Client(beacon).ask("POST", path, b"{}") == (200, b"{}")


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/v1/beacon/other"), ("GET", "/v1/beacon/verify"), ("POST", "/v1/beacon/verify/")]
)
def test_what_is_documented_nowhere_is_not_found(beacon: SimulatedBeacon, method: str, path: str) -> None:
    assert _Client(beacon).ask(method, path)[0] == 404


def test_requests_on_one_connection_are_kept_byte_for_byte(beacon: SimulatedBeacon) -> None:
    client = _Client(beacon)
    bodies = [b'{"license":"\xff\x00"}', b"", b'{"b": 2}']
    for body in bodies:
        client.ask("POST", "/v1/beacon/verify?x=1", body, **{"X-Mixed-Case": "Kept"})
    assert beacon.connections == 1
    assert [request.body for request in beacon.requests] == bodies
    first = beacon.requests[0]
    assert first.head.startswith(b"POST /v1/beacon/verify?x=1 HTTP/1.1\r\nHost: beacon.langchain.com\r\n")
    assert first.head.endswith(b"\r\n\r\n")
    assert (first.target, first.path) == ("/v1/beacon/verify?x=1", "/v1/beacon/verify")
    assert ("X-Mixed-Case", "Kept") in first.headers
    assert first.header_values("host") == (BEACON_HOST,)


def test_chunked_body_is_kept_without_its_framing(beacon: SimulatedBeacon) -> None:
    client = _Client(beacon)
    client.request("POST", "/v1/beacon/verify", body=iter([b"one", b"-two"]), encode_chunked=True)
    assert client.getresponse().read()
    assert beacon.requests[0].body == b"one-two"


def test_failed_handshake_is_counted_but_is_no_request(beacon: SimulatedBeacon) -> None:
    with socket.create_connection((beacon.host, beacon.port), timeout=5) as plain:
        plain.sendall(b"GET / HTTP/1.1\r\n\r\n")
        plain.shutdown(socket.SHUT_WR)
        while plain.recv(4096):
            pass
    assert (beacon.connections, beacon.bytes_received, beacon.requests) == (1, 18, [])


def test_untouched_server_has_received_nothing(beacon: SimulatedBeacon) -> None:
    assert (beacon.connections, beacon.bytes_received, beacon.requests) == (0, 0, [])


def test_connection_that_sends_nothing_is_counted(beacon: SimulatedBeacon) -> None:
    with socket.create_connection((beacon.host, beacon.port), timeout=5):
        _settled(beacon, 1)
    assert (beacon.connections, beacon.bytes_received) == (1, 0)


def test_client_that_does_not_trust_the_authority_is_turned_away(beacon: SimulatedBeacon) -> None:
    with socket.create_connection((beacon.host, beacon.port), timeout=5) as plain, pytest.raises(ssl.SSLError):
        ssl.create_default_context().wrap_socket(plain, server_hostname=BEACON_HOST)
    assert beacon.requests == []


def test_certificate_is_for_the_names_given_only(tmp_path: Path) -> None:
    with SimulatedBeacon(tmp_path, names=("other.example",)) as beacon, pytest.raises(ssl.SSLCertVerificationError):
        _Client(beacon).ask("POST", "/v1/beacon/verify")


def test_server_speaks_http_1_1_and_nothing_newer(beacon: SimulatedBeacon) -> None:
    trust = ssl.create_default_context(cafile=str(beacon.ca_file))
    trust.set_alpn_protocols(["h2", "http/1.1"])
    plain = socket.create_connection((beacon.host, beacon.port), timeout=5)
    with trust.wrap_socket(plain, server_hostname=BEACON_HOST) as connection:
        assert connection.selected_alpn_protocol() == "http/1.1"


def test_fixed_status_and_body_replace_the_documented_ones(beacon: SimulatedBeacon) -> None:
    beacon.behaviour = Behaviour(status=503, body=b'{"error":"made up"}')
    assert _Client(beacon).ask("POST", "/v1/beacon/verify") == (503, b'{"error":"made up"}')


def test_delay_passes_before_the_response(beacon: SimulatedBeacon) -> None:
    beacon.behaviour = Behaviour(delay_s=0.2)
    start = time.monotonic()
    _Client(beacon).ask("POST", "/v1/beacon/verify")
    assert time.monotonic() - start >= 0.2


def test_connection_closed_inside_the_body_leaves_the_client_with_less(beacon: SimulatedBeacon) -> None:
    beacon.behaviour = Behaviour(body=b"0123456789", close_after=80)
    with pytest.raises((http.client.IncompleteRead, OSError)):
        _Client(beacon).ask("POST", "/v1/beacon/verify")
    assert len(beacon.requests) == 1


def test_connection_closed_before_the_head_leaves_the_client_without_response(beacon: SimulatedBeacon) -> None:
    beacon.behaviour = Behaviour(close_after=0)
    with pytest.raises((http.client.RemoteDisconnected, OSError)):
        _Client(beacon).ask("POST", "/v1/beacon/verify")


def test_raw_bytes_are_sent_in_place_of_a_response(beacon: SimulatedBeacon) -> None:
    beacon.behaviour = Behaviour(raw=b"HTTP/1.1 299 Odd\r\nContent-Length: 2\r\n\r\nok")
    assert _Client(beacon).ask("POST", "/v1/beacon/verify") == (299, b"ok")


def test_leaving_ends_connections_that_wait(tmp_path: Path) -> None:
    with SimulatedBeacon(tmp_path, behaviour=Behaviour(delay_s=60)) as beacon:
        client = _Client(beacon)
        client.request("POST", "/v1/beacon/verify")
        deadline = time.monotonic() + 5
        while not beacon.requests and time.monotonic() < deadline:
            time.sleep(0.01)
        start = time.monotonic()
    assert time.monotonic() - start < 20
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((beacon.host, beacon.port), timeout=1)


def test_no_private_key_is_left_on_disk(tmp_path: Path) -> None:
    with SimulatedBeacon(tmp_path):
        assert [path.name for path in tmp_path.iterdir()] == ["beacon-ca.crt"]
        assert b"PRIVATE" not in (tmp_path / "beacon-ca.crt").read_bytes()
