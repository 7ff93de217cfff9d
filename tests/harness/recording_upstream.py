"""An upstream that keeps every byte of application data it is sent, connection by connection, as it came.

It answers what it can read (``demo.received``), so that exchanges come to an end; what it keeps does not depend on
that. ``label`` is whatever the test is at; a connection keeps the label that was set when it came in.
"""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from beacon_audit.demo.answers import Behaviour, response_bytes
from beacon_audit.demo.certificates import issue
from beacon_audit.demo.received import BadRequest, ReceivedRequest, read_requests
from beacon_audit.demo.tls_stream import TlsStream
from harness.client import HOST

_NOTHING_FITS = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"


@dataclass
class Recorded:
    """One TCP connection: ``data`` is what was inside TLS, ``tcp_bytes`` counts what was on the wire."""

    label: str
    data: bytearray = field(default_factory=bytearray)
    tcp_bytes: int = 0


class RecordingUpstream:
    """A context manager that listens on a free port of 127.0.0.1. One thread a connection. ``patience_s`` is how long
    it waits for bytes; ``None`` is for ever."""

    patience_s: float | None = None

    def __init__(self, directory: Path) -> None:
        certificate = issue((HOST,))
        self.ca_file = directory / "recording-ca.crt"
        self.ca_file.write_bytes(certificate.authority)
        chain = directory / "recording.pem"
        chain.write_bytes(certificate.chain)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(chain)
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self.label = ""
        self.connections: list[Recorded] = []

    @property
    def policy(self) -> dict[str, str]:
        """The section ``upstream`` of a policy that leads here."""
        return {"address": self.address, "ca_file": str(self.ca_file)}

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                recorded = Recorded(self.label)
                self.connections.append(recorded)
                threading.Thread(target=self._serve, args=(connection, recorded), daemon=True).start()

    def _serve(self, connection: socket.socket, recorded: Recorded) -> None:
        def count(size: int) -> None:
            recorded.tcp_bytes += size

        with contextlib.suppress(OSError), connection:
            connection.settimeout(self.patience_s)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            stream = TlsStream(connection, self._context, count)
            stream.handshake()

            def read() -> bytes:
                data = stream.read()
                recorded.data += data
                return data

            self._converse(stream, read)

    def _converse(self, stream: TlsStream, read: Callable[[], bytes]) -> None:
        """Answer what is read; when this returns, the connection is closed."""
        try:
            for request in read_requests(read):
                stream.write(_answer(request))
        except BadRequest:
            stream.write(_NOTHING_FITS)


def _answer(request: ReceivedRequest) -> bytes:
    answer = response_bytes(request, Behaviour())
    return answer.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" if request.method == "HEAD" else answer
