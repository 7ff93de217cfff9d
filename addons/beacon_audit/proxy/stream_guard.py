"""The egress gate's other half: no request is given an upstream connection, new or kept, without a permit of its own.

The gate (``proxy.gate``) decides when a connection is opened; on one that is open already, a request that no hook held
back would leave unseen. So mitmproxy's stream, which asks for a connection when a request is to be forwarded, asks for
the permit of its exchange first. The addon names the exchange in ``flow.metadata`` (``RECORD``); the permit exists only
once the intent is durable. Without it the client gets a 502, and nothing is sent.
"""

import logging
from typing import ClassVar

from mitmproxy.proxy import layer
from mitmproxy.proxy.layers import http as http_layer
from mitmproxy.proxy.layers.http._events import ErrorCode, RequestHeaders, ResponseProtocolError

from beacon_audit.proxy.http1_guard import UnreadableRequest, UnreadableRequestHook
from beacon_audit.proxy.permits import Permits

logger = logging.getLogger(__name__)

#: Where a flow carries the id of its exchange.
RECORD = "beacon_audit.record"


class GuardedHttpStream(http_layer.HttpStream):
    """mitmproxy's stream, one for each request. ``permits`` are those of the running proxy; without any, nothing
    leaves."""

    permits: ClassVar[Permits] = Permits()

    def state_wait_for_request_headers(self, event: RequestHeaders) -> layer.CommandGenerator[None]:
        """As the original, which overwrites the ``:scheme`` of HTTP/2 with that of the connection."""
        if event.request.is_http2 and event.request.data.scheme not in (b"https", b""):
            yield UnreadableRequestHook(UnreadableRequest(self.context.client, "the scheme is not https", 400))
            refusal = ResponseProtocolError(self.stream_id, "", ErrorCode.REQUEST_VALIDATION_FAILED)
            yield http_layer.SendHttp(refusal, self.context.client)
            self.client_state = self.state_errored
            return
        yield from super().state_wait_for_request_headers(event)

    def make_server_connection(self) -> layer.CommandGenerator[bool]:
        """As the original, for a request that has a permit."""
        destination = self.flow.request.data
        if not self.permits.covers(str(self.flow.metadata.get(RECORD)), destination.host, destination.port):
            logger.error("egress gate: denied a request without a durable record. This is a defect: please report it")
            denied = ResponseProtocolError(self.stream_id, "denied: no permit", ErrorCode.CONNECT_FAILED)
            yield from self.handle_protocol_error(denied)
            return False
        return (yield from super().make_server_connection())
