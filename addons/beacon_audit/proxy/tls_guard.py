"""The beginning of a TLS session with a client, bounded.

mitmproxy collects a ClientHello until it is whole, which its own length lets be 16 MiB, and parses what it has again
with every packet. In records of one byte that stops the process. Here a hello that is not whole within
``MAX_HELLO_BYTES`` fails the handshake, which is recorded like any other that fails (``proxy.addon``), and mitmproxy
is given it once, when it is whole or cannot become one.

``proxy.guards`` installs it.
"""

from mitmproxy.net.tls import starts_like_tls_record
from mitmproxy.proxy import layer
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.layers import tls

#: With the headers of its records. Hellos with post-quantum keys and a session ticket have about 4 KiB.
MAX_HELLO_BYTES = 16_384
# RFC 8446 §5.1 and §4: what stands before the data of a record, and of a handshake message.
_RECORD_HEADER, _MESSAGE_HEADER = 5, 4


class HelloProgress:
    """How far the beginning of a session has come. Pure. The work is linear in the bytes, however they arrive."""

    def __init__(self) -> None:
        self._read = 0
        self._came = 0
        self._header = b""

    def is_for_the_parser(self, received: bytearray) -> bool:
        """Whether there is a whole message, or something that is no record. ``received`` is all that came."""
        while len(received) >= self._read + _RECORD_HEADER:
            begin = self._read + _RECORD_HEADER
            header = bytes(received[self._read : begin])
            length = int.from_bytes(header[3:])
            if not starts_like_tls_record(header) or not length:
                return True
            if len(received) < begin + length:
                return False
            self._header += bytes(received[begin : begin + min(length, _MESSAGE_HEADER - len(self._header))])
            self._came += length
            self._read = begin + length
            announced = int.from_bytes(self._header[1:])
            if len(self._header) == _MESSAGE_HEADER and self._came >= _MESSAGE_HEADER + announced:
                return True
        return False


class GuardedClientTLSLayer(tls.ClientTLSLayer):
    """mitmproxy's TLS session with a client, which does not wait for its beginning for ever."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._progress = HelloProgress()

    def receive_handshake_data(self, data: bytes) -> layer.CommandGenerator[tuple[bool, str | None]]:
        """As the original, with a bound."""
        if not self.client_hello_parsed and len(self.recv_buffer) + len(data) > MAX_HELLO_BYTES:
            self.recv_buffer.clear()
            return False, f"the ClientHello is longer than {MAX_HELLO_BYTES} bytes"
        if not self.client_hello_parsed and not self._progress.is_for_the_parser(self.recv_buffer + data):
            self.recv_buffer.extend(data)
            return False, None
        return (yield from super().receive_handshake_data(data))

    def receive_data(self, data: bytes) -> layer.CommandGenerator[None]:
        """As the original, for a session that there is."""
        if self.tls is not None:
            yield from super().receive_data(data)
