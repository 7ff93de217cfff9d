"""Requests as an HTTP/1.1 server receives them, byte for byte (RFC 9112).

:func:`read_requests` takes a source of bytes and yields each request of a keep-alive connection. It keeps the head as
it came and the body still content-encoded, without chunk framing. Written for tests and the demonstration: it trusts
its peer to speak HTTP/1.1 and raises :class:`BadRequest` for anything else.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

_HEAD_END = b"\r\n\r\n"
_HEAD_LIMIT = 65_536


class BadRequest(Exception):
    """What came is no HTTP/1.1 request; the connection cannot be used further."""


@dataclass(frozen=True, slots=True)
class ReceivedRequest:
    """One request. ``head`` is everything up to and including the empty line; ``headers`` keep order, case and
    duplicates; ``body`` is as received, without chunk framing."""

    head: bytes = field(repr=False)
    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]

    def header_values(self, name: str) -> tuple[str, ...]:
        """Every value of the header ``name``, whatever its case, in order."""
        return tuple(value for key, value in self.headers if key.lower() == name.lower())


def read_requests(read: Callable[[], bytes]) -> Iterator[ReceivedRequest]:
    """Yield requests until ``read`` returns nothing between two of them.

    Raises :class:`BadRequest` when the stream ends inside a request or is not HTTP/1.1.
    """
    stream = _Buffered(read)
    while (head := stream.head()) is not None:
        method, target, headers = _parse_head(head)
        lengths = [value for key, value in headers if key.lower() == "content-length"]
        if any(key.lower() == "transfer-encoding" for key, _ in headers):
            body = _chunked_body(stream)
        else:
            body = stream.exactly(_number(lengths[0], 10)) if lengths else b""
        yield ReceivedRequest(head, method, target, headers, body)


def _parse_head(head: bytes) -> tuple[str, str, tuple[tuple[str, str], ...]]:
    start, *lines = head.removesuffix(_HEAD_END).decode("latin-1").split("\r\n")
    parts = start.split(" ")
    if len(parts) != 3 or not parts[2].startswith("HTTP/1."):
        raise BadRequest("expected a request line of three parts that ends in HTTP/1.x")
    headers = []
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon:
            raise BadRequest("expected a header line with a colon")
        headers.append((name, value.strip(" \t")))
    return parts[0], parts[1], tuple(headers)


def _chunked_body(stream: "_Buffered") -> bytes:
    body = bytearray()
    while size := _number(stream.line().partition(b";")[0].decode("latin-1"), 16):
        body += stream.exactly(size)
        stream.line()
    while stream.line():
        pass  # trailer fields
    return bytes(body)


def _number(text: str, base: int) -> int:
    try:
        return int(text, base)
    except ValueError:
        raise BadRequest(f"expected a length in base {base}") from None


class _Buffered:
    """Takes lines, heads and exact amounts from a source that gives whatever arrived."""

    def __init__(self, read: Callable[[], bytes]) -> None:
        self._read = read
        self._buffer = bytearray()

    def head(self) -> bytes | None:
        if not self._buffer and not self._fill():
            return None
        return self._through(_HEAD_END)

    def line(self) -> bytes:
        return self._through(b"\r\n").removesuffix(b"\r\n")

    def exactly(self, size: int) -> bytes:
        while len(self._buffer) < size:
            self._require()
        return self._take(size)

    def _through(self, mark: bytes) -> bytes:
        while (end := self._buffer.find(mark)) < 0:
            if len(self._buffer) > _HEAD_LIMIT:
                raise BadRequest(f"expected a line or head of at most {_HEAD_LIMIT} bytes")
            self._require()
        return self._take(end + len(mark))

    def _take(self, size: int) -> bytes:
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        return taken

    def _require(self) -> None:
        if not self._fill():
            raise BadRequest("the connection ended inside a request")

    def _fill(self) -> bool:
        data = self._read()
        self._buffer += data
        return bool(data)
