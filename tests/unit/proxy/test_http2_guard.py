"""What a client of HTTP/2 may do too often is counted over a while, and not over the life of a connection."""

import time

import pytest
from mitmproxy import http
from mitmproxy.options import Options
from mitmproxy.proxy import events
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.layers.http._events import ResponseEndOfMessage, ResponseHeaders
from mitmproxy.test.tflow import tclient_conn

from beacon_audit.proxy.http1_guard import UnreadableRequestHook
from beacon_audit.proxy.http2_guard import MAX_IDLE_FRAMES, MAX_TAKEN_BACK, GuardedHttp2Server
from harness.http2_corpus.case import BEGINNING, GOOD, request
from harness.http2_corpus.wire import block, headers, ping, reset


class Connection:
    """The proxy's side of one connection, of which ``cut_off`` tells why it was ended."""

    def __init__(self) -> None:
        options = Options()
        options.add_option("validate_inbound_headers", bool, True, "")
        self._server = GuardedHttp2Server(Context(tclient_conn(), options))
        self._next = 1
        self.cut_off = ""
        self._tell(events.Start())
        self.receive(BEGINNING)

    def receive(self, data: bytes) -> None:
        self._tell(events.DataReceived(self._server.conn, data))

    def take_back(self, *, whole: bool = False) -> None:
        stream = self._stream()
        self.receive((request(stream) if whole else headers(stream, block(GOOD))) + reset(stream))

    def be_answered(self) -> None:
        stream = self._stream()
        self.receive(request(stream))
        self.answer(stream)

    def answer(self, stream: int) -> None:
        self._tell(ResponseHeaders(stream, http.Response.make(200)))
        self._tell(ResponseEndOfMessage(stream))

    def _stream(self) -> int:
        self._next += 2
        return self._next

    def _tell(self, event: events.Event) -> None:
        for command in self._server.handle_event(event):
            if isinstance(command, UnreadableRequestHook):
                self.cut_off = command.data.reason


@pytest.mark.parametrize("whole", [True, False])
def test_requests_that_are_taken_back_in_a_row_end_the_connection(whole: bool) -> None:
    connection = Connection()
    for _ in range(MAX_TAKEN_BACK):
        connection.take_back(whole=whole)
    assert not connection.cut_off
    connection.take_back(whole=whole)
    assert "took back" in connection.cut_off


def test_request_that_was_answered_pays_for_one_that_was_taken_back() -> None:
    connection = Connection()
    for _ in range(10 * MAX_TAKEN_BACK):
        connection.be_answered()
        connection.take_back()
    assert not connection.cut_off
    for _ in range(MAX_TAKEN_BACK):
        connection.take_back()
    assert "took back" in connection.cut_off


def test_nothing_is_paid_in_advance() -> None:
    connection = Connection()
    for _ in range(2 * MAX_TAKEN_BACK):
        connection.be_answered()
    for _ in range(MAX_TAKEN_BACK + 1):
        connection.take_back()
    assert "took back" in connection.cut_off


def test_answer_that_nobody_waits_for_pays_nothing() -> None:
    connection = Connection()
    for _ in range(MAX_TAKEN_BACK + 1):
        connection.take_back(whole=True)
        connection.answer(connection._next)
    assert "took back" in connection.cut_off


@pytest.mark.parametrize(("seconds", "ends"), [(10.0, False), (1.0, False), (0.5, True), (0.0, True)])
def test_frames_that_bring_nothing_end_the_connection_when_they_come_faster_than_they_may(
    monkeypatch: pytest.MonkeyPatch, seconds: float, ends: bool
) -> None:
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    connection = Connection()
    for _ in range(3 * MAX_IDLE_FRAMES):
        now[0] += seconds
        connection.receive(ping())
    assert bool(connection.cut_off) is ends
