"""A client that says one input, and waits for the end of its connection where it has not ended it itself."""

import contextlib
import socket
import ssl
import struct

from fuzz.connection.case import Case
from harness.client import HOST

_ANSWER_S = 1.0
_RESET = struct.pack("ii", 1, 0)


class NotEnded(AssertionError):
    """The proxy left a client waiting that had ended its side."""


class FuzzClient:
    """For one proxy; safe for threads."""

    def __init__(self, proxy: tuple[str, int], ca_file: str, *, patience_s: float) -> None:
        self._proxy, self._patience_s = proxy, patience_s
        self._contexts = {}
        for layer, protocol in (("tls", "http/1.1"), ("h2", "h2")):
            self._contexts[layer] = ssl.create_default_context(cafile=ca_file)
            self._contexts[layer].set_alpn_protocols([protocol])

    def say(self, case: Case) -> None:
        """All of it.

        Raises:
            NotEnded: the connection stays open though nothing more can come.
        """
        with socket.create_connection(self._proxy, self._patience_s) as plain:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                self._say(case, plain)
            except TimeoutError:
                raise NotEnded(f"after {self._patience_s:g} s ({case.layer}, {case.end})") from None
            except OSError:
                return  # the proxy closed before all was said

    def _say(self, case: Case, plain: socket.socket) -> None:
        connection: socket.socket = plain
        if case.layer != "plain":
            plain.sendall(f"CONNECT {HOST}:443 HTTP/1.1\r\n\r\n".encode())
            assert plain.recv(4096).startswith(b"HTTP/1.1 200 ")
        context = self._contexts.get(case.layer)
        if context is not None:
            connection = context.wrap_socket(plain, server_hostname=HOST)
        try:
            for piece in case.pieces:
                connection.sendall(piece)
            if case.end == "reset":
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            elif case.end in ("wait", "half"):
                if case.end == "wait":
                    _await_an_answer(connection, case, self._patience_s)
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_WR)
                while connection.recv(65536):
                    pass
        finally:
            connection.close()


def _await_an_answer(connection: socket.socket, case: Case, patience_s: float) -> None:
    """The beginning of one. Or give up soon: half a request is answered by nobody."""
    connection.settimeout(_ANSWER_S)
    data = b""
    with contextlib.suppress(TimeoutError):
        while not (_begins_an_answer(data) if case.layer == "h2" else b"\r\n\r\n" in data):
            more = connection.recv(65536)
            if not more:
                return
            data += more
    connection.settimeout(patience_s)


def _begins_an_answer(data: bytes) -> bool:
    """Whether there is a HEADERS or a GOAWAY among the frames of HTTP/2 (RFC 9113 §4.1)."""
    at = 0
    while at + 9 <= len(data):
        if data[at + 3] in (1, 7):
            return True
        at += 9 + int.from_bytes(data[at : at + 3])
    return False
