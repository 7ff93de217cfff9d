"""A TLS session that never began. The bound of its beginning: ``integration/test_broken_connections.py``."""

from mitmproxy.connection import Client
from mitmproxy.options import Options
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.layer import NextLayer

from beacon_audit.proxy.tls_guard import GuardedClientTLSLayer


def test_bytes_for_a_session_that_was_never_begun_are_dropped() -> None:
    """They come when the connection had ended before it was clear that it speaks TLS."""
    client = Client(peername=("127.0.0.1", 1), sockname=("127.0.0.1", 2), timestamp_start=0)
    context = Context(client, Options())
    context.layers.append(NextLayer(context))
    session = GuardedClientTLSLayer(context)
    assert list(session.receive_data(b"more")) == []
