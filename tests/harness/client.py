"""A client that can be told to lie: its own CONNECT target, SNI, Host header and bytes.

Real sockets and the ``ssl`` module, ``http.client`` to read responses. For well-behaved clients the tests use curl,
requests, httpx and Node.
"""

import http.client
import json
import socket
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

HOST = "beacon.langchain.com"
#: Every documented host; the certificate is verified when the client names one of them.
HOSTS = (HOST, "eu.beacon.langchain.com", "apac.beacon.langchain.com")


@dataclass(frozen=True, slots=True)
class Answer:
    """A response as the client saw it."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class Tunnel:
    """One client connection through the proxy.

    ``connect``: the CONNECT target, ``None`` for reverse mode. ``sni``: ``None`` sends none. ``tls`` false speaks in
    clear inside the tunnel. ``alpn``: the protocols that are offered in the TLS handshake. ``certificate``: a file with
    a key and a certificate, for a proxy that asks for one. ``source`` is the address that it comes from.
    """

    def __init__(
        self,
        proxy: tuple[str, int],
        ca_file: Path,
        *,
        connect: str | None = f"{HOST}:443",
        sni: str | None = HOST,
        tls: bool = True,
        alpn: Sequence[str] = (),
        certificate: Path | None = None,
        timeout: float = 20.0,
        source: str | None = None,
    ) -> None:
        self.connect_status = 200
        self._socket = socket.create_connection(proxy, timeout, (source, 0) if source else None)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if connect is not None:
            self._socket.sendall(f"CONNECT {connect} HTTP/1.1\r\nHost: {connect}\r\n\r\n".encode("latin-1"))
            self.connect_answer = self._read_answer("CONNECT")
            self.connect_status = self.connect_answer.status
        if tls and self.connect_status == 200:
            context = ssl.create_default_context(cafile=str(ca_file))
            if alpn:
                context.set_alpn_protocols(list(alpn))
            if certificate is not None:
                context.load_cert_chain(certificate)
            if sni not in HOSTS:
                context.check_hostname = False
                context.verify_mode = ssl.CERT_NONE
            self._socket = context.wrap_socket(self._socket, server_hostname=sni)

    def send(
        self, path: str, body: bytes | Any, *, method: str = "POST", headers: Mapping[str, str] | None = None,
        host: str | None = HOST,
    ) -> Answer:  # fmt: skip
        """One request with a JSON body (bytes go as they are), and its answer."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        fields = {"Content-Type": "application/json", "Content-Length": str(len(data)), **(headers or {})}
        if host is not None:
            fields = {"Host": host, **fields}
        head = f"{method} {path} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        return self.send_raw(head.encode("latin-1") + b"\r\n" + data, method)

    def send_raw(self, data: bytes, method: str = "POST") -> Answer:
        """Bytes as they are, and the answer to them."""
        self._socket.sendall(data)
        return self._read_answer(method)

    def write(self, data: bytes) -> None:
        """Bytes without waiting for an answer."""
        self._socket.sendall(data)

    def read_to_the_end(self, after: bytes = b"") -> None:
        """Send ``after`` as far as it is taken, then read until the other side has closed; a time-out is an error."""
        try:
            self._socket.sendall(after)
            while self._socket.recv(65536):
                pass
        except TimeoutError:
            raise
        except OSError:
            pass  # closed with a reset, since there was more to read

    def _read_answer(self, method: str) -> Answer:
        response = http.client.HTTPResponse(self._socket, method=method)
        response.begin()
        body = b"" if method == "CONNECT" and response.status == 200 else response.read()
        return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, body)

    def close(self) -> None:
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
