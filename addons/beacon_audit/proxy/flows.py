"""From mitmproxy's flow to our request, without losing or smoothing anything that matters.

mitmproxy's convenience properties are not used where they normalise: ``flow.request.method`` reads upper-case while
``post`` goes upstream as it came; ``.content``, ``.text`` and ``.json()`` decode leniently. Raw fields only.
"""

from mitmproxy import http
from mitmproxy.connection import Client

from beacon_audit.model import Request
from beacon_audit.proxy.containment import normalised_host
from beacon_audit.proxy.original_destination import NOT_REDIRECTED


def source_of(client: Client) -> str:
    """``address:port`` of a client connection."""
    return _address(*client.peername[:2])


def original_destination_of(client: Client) -> str | None:
    """``address:port`` that the client of a transparent proxy had connected to, ``None`` if it was not redirected."""
    host, port = client.sockname[:2]
    return None if (host, port) == NOT_REDIRECTED else _address(host, port)


def request_of(
    flow: http.HTTPFlow, *, host: str, connect_target: str | None, original_destination: str | None = None
) -> Request:
    """The request of a flow whose body was read. ``host`` is the destination, as the listening mode knows it."""
    data = flow.request.data
    headers = tuple((_text(name).lower(), _text(value)) for name, value in data.headers.fields)
    return Request(
        source=source_of(flow.client_conn),
        method=_text(data.method),
        scheme=_text(data.scheme),
        host=normalised_host(host) or host,
        port=data.port,
        target=_text(data.path),
        http_version=_text(data.http_version),
        tls=flow.client_conn.tls_established,
        sni=flow.client_conn.sni,
        connect_target=connect_target,
        host_headers=tuple(value for name, value in headers if name == "host"),
        authority=_text(data.authority) or None,
        headers=headers,
        body=data.content or b"",
        has_trailers=bool(data.trailers),
        original_destination=original_destination,
    )


def _address(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _text(value: bytes) -> str:
    return value.decode("latin-1")
