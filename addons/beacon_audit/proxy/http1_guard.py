"""What mitmproxy answers and drops on its own, before any hook: made silent about content, bounded and recorded.

Put in the place of mitmproxy's, by name, in the modules that use them:

- ``Http1Server``: a request that does not parse, is not written as it should be (``proxy.http1_head``), breaks off, is
  of another version of HTTP or names no destination raises a blocking hook of ours before anything is answered, so that
  it is recorded; a head of more than ``MAX_HEAD_BYTES`` is cut off, and so is what a client sends on before it is
  answered.
- ``Http1Client``: so is the head of a response. Interim answers (1xx) are passed over, or the one to come would be
  taken for the answer to the next request. A request that came by HTTP/2 without a length is given one: without it its
  body would be no body to HTTP/1, but the next request.
- Both: chunks are read by ``proxy.chunks``; a message with trailers, at which mitmproxy's own classes crash and leave
  the connection hanging, is a protocol error.

``proxy.guards`` installs them.
"""

import abc
import re
from collections.abc import Iterator
from dataclasses import dataclass

from h11._receivebuffer import ReceiveBuffer
from mitmproxy.connection import Client
from mitmproxy.proxy import commands, events, layer
from mitmproxy.proxy.layers.http import _http1
from mitmproxy.proxy.layers.http._base import HttpEvent, ReceiveHttp
from mitmproxy.proxy.layers.http._events import (
    ErrorCode,
    RequestHeaders,
    RequestProtocolError,
    ResponseProtocolError,
)

from beacon_audit.proxy.chunks import BadChunks
from beacon_audit.proxy.error_pages import error_response, record_named
from beacon_audit.proxy.http1_head import EMPTY_LINES, HEAD_END, head_problem

#: A head of more bytes is refused. Documented messages have heads of under 2 KiB.
MAX_HEAD_BYTES = 65536
_TOO_LONG = f"the request head is larger than {MAX_HEAD_BYTES} bytes"
_VERSIONS = ("HTTP/1.0", "HTTP/1.1")
# RFC 9110 §15.2. 101 is no interim answer: what follows it is no HTTP.
_INTERIM = re.compile(rb"HTTP/1\.[01] 1(?!01)[0-9]{2}[ \r\n]")
_SWITCHING = re.compile(rb"HTTP/1\.[01] 101[ \r\n]")
_MOST_INTERIM = 8
# RFC 9112 §4. mitmproxy also takes other white space and whatever Python takes for a number, 1_03 and +101 among it:
# interim answers that would not be known for such.
_STATUS_LINE = re.compile(rb"HTTP/1\.[01] [1-9][0-9]{2}(?: [^\n]*)?\r?\n")


class BrokenOffRequest(RequestProtocolError):
    """A request that is no HTTP after its head. Its stream leaves the id of its ``record``."""

    record: str | None = None


@dataclass(slots=True)
class UnreadableRequest:
    """A request that never became one. ``reason`` is ours; it quotes nothing. ``status`` is what the client is
    answered, ``None`` for nothing. The hook leaves the id of its ``record``."""

    client: Client
    reason: str
    status: int | None
    record: str | None = None


@dataclass
class UnreadableRequestHook(commands.StartHook):
    """Blocks until the addon has recorded it. The addon's method is ``unreadable_request``."""

    data: UnreadableRequest


class _BoundedFraming(_http1.Http1Connection, abc.ABC):
    """What both sides of HTTP/1 share."""

    def read_body(self, event: events.Event) -> layer.CommandGenerator[None]:
        """As the original, with an answer where it has none."""
        try:
            yield from super().read_body(event)
        except BadChunks as error:
            yield from self._break_off(str(error))

    @abc.abstractmethod
    def _break_off(self, reason: str) -> Iterator[commands.Command]:
        """End the connection over a body that is none."""

    def _end(self) -> Iterator[commands.Command]:
        yield commands.CloseConnection(self.conn)
        self.buf = ReceiveBuffer()
        self.state = self.done


class GuardedHttp1Server(_BoundedFraming, _http1.Http1Server):
    """mitmproxy's HTTP/1 server side, which reports what it could not read before it answers."""

    #: So much of the buffer was searched for the end of a head, or bytes that come one by one would cost their square.
    _searched = 0

    def _break_off(self, reason: str) -> Iterator[commands.Command]:
        error = BrokenOffRequest(self.stream_id, reason, RequestProtocolError.code)
        yield ReceiveHttp(error)
        if not self.response_done:  # another answer would be one to the next request
            yield commands.SendData(self.conn, error_response(400, record_named(error.record)))
        yield from self._end()

    def read_headers(self, event: events.ConnectionEvent) -> layer.CommandGenerator[None]:
        """As the original, with the hook in front of its error path, and nothing smoothed over."""
        if isinstance(event, events.DataReceived) and (refused := self._look_at_head()):
            yield from self._turn_away(*refused)
            return
        if isinstance(event, events.ConnectionClosed) and bytes(self.buf).strip():
            yield from self._report("the connection ended within a request head", None)
        for command in super().read_headers(event):
            if isinstance(command, commands.SendData) and self.request is None:
                record = yield from self._report("the request head is not HTTP/1", 400)
                command = commands.SendData(command.connection, error_response(400, record))
            if isinstance(command, commands.Log):
                continue  # it quotes the bytes
            if _is_of_another_version(command):
                # mitmproxy would rewrite it to a version of its own, or crash over it when all is recorded.
                yield from self._turn_away("the request is not HTTP/1.0 or HTTP/1.1", 505)
                return
            yield command
        if self.state == self.read_headers and len(self.buf) > MAX_HEAD_BYTES:
            yield from self._turn_away(_TOO_LONG, 431)

    def _look_at_head(self) -> tuple[str, int] | None:
        """Why the head in the buffer is turned away, and with which status; ``None`` if it is not, or not whole."""
        received = bytes(self.buf)
        if skipped := EMPTY_LINES.match(received):
            self.buf.maybe_extract_at_most(skipped.end())
            received, self._searched = received[skipped.end() :], 0
        if received.startswith(b"\n"):
            return "an empty line before the request ends without CR", 400
        end = HEAD_END.search(received, max(0, self._searched - 2))
        if end is None:
            self._searched = len(received)
            return None
        self._searched = 0
        if end.end() > MAX_HEAD_BYTES:
            return _TOO_LONG, 431
        problem = head_problem(received[: end.end()])
        return (problem, 400) if problem else None

    def wait(self, event: events.Event) -> layer.CommandGenerator[None]:
        """As the original, which keeps without bound what comes before the request is answered."""
        if isinstance(event, events.DataReceived) and len(self.buf) > MAX_HEAD_BYTES:
            yield from self._report(f"more than {MAX_HEAD_BYTES} bytes came before the request was answered", None)
            yield ReceiveHttp(RequestProtocolError(self.stream_id, "the client sent on", ErrorCode.CLIENT_DISCONNECTED))
            yield from self._end()
            return
        yield from super().wait(event)

    def send(self, event: HttpEvent) -> layer.CommandGenerator[None]:
        """As the original; a request that says nowhere where it is to go is answered without any other hook."""
        if isinstance(event, ResponseProtocolError) and event.code is ErrorCode.DESTINATION_UNKNOWN:
            record = yield from self._report("the request names no host", 400)
            event = ResponseProtocolError(event.stream_id, record, event.code)
        yield from super().send(event)

    def _turn_away(self, reason: str, status: int) -> layer.CommandGenerator[None]:
        record = yield from self._report(reason, status)
        yield commands.SendData(self.conn, error_response(status, record))
        yield from self._end()

    def _report(self, reason: str, status: int | None) -> layer.CommandGenerator[str]:
        """Have it recorded; gives the message for the error page."""
        unreadable = UnreadableRequest(self.context.client, reason, status)
        yield UnreadableRequestHook(unreadable)
        return record_named(unreadable.record)


def _is_of_another_version(command: commands.Command) -> bool:
    event = command.event if isinstance(command, ReceiveHttp) else None
    return isinstance(event, RequestHeaders) and event.request.http_version not in _VERSIONS


class GuardedHttp1Client(_BoundedFraming, _http1.Http1Client):
    """mitmproxy's HTTP/1 client side, which frames every body and does not collect a response head without end."""

    _interim = 0

    def _break_off(self, reason: str) -> Iterator[commands.Command]:
        if self.stream_id is not None:
            yield ReceiveHttp(ResponseProtocolError(self.stream_id, reason, ResponseProtocolError.code))
        yield from self._end()

    def send(self, event: HttpEvent) -> layer.CommandGenerator[None]:
        """As the original, with a length for a body that had none in HTTP/2 (RFC 9112 §6.3)."""
        if isinstance(event, RequestHeaders):
            self._interim = 0
        if isinstance(event, RequestHeaders) and event.request.is_http2 and not event.end_stream:
            framed = event.request.copy()
            framed.headers.setdefault("Content-Length", str(len(framed.data.content or b"")))
            event = RequestHeaders(event.stream_id, framed, end_stream=False)
        yield from super().send(event)

    def read_headers(self, event: events.ConnectionEvent) -> layer.CommandGenerator[None]:
        """As the original, with bounds, and without interim answers."""
        if self.request is not None and isinstance(event, events.DataReceived):
            self._pass_over_interim_answers()
            received = bytes(self.buf)
            odd = b"\n" in received and not _STATUS_LINE.match(received)
            if odd or self._interim > _MOST_INTERIM or _SWITCHING.match(received):
                yield from self._give_up("the answer is not one to a request")
                return
        for command in super().read_headers(event):
            if not isinstance(command, commands.Log):  # it quotes the bytes
                yield command
        if self.state == self.read_headers and self.stream_id is not None and len(self.buf) > MAX_HEAD_BYTES:
            yield from self._give_up(f"the response head is larger than {MAX_HEAD_BYTES} bytes")

    def _pass_over_interim_answers(self) -> None:
        while self._interim <= _MOST_INTERIM and _INTERIM.match(bytes(self.buf)):
            if self.buf.maybe_extract_lines() is None:
                return  # there is more to come of it
            self._interim += 1

    def _give_up(self, reason: str) -> Iterator[commands.Command]:
        if self.stream_id is not None:
            yield ReceiveHttp(ResponseProtocolError(self.stream_id, reason, ErrorCode.GENERIC_SERVER_ERROR))
        yield from self._end()
