"""A simulated Beacon: a TLS server on loopback that answers as documented and keeps account of all it receives.

It takes a directory, in which it writes ``beacon-ca.crt`` (PEM) for the client or proxy to trust. It promises that
``connections`` counts every accepted TCP connection, ``bytes_received`` every TCP byte (handshakes included), and
``requests`` holds each whole request before it is answered. TLS 1.2 or newer, ALPN ``http/1.1``, keep-alive, one
thread a connection. All attributes may be read from any thread. A broken client is not its problem: it closes the
connection and goes on.

    with SimulatedBeacon(tmp_path) as beacon:
        policy = {"upstream": {"address": beacon.address, "ca_file": str(beacon.ca_file)}}
"""

import contextlib
import socket
import ssl
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from beacon_audit.demo.answers import Behaviour, response_bytes
from beacon_audit.demo.certificates import issue
from beacon_audit.demo.received import BadRequest, ReceivedRequest, read_requests
from beacon_audit.demo.tls_stream import TlsStream

BEACON_HOST = "beacon.langchain.com"
_JOIN_S = 5.0


class SimulatedBeacon:
    """A context manager; it listens on a free port of 127.0.0.1 from construction until exit, or on ``listener``, which
    it closes.

    ``names`` are the DNS names in its certificate. ``behaviour`` may be replaced at any time and holds from the next
    request on.
    """

    host = "127.0.0.1"

    def __init__(
        self,
        directory: Path,
        *,
        names: Sequence[str] = (BEACON_HOST,),
        behaviour: Behaviour | None = None,
        listener: socket.socket | None = None,
    ) -> None:
        self.behaviour = behaviour or Behaviour()
        self.ca_file = directory / "beacon-ca.crt"
        self._context = _server_context(self.ca_file, names)
        self._lock = threading.Lock()
        self._connections = 0
        self._bytes_received = 0
        self._requests: list[ReceivedRequest] = []
        self._open: set[socket.socket] = set()
        self._closing = threading.Event()
        self._workers: list[threading.Thread] = []
        self._listener = listener or socket.create_server((self.host, 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        self._acceptor = threading.Thread(target=self._accept, name="simulated-beacon", daemon=True)

    @property
    def address(self) -> str:
        """``host:port``, as ``upstream.address`` of a policy takes it."""
        return f"{self.host}:{self.port}"

    @property
    def connections(self) -> int:
        """How many TCP connections were accepted so far."""
        with self._lock:
            return self._connections

    @property
    def bytes_received(self) -> int:
        """How many TCP bytes arrived so far, handshakes included."""
        with self._lock:
            return self._bytes_received

    @property
    def requests(self) -> list[ReceivedRequest]:
        """A copy of all whole requests so far, in order of arrival."""
        with self._lock:
            return list(self._requests)

    def __enter__(self) -> Self:
        self._acceptor.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes the accept that waits
        self._acceptor.join(_JOIN_S)
        self._listener.close()
        with self._lock:
            workers, still_open = list(self._workers), list(self._open)
        for connection in still_open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for worker in workers:
            worker.join(_JOIN_S)

    def _accept(self) -> None:
        while not self._closing.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            worker = threading.Thread(target=self._serve, args=(connection,), name="beacon-connection", daemon=True)
            with self._lock:
                self._connections += 1
                self._open.add(connection)
                self._workers.append(worker)
            worker.start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            stream = TlsStream(connection, self._context, self._count)
            stream.handshake()
            for request in read_requests(stream.read):
                with self._lock:
                    self._requests.append(request)
                if not self._answer(stream, request):
                    break
        except (OSError, BadRequest):
            pass  # the counts and the requests so far are what this server reports
        finally:
            with self._lock:
                self._open.discard(connection)
            connection.close()

    def _answer(self, stream: TlsStream, request: ReceivedRequest) -> bool:
        """Send the response; return whether the connection stays open."""
        behaviour = self.behaviour
        if behaviour.delay_s and self._closing.wait(behaviour.delay_s):
            return False
        response = response_bytes(request, behaviour)
        stream.write(response[: behaviour.close_after])
        damaged = behaviour.raw is not None or behaviour.close_after is not None
        asked_to_close = "close" in (value.lower() for value in request.header_values("connection"))
        return not damaged and not asked_to_close

    def _count(self, size: int) -> None:
        with self._lock:
            self._bytes_received += size


def _server_context(ca_file: Path, names: Sequence[str]) -> ssl.SSLContext:
    certificate = issue(names)
    ca_file.write_bytes(certificate.authority)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    with tempfile.NamedTemporaryFile(suffix=".pem") as chain:  # ssl takes a private key from a file only
        chain.write(certificate.chain)
        chain.flush()
        context.load_cert_chain(chain.name)
    return context
