"""The egress gate's other half: no request is given an upstream connection, new or kept, without a permit of its own.

The gate (``proxy.gate``) decides when a connection is opened; on one that is open already, a request that no hook held
back would leave unseen. So mitmproxy's stream, which asks for a connection when a request is to be forwarded, asks for
the permit of its exchange first. The addon names the exchange in ``flow.metadata`` (``RECORD``); the permit exists only
once the intent is durable. Without it the client gets a 502, and nothing is sent. The connection is then told whose
bytes it carries (``proxy.watch``); one that nobody watches carries none.

The way back is guarded alike: of a request that was given a connection, the client gets the answer that the addon has
settled (``SETTLED``), and no other, whatever became of the hook that was to settle it.
"""

import logging
from typing import ClassVar

from mitmproxy import http
from mitmproxy.proxy import events, layer
from mitmproxy.proxy.layers import http as http_layer
from mitmproxy.proxy.layers.http._events import (
    ErrorCode,
    RequestHeaders,
    RequestProtocolError,
    ResponseData,
    ResponseHeaders,
    ResponseProtocolError,
)
from mitmproxy.proxy.layers.http._hooks import HttpErrorHook, HttpResponseHook

from beacon_audit.proxy.error_pages import record_named
from beacon_audit.proxy.http1_guard import BrokenOffRequest, UnreadableRequest, UnreadableRequestHook
from beacon_audit.proxy.permits import Permits
from beacon_audit.proxy.refusals import response_withheld
from beacon_audit.proxy.stream_bodies import BoundedHttpStream
from beacon_audit.proxy.watch import Watches

logger = logging.getLogger(__name__)

#: Where a flow carries the id of its exchange.
RECORD = "beacon_audit.record"
#: In a flow that was given a connection, so that something of its request may have left.
HANDED_OVER = "beacon_audit.handed_over"
#: The answer that may go to the client, in a flow: its outcome is durable, or it is a refusal.
SETTLED = "beacon_audit.settled"


class GuardedHttpStream(BoundedHttpStream):
    """mitmproxy's stream, one for each request. ``permits`` and ``watches`` are those of the running proxy; without
    any, nothing leaves."""

    permits: ClassVar[Permits] = Permits()
    watches: ClassVar[Watches] = Watches(permits, lambda _: None)

    def handle_event(self, event: events.Event) -> layer.CommandGenerator[None]:
        """As the original; an error page for the client names the record of its exchange."""
        if isinstance(event, BrokenOffRequest):
            event.record = self.flow.metadata.get(RECORD)
        for command in super().handle_event(event):
            told = command.event if isinstance(command, http_layer.SendHttp) else None
            if isinstance(told, ResponseProtocolError) and RECORD in self.flow.metadata:
                message = record_named(self.flow.metadata[RECORD])
                named = ResponseProtocolError(told.stream_id, message, told.code)
                yield http_layer.SendHttp(named, self.context.client)
            else:
                yield command

    def state_wait_for_request_headers(self, event: RequestHeaders) -> layer.CommandGenerator[None]:
        """As the original, which overwrites the ``:scheme`` of HTTP/2 with that of the connection."""
        if event.request.is_http2 and event.request.data.scheme != b"https":
            # Whatever comes of this stream later, mitmproxy looks for its flow, and for its state first.
            self.flow = http.HTTPFlow(self.context.client, self.context.server)
            self.flow.request = event.request
            self.client_state = self.state_errored
            unreadable = UnreadableRequest(self.context.client, "the scheme is not https", 400)
            yield UnreadableRequestHook(unreadable)
            message = record_named(unreadable.record)
            refusal = ResponseProtocolError(self.stream_id, message, ErrorCode.REQUEST_VALIDATION_FAILED)
            yield http_layer.SendHttp(refusal, self.context.client)
            yield http_layer.DropStream(self.stream_id)
            return
        yield from super().state_wait_for_request_headers(event)

    def passthrough(self, event: events.Event) -> layer.CommandGenerator[None]:
        """As the original, which hands the end of a tunnel on as what it is no end of, when the tunnel breaks."""
        if isinstance(event, RequestProtocolError):
            event = events.ConnectionClosed(self.context.client)
        yield from super().passthrough(event)

    def check_body_size(self, request: bool) -> layer.CommandGenerator[bool]:
        """As the original, which keeps what it has refused for as long as the connection lasts."""
        refused = yield from super().check_body_size(request)
        if refused:
            self.request_body_buf.clear()
            self.response_body_buf.clear()
            yield http_layer.DropStream(self.stream_id)
        return refused

    def check_invalid(self, request: bool) -> layer.CommandGenerator[bool]:
        """As the original, which keeps what it has refused, too."""
        refused = yield from super().check_invalid(request)
        if refused:
            yield http_layer.DropStream(self.stream_id)
        return refused

    def send_response(self, already_streamed: bool = False) -> layer.CommandGenerator[None]:
        """As the original, which asks the hooks first and then lets go whatever is there, and to HEAD the body of a
        refusal, too, which its client takes for the next answer (RFC 9110 §9.3.2)."""
        for command in super().send_response(already_streamed):
            event = command.event if isinstance(command, http_layer.SendHttp) else None
            if self.flow.request.data.method == b"HEAD":
                if isinstance(event, ResponseData):
                    continue
                if isinstance(event, ResponseHeaders):
                    event.end_stream = True
            yield command
            if isinstance(command, HttpResponseHook) and not self._is_settled():
                logger.error("an answer is withheld: the hook that was to record its outcome failed")
                self.flow.response = response_withheld("its outcome was not recorded").response()
                yield HttpErrorHook(self.flow)

    def _is_settled(self) -> bool:
        metadata = self.flow.metadata
        return HANDED_OVER not in metadata or metadata.get(SETTLED) is self.flow.response

    def make_server_connection(self) -> layer.CommandGenerator[bool]:
        """As the original, for a request that has a permit."""
        destination = self.flow.request.data
        exchange = str(self.flow.metadata.get(RECORD))
        if not self.permits.covers(exchange, destination.host, destination.port):
            if self.context.client.timestamp_end is not None:  # with its client its permit has gone
                return (yield from self._turn_back("the client has left"))
            return (yield from self._deny("a request without a durable record"))
        if not (yield from super().make_server_connection()):
            return False
        if not self.permits.covers(exchange, destination.host, destination.port):
            return (yield from self._turn_back("the request has ended meanwhile"))
        if not self.watches.carry(self.context.server.sockname, exchange):
            return (yield from self._deny("a connection that nobody watches"))
        self.flow.metadata[HANDED_OVER] = True
        return True

    def _deny(self, what: str) -> layer.CommandGenerator[bool]:
        logger.error("egress gate: denied %s. This is a defect: please report it", what)
        return (yield from self._turn_back("denied: no permit"))

    def _turn_back(self, reason: str) -> layer.CommandGenerator[bool]:
        yield from self.handle_protocol_error(ResponseProtocolError(self.stream_id, reason, ErrorCode.CONNECT_FAILED))
        return False
