"""What mitmproxy answers and drops on its own, before any hook: made silent about content, bounded and recorded.

Put in the place of mitmproxy's, by name, in the modules that use them:

- ``Http1Server``: a request head that does not parse, or breaks off, raises a blocking hook of ours before anything is
  answered, so that it is recorded; a head that never ends is cut off at ``MAX_HEAD_BYTES``.
- ``Http1Client``: so is the head of a response.
- Both: a message with trailers, at which mitmproxy's own classes crash and leave the connection hanging, is a protocol
  error.
- ``make_error_response`` and ``format_error``: mitmproxy's error pages quote what the client or the upstream sent.
  Ours say what happened and nothing else.

``install`` raises when mitmproxy no longer has these names: a proxy that could not install its guards does not start.
"""

import abc
from collections.abc import Iterator
from dataclasses import dataclass

import orjson
from mitmproxy import http
from mitmproxy.connection import Client
from mitmproxy.net.http import http1, status_codes
from mitmproxy.proxy import commands, events, layer
from mitmproxy.proxy.layers import http as http_layer
from mitmproxy.proxy.layers.http import _http1, _http2
from mitmproxy.proxy.layers.http._base import ReceiveHttp
from mitmproxy.proxy.layers.http._events import ErrorCode, ResponseProtocolError

#: A head of more bytes is refused. Documented messages have heads of under 2 KiB.
MAX_HEAD_BYTES = 65536


@dataclass(frozen=True, slots=True)
class UnreadableRequest:
    """A request that never became one. ``reason`` is ours; it quotes nothing. ``status`` is what the client is
    answered, ``None`` for nothing."""

    client: Client
    reason: str
    status: int | None


@dataclass
class UnreadableRequestHook(commands.StartHook):
    """Blocks until the addon has recorded it. The addon's method is ``unreadable_request``."""

    data: UnreadableRequest


class _WithoutTrailers(_http1.Http1Connection, abc.ABC):
    """What both sides of HTTP/1 share."""

    def read_body(self, event: events.Event) -> layer.CommandGenerator[None]:
        """As the original, which raises ``NotImplementedError`` when it meets trailers."""
        try:
            yield from super().read_body(event)
        except NotImplementedError:
            error = self.ReceiveProtocolError
            if self.stream_id is not None:
                yield ReceiveHttp(error(self.stream_id, "the message has trailers", code=error.code))
            if error is not ResponseProtocolError:
                yield commands.SendData(self.conn, error_response(400))
            yield commands.CloseConnection(self.conn)
            self.state = self.done


class GuardedHttp1Server(_WithoutTrailers, _http1.Http1Server):
    """mitmproxy's HTTP/1 server side, which reports what it could not read before it answers."""

    def read_headers(self, event: events.ConnectionEvent) -> layer.CommandGenerator[None]:
        """As the original, with the hook in front of its error path."""
        if isinstance(event, events.ConnectionClosed) and bytes(self.buf).strip():
            yield from self._report("the connection ended within a request head", None)
        for command in super().read_headers(event):
            if isinstance(command, commands.SendData) and self.request is None:
                yield from self._report("the request head is not HTTP/1", 400)
            if isinstance(command, commands.Log):
                continue  # it quotes the bytes
            yield command
        if self.state == self.read_headers and len(self.buf) > MAX_HEAD_BYTES:
            yield from self._report(f"the request head is larger than {MAX_HEAD_BYTES} bytes", 431)
            yield commands.SendData(self.conn, error_response(431))
            yield commands.CloseConnection(self.conn)
            self.state = self.done

    def _report(self, reason: str, status: int | None) -> Iterator[commands.Command]:
        yield UnreadableRequestHook(UnreadableRequest(self.context.client, reason, status))


class GuardedHttp1Client(_WithoutTrailers, _http1.Http1Client):
    """mitmproxy's HTTP/1 client side, which does not collect a response head without end."""

    def read_headers(self, event: events.ConnectionEvent) -> layer.CommandGenerator[None]:
        """As the original, with a bound."""
        for command in super().read_headers(event):
            if not isinstance(command, commands.Log):  # it quotes the bytes
                yield command
        if self.state == self.read_headers and self.stream_id is not None and len(self.buf) > MAX_HEAD_BYTES:
            yield commands.CloseConnection(self.conn)
            too_large = f"the response head is larger than {MAX_HEAD_BYTES} bytes"
            yield ReceiveHttp(ResponseProtocolError(self.stream_id, too_large, ErrorCode.GENERIC_SERVER_ERROR))
            self.state = self.done


def error_page(status_code: int, _message: str = "") -> bytes:
    """The body of an error that mitmproxy answers: the status in words, never the message."""
    reason = status_codes.RESPONSES.get(status_code, "error")
    return orjson.dumps({"error": reason.lower(), "by": "beacon-audit", "see": "the audit log says why"})


def error_response(status_code: int, _message: str = "") -> bytes:
    """A whole HTTP/1 error response, without the message."""
    response = http.Response.make(
        status_code, error_page(status_code), {"Content-Type": "application/json", "Connection": "close"}
    )
    return bytes(http1.assemble_response(response))


def install() -> None:
    """Put the guards in place, once per process.

    Raises:
        RuntimeError: this mitmproxy does not have what they replace.
    """
    for module, name, guard in (
        (http_layer, "Http1Server", GuardedHttp1Server),
        (http_layer, "Http1Client", GuardedHttp1Client),
        (_http1, "make_error_response", error_response),
        (_http2, "format_error", error_page),
    ):
        if not hasattr(module, name):
            raise RuntimeError(f"this mitmproxy has no {module.__name__}.{name} to guard; beacon-audit needs 12.2")
        setattr(module, name, guard)
