"""HTTP/2 connections that last, stall or are none: what one client does costs no other, and is given back."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from harness.client import HOST, Tunnel
from harness.frame_client import FrameClient, h2_context
from harness.http2_corpus.case import GOOD, REPORT, TARGET, request
from harness.http2_corpus.wire import (
    HEADERS,
    INITIAL_WINDOW_SIZE,
    PREFACE,
    block,
    frame,
    headers,
    reset,
    settings,
    window_update,
)
from harness.memory import memory_of
from harness.nothing_leaves import nothing_leaves
from harness.proxy import ProxyProcess, write_policy
from harness.recording_upstream import RecordingUpstream
from harness.rig import Rig, eventually, running_rig

_WIDE = 2**30


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with running_rig(tmp_path_factory.mktemp("connections")) as running:
        yield running


@pytest.fixture(scope="module")
def context(rig: Rig) -> ssl.SSLContext:
    return h2_context(rig.proxy.home.ca_certificate)


def test_request_that_comes_byte_by_byte_is_one(rig: Rig, context: ssl.SSLContext) -> None:
    already = len(rig.beacon.requests)
    with FrameClient(rig.proxy.address, context) as client:
        for byte in PREFACE + settings() + request(1):
            client.send(bytes((byte,)))
        assert client.settle(1).statuses == {1: 200}
    assert [received.body for received in rig.beacon.requests[already:]] == [REPORT]


def test_requests_whose_answers_are_not_taken_end_on_the_record_and_are_bounded(
    rig: Rig, context: ssl.SSLContext
) -> None:
    """The client opens no window: a hundred answers wait for it, and no more."""
    already = len(rig.outcomes())
    with FrameClient(rig.proxy.address, context) as client:
        client.begin((INITIAL_WINDOW_SIZE, 0))
        streams = range(1, 201, 2)
        client.send(b"".join(map(request, streams)))
        client.read_until(lambda: len(client.answers.statuses) == len(streams))
        assert (set(client.answers.statuses.values()), client.answers.bodies, client.answers.ended) == ({200}, {}, [])
        eventually(lambda: [state for _, state in rig.outcomes()[already:]] == ["sent"] * len(streams), seconds=20)
        assert rig.send(1).status == 200
        client.send(request(201))
        client.read_until(lambda: False)
        assert client.answers.goaway is not None


def test_answer_goes_on_when_the_window_opens(rig: Rig, context: ssl.SSLContext) -> None:
    with FrameClient(rig.proxy.address, context) as client:
        client.begin((INITIAL_WINDOW_SIZE, 3))
        client.send(request(1))
        client.read_until(lambda: 1 in client.answers.bodies)
        assert client.answers.bodies == {1: b'{"i'}
        client.send(window_update(1, 100))
        assert client.settle(1).bodies == {1: b'{"inserted_count":1}'}


@pytest.mark.parametrize("place", ["to the proxy", "in a tunnel"])
def test_prior_knowledge_in_clear_is_refused(rig: Rig, place: str) -> None:
    sent = PREFACE + settings() + request(1)
    with nothing_leaves(rig.beacon, rig.proxy) as refusal, contextlib.ExitStack() as stack:
        if place == "in a tunnel":
            tunnel = stack.enter_context(Tunnel(rig.proxy.address, rig.proxy.home.ca_certificate, tls=False))
            assert tunnel.send_raw(sent).status == 505
        else:
            plain = stack.enter_context(socket.create_connection(rig.proxy.address, 20))
            plain.sendall(sent)
            assert plain.recv(4096).startswith(b"HTTP/1.1 505 ")
    assert refusal["reason_code"] == "wire.http-head"


@pytest.mark.parametrize("tls", [True, False])
def test_upgrade_to_h2c_is_refused(rig: Rig, tls: bool) -> None:
    head = [
        f"POST {TARGET[1].decode()} HTTP/1.1", f"Host: {HOST}", "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c",
        "HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA", "Content-Type: application/json", f"Content-Length: {len(REPORT)}",
    ]  # fmt: skip
    with (
        nothing_leaves(rig.beacon, rig.proxy) as refusal,
        Tunnel(rig.proxy.address, rig.proxy.home.ca_certificate, tls=tls) as tunnel,
    ):
        assert tunnel.send_raw("\r\n".join([*head, "", ""]).encode() + REPORT).status == 403
    assert refusal["reason_code"] == ("containment.upgrade" if tls else "containment.plaintext")


def test_connection_of_many_requests_keeps_nothing_of_them(rig: Rig, context: ssl.SSLContext) -> None:
    """Each has a connection upstream of its own; its state of TLS alone takes 70 KiB."""
    with FrameClient(rig.proxy.address, context) as client:
        client.begin()
        client.send(window_update(0, _WIDE))
        grown = []
        for first in range(1, 1_601, 40):
            burst = range(first, first + 40, 2)
            client.send(b"".join(map(request, burst)))
            client.settle(*burst)
            grown.append(memory_of(rig.proxy.pid))
        assert len(client.answers.ended) == 800
    # A start, and what else grows once: up to 24 MB. What would be kept of 600 requests: 42 MB.
    assert grown[-1] - grown[9] < 33_000_000


def test_client_that_cancels_now_and_then_stays_connected(rig: Rig, context: ssl.SSLContext) -> None:
    """A hundred and twenty times, which is more often than it may in a row."""
    with FrameClient(rig.proxy.address, context) as client:
        client.begin()
        for first in range(1, 6 * 60, 6):
            cancelled = (headers(at, block(GOOD)) + reset(at) for at in (first, first + 2))
            client.send(b"".join(cancelled) + request(first + 4))
            assert client.settle(first + 4).statuses[first + 4] == 200
        assert not client.answers.closed


def test_frame_that_is_too_long_is_not_collected(rig: Rig, context: ssl.SSLContext) -> None:
    before = memory_of(rig.proxy.pid)
    with contextlib.ExitStack() as stack:
        for _ in range(8):
            client = stack.enter_context(FrameClient(rig.proxy.address, context)).begin()
            client.send(frame(HEADERS, 0, 1, bytes(2**23), length=2**24 - 1))
        assert rig.send(2).status == 200
        assert memory_of(rig.proxy.pid) - before < 40_000_000


@contextmanager
def turning_away_the_first(upstream: RecordingUpstream) -> Iterator[str]:
    """A way to ``upstream`` that closes the first connection on it: its address."""
    host, _, port = upstream.address.rpartition(":")
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            with contextlib.suppress(OSError):
                listener.accept()[0].close()
                while True:
                    near = listener.accept()[0]
                    far = socket.create_connection((host, int(port)))
                    for ends in ((near, far), (far, near)):
                        threading.Thread(target=pass_on, args=ends, daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)


def pass_on(from_end: socket.socket, to_end: socket.socket) -> None:
    with contextlib.suppress(OSError), from_end, to_end:
        while read := from_end.recv(65536):
            to_end.sendall(read)


def test_connection_that_could_not_be_opened_is_tried_anew_for_the_next_request(tmp_path: Path) -> None:
    with RecordingUpstream(tmp_path) as upstream, turning_away_the_first(upstream) as way:
        policy = write_policy(tmp_path, None, upstream={**upstream.policy, "address": way})
        with ProxyProcess(tmp_path, policy) as proxy:
            with FrameClient(proxy.address, h2_context(proxy.home.ca_certificate)) as client:
                client.begin()
                for stream in (1, 3, 5):
                    client.send(request(stream))
                    client.settle(stream)
            assert client.answers.statuses == {1: 502, 3: 200, 5: 200}
            assert [entry["state"] for entry in proxy.entries("outcome")] == ["not_sent", "sent", "sent"]


def test_clients_that_leave_in_the_middle_give_back_what_they_had(rig: Rig, context: ssl.SSLContext) -> None:
    descriptors = len(list(Path(f"/proc/{rig.proxy.pid}/fd").iterdir()))
    already = len(rig.proxy.entries("refusal"))
    for cut in (9, 30, len(headers(1, block(GOOD))), len(headers(1, block(GOOD))) + 50):
        client = FrameClient(rig.proxy.address, context).begin()
        client.settle()  # what was not read would make a reset of the end, and what was sent would be lost
        client.send(request(1)[:cut])
        client.socket.close()  # without a word
    eventually(lambda: len(rig.proxy.entries("refusal")) == already + 4, seconds=20)
    eventually(lambda: len(list(Path(f"/proc/{rig.proxy.pid}/fd").iterdir())) <= descriptors, seconds=20)
    assert {entry["reason_code"] for entry in rig.proxy.entries("refusal")[already:]} == {
        "wire.http-head",
        "wire.http-message",
    }
