"""A client that sends bytes as they are, reads as many answers as there are, and ends its side in order."""

import contextlib
import socket
import ssl
from dataclasses import dataclass
from pathlib import Path

from harness.client import HOST

_PATIENCE_S = 20.0


class NeitherAnsweredNorClosed(AssertionError):
    """The proxy left its client waiting."""


@dataclass(frozen=True, slots=True)
class Said:
    """``source``: the client's own address. ``statuses``: of the final answers, in order."""

    source: str
    statuses: tuple[int, ...]


class RawClient:
    """Makes connections to one proxy. They cost a handshake each; the context is shared."""

    def __init__(self, proxy: tuple[str, int], ca_file: Path) -> None:
        self._proxy = proxy
        self._context = ssl.create_default_context(cafile=str(ca_file))

    def say(self, data: bytes, *, answers: int, tunnelled: bool = True, source: str = "127.0.0.1") -> Said:
        """Send ``data`` from the loopback address ``source``, inside of a tunnel's TLS or to the proxy itself, read
        that many final answers or until the proxy closes, end our side and wait for its end.

        Raises:
            NeitherAnsweredNorClosed: an answer did not come.
        """
        with socket.create_connection(self._proxy, _PATIENCE_S, (source, 0)) as plain:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection = self._tunnel(plain) if tunnelled else plain
            try:
                statuses = _exchange(connection, data, answers)
            except TimeoutError:
                raise NeitherAnsweredNorClosed(f"after {len(data)} bytes") from None
            finally:
                connection.close()
        return Said(source, tuple(statuses))

    def _tunnel(self, plain: socket.socket) -> ssl.SSLSocket:
        plain.sendall(f"CONNECT {HOST}:443 HTTP/1.1\r\n\r\n".encode())
        answer = plain.recv(4096)
        assert answer.startswith(b"HTTP/1.1 200 "), answer
        return self._context.wrap_socket(plain, server_hostname=HOST)


def _exchange(connection: socket.socket, data: bytes, answers: int) -> list[int]:
    statuses: list[int] = []
    with contextlib.suppress(ConnectionError, ssl.SSLError):  # it may close before it has read all
        connection.sendall(data)
    buffer = bytearray()
    while len(statuses) < answers and (status := _answer(connection, buffer)) is not None:
        if status >= 200:
            statuses.append(status)
    try:
        connection.shutdown(socket.SHUT_WR)  # from here on what comes is read as it is on the wire
        while connection.recv(65536):
            pass
    except TimeoutError:
        raise
    except OSError:
        pass  # it has closed before
    return statuses


def _answer(connection: socket.socket, buffer: bytearray) -> int | None:
    """The status of the next answer, ``None`` at the end."""
    while (end := buffer.find(b"\r\n\r\n")) < 0:
        if not _fill(connection, buffer):
            return None
    lines = bytes(buffer[:end]).lower().split(b"\r\n")
    length = next((int(line.partition(b":")[2]) for line in lines if line.startswith(b"content-length:")), 0)
    while len(buffer) < end + 4 + length:
        if not _fill(connection, buffer):
            break  # an answer to HEAD says how long it would be
    del buffer[: end + 4 + length]
    return int(lines[0].split()[1])


def _fill(connection: socket.socket, buffer: bytearray) -> bool:
    try:
        data = connection.recv(65536)
    except (ConnectionError, ssl.SSLError):
        return False
    buffer += data
    return bool(data)
