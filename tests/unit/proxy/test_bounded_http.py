"""An answer is bounded in time and size whatever the server does, and goes nowhere but where it was asked for."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from http.client import HTTPException
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from beacon_audit.demo.certificates import issue
from beacon_audit.proxy.bounded_http import Answer, AnswerTooLong, BoundedHttp
from harness import witness_faults as faults
from harness.witness import Misbehaviour, Reply, SimulatedWitness

ECHO: Misbehaviour = lambda _witness, body: Reply(200, "text/plain", body)  # noqa: E731 - an annotated one-liner
LIMIT = 64 * 1024


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SimulatedWitness]:
    with SimulatedWitness(tmp_path / "state", {}) as server:
        server.misbehaviour = ECHO
        yield server


def client(url: str, ca_file: Path | None = None, timeout_s: float = 5.0) -> BoundedHttp:
    return BoundedHttp(url, ssl.create_default_context(cafile=ca_file), timeout_s=timeout_s, limit=LIMIT)


def test_answer_has_status_type_and_body(server: SimulatedWitness) -> None:
    http = client(server.url)
    assert http.post("/add-checkpoint", b"body") == Answer(200, "text/plain", b"body")
    server.misbehaviour = faults.status(503)
    assert http.post("/add-checkpoint", b"body").status == 503
    http.close()


def test_nothing_is_sent_but_what_http_needs(server: SimulatedWitness) -> None:
    client(server.url).post("/add-checkpoint", b"body")
    assert server.paths == ["/prefix/add-checkpoint"]
    assert server.heads == [{"Host": f"127.0.0.1:{server.port}", "Accept-Encoding": "identity", "Content-Length": "4"}]


def test_connection_is_kept(server: SimulatedWitness) -> None:
    http = client(server.url)
    for _ in range(5):
        http.post("/add-checkpoint", b"body")
    assert (server.connections, len(server.requests)) == (1, 5)


def test_server_that_closes_idle_connections_is_dialled_again(server: SimulatedWitness) -> None:
    http = client(server.url)

    def then_close(witness: SimulatedWitness, body: bytes) -> Reply:
        """Without a word about it in the answer."""

        def send(handler: BaseHTTPRequestHandler) -> None:
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            handler.close_connection = True

        return Reply(200, send=send)

    server.misbehaviour = then_close
    for _ in range(3):
        assert http.post("/add-checkpoint", b"body").body == b"ok"
        time.sleep(0.05)
    assert (server.connections, len(server.requests)) == (3, 3)


@pytest.mark.parametrize(
    "head", [b"HTTP/1.0 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n",
             b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n"]
)  # fmt: skip
def test_body_that_ends_with_the_connection_is_read(head: bytes, server: SimulatedWitness) -> None:
    server.misbehaviour = faults.raw(head, b"ok")
    http = client(server.url)
    assert [http.post("/add-checkpoint", b"body").body for _ in range(2)] == [b"ok", b"ok"]
    assert server.connections == 2


def test_chunked_body_is_read_and_the_connection_kept(server: SimulatedWitness) -> None:
    def send(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\no\r\n1\r\nk\r\n0\r\n\r\n")

    server.misbehaviour = lambda _witness, _body: Reply(200, send=send)
    http = client(server.url)
    assert [http.post("/add-checkpoint", b"body").body for _ in range(2)] == [b"ok", b"ok"]
    assert server.connections == 1


@pytest.mark.parametrize(
    "fault", [faults.long_body, faults.endless_body, faults.endless_chunks, faults.endless_head, faults.endless_line,
              faults.endless_continue],
)  # fmt: skip
def test_answer_without_end_is_given_up(fault: Misbehaviour, server: SimulatedWitness) -> None:
    server.misbehaviour = fault
    http = client(server.url)
    began = time.monotonic()
    with pytest.raises(HTTPException):
        http.post("/add-checkpoint", b"body")
    assert time.monotonic() - began < 8
    assert len(server.requests) == 1, "not asked again"


def test_answer_of_the_largest_size_is_read_and_one_byte_more_is_not(server: SimulatedWitness) -> None:
    http = client(server.url)

    def size_of_answer(body: bytes) -> int:
        with socket.create_connection(("127.0.0.1", server.port)) as plain:
            plain.sendall(b"POST /prefix/add-checkpoint HTTP/1.0\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            with plain.makefile("rb") as file:
                return len(file.read())

    head = size_of_answer(b"x" * 10_000) - 10_000
    assert len(http.post("/add-checkpoint", b"x" * (LIMIT - head)).body) == LIMIT - head
    with pytest.raises(AnswerTooLong):
        http.post("/add-checkpoint", b"x" * (LIMIT - head + 1))


@pytest.mark.parametrize("fault", [faults.silent, faults.dripping, faults.slow(10.0)], ids=["silent", "drip", "slow"])
def test_answer_that_takes_too_long_is_given_up_however_it_is_spread(
    fault: Misbehaviour, server: SimulatedWitness
) -> None:
    server.misbehaviour = fault
    http = client(server.url, timeout_s=0.3)
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        http.post("/add-checkpoint", b"body")
    assert 0.2 < time.monotonic() - began < 9


def test_server_that_does_not_shake_hands_is_given_up(server: SimulatedWitness) -> None:
    http = client(f"https://127.0.0.1:{server.port}", timeout_s=0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        http = client(f"https://127.0.0.1:{silent.getsockname()[1]}", timeout_s=0.3)
        with pytest.raises(TimeoutError):
            http.post("/add-checkpoint", b"body")


@pytest.mark.parametrize("fault", [faults.not_http, faults.cut_short, faults.claims_much, faults.aborted])
def test_what_is_not_a_whole_answer_is_an_error(fault: Misbehaviour, server: SimulatedWitness) -> None:
    server.misbehaviour = fault
    with pytest.raises((HTTPException, OSError)):
        client(server.url).post("/add-checkpoint", b"body")


def test_it_goes_on_after_every_failure(server: SimulatedWitness) -> None:
    http = client(server.url, timeout_s=2.0)
    for fault in (faults.endless_body, faults.not_http, faults.silent, faults.cut_short, faults.aborted):
        server.misbehaviour = fault
        with pytest.raises((HTTPException, OSError)):
            http.post("/add-checkpoint", b"body")
        server.misbehaviour = ECHO
        assert http.post("/add-checkpoint", b"body").body == b"body"


def test_redirect_is_an_answer_and_is_not_followed(server: SimulatedWitness, tmp_path: Path) -> None:
    with SimulatedWitness(tmp_path / "other", {}) as other:
        server.misbehaviour = faults.redirect(f"{other.url}/add-checkpoint")
        assert client(server.url).post("/add-checkpoint", b"body").status == 307
        assert other.connections == 0


def test_proxies_of_the_environment_are_not_used(server: SimulatedWitness, monkeypatch: pytest.MonkeyPatch) -> None:
    accepted: list[int] = []
    with socket.create_server(("127.0.0.1", 0)) as trap:
        for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{trap.getsockname()[1]}")
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        trap.settimeout(0.2)
        waiting = threading.Thread(target=_note_connection, args=(trap.accept, accepted))
        waiting.start()
        assert client(server.url).post("/add-checkpoint", b"body").status == 200
        waiting.join()
    assert accepted == []


def _note_connection(accept: Callable[[], object], accepted: list[int]) -> None:
    try:
        accept()
    except TimeoutError:
        return
    accepted.append(1)


# --- TLS ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[tuple[SimulatedWitness, Path]]:
    certificate = issue(["localhost"])
    (tmp_path / "chain.pem").write_bytes(certificate.chain)
    (tmp_path / "ca.pem").write_bytes(certificate.authority)
    with SimulatedWitness(tmp_path / "state", {}, chain=tmp_path / "chain.pem") as server:
        server.misbehaviour = ECHO
        yield server, tmp_path / "ca.pem"


def test_certificate_of_the_authority_is_accepted(secure: tuple[SimulatedWitness, Path]) -> None:
    server, ca_file = secure
    http = client(server.url, ca_file)
    assert [http.post("/add-checkpoint", b"body").body for _ in range(2)] == [b"body", b"body"]
    assert server.connections == 1
    assert server.heads[0]["Host"] == f"localhost:{server.port}"


def test_certificate_of_another_authority_gets_nothing(secure: tuple[SimulatedWitness, Path], tmp_path: Path) -> None:
    server, _ = secure
    (tmp_path / "other.pem").write_bytes(issue(["localhost"]).authority)
    for ca_file in (None, tmp_path / "other.pem"):
        with pytest.raises(ssl.SSLCertVerificationError):
            client(server.url, ca_file).post("/add-checkpoint", b"body")
    assert server.requests == []


def test_certificate_for_another_name_gets_nothing(secure: tuple[SimulatedWitness, Path]) -> None:
    server, ca_file = secure
    with pytest.raises(ssl.SSLCertVerificationError):
        client(server.url.replace("localhost", "127.0.0.1"), ca_file).post("/add-checkpoint", b"body")
    assert server.requests == []


def test_answer_over_tls_is_bounded_in_time_too(secure: tuple[SimulatedWitness, Path]) -> None:
    server, ca_file = secure
    server.misbehaviour = faults.dripping
    with pytest.raises(TimeoutError):
        client(server.url, ca_file, timeout_s=0.4).post("/add-checkpoint", b"body")
