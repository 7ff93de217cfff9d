"""An HTTP/2 client that sends the headers it is told to, valid or not."""

import socket
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import h2.config
import h2.connection
import h2.events

from harness.client import HOST
from harness.proxy import ProxyProcess

type Field = tuple[bytes, bytes]

_CONFIG = h2.config.H2Configuration(
    validate_outbound_headers=False, normalize_outbound_headers=False, header_encoding=False
)


def fields(path: str, **pseudo: str) -> list[Field]:
    """The fields of a request with a JSON body; ``pseudo`` replaces ``method``, ``scheme`` or ``authority``."""
    known = {"method": "POST", "scheme": "https", "path": path, "authority": HOST, **pseudo}
    return [*((f":{name}".encode(), value.encode()) for name, value in known.items()),
            (b"content-type", b"application/json")]  # fmt: skip


def post(
    proxy: ProxyProcess,
    sent: Sequence[Field],
    body: bytes,
    trailers: Sequence[Field] = (),
    *,
    sni: str = HOST,
) -> int | None:
    """One request on a connection of its own, through a tunnel where the proxy wants one: its status, ``None`` when the
    connection was ended instead."""
    with _tunnel(proxy, sni) as secure:
        connection = h2.connection.H2Connection(_CONFIG)
        connection.initiate_connection()
        connection.send_headers(1, list(sent))
        connection.send_data(1, body, end_stream=not trailers)
        if trailers:
            connection.send_headers(1, list(trailers), end_stream=True)
        secure.sendall(connection.data_to_send())
        return _status(secure, connection)


def leave(proxy: ProxyProcess, requests: Sequence[Sequence[Field]], body: bytes | None = None) -> None:
    """Requests in as many streams, each with ``body`` or the beginning of one; then the end of the connection."""
    with _tunnel(proxy) as secure:
        connection = h2.connection.H2Connection(_CONFIG)
        connection.initiate_connection()
        for number, sent in enumerate(requests):
            connection.send_headers(2 * number + 1, list(sent))
            connection.send_data(2 * number + 1, body or b"{", end_stream=body is not None)
        connection.ping(b"are here")
        secure.sendall(connection.data_to_send())
        while not any(isinstance(event, h2.events.PingAckReceived) for event in _events(secure, connection)):
            pass  # what was sent before the ping has been read


def oversized(proxy: ProxyProcess, sent: Sequence[Field], *, size: int, times: int) -> list[int]:
    """So many requests with a body of ``size`` bytes, one after the other on one connection: their statuses."""
    statuses = []
    with _tunnel(proxy) as secure:
        connection = h2.connection.H2Connection(_CONFIG)
        connection.initiate_connection()
        for stream in range(1, 2 * times, 2):
            connection.send_headers(stream, list(sent))
            statuses.append(_fill(secure, connection, stream, size))
            connection.reset_stream(stream)
    return statuses


def _fill(secure: ssl.SSLSocket, connection: h2.connection.H2Connection, stream: int, size: int) -> int:
    while True:
        room = min(connection.local_flow_control_window(stream), 16_384, size)
        if room:
            connection.send_data(stream, bytes(room))
            size -= room
        secure.sendall(connection.data_to_send())
        if room:
            continue
        for event in _events(secure, connection):
            if isinstance(event, h2.events.ResponseReceived) and event.stream_id == stream:
                return int(dict(event.headers)[b":status"])


def _events(secure: ssl.SSLSocket, connection: h2.connection.H2Connection) -> Sequence[h2.events.Event]:
    data = secure.recv(65536)
    assert data, "the connection was ended"
    return connection.receive_data(data)


@contextmanager
def _tunnel(proxy: ProxyProcess, sni: str = HOST) -> Iterator[ssl.SSLSocket]:
    """A connection in TLS, through a tunnel in regular mode."""
    with socket.create_connection(proxy.address, 10) as plain:
        if proxy.ready["mode"] == "regular":
            plain.sendall(f"CONNECT {HOST}:443 HTTP/1.1\r\n\r\n".encode())
            assert plain.recv(4096).startswith(b"HTTP/1.1 200 ")
        context = ssl.create_default_context(cafile=str(proxy.home.ca_certificate))
        context.check_hostname = sni == HOST
        context.set_alpn_protocols(["h2"])
        with context.wrap_socket(plain, server_hostname=sni) as secure:
            yield secure


def _status(secure: ssl.SSLSocket, connection: h2.connection.H2Connection) -> int | None:
    while data := secure.recv(65536):
        for event in connection.receive_data(data):
            if isinstance(event, h2.events.ResponseReceived):
                return int(dict(event.headers)[b":status"])
            if isinstance(event, h2.events.ConnectionTerminated):
                return None
    return None
