"""An upstream that sends what it is told before each whole answer; each answer carries the number of its request."""

import contextlib
import json
import socket
import ssl
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

from beacon_audit.demo.certificates import issue
from beacon_audit.demo.received import BadRequest, ReceivedRequest, read_requests
from harness.client import HOST
from harness.usage_reports import number_of


class Scripted:
    """A context manager. ``before`` is sent a moment before the answer; with ``if_header``, only to a request that has
    this header (lower case). With ``ask_for``, an authority, clients are asked for a certificate of it; ``shown`` holds
    what each of them had."""

    def __init__(
        self, directory: Path, *, before: bytes, if_header: str | None = None, ask_for: Path | None = None
    ) -> None:
        certificate = issue((HOST,))
        self.ca_file = directory / "scripted-ca.crt"
        self.ca_file.write_bytes(certificate.authority)
        chain = directory / "scripted.pem"
        chain.write_bytes(certificate.chain)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(chain)
        if ask_for is not None:
            self._context.verify_mode = ssl.CERT_OPTIONAL
            self._context.load_verify_locations(ask_for)
        self.shown: list[object] = []
        self._before, self._if_header = before, if_header
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._closing = threading.Event()
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self.connections = 0

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError, BadRequest), self._context.wrap_socket(connection, server_side=True) as tls:
            self.shown.append(tls.getpeercert())
            for request in read_requests(lambda: tls.recv(65536)):
                if self._if_header is None or request.header_values(self._if_header):
                    tls.sendall(self._before)
                    self._closing.wait(0.2)  # so that the two do not arrive as one
                tls.sendall(_answer(request))


def _answer(request: ReceivedRequest) -> bytes:
    body = json.dumps({"inserted_count": number_of(request.body)}).encode()
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
