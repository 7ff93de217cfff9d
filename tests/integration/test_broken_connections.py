"""Connections that break and bytes that are not HTTP: recorded, answered where somebody listens, and quoted nowhere."""

import socket
import threading
from pathlib import Path
from typing import Any

import pytest

from beacon_audit.demo.answers import Behaviour
from harness.client import Answer, Tunnel
from harness.memory import memory_of
from harness.proxy import ProxyProcess, write_policy
from harness.rig import Rig, eventually, request_head, running_rig
from harness.scripted_upstream import Scripted
from harness.usage_reports import PATH, recorded_number, usage_report

MARK = b"zebra-4711-quoted"
BODY = usage_report(1)
CHUNKED = request_head(0).replace(b"Content-Length: 0", b"Transfer-Encoding: chunked")
TRAILERS = b"2\r\n{}\r\n0\r\nx: " + MARK + b"\r\n\r\n"


def only_refusal(rig: Rig) -> dict[str, Any]:
    eventually(lambda: rig.proxy.entries("refusal"))
    (refusal,) = rig.proxy.entries("refusal")
    return refusal


def assert_not_quoted(rig: Rig, answer: Answer | None = None) -> None:
    assert MARK.decode() not in rig.proxy.stderr
    assert repr(rig.proxy.entries()).find(MARK.decode()) < 0
    if answer is not None:
        assert MARK not in answer.body
        assert MARK.decode() not in str(answer.headers)


# --- the client's side ----------------------------------------------------------------------------------------------


def test_client_that_leaves_half_way_through_its_body_is_recorded(tmp_path: Path) -> None:
    with running_rig(tmp_path) as rig:
        with rig.tunnel() as tunnel:
            tunnel.write(request_head(len(BODY)) + BODY[:40])
        refusal = only_refusal(rig)
        assert (refusal["reason_code"], refusal["status"]) == ("wire.http-message", None)
        assert (refusal["method"], refusal["path"]) == ("POST", PATH)
        assert rig.beacon.connections == 0


def test_client_that_leaves_half_way_through_its_head_is_recorded(tmp_path: Path) -> None:
    with running_rig(tmp_path) as rig:
        with rig.tunnel() as tunnel:
            tunnel.write(request_head(10)[:30] + MARK)
        refusal = only_refusal(rig)
        assert (refusal["reason_code"], refusal["status"]) == ("wire.http-head", None)
        assert_not_quoted(rig)


def test_request_of_a_client_that_left_while_its_intent_was_written_is_not_sent(tmp_path: Path) -> None:
    with running_rig(tmp_path, fault="slow-disk") as rig:
        rig.switch.touch()
        before = rig.journal.stat().st_size
        with rig.tunnel() as tunnel:
            tunnel.write(request_head(len(BODY)) + BODY)
            eventually(lambda: rig.journal.stat().st_size > before)  # it is written now, and not synced yet
        eventually(lambda: [state for _, state in rig.outcomes()] == ["not_sent"], 20)
        assert rig.beacon.connections == 0


def test_tunnel_whose_connect_announces_a_body_ends_without_a_defect(tmp_path: Path) -> None:
    with running_rig(tmp_path) as rig:
        with socket.create_connection(rig.proxy.address, 10) as plain:
            plain.sendall(b"CONNECT beacon.langchain.com:443 HTTP/1.1\r\nContent-Length: 5\r\n\r\nzz")
            plain.shutdown(socket.SHUT_WR)
            while plain.recv(65536):
                pass
        assert rig.send(1).status == 200
        assert "a defect" not in rig.proxy.stderr


def test_client_that_leaves_while_it_waits_has_its_outcome_recorded(tmp_path: Path) -> None:
    with running_rig(tmp_path, behaviour=Behaviour(delay_s=1)) as rig:
        with rig.tunnel() as tunnel:
            tunnel.write(request_head(len(BODY)) + BODY)
            eventually(lambda: rig.beacon.requests)
        eventually(rig.outcomes)
        (intent,) = rig.proxy.entries("intent")
        assert rig.outcomes() == [(intent["id"], "unknown")]


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        pytest.param(b"\x00\x01" + MARK + b"\r\n\r\n", 400, "wire.http-head", id="no request line"),
        pytest.param(request_head(5)[:-2] + MARK + b"\r\n\r\n", 400, "wire.http-head", id="header without a colon"),
        pytest.param(request_head(5)[:-2] + b"x: " + MARK + b"a" * 70_000, 431, "wire.http-head", id="endless header"),
        pytest.param(CHUNKED + TRAILERS, 400, "wire.http-message", id="trailers"),
    ],
)
def test_what_is_not_a_request_is_recorded_and_not_quoted(tmp_path: Path, sent: bytes, status: int, code: str) -> None:
    with running_rig(tmp_path) as rig:
        with rig.tunnel() as tunnel:
            answer = tunnel.send_raw(sent)
        assert answer.status == status
        refusal = only_refusal(rig)
        assert refusal["reason_code"] == code
        assert refusal["status"] in (status, None)
        assert answer.json()["record"] == refusal["id"]
        assert rig.beacon.connections == 0
        assert_not_quoted(rig, answer)


def test_client_that_sends_on_and_on_before_it_is_answered_is_cut_off(tmp_path: Path) -> None:
    with running_rig(tmp_path, behaviour=Behaviour(delay_s=30)) as rig, rig.tunnel() as tunnel:
        tunnel.write(request_head(len(BODY)) + BODY)
        eventually(lambda: rig.beacon.requests)
        with pytest.raises(OSError):  # noqa: PT011 - a reset or a broken pipe, whichever comes first
            tunnel.write(bytes(200_000_000))
        eventually(rig.outcomes)
        assert [state for _, state in rig.outcomes()] == ["unknown"]
        assert "before the request was answered" in only_refusal(rig)["reason"]


def test_bytes_outside_any_tunnel_are_recorded_and_not_quoted(tmp_path: Path) -> None:
    with running_rig(tmp_path) as rig:
        with socket.create_connection(rig.proxy.address, 5) as client:
            client.sendall(MARK + b"\r\n\r\n")
            assert client.recv(4096).startswith(b"HTTP/1.1 400 ")
        assert only_refusal(rig)["reason_code"] == "wire.http-head"
        assert_not_quoted(rig)


def test_tls_hello_that_cannot_be_read_is_recorded_and_not_quoted(tmp_path: Path) -> None:
    with running_rig(tmp_path) as rig:
        with socket.create_connection(rig.proxy.address, 5) as client:
            client.sendall(b"CONNECT beacon.langchain.com:443 HTTP/1.1\r\n\r\n")
            assert client.recv(4096).startswith(b"HTTP/1.1 200 ")
            client.sendall(b"\x16\x03\x01\x00\x20\x01\x00\x00\x1c" + MARK * 2)
            eventually(lambda: rig.proxy.entries("refusal"))
        assert only_refusal(rig)["reason_code"] == "containment.tls-handshake"
        assert MARK.hex() not in rig.proxy.stderr
        assert_not_quoted(rig)


@pytest.mark.parametrize(
    ("lead", "more"),
    [(b"1;a=", b"A"), (b"", b"0"), (b"0\r\n", b"x: y\r\n")],
    ids=["extension", "size", "trailers"],
)
def test_framing_of_a_chunk_without_end_is_cut_off(tmp_path: Path, lead: bytes, more: bytes) -> None:
    with running_rig(tmp_path) as rig, rig.tunnel() as tunnel:
        before = memory_of(rig.proxy.pid)
        tunnel.write(CHUNKED + lead)
        answer = tunnel.send_raw(more * 12_000 + more * 12_000 * 8)
        assert answer.status == 400
        assert only_refusal(rig)["reason_code"] == "wire.http-message"
        assert memory_of(rig.proxy.pid) - before < 20_000_000


def descriptors(rig: Rig) -> int:
    return len(list(Path(f"/proc/{rig.proxy.pid}/fd").iterdir()))


@pytest.mark.parametrize(
    "bad", [b"zz\r\n", b"1\r\nxyz", b"0\r\nx: y\r\n"], ids=["no size", "more than its size", "trailers"]
)
def test_connection_of_a_bad_chunk_is_closed_whatever_comes_behind_it(tmp_path: Path, bad: bytes) -> None:
    """With this much behind it, mitmproxy would tell the task that reads it twice to end, and leave its socket open."""
    with running_rig(tmp_path) as rig:
        assert rig.send(1).status == 200
        before = descriptors(rig)
        for _ in range(4):
            with rig.tunnel() as tunnel:
                tunnel.write(CHUNKED + bad)
                tunnel.read_to_the_end(after=bytes(100_000))
        eventually(lambda: descriptors(rig) <= before)
        eventually(lambda: len(rig.proxy.entries("refusal")) == 4)
        assert {entry["reason_code"] for entry in rig.proxy.entries("refusal")} == {"wire.http-message"}


@pytest.mark.parametrize("tunnel", [False, True], ids=["to the listener", "in a tunnel"])
def test_hello_without_end_in_records_of_one_byte_is_cut_off_and_recorded(tmp_path: Path, tunnel: bool) -> None:
    """mitmproxy would read all of it again for every packet, until nobody else is served."""
    with running_rig(tmp_path) as rig:
        with socket.create_connection(rig.proxy.address, 5) as client:
            if tunnel:
                client.sendall(b"CONNECT beacon.langchain.com:443 HTTP/1.1\r\n\r\n")
                assert client.recv(4096).startswith(b"HTTP/1.1 200 ")
            client.sendall(b"\x16\x03\x01\x00\x06\x01\xff\xff\xff\x03\x03")
            with pytest.raises(OSError):  # noqa: PT011 - a reset or a broken pipe, whichever comes first
                client.sendall(b"\x16\x03\x01\x00\x01\x00" * 5_000_000)
        assert only_refusal(rig)["reason_code"] == "containment.tls-handshake"
        assert rig.send(1).status == 200


@pytest.mark.parametrize("head", [request_head(3000), CHUNKED + b"bb8\r\n"], ids=["announced", "chunked"])
def test_body_over_the_limit_is_refused_and_recorded(tmp_path: Path, head: bytes) -> None:
    with running_rig(tmp_path, limits={"body_bytes": 2048}) as rig:
        with rig.tunnel() as tunnel:
            answer = tunnel.send_raw(head + b" " * 3000 + b"\r\n")
        assert answer.status == 413
        refusal = only_refusal(rig)
        assert (refusal["reason_code"], refusal["status"]) == ("wire.body-too-large", 413)
        assert answer.json()["record"] == refusal["id"]
        assert rig.beacon.connections == 0


# --- Beacon's side --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "behaviour",
    [
        pytest.param(Behaviour(close_after=0), id="closes without an answer"),
        pytest.param(Behaviour(close_after=100, body=MARK * 9), id="closes in the body"),
        pytest.param(Behaviour(raw=b"HTTP/1.1 200 OK\r\nx: " + MARK), id="closes in the head"),
        pytest.param(Behaviour(raw=MARK + b"\r\n\r\n"), id="does not speak HTTP"),
        pytest.param(Behaviour(raw=b"HTTP/1.1 200 OK\r\n" + MARK + b"\r\n\r\n"), id="header without a colon"),
        pytest.param(Behaviour(raw=b"HTTP/1.1 200 OK\r\nx: " + MARK + b"a" * 3_000_000), id="endless header"),
        pytest.param(
            Behaviour(raw=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nx: " + MARK + b"\r\n\r\n"),
            id="trailers",
        ),
    ],
)
def test_answer_that_is_not_whole_is_a_502_with_an_unknown_outcome(tmp_path: Path, behaviour: Behaviour) -> None:
    with running_rig(tmp_path, behaviour=behaviour) as rig:
        answer = rig.send(1)
        assert answer.status == 502
        (intent,) = rig.proxy.entries("intent")
        assert rig.outcomes() == [(intent["id"], "unknown")]
        assert answer.json()["record"] == intent["id"]
        assert_not_quoted(rig, answer)


def test_upgrade_that_nobody_asked_for_is_withheld_and_not_quoted(tmp_path: Path) -> None:
    behaviour = Behaviour(raw=b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nx: " + MARK + b"\r\n\r\n" + MARK)
    with running_rig(tmp_path, behaviour=behaviour) as rig:
        answer = rig.send(1)
        assert answer.status == 502
        assert [state for _, state in rig.outcomes()] == ["unknown"]
        assert_not_quoted(rig, answer)


@pytest.mark.parametrize("status", [b"20000000000000000000000", b"0", b"99", b"1000"])
def test_status_that_is_no_status_is_withheld_with_an_unknown_outcome(tmp_path: Path, status: bytes) -> None:
    raw = b"HTTP/1.1 " + status + b" OK\r\nContent-Length: 2\r\n\r\n{}"
    with running_rig(tmp_path, behaviour=Behaviour(raw=raw)) as rig:
        assert rig.send(1).status in (502, 503)
        assert [state for _, state in rig.outcomes()] == ["unknown"]


INTERIM = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"


def test_interim_answers_do_not_shift_answers_to_other_requests(tmp_path: Path) -> None:
    with Scripted(tmp_path, before=INTERIM * 2) as upstream:
        policy = write_policy(tmp_path, None, upstream={"address": upstream.address, "ca_file": str(upstream.ca_file)})
        with ProxyProcess(tmp_path, policy) as proxy, Tunnel(proxy.address, proxy.home.ca_certificate) as tunnel:
            for number in (101, 102, 103):
                answer = tunnel.send(PATH, usage_report(number))
                assert (answer.status, answer.json()) == (200, {"inserted_count": number})
            assert [entry["status"] for entry in proxy.entries("outcome")] == [200] * 3
            assert upstream.connections == 1


@pytest.mark.parametrize(
    "line",
    [b"HTTP/1.1  103 X", b"HTTP/1.1\t103 X", b"HTTP/1.1 1_03 X"],
    ids=["two spaces", "tab", "a number to Python"],
)
def test_interim_answer_in_another_spelling_ends_the_connection(tmp_path: Path, line: bytes) -> None:
    with Scripted(tmp_path, before=line + b"\r\n\r\n", if_header="accept") as upstream:
        policy = write_policy(tmp_path, None, upstream={"address": upstream.address, "ca_file": str(upstream.ca_file)})
        with ProxyProcess(tmp_path, policy) as proxy:
            with Tunnel(proxy.address, proxy.home.ca_certificate) as tunnel:
                assert tunnel.send(PATH, usage_report(101), headers={"Accept": "*/*"}).status == 502
                tunnel.read_to_the_end()
            with Tunnel(proxy.address, proxy.home.ca_certificate) as tunnel:
                answer = tunnel.send(PATH, usage_report(102))
            assert (answer.status, answer.json()) == (200, {"inserted_count": 102})
            assert [entry["state"] for entry in proxy.entries("outcome")] == ["unknown", "sent"]


def test_interim_answers_without_end_are_given_up(tmp_path: Path) -> None:
    with running_rig(tmp_path, behaviour=Behaviour(raw=INTERIM * 1000)) as rig:
        assert rig.send(1).status == 502
        assert [state for _, state in rig.outcomes()] == ["unknown"]


class Resetting:
    """Accepts connections and resets each of them when its first bytes arrive: in the middle of the TLS handshake."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.listener.getsockname()[1]}"

    def reset_one(self) -> None:
        connection, _ = self.listener.accept()
        connection.recv(1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        connection.close()


@pytest.mark.parametrize("resets", [True, False], ids=["resets", "refuses connections"])
def test_beacon_that_cannot_be_reached_is_a_502_and_not_sent(tmp_path: Path, resets: bool) -> None:
    nobody = Resetting()
    with running_rig(tmp_path) as first:
        ca_file = str(first.beacon.ca_file)
    if resets:
        threading.Thread(target=nobody.reset_one, daemon=True).start()
    else:
        nobody.listener.close()
    with running_rig(tmp_path, upstream={"address": nobody.address, "ca_file": ca_file}) as rig:
        answer = rig.send(2)
        assert answer.status == 502
        (intent,) = rig.proxy.entries("intent")
        assert recorded_number(rig.proxy.home, intent) == 2
        assert rig.outcomes() == [(intent["id"], "not_sent")]
    nobody.listener.close()
