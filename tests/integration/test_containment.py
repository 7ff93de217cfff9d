"""Traffic for one place that is made to look like traffic for another, or takes another way: none of it leaves.

The matrix of single violations over all endpoints and policies is in ``test_refusal_matrix``. Here are those that need
bytes of their own, the forms of a request target, and the ways around the tunnel.
"""

import socket
import ssl
from collections.abc import Iterator
from typing import Any

import pytest

from harness.client import HOST, Answer, Tunnel
from harness.nothing_leaves import nothing_leaves
from harness.rig import Rig, running_rig
from harness.usage_reports import PATH, usage_report

BODY = usage_report(1)
HOST_LINE = f"Host: {HOST}"
POST = f"POST {PATH} HTTP/1.1"


@pytest.fixture(scope="module", params=["enforce", "observe", "offline"])
def rig(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with running_rig(tmp_path_factory.mktemp(request.param), mode=request.param) as running:
        yield running


def message(first: str, *lines: str) -> bytes:
    fields = (*lines, "Content-Type: application/json", f"Content-Length: {len(BODY)}", "", "")
    return "\r\n".join((first, *fields)).encode("latin-1") + BODY


def codes(refusal: dict[str, object]) -> set[str]:
    findings = refusal["findings"]
    assert isinstance(findings, list)
    return {str(finding["code"]) for finding in findings}


def client(rig: Rig, **options: Any) -> Tunnel:
    return Tunnel(rig.proxy.address, rig.proxy.home.ca_certificate, timeout=5, **options)


def refused(rig: Rig, sent: bytes, code: str, *, status: int = 403, tls: bool = True) -> Answer:
    with nothing_leaves(rig.beacon, rig.proxy) as refusal, client(rig, tls=tls) as tunnel:
        answer = tunnel.send_raw(sent)
    assert answer.status == status
    assert code in codes(refusal)
    if status == 403:
        assert answer.json()["record"] == refusal["id"]
    return answer


# --- inside the tunnel ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        pytest.param(message(POST, HOST_LINE, HOST_LINE), "containment.host-duplicate", id="twice"),
        pytest.param(
            message(POST, HOST_LINE, "host: example.net"),
            "containment.host-mismatch",
            id="other",
        ),
        pytest.param(message(POST), "containment.host-missing", id="no host"),
        pytest.param(message(POST, "Host:"), "containment.host-mismatch", id="empty host"),
        pytest.param(message(POST, f"Host: {HOST}:80"), "containment.host-mismatch", id="port"),
        pytest.param(message(POST, f"Host: x@{HOST}"), "containment.host-mismatch", id="user"),
        pytest.param(message(POST, f"Host: {HOST}, example.net"), "containment.host-mismatch", id="list"),
        # IDNA takes the soft hyphen out and reads the ordinal as a letter; on the wire they would stay.
        pytest.param(message(POST, "Host: be\xadacon.langchain.com"), "containment.host-mismatch", id="soft hyphen"),
        pytest.param(message(POST, "Host: be\xaacon.langchain.com"), "containment.host-mismatch", id="ordinal"),
        pytest.param(
            message(POST, HOST_LINE, "Expect: 100-continue;q=1"), "containment.expectation", id="odd expectation"
        ),
        pytest.param(
            message(POST, HOST_LINE, *["Expect: 100-continue"] * 2), "containment.expectation", id="two expectations"
        ),
        pytest.param(
            message(f"POST https://{HOST}{PATH} HTTP/1.1", HOST_LINE), "containment.absolute-form", id="absolute"
        ),
        pytest.param(
            message(f"POST http://{HOST}{PATH} HTTP/1.1", HOST_LINE), "containment.absolute-form", id="absolute http"
        ),
        pytest.param(
            message(f"POST https://example.net{PATH} HTTP/1.1", HOST_LINE), "containment.host-mismatch", id="elsewhere"
        ),
        pytest.param(
            message(POST, HOST_LINE, "Connection: Upgrade", "Upgrade: websocket"),
            "containment.upgrade",
            id="websocket",
        ),
        pytest.param(
            message(POST, HOST_LINE, "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c"),
            "containment.upgrade",
            id="h2c",
        ),
        *(
            pytest.param(
                message(POST, HOST_LINE, f"X-Odd: a{character}b"),
                "containment.control-character",
                id=f"control {ord(character):02x}",
            )
            for character in "\x00\x0b\x0c\r\x7f"
        ),
        pytest.param(
            message(POST, HOST_LINE, "X-Folded: a\r\n b"),
            "containment.control-character",
            id="folded",
        ),
    ],
)
def test_request_that_does_not_add_up_is_refused_in_every_mode(rig: Rig, sent: bytes, code: str) -> None:
    refused(rig, sent, code)


@pytest.mark.parametrize("version", ["HTTP/0.9", "HTTP/1.2", "HTTP/2.0", "HTTP/3.0", "HTTP/9.9"])
def test_version_of_http_that_this_is_not_is_turned_away(rig: Rig, version: str) -> None:
    refused(rig, message(f"POST {PATH} {version}", HOST_LINE), "wire.http-head", status=505)


@pytest.mark.parametrize("method", ["CONNECT", "connect"])
def test_tunnel_in_the_tunnel_is_refused(rig: Rig, method: str) -> None:
    with nothing_leaves(rig.beacon, rig.proxy) as refusal, rig.tunnel() as tunnel:
        answer = tunnel.send_raw(f"{method} {HOST}:443 HTTP/1.1\r\nHost: {HOST}:443\r\n\r\n".encode())
    assert answer.status == 400
    assert str(refusal["reason_code"]).startswith("wire.")


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param((f"Content-Length: {len(BODY)}",), id="two lengths"),
        pytest.param(("Content-Length: 5",), id="two different lengths"),
        pytest.param(("Transfer-Encoding: chunked",), id="length and chunks"),
        pytest.param(("Transfer-Encoding: chunked", "Transfer-Encoding: identity"), id="two codings"),
        pytest.param(("Transfer-Encoding: xchunked",), id="unknown coding"),
        pytest.param(("X-Space : a",), id="space before the colon"),
    ],
)
def test_request_whose_end_is_disputable_is_refused(rig: Rig, lines: tuple[str, ...]) -> None:
    """Request smuggling: what one reader takes for the body, another takes for the next request (RFC 9112 §11.2)."""
    with nothing_leaves(rig.beacon, rig.proxy) as refusal, rig.tunnel() as tunnel:
        answer = tunnel.send_raw(message(POST, HOST_LINE, *lines))
    assert answer.status == 400
    assert refusal["reason_code"] == "wire.http-message"


def test_plain_http_in_the_tunnel_is_refused(rig: Rig) -> None:
    refused(rig, message(POST, HOST_LINE), "containment.plaintext", tls=False)


def test_bytes_that_are_neither_tls_nor_http_are_not_relayed(rig: Rig) -> None:
    with nothing_leaves(rig.beacon, rig.proxy) as refusal, client(rig, tls=False) as tunnel:
        assert tunnel.send_raw(b"SSH-2.0-OpenSSH_9.9\r\n\r\n").status == 400
    assert refusal["reason_code"] == "wire.http-head"


# --- around the tunnel ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "lines"),
    [
        pytest.param(f"POST http://{HOST}{PATH} HTTP/1.1", (HOST_LINE,), id="http"),
        pytest.param(f"POST https://{HOST}{PATH} HTTP/1.1", (HOST_LINE,), id="https"),
        pytest.param("POST http://example.net/collect HTTP/1.1", ("Host: example.net",), id="elsewhere"),
        pytest.param(f"POST http://{HOST}:443{PATH} HTTP/1.1", (f"{HOST_LINE}:443",), id="http to the port of https"),
        pytest.param(f"POST {PATH} HTTP/1.1", (HOST_LINE,), id="origin form"),
        pytest.param("OPTIONS * HTTP/1.1", (HOST_LINE,), id="asterisk"),
    ],
)
def test_request_in_clear_is_refused(rig: Rig, first: str, lines: tuple[str, ...]) -> None:
    with nothing_leaves(rig.beacon, rig.proxy) as refusal, client(rig, connect=None, tls=False) as tunnel:
        answer = tunnel.send_raw(message(first, *lines))
    assert answer.status in (400, 403)  # an OTLP endpoint has its own form of refusal
    assert {"containment.plaintext", "containment.no-connect"} <= codes(refusal)


def test_request_in_clear_that_names_no_host_is_recorded(rig: Rig) -> None:
    with nothing_leaves(rig.beacon, rig.proxy) as refusal, client(rig, connect=None, tls=False) as tunnel:
        answer = tunnel.send_raw(message(POST))
    assert (answer.status, refusal["status"], refusal["reason_code"]) == (400, 400, "wire.http-head")


def test_tls_to_the_proxy_itself_is_no_tunnel(rig: Rig) -> None:
    with nothing_leaves(rig.beacon, rig.proxy) as refusal, client(rig, connect=None) as tunnel:
        assert tunnel.send(PATH, BODY).status == 403
    assert "containment.no-connect" in codes(refusal)


def test_plain_http_in_a_tunnel_inside_tls_is_refused(rig: Rig) -> None:
    """The outer TLS is the client's with us; upstream it would be in clear."""
    with nothing_leaves(rig.beacon, rig.proxy) as refusal, client(rig, connect=None) as tunnel:
        assert tunnel.send_raw(f"CONNECT {HOST}:443 HTTP/1.1\r\n\r\n".encode(), "CONNECT").status == 200
        answer = tunnel.send_raw(message(POST, HOST_LINE))
    assert answer.status == 403
    assert "containment.scheme" in codes(refusal)


@pytest.mark.parametrize(
    ("target", "code"),
    [
        ("example.net:443", "containment.undocumented-host"),
        (f"{HOST}.example.net:443", "containment.undocumented-host"),
        (f"www.{HOST}:443", "containment.undocumented-host"),
        ("127.0.0.1:443", "containment.undocumented-host"),
        (f"{HOST}:80", "containment.undocumented-port"),
        (f"{HOST}:0443", "containment.connect-target"),
        (f"{HOST}..:443", "containment.connect-target"),
        ("[::1]:443", "containment.connect-target"),
        (f"[{HOST}]:443", "containment.connect-target"),
        (f"x@{HOST}:443", "containment.connect-target"),
        ("/", "containment.connect-target"),
    ],
)
def test_tunnel_to_another_place_is_refused(rig: Rig, target: str, code: str) -> None:
    with nothing_leaves(rig.beacon, rig.proxy) as refusal, client(rig, connect=target) as tunnel:
        answer = tunnel.connect_answer
    if answer.status == 403:
        assert refusal["reason_code"] == code
    else:
        assert (answer.status, refusal["reason_code"]) == (400, "wire.http-head")  # mitmproxy does not read it either


def test_client_that_does_not_trust_our_authority_is_recorded(rig: Rig) -> None:
    with nothing_leaves(rig.beacon, rig.proxy) as refusal, socket.create_connection(rig.proxy.address, 5) as plain:
        plain.sendall(f"CONNECT {HOST}:443 HTTP/1.1\r\n\r\n".encode())
        assert plain.recv(4096).startswith(b"HTTP/1.1 200 ")
        with pytest.raises(ssl.SSLCertVerificationError):
            ssl.create_default_context().wrap_socket(plain, server_hostname=HOST)
    assert refusal["reason_code"] == "containment.tls-handshake"


@pytest.mark.parametrize("sni", ["example.net", "beacon.langchain.com.example.net", "localhost"])
def test_certificate_is_that_of_the_documented_host_whatever_the_client_asks_for(rig: Rig, sni: str) -> None:
    with nothing_leaves(rig.beacon, rig.proxy), socket.create_connection(rig.proxy.address, 5) as plain:
        plain.sendall(f"CONNECT {HOST}:443 HTTP/1.1\r\n\r\n".encode())
        assert plain.recv(4096).startswith(b"HTTP/1.1 200 ")
        trusting = ssl.create_default_context(cafile=str(rig.proxy.home.ca_certificate))
        with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
            trusting.wrap_socket(plain, server_hostname=sni)
