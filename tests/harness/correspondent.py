"""A client that sends anything, and takes whatever comes back for an answer."""

import contextlib
import http.client
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from harness.client import HOST, Answer, Tunnel
from harness.proxy import ProxyProcess

TIMEOUT_S = 5.0
_NO_ANSWER = (OSError, http.client.HTTPException, UnicodeError)


class Correspondent:
    """One client of ``proxy``. Keeps a tunnel for requests that are whole; for one thread."""

    def __init__(self, proxy: ProxyProcess, timeout: float = TIMEOUT_S) -> None:
        self.proxy = proxy
        self._timeout = timeout
        self._kept: Tunnel | None = None

    def ask(self, use: Callable[[Tunnel], Answer]) -> Answer | None:
        """One request on the tunnel that is kept, which it must leave usable or be told that it is closed."""
        try:
            if self._kept is None:
                self._kept = self._tunnel()
            answer = use(self._kept)
        except _NO_ANSWER:
            self.close()
            return None
        if answer.headers.get("connection", "").lower() == "close":
            self.close()
        return answer

    def ask_anew(self, use: Callable[[Tunnel], Answer], **options: Any) -> Answer | None:
        """One request on a connection of its own; ``options`` are those of ``Tunnel``. A refused CONNECT is the
        answer."""
        try:
            with self._tunnel(**options) as tunnel:
                return use(tunnel) if tunnel.connect_status == 200 else tunnel.connect_answer
        except _NO_ANSWER:
            return None

    @contextmanager
    def socket_in_tunnel(self) -> Iterator[socket.socket]:
        """A bare socket through a documented CONNECT."""
        with socket.create_connection(self.proxy.address, self._timeout) as plain:
            plain.sendall(f"CONNECT {HOST}:443 HTTP/1.1\r\nHost: {HOST}:443\r\n\r\n".encode())
            plain.recv(65536)
            yield plain

    def close(self) -> None:
        if self._kept is not None:
            with contextlib.suppress(OSError):
                self._kept.close()
        self._kept = None

    def _tunnel(self, **options: Any) -> Tunnel:
        return Tunnel(self.proxy.address, self.proxy.home.ca_certificate, timeout=self._timeout, **options)
