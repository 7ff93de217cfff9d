"""A TLS client that names any server in its handshake: an address, a port, nothing, which ``ssl`` would not send.

Through a tunnel or directly, and it verifies nothing: what matters is what the proxy makes of the name.
"""

import http.client
import io
import socket
from typing import cast

from OpenSSL import SSL

from harness.client import HOST


def ask(proxy: tuple[str, int], sni: bytes, data: bytes, *, connect: str | None = f"{HOST}:443") -> int | None:
    """The status that ``data`` is answered inside of a TLS session with ``sni``; ``None`` when there is no session."""
    with socket.create_connection(proxy, 10) as plain:
        if connect is not None:
            plain.sendall(f"CONNECT {connect} HTTP/1.1\r\n\r\n".encode())
            if not plain.recv(4096).startswith(b"HTTP/1.1 200 "):
                raise AssertionError("the tunnel was refused before the handshake")
        plain.settimeout(None)  # pyOpenSSL takes a blocking socket only
        session = SSL.Connection(SSL.Context(SSL.TLS_CLIENT_METHOD), plain)
        session.set_tlsext_host_name(sni)
        session.set_connect_state()
        try:
            session.do_handshake()
        except (SSL.Error, ConnectionError):
            return None
        session.sendall(data)
        return _status(session)


class _Readable:
    """What ``http.client`` wants of a socket."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def makefile(self, *_: object, **__: object) -> io.BytesIO:
        return io.BytesIO(self._data)


def _status(session: SSL.Connection) -> int:
    data = b""
    while b"\r\n\r\n" not in data:
        data += session.recv(65536)
    response = http.client.HTTPResponse(cast("socket.socket", _Readable(data)))
    response.begin()
    return response.status
