"""What a parent proxy answers to our CONNECT, bounded.

mitmproxy collects its head until it is whole, however long that takes. Here a head that is not whole within
``MAX_HEAD_BYTES`` is a connection that could not be opened; nothing of it is kept or quoted.

``proxy.guards`` installs it.
"""

from h11._receivebuffer import ReceiveBuffer
from mitmproxy.proxy import layer
from mitmproxy.proxy.layers.http import _upstream_proxy

from beacon_audit.proxy.http1_guard import MAX_HEAD_BYTES


class GuardedParentProxy(_upstream_proxy.HttpUpstreamProxy):
    """mitmproxy's tunnel through a parent proxy, which does not wait for its beginning for ever."""

    def receive_handshake_data(self, data: bytes) -> layer.CommandGenerator[tuple[bool, str | None]]:
        """As the original, with a bound."""
        done, failure = yield from super().receive_handshake_data(data)
        if not done and not failure and len(self.buf) > MAX_HEAD_BYTES:
            self.buf = ReceiveBuffer()
            return False, f"the head of the parent proxy's answer is larger than {MAX_HEAD_BYTES} bytes"
        return done, failure
