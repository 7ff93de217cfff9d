"""``GET /healthz`` and ``GET /readyz`` over plain HTTP, on the event loop of the proxy.

``/healthz`` is 200 while the process answers. ``/readyz`` is 200 while requests can be recorded, and so may leave, and
503 with the reason while not. Bodies are JSON; nothing of any request is in them.
"""

from collections.abc import Callable

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler

type Readiness = Callable[[], tuple[bool, str]]


class _Alive(RequestHandler):
    def get(self) -> None:
        self.write({"status": "alive"})


class _Ready(RequestHandler):
    def initialize(self, readiness: Readiness) -> None:
        self._readiness = readiness

    def get(self) -> None:
        ready, reason = self._readiness()
        self.set_status(200 if ready else 503)
        self.write({"ready": ready, "reason": reason})


def start_admin(address: tuple[str, int], readiness: Readiness) -> tuple[HTTPServer, str]:
    """Listen on ``address`` (an IP address and a port, 0 for a free one) from the running event loop.

    Returns:
        The server, to ``stop()``, and where it listens as ``address:port``.

    Raises:
        OSError: the address cannot be listened on.
    """
    application = Application(
        [("/healthz", _Alive), ("/readyz", _Ready, {"readiness": readiness})],
        log_function=lambda _: None,
    )
    server = HTTPServer(application)
    sockets = bind_sockets(address[1], address[0])
    server.add_sockets(sockets)
    host, port = sockets[0].getsockname()[:2]
    return server, f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
