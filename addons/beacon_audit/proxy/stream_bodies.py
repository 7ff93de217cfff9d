"""mitmproxy's stream, which keeps of a body only what the budget for all of them has room for (``proxy.body_budget``).

Every piece of a body is counted when it comes, also while the stream waits for a hook, and until the stream is dropped;
what its client leaves behind, ``proxy.connection_guard`` gives back. A request that finds no room, or had to make some,
is recorded and answered with 503, and what comes of it later is passed over. An answer that finds no room is withheld
like one that is too large.

A hook that is asked about such a flow finds ``NO_ROOM`` in its metadata, and ``OVERLOADED`` as its error if the client
will be answered; the answer is what the hook leaves in ``flow.response``.
"""

from collections.abc import Iterator
from typing import ClassVar, Self

from mitmproxy import flow, http
from mitmproxy.proxy import commands, events, layer
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.layers import http as http_layer
from mitmproxy.proxy.layers.http._events import (
    ErrorCode,
    RequestData,
    RequestEndOfMessage,
    RequestProtocolError,
    RequestTrailers,
    ResponseData,
    ResponseEndOfMessage,
    ResponseHeaders,
    ResponseProtocolError,
    ResponseTrailers,
)
from mitmproxy.proxy.layers.http._hooks import HttpErrorHook
from mitmproxy.proxy.utils import ReceiveBuffer

from beacon_audit.proxy.body_budget import BodyBudget
from beacon_audit.proxy.refusals import unavailable

#: In a flow of which a body found no room.
NO_ROOM = "beacon_audit.no_room"
#: The error of a flow that is answered so.
OVERLOADED = "the bodies of all requests together are more than may be held"


class WholeBuffer(ReceiveBuffer):
    """mitmproxy's buffer for a body, which keeps each piece for itself: a piece of two bytes takes sixty."""

    def __init__(self) -> None:
        super().__init__()
        self._whole = bytearray()

    def __iadd__(self, other: bytes) -> Self:
        self._whole += other
        return self

    def __len__(self) -> int:
        return len(self._whole)

    def __bool__(self) -> bool:
        return bool(self._whole)

    def __bytes__(self) -> bytes:
        return bytes(self._whole)

    def clear(self) -> None:
        """Keep nothing."""
        self._whole = bytearray()


class BoundedHttpStream(http_layer.HttpStream):
    """``budget`` is that of the running proxy; without any, no body is kept."""

    budget: ClassVar[BodyBudget] = BodyBudget(0, 0)

    def __init__(self, context: Context, stream_id: int) -> None:
        super().__init__(context, stream_id)
        self.request_body_buf = WholeBuffer()
        self.response_body_buf = WholeBuffer()
        self._held = self.budget.open(context.client.id, self._give_up)
        self._answer_given_up = False

    def handle_event(self, event: events.Event) -> layer.CommandGenerator[None]:
        """As the original; what it would keep is counted first."""
        if isinstance(event, RequestData) and self._keeps(self.client_state):
            event = RequestData(event.stream_id, event.data if self._held.take(len(event.data)) else b"")
        elif isinstance(event, ResponseData) and self._keeps(self.server_state):
            event = ResponseData(event.stream_id, event.data if self._has_room_for_answer(event.data) else b"")
        for command in super().handle_event(event):
            if isinstance(command, http_layer.DropStream):
                self._held.release()
            yield command

    def _keeps(self, state: object) -> bool:
        """Whether a piece of a body stays here: it is collected, or it waits for a hook to end."""
        collecting = (self.state_consume_request_body, self.state_consume_response_body)
        return self._paused is not None or state in collecting

    def _has_room_for_answer(self, data: bytes) -> bool:
        if not self._answer_given_up and not self._held.take(len(data), answer=True):
            self._answer_given_up = True
            self.flow.metadata[NO_ROOM] = True
        return not self._answer_given_up

    def _give_up(self) -> None:
        """Keep nothing of the request. What comes of it next finds that out."""
        self.request_body_buf.clear()
        for waiting in self._paused_event_queue:
            if isinstance(waiting, RequestData):
                waiting.data = b""
        self.flow.metadata[NO_ROOM] = True

    def _handle_event(self, event: events.Event) -> layer.CommandGenerator[None]:
        if isinstance(event, RequestData | RequestTrailers | RequestEndOfMessage) and self._is_collecting():
            if self._held.given_up:
                yield from self._turn_away()
                return
            if isinstance(event, RequestEndOfMessage):
                self._held.complete()
        elif isinstance(event, ResponseData | ResponseTrailers | ResponseEndOfMessage) and self._answer_given_up:
            if self.server_state == self.state_consume_response_body:
                yield from self._withhold()
            return
        yield from super()._handle_event(event)

    def _is_collecting(self) -> bool:
        return bool(self.client_state == self.state_consume_request_body)

    def _turn_away(self) -> layer.CommandGenerator[None]:
        self.client_state = self.server_state = self.state_errored
        self.flow.error = flow.Error(OVERLOADED)
        yield HttpErrorHook(self.flow)
        yield from self._answer(self.flow.response or unavailable(OVERLOADED).response())
        self.flow.live = False
        yield http_layer.DropStream(self.stream_id)

    def _answer(self, answer: http.Response) -> Iterator[commands.Command]:
        content = b"" if self.flow.request.data.method == b"HEAD" else answer.data.content or b""
        client = self.context.client
        yield http_layer.SendHttp(ResponseHeaders(self.stream_id, answer, end_stream=not content), client)
        if content:
            yield http_layer.SendHttp(ResponseData(self.stream_id, content), client)
        yield http_layer.SendHttp(ResponseEndOfMessage(self.stream_id), client)

    def _withhold(self) -> layer.CommandGenerator[None]:
        """As the original does with an answer that is too large."""
        self.client_state = self.server_state = self.state_errored
        self.response_body_buf.clear()
        self.flow.error = flow.Error(OVERLOADED)
        yield HttpErrorHook(self.flow)
        code = ErrorCode.RESPONSE_TOO_LARGE
        yield http_layer.SendHttp(ResponseProtocolError(self.stream_id, OVERLOADED, code), self.context.client)
        yield http_layer.SendHttp(RequestProtocolError(self.stream_id, OVERLOADED, code), self.context.server)
        self.flow.live = False
        yield http_layer.DropStream(self.stream_id)
