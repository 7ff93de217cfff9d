"""An HTTP/2 client that sends any bytes, and reads the answers frame by frame with ``hyperframe`` and ``hpack``.

It keeps no rule of HTTP/2 itself and answers nothing by itself: what is not said is not sent.
"""

import contextlib
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import hpack
from hyperframe.frame import DataFrame, Frame, GoAwayFrame, HeadersFrame, PingFrame, RstStreamFrame

from harness.client import HOST
from harness.http2_corpus import wire

_PATIENCE_S = 20.0
_FENCE = b"read it?"


class NeitherAnsweredNorClosed(AssertionError):
    """The proxy left its client waiting."""


@dataclass
class Answers:
    """What came back. By stream: the ``statuses``, the ``bodies`` as far as they came, ``ended`` streams, and those
    that were ``resets``, with the code. ``goaway``: the code of it. ``closed``: the proxy ended the connection."""

    statuses: dict[int, int] = field(default_factory=dict)
    bodies: dict[int, bytes] = field(default_factory=dict)
    ended: list[int] = field(default_factory=list)
    resets: dict[int, int] = field(default_factory=dict)
    goaway: int | None = None
    closed: bool = False
    pongs: list[bytes] = field(default_factory=list)

    def settled(self, stream: int) -> bool:
        """Whether nothing more can come on ``stream``."""
        return stream in self.ended or stream in self.resets


class FrameClient:
    """One connection, a context manager: in TLS that agreed on h2, inside of a tunnel where the proxy wants one."""

    def __init__(
        self,
        proxy: tuple[str, int],
        context: ssl.SSLContext,
        *,
        source: str = "127.0.0.1",
        receive_buffer: int | None = None,
    ) -> None:
        self.answers = Answers()
        self._buffer = b""
        self._decoder = hpack.Decoder()
        plain = socket.socket()
        if receive_buffer is not None:
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        plain.settimeout(_PATIENCE_S)
        plain.bind((source, 0))
        plain.connect(proxy)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        plain.sendall(f"CONNECT {HOST}:443 HTTP/1.1\r\n\r\n".encode())
        answer = plain.recv(4096)
        assert answer.startswith(b"HTTP/1.1 200 "), answer
        self.socket = context.wrap_socket(plain, server_hostname=HOST)
        assert self.socket.selected_alpn_protocol() == "h2"

    def begin(self, *settings: tuple[int, int]) -> Self:
        """The connection preface with its SETTINGS frame (RFC 9113 §3.4)."""
        self.send(wire.PREFACE + wire.settings(*settings))
        return self

    def send(self, data: bytes) -> None:
        """Send bytes; the proxy may have closed before it has read them."""
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            self.socket.sendall(data)

    def settle(self, *streams: int, fence: bool = True) -> Answers:
        """Read until nothing more can come on ``streams`` and all that was sent has been read, or to the end."""
        if fence:
            self.send(wire.ping(_FENCE))
        already = self.answers.pongs.count(_FENCE)
        self.read_until(
            lambda: all(map(self.answers.settled, streams)) and self.answers.pongs.count(_FENCE) >= already + fence
        )
        return self.answers

    def read_until(self, enough: Callable[[], bool]) -> None:
        """Read until ``enough``, or to the end of the connection.

        Raises:
            NeitherAnsweredNorClosed: neither came.
        """
        try:
            while not enough() and not self.answers.closed:
                self._read()
        except TimeoutError:
            got = self.answers
            raise NeitherAnsweredNorClosed(f"{len(got.ended)} streams ended, {len(got.resets)} were reset") from None

    def _read(self) -> None:
        try:
            data = self.socket.recv(65536)
        except (ConnectionError, ssl.SSLError):
            data = b""
        self.answers.closed = not data
        self._buffer += data
        while len(self._buffer) >= 9:
            frame, length = Frame.parse_frame_header(memoryview(self._buffer[:9]))
            if len(self._buffer) < 9 + length:
                return
            frame.parse_body(memoryview(self._buffer[9 : 9 + length]))
            self._buffer = self._buffer[9 + length :]
            self._take(frame)

    def _take(self, frame: Frame) -> None:
        stream = frame.stream_id
        if isinstance(frame, HeadersFrame):
            fields = dict(self._decoder.decode(frame.data, raw=True))
            self.answers.statuses[stream] = int(fields[b":status"])
        elif isinstance(frame, DataFrame):
            self.answers.bodies[stream] = self.answers.bodies.get(stream, b"") + bytes(frame.data)
        elif isinstance(frame, RstStreamFrame):
            self.answers.resets[stream] = frame.error_code
        elif isinstance(frame, GoAwayFrame):
            self.answers.goaway = frame.error_code
        elif isinstance(frame, PingFrame) and "ACK" in frame.flags:
            self.answers.pongs.append(bytes(frame.opaque_data))
        if "END_STREAM" in frame.flags:
            self.answers.ended.append(stream)

    def leave(self) -> None:
        """End our side, and wait for the end of the proxy's."""
        try:
            self.socket.shutdown(socket.SHUT_RDWR if self.answers.closed else socket.SHUT_WR)
            while self.socket.recv(65536):
                pass
        except TimeoutError:
            raise NeitherAnsweredNorClosed("after the end of our side") from None
        except OSError:
            pass  # it has closed before
        self.socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.leave()
        self.socket.close()


def h2_context(ca_file: Path) -> ssl.SSLContext:
    """TLS that trusts ``ca_file`` and offers h2 alone."""
    context = ssl.create_default_context(cafile=str(ca_file))
    context.set_alpn_protocols(["h2"])
    return context
