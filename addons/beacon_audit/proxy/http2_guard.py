"""What mitmproxy drops on its own over HTTP/2, before any hook: recorded, and made silent about content.

``Http2Server`` closes the connection over a frame or a header that is not valid, and says why by quoting it. In its
place, a blocking hook of ours comes first, as in ``proxy.http1_guard``, and nothing is quoted. When requests are open
on that connection their own hooks record them; this record is that of the bytes that were refused.
"""

from h2.errors import ErrorCodes
from mitmproxy.proxy import layer
from mitmproxy.proxy.layers.http import _http2

from beacon_audit.proxy.http1_guard import UnreadableRequest, UnreadableRequestHook

_INVALID = "what came is not valid HTTP/2"
_CLOSED = "the HTTP/2 connection of the client ended"


class GuardedHttp2Server(_http2.Http2Server):
    """mitmproxy's HTTP/2 server side, which reports what it could not read before it answers."""

    def protocol_error(
        self, _message: str, error_code: int = ErrorCodes.PROTOCOL_ERROR
    ) -> layer.CommandGenerator[None]:
        """As the original, with the hook in front and no word of the client's."""
        yield UnreadableRequestHook(UnreadableRequest(self.context.client, _INVALID, None))
        yield from super().protocol_error(_INVALID, error_code)

    def close_connection(self, _message: str) -> layer.CommandGenerator[None]:
        """As the original; its message could repeat what the client said when it closed."""
        yield from super().close_connection(_CLOSED)
