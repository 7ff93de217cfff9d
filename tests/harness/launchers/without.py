"""The command line without some of its defences on HTTP: ``without.py DEFENCE[,DEFENCE…] run …`` in place of
``-m beacon_audit.cli run …``. What tests then see is what the defence is for.
"""

import re
import sys
from collections.abc import Callable

from h11._readers import ChunkedReader
from mitmproxy.proxy import mode_servers
from mitmproxy.proxy.layers import http as http_layer
from mitmproxy.proxy.layers.http import _http2

from beacon_audit.cli import main
from beacon_audit.proxy import containment, guards, http1_guard

_ANYTHING = re.compile(".*", re.DOTALL)


def _without_request_form() -> None:
    containment._TOKEN = _ANYTHING
    containment._TARGET = _ANYTHING


def _set(module: object, name: str, value: object) -> Callable[[], None]:
    return lambda: setattr(module, name, value)


DEFENCES: dict[str, Callable[[], None]] = {
    "head": _set(http1_guard, "head_problem", lambda _: None),
    "chunks": _set(guards, "StrictChunkedReader", ChunkedReader),
    "connection": _set(guards, "GuardedConnectionHandler", mode_servers.ProxyConnectionHandler),
    "validation": _set(http_layer, "validate_headers", lambda _: None),  # mitmproxy's own, which we pin
    "request-form": _without_request_form,
    "underscores": _set(containment, "_ESSENTIAL", frozenset()),
    "hop-by-hop": _set(containment, "_wrong_hop", lambda _: iter(())),
    "http2": _set(guards, "GuardedHttp2Server", _http2.Http2Server),
}

if __name__ == "__main__":
    for defence in sys.argv[1].split(","):
        DEFENCES[defence]()
    sys.exit(main(sys.argv[2:]))
