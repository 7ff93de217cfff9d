"""The server side of HTTP/1, fed bytes as they may come: a head is looked at once, and turned away with a report."""

import re
from collections.abc import Iterable

import pytest
from mitmproxy.options import Options
from mitmproxy.proxy import commands, events
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.layers.http._base import ReceiveHttp
from mitmproxy.proxy.layers.http._events import RequestHeaders
from mitmproxy.test.tflow import tclient_conn

from beacon_audit.proxy.http1_guard import MAX_HEAD_BYTES, GuardedHttp1Server, UnreadableRequestHook
from beacon_audit.proxy.http1_head import HEAD_END

HEAD = b"POST /v1/beacon/verify HTTP/1.1\r\nHost: beacon.langchain.com\r\nContent-Length: 2\r\n\r\n"


class CountingPattern:
    """Searches as ``HEAD_END`` does, and knows how many bytes it was given to search."""

    def __init__(self, pattern: re.Pattern[bytes]) -> None:
        self._pattern = pattern
        self.searched = 0

    def search(self, text: bytes, start: int) -> re.Match[bytes] | None:
        self.searched += len(text) - start
        return self._pattern.search(text, start)


def fed(pieces: Iterable[bytes]) -> list[commands.Command]:
    """What the server side asks for when it is given ``pieces`` one after the other; hooks are over at once."""
    context = Context(tclient_conn(), Options())
    server = GuardedHttp1Server(context)
    asked = list(server.handle_event(events.Start()))
    for piece in pieces:
        more = list(server.handle_event(events.DataReceived(context.client, piece)))
        while more:
            asked += more
            blocked = [command for command in more if isinstance(command, UnreadableRequestHook)]
            more = [out for hook in blocked for out in server.handle_event(events.HookCompleted(hook))]
    return asked


def one_by_one(data: bytes) -> list[bytes]:
    return [bytes([byte]) for byte in data]


def requests(asked: list[commands.Command]) -> list[str]:
    received = [command.event for command in asked if isinstance(command, ReceiveHttp)]
    return [event.request.path for event in received if isinstance(event, RequestHeaders)]


def reports(asked: list[commands.Command]) -> list[str]:
    return [command.data.reason for command in asked if isinstance(command, UnreadableRequestHook)]


@pytest.mark.parametrize("data", [HEAD, b"\r\n" + HEAD, b"\r\n\r\n\r\n" + HEAD], ids=["plain", "line", "lines"])
def test_head_is_the_same_however_it_arrives(data: bytes) -> None:
    for pieces in ([data], one_by_one(data), [data[:1], data[1:]], [data[:-1], data[-1:]]):
        asked = fed(pieces)
        assert (requests(asked), reports(asked)) == (["/v1/beacon/verify"], [])


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\n" + HEAD, "an empty line before the request ends without CR"),
        (b"\r\n\n" + HEAD, "an empty line before the request ends without CR"),
        (HEAD.replace(b"\r\n", b"\n"), "a line of the request head ends without CR"),
        (HEAD.replace(b" ", b"  "), "the first line is not three words with single spaces between them"),
        (HEAD.replace(b" 2", b" \x0b2"), "a header has a control character at an end of its value"),
        (HEAD.replace(b" 2", b" " + b"2" * MAX_HEAD_BYTES), "the request head is larger than 65536 bytes"),
    ],
    ids=["LF", "CR LF LF", "bare LF", "two spaces", "vertical tab", "long"],
)
def test_head_that_is_turned_away_is_reported_and_is_no_request(data: bytes, reason: str) -> None:
    pieces = [one_by_one(data)] if len(data) < 1000 else []
    for given in ([data], *pieces):
        asked = fed(given)
        assert (requests(asked), reports(asked)) == ([], [reason])
        assert any(isinstance(command, commands.CloseConnection) for command in asked)


def test_head_that_comes_byte_by_byte_is_searched_once(monkeypatch: pytest.MonkeyPatch) -> None:
    counting = CountingPattern(HEAD_END)
    monkeypatch.setattr("beacon_audit.proxy.http1_guard.HEAD_END", counting)
    data = HEAD[:-2] + b"X: " + b"a" * 5000 + b"\r\n\r\n"
    assert requests(fed(one_by_one(data))) == ["/v1/beacon/verify"]
    assert counting.searched < 4 * len(data)
