"""Our guards, put in the place of mitmproxy's own parts, by name, in the modules that use them.

What each of them guards is said where it is: ``proxy.http1_guard``, ``proxy.chunks``, ``proxy.http2_guard``,
``proxy.layer_guard``, ``proxy.stream_guard``, ``proxy.stream_bodies``, ``proxy.parent_guard``, ``proxy.tls_guard``,
``proxy.connection_guard``, ``proxy.error_pages``.
"""

import logging

from mitmproxy.addons import next_layer
from mitmproxy.proxy import layers, mode_servers
from mitmproxy.proxy.layers import http as http_layer
from mitmproxy.proxy.layers.http import _http1, _http2, _upstream_proxy

from beacon_audit.proxy.body_budget import BodyBudget
from beacon_audit.proxy.chunks import StrictChunkedReader
from beacon_audit.proxy.connection_guard import GuardedConnectionHandler
from beacon_audit.proxy.connections import Connections
from beacon_audit.proxy.error_pages import error_page, error_response
from beacon_audit.proxy.http1_guard import GuardedHttp1Client, GuardedHttp1Server
from beacon_audit.proxy.http2_guard import GuardedHttp2Server
from beacon_audit.proxy.layer_guard import GuardedHttpLayer
from beacon_audit.proxy.parent_guard import GuardedParentProxy
from beacon_audit.proxy.permits import Permits
from beacon_audit.proxy.stream_guard import GuardedHttpStream
from beacon_audit.proxy.tls_guard import GuardedClientTLSLayer
from beacon_audit.proxy.watch import Watches


def install(permits: Permits, watches: Watches, budget: BodyBudget, connections: Connections) -> None:
    """Put the guards in place, once per process. What they are given is that of the proxy that runs in it.

    Raises:
        RuntimeError: this mitmproxy does not have what they replace; a proxy without its guards does not start.
    """
    GuardedHttpStream.permits, GuardedHttpStream.watches = permits, watches
    GuardedHttpStream.budget = GuardedConnectionHandler.budget = budget
    GuardedConnectionHandler.connections = connections
    GuardedHttp2Server.budget = budget
    # At level debug it writes every header of HTTP/2, before any secret in it could be learned.
    logging.getLogger("hpack").setLevel(logging.WARNING)
    for module, name, guard in (
        (http_layer, "HttpStream", GuardedHttpStream),
        (http_layer, "Http1Server", GuardedHttp1Server),
        (http_layer, "Http1Client", GuardedHttp1Client),
        (http_layer, "Http2Server", GuardedHttp2Server),
        (http_layer, "HttpLayer", GuardedHttpLayer),
        (layers, "HttpLayer", GuardedHttpLayer),
        (next_layer, "HttpLayer", GuardedHttpLayer),
        (_http1, "ChunkedReader", StrictChunkedReader),
        (_http1, "make_error_response", error_response),
        (_http2, "format_error", error_page),
        (_upstream_proxy, "HttpUpstreamProxy", GuardedParentProxy),
        (mode_servers, "ProxyConnectionHandler", GuardedConnectionHandler),
        (next_layer, "ClientTLSLayer", GuardedClientTLSLayer),
        (layers, "ClientTLSLayer", GuardedClientTLSLayer),
    ):
        if not hasattr(module, name):
            raise RuntimeError(f"this mitmproxy has no {module.__name__}.{name} to guard; beacon-audit needs 12.2")
        setattr(module, name, guard)
