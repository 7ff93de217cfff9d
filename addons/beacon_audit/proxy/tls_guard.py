"""The beginning of a TLS session with a client, bounded.

mitmproxy collects a ClientHello until it is whole, which its own length lets be 16 MiB, and parses what it has again
with every packet. In records of one byte that stops the process. Here a hello that is not whole within
``MAX_HELLO_BYTES`` fails the handshake, which is recorded like any other that fails (``proxy.addon``).

``proxy.guards`` installs it.
"""

from mitmproxy.proxy import layer
from mitmproxy.proxy.layers import tls

#: With the headers of its records. Hellos with post-quantum keys and a session ticket have about 4 KiB.
MAX_HELLO_BYTES = 16_384


class GuardedClientTLSLayer(tls.ClientTLSLayer):
    """mitmproxy's TLS session with a client, which does not wait for its beginning for ever."""

    def receive_handshake_data(self, data: bytes) -> layer.CommandGenerator[tuple[bool, str | None]]:
        """As the original, with a bound."""
        if not self.client_hello_parsed and len(self.recv_buffer) + len(data) > MAX_HELLO_BYTES:
            self.recv_buffer.clear()
            return False, f"the ClientHello is longer than {MAX_HELLO_BYTES} bytes"
        return (yield from super().receive_handshake_data(data))

    def receive_data(self, data: bytes) -> layer.CommandGenerator[None]:
        """As the original, for a session that there is."""
        if self.tls is not None:
            yield from super().receive_data(data)
