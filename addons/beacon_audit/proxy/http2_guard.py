"""What mitmproxy drops on its own over HTTP/2, before any hook: recorded, bounded, and made silent about content.

``Http2Server`` closes the connection over a frame or a header that is not valid, and says why by quoting it. In its
place, a blocking hook of ours comes first, as in ``proxy.http1_guard``, and nothing is quoted. Requests that are open
on that connection are recorded by their own hooks, also the one whose frame was wrong: each has one record.

- It is given one frame at a time (``proxy.http2_frames``). h2 reads all that has come, and when a frame is wrong it has
  forgotten the requests before it; a frame that is too long it keeps until all of it is there.
- A body must be as long as its head says even where no DATA frame ends it, or upstream the next bytes are taken for it
  (RFC 9113 §8.1.1).
- A client that takes back request after request, each of which is work for us (CVE-2023-44487), or sends frame after
  frame without any, is cut off. Connections last for days, so neither adds up for ever: a request that was let answer
  pays for one that was taken back, and a frame is forgotten after a second.
"""

import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar

from h2 import events as h2_events
from h2.errors import ErrorCodes
from mitmproxy.proxy import commands, events, layer
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.layers.http import _http2
from mitmproxy.proxy.layers.http._events import ResponseEndOfMessage

from beacon_audit.proxy.body_budget import BodyBudget
from beacon_audit.proxy.http1_guard import MAX_HEAD_BYTES, UnreadableRequest, UnreadableRequestHook
from beacon_audit.proxy.http2_frames import CONTINUATION, DATA, HEADERS, FrameReader, Piece

#: How many requests more a client may take back on one connection than it lets be answered.
MAX_TAKEN_BACK = 100
#: How many frames may come that bring nothing of a request, before the next request; beside those that may always come.
MAX_IDLE_FRAMES = 10_000
IDLE_FRAMES_A_SECOND = 1.0
_INVALID = "what came is not valid HTTP/2"
_TOO_LONG = f"a frame is longer than it may be, or a request head larger than {MAX_HEAD_BYTES} bytes"
_TAKEN_BACK = f"the client took back {MAX_TAKEN_BACK} requests more than it let be answered"
_IDLE = f"more than {MAX_IDLE_FRAMES} frames came without a request"
_BROKEN_OFF = "the connection ended within a request head"
_CLOSED = "the HTTP/2 connection of the client ended"
_LENGTH = re.compile(rb"[0-9]{1,18}")


@dataclass(slots=True)
class _Body:
    """Of a request that has not ended: how long its head says that it is, if it does, and how much has come."""

    announced: int | None
    received: int = 0


class GuardedHttp2Server(_http2.Http2Server):
    """mitmproxy's HTTP/2 server side, which reports what it could not read before it answers. ``budget`` is that of the
    running proxy."""

    budget: ClassVar[BodyBudget] = BodyBudget(0, 0)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._reader = FrameReader(self.h2_conn.max_inbound_frame_size, MAX_HEAD_BYTES)
        self._stream = 0  # of the frame that is being looked at
        self._unfinished: dict[int, _Body] = {}
        self._taken_back = 0
        self._idle_frames = 0.0
        self._idle_since = time.monotonic()
        self._ended = False
        self._untaken = self.budget.untaken(context.client.id, self._waiting_for_windows)

    def _handle_event(self, event: events.Event) -> layer.CommandGenerator[None]:
        if isinstance(event, events.DataReceived):
            for piece in self._reader.read(event.data):
                yield from self._take(piece)
                if self._ended:
                    return
            return
        if isinstance(event, ResponseEndOfMessage) and self.is_open_for_us(event.stream_id):
            self._taken_back = max(0, self._taken_back - 1)
        if isinstance(event, events.ConnectionClosed) and self._reader.within_head:
            yield from self._report(_BROKEN_OFF)
        yield from super()._handle_event(event)
        self._untaken.look()

    def _waiting_for_windows(self) -> int:
        """The bytes of answers for which the client has opened no window."""
        return sum(len(piece.data) for pieces in self.h2_conn.stream_buffers.values() for piece in pieces)

    def _take(self, piece: Piece) -> layer.CommandGenerator[None]:
        self._stream = piece.stream
        if piece.kind == HEADERS:
            self._idle_frames = 0.0
        elif piece.kind != CONTINUATION and (piece.kind != DATA or piece.is_empty):
            self._count_idle_frame()
        if piece.too_long:
            yield from self._cut_off(_TOO_LONG, ErrorCodes.FRAME_SIZE_ERROR)
        elif self._idle_frames > MAX_IDLE_FRAMES:
            yield from self._cut_off(_IDLE, ErrorCodes.ENHANCE_YOUR_CALM)
        else:
            yield from super()._handle_event(events.DataReceived(self.conn, piece.data))

    def _count_idle_frame(self) -> None:
        now = time.monotonic()
        forgotten = (now - self._idle_since) * IDLE_FRAMES_A_SECOND
        self._idle_frames = max(0.0, self._idle_frames - forgotten) + 1
        self._idle_since = now

    def handle_h2_event(self, event: h2_events.Event) -> layer.CommandGenerator[bool]:
        """As the original, which believes the length of a body that no DATA frame ends."""
        if isinstance(event, h2_events.RequestReceived):
            done = yield from super().handle_h2_event(event)
            if not done:  # otherwise it was none
                self._unfinished[event.stream_id] = _Body(_announced(event.headers))
            return done
        if isinstance(event, h2_events.DataReceived) and event.stream_id in self._unfinished:
            self._unfinished[event.stream_id].received += len(event.data)
        elif isinstance(event, h2_events.StreamEnded):
            body = self._unfinished.get(event.stream_id)
            if body is not None and body.announced not in (None, body.received):
                yield from self.protocol_error(_INVALID)
                return True
            self._unfinished.pop(event.stream_id, None)
        elif isinstance(event, h2_events.StreamReset):
            self._unfinished.pop(event.stream_id, None)
            self._taken_back += 1
            if self._taken_back > MAX_TAKEN_BACK:
                yield from self._cut_off(_TAKEN_BACK, ErrorCodes.ENHANCE_YOUR_CALM)
                return True
        return (yield from super().handle_h2_event(event))

    def protocol_error(
        self, _message: str, error_code: int = ErrorCodes.PROTOCOL_ERROR
    ) -> layer.CommandGenerator[None]:
        """As the original, with the hook in front and no word of the client's."""
        yield from self._cut_off(_INVALID, error_code)

    def close_connection(self, _message: str) -> layer.CommandGenerator[None]:
        """As the original; its message could repeat what the client said when it closed."""
        self._ended = True
        yield from super().close_connection(_CLOSED)

    def _cut_off(self, reason: str, error_code: int) -> layer.CommandGenerator[None]:
        if self._stream not in self._unfinished:  # what is wrong with a request is said by its own record
            yield from self._report(reason)
        yield from super().protocol_error(reason, error_code)

    def _report(self, reason: str) -> Iterator[commands.Command]:
        yield UnreadableRequestHook(UnreadableRequest(self.context.client, reason, None))


def _announced(headers: Iterable[tuple[bytes, bytes]]) -> int | None:
    """The first length that a head says. What is no number, or is said twice, mitmproxy refuses."""
    values = (value for name, value in headers if name == b"content-length")
    value = next(values, b"")
    return int(value) if _LENGTH.fullmatch(value) else None
