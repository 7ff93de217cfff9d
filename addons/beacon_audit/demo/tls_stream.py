"""The server's end of one TLS connection that counts every TCP byte it is sent.

TLS runs over memory buffers (``ssl.MemoryBIO``) and the socket is read here, so the count covers handshakes too,
also those that fail: "zero bytes received" then means that nothing at all arrived. Blocking; for one thread.
"""

import socket
import ssl
from collections.abc import Callable
from functools import partial

_CHUNK = 65_536


class TlsStream:
    """Bytes in and out of an accepted connection. ``count`` is called with the size of every TCP read.

    All methods raise ``OSError`` (``ssl.SSLError`` is one) when the connection breaks.
    """

    def __init__(self, connection: socket.socket, context: ssl.SSLContext, count: Callable[[int], None]) -> None:
        self._connection = connection
        self._count = count
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)

    def handshake(self) -> None:
        """Complete the TLS handshake."""
        self._until_done(self._tls.do_handshake)

    def read(self) -> bytes:
        """Return the next bytes, empty at the end of the stream (with or without a TLS close)."""
        try:
            return self._until_done(partial(self._tls.read, _CHUNK))
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            return b""

    def write(self, data: bytes) -> None:
        """Send all of ``data``."""
        while data:
            data = data[self._until_done(partial(self._tls.write, data)) :]

    def _until_done[T](self, operation: Callable[[], T]) -> T:
        while True:
            try:
                result = operation()
            except ssl.SSLWantReadError:
                self._flush()
                self._receive()
            except ssl.SSLError:
                self._flush()  # the alert tells the peer why
                raise
            else:
                self._flush()
                return result

    def _receive(self) -> None:
        data = self._connection.recv(_CHUNK)
        self._count(len(data))
        if data:
            self._incoming.write(data)
        else:
            self._incoming.write_eof()

    def _flush(self) -> None:
        if pending := self._outgoing.read():
            self._connection.sendall(pending)
