"""Posts to one HTTP server over a connection that is kept; every answer is bounded in time and in size.

Standard library only, and little of that: no redirect is followed, no proxy of the environment is used, nothing is
remembered between answers. TLS is verified against the context that is given. The time runs from the moment there is a
connection to the last byte of the answer; to get one may take as long again for each address of the name, and looking
the name up takes what the resolver takes. So a thread that posts may wait, and nobody may wait for that thread.

Raises ``OSError`` (``TimeoutError`` when the time is up) and ``http.client.HTTPException``. Not safe for threads.
"""

import io
import socket
import ssl
import time
from collections.abc import Buffer
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import cast
from urllib.parse import urlsplit

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Answer:
    """``content_type`` is empty when there was none."""

    status: int
    content_type: str
    body: bytes


class AnswerTooLong(HTTPException):
    """More came than an answer may have."""


class BoundedHttp:
    """The server at ``url`` (scheme, host, port, first part of the path). ``limit`` bounds an answer with its head, in
    bytes; ``context`` is for https."""

    def __init__(self, url: str, context: ssl.SSLContext, *, timeout_s: float, limit: int) -> None:
        parts = urlsplit(url)
        self._host = parts.hostname or ""
        self._port = parts.port or _PORTS[parts.scheme]
        self._path = parts.path
        self._authority = parts.netloc
        self._context = context if parts.scheme == "https" else None
        self._timeout_s = timeout_s
        self._limit = limit
        self._kept: socket.socket | None = None

    def post(self, path: str, body: bytes) -> Answer:
        """Send ``body`` to ``path`` below the URL; what comes back, whatever its status."""
        if self._kept is not None:
            try:
                return self._post(path, body)
            except (TimeoutError, AnswerTooLong):
                raise
            except (OSError, HTTPException):
                pass  # a server may close what is not used; over a new connection it must answer
        self._kept = self._dial()
        return self._post(path, body)

    def close(self) -> None:
        """Give the connection back."""
        if self._kept is not None:
            self._kept.close()
        self._kept = None

    def _dial(self) -> socket.socket:
        plain = socket.create_connection((self._host, self._port), self._timeout_s)
        try:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return self._context.wrap_socket(plain, server_hostname=self._host) if self._context else plain
        except BaseException:
            plain.close()
            raise

    def _post(self, path: str, body: bytes) -> Answer:
        """Ask over the connection that there is, and keep it only when all of its answer was read."""
        kept, self._kept = self._kept, None
        assert kept is not None  # noqa: S101 - for mypy: post has dialled
        connection = HTTPConnection(self._host, self._port)
        connection.auto_open = 0  # it would dial without our bounds
        connection.sock = cast(socket.socket, _BoundedSocket(kept, time.monotonic() + self._timeout_s, self._limit))
        try:
            connection.request("POST", self._path + path, body, {"Host": self._authority})
            response = connection.getresponse()
            content = _whole(response, self._limit)
        except BaseException:
            kept.close()
            raise
        if response.isclosed() and connection.sock is not None:
            self._kept = kept
        else:  # the server said that it closes it, or nothing but its closing ends the body
            kept.close()
        return Answer(response.status, response.headers.get("content-type", ""), content)


def _whole(response: HTTPResponse, limit: int) -> bytes:
    # Never read() without a number: it would make room for whatever Content-Length claims.
    content = response.read(limit)
    if response.length:
        raise HTTPException("expected as many bytes as Content-Length says, came fewer")
    return content


class _BoundedSocket:
    """What http.client needs of a socket; nothing of it goes on for longer than until ``deadline`` (monotonic)."""

    def __init__(self, plain: socket.socket, deadline: float, limit: int) -> None:
        self._plain = plain
        self._deadline = deadline
        self._limit = limit

    def sendall(self, data: bytes) -> None:
        """Send all of ``data`` while there is time."""
        _allow(self._plain, self._deadline)
        self._plain.sendall(data)

    def makefile(self, _mode: str) -> io.BufferedReader:
        """A file to read one answer from."""
        return io.BufferedReader(_BoundedReader(self._plain, self._deadline, self._limit))

    def close(self) -> None:
        """Nothing: http.client closes before it has read. Whoever has the socket closes it."""


class _BoundedReader(io.RawIOBase):
    def __init__(self, plain: socket.socket, deadline: float, limit: int) -> None:
        super().__init__()
        self._plain = plain
        self._deadline = deadline
        self._left = limit

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer, /) -> int:
        if not self._left:
            raise AnswerTooLong("expected a shorter answer, came more than may be read")
        _allow(self._plain, self._deadline)
        count = self._plain.recv_into(memoryview(buffer)[: self._left])
        self._left -= count
        return count


def _allow(plain: socket.socket, deadline: float) -> None:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("timed out")
    plain.settimeout(left)
