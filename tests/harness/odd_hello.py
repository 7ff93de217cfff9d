"""A TLS client that names any server in its handshake: an address, a port, nothing, which ``ssl`` would not send.

Through a tunnel or directly, and it verifies nothing: what matters is what the proxy makes of the name. And the first
message alone of a client with an encrypted ClientHello, which ``ssl`` does not have.
"""

import http.client
import io
import socket
import ssl
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


#: RFC 9849 §5: the type of the extension, and in it: outer, a KDF and an AEAD, the number of a configuration.
_ENCRYPTED_HELLO, _OUTER = 0xFE0D, b"\x00" + b"\x00\x01\x00\x01" + b"\x07"
#: RFC 8446 §4.1.2: a record and a message begin with 5 and 4 bytes; version and random value are 34.
_SESSION_ID = 5 + 4 + 34


def encrypted_hello(outer_name: str, hidden: bytes) -> bytes:
    """A ClientHello for ``outer_name``, with ``hidden`` in the place of the encrypted one."""
    sent = ssl.MemoryBIO()
    session = ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), sent, server_hostname=outer_name)
    try:
        session.do_handshake()
    except ssl.SSLWantReadError:
        hello = sent.read()
    at = _SESSION_ID + 1 + hello[_SESSION_ID]  # cipher suites
    at += 2 + int.from_bytes(hello[at : at + 2])  # compression methods
    at += 1 + hello[at]  # extensions
    extensions = hello[at + 2 :] + _extension(_ENCRYPTED_HELLO, _OUTER + _counted(b"") + _counted(hidden))
    body = hello[5 + 4 : at] + _counted(extensions)
    message = hello[5:6] + len(body).to_bytes(3) + body
    return hello[:3] + _counted(message)


def _extension(kind: int, content: bytes) -> bytes:
    return kind.to_bytes(2) + _counted(content)


def _counted(content: bytes) -> bytes:
    return len(content).to_bytes(2) + content
