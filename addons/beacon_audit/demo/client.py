"""A client of the proxy: the standard library's HTTPS client, through a CONNECT tunnel, trusting HOME/ca/ca.crt.

One connection a message, blocking, HTTP/1.1. Whatever goes wrong on the way is an :class:`Answer` without a status:
a hostile message may well be cut off.
"""

import http.client
import ssl
from dataclasses import dataclass, field
from pathlib import Path

from beacon_audit.demo.beacon import BEACON_HOST

TIMEOUT_S = 20.0


@dataclass(frozen=True, slots=True)
class Message:
    """What a client sends. ``connect`` is the CONNECT target (``host:port``), whose host is also the TLS server name;
    without a ``path`` nothing follows the CONNECT. ``host`` is the Host header. ``body`` goes out as it is."""

    path: str | None = None
    body: bytes = field(default=b"", repr=False)
    content_encoding: str | None = None
    method: str = "POST"
    host: str = BEACON_HOST
    connect: str = f"{BEACON_HOST}:443"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the client got back. ``error`` says why there is no ``status``."""

    status: int | None
    error: str | None = None


def send(message: Message, proxy: str, ca_file: Path) -> Answer:
    """Send ``message`` through the proxy at ``proxy`` (``host:port``)."""
    connection = _connection(message, proxy, ca_file)
    try:
        if message.path is None:
            connection.request("CONNECT", message.connect, headers={"Host": message.connect})
        else:
            connection.request(message.method, message.path, body=message.body, headers=_headers(message))
        response = connection.getresponse()
        response.read()
        return Answer(response.status)
    except (OSError, http.client.HTTPException) as error:
        return Answer(None, f"{type(error).__name__}: {error}")
    finally:
        connection.close()


def _connection(message: Message, proxy: str, ca_file: Path) -> http.client.HTTPConnection:
    if message.path is None:
        return http.client.HTTPConnection(proxy, timeout=TIMEOUT_S)
    trust = ssl.create_default_context(cafile=str(ca_file))
    connection = http.client.HTTPSConnection(proxy, timeout=TIMEOUT_S, context=trust)
    host, _, port = message.connect.partition(":")
    connection.set_tunnel(host, int(port))
    return connection


def _headers(message: Message) -> dict[str, str]:
    headers = {"Host": message.host, "Content-Type": "application/json"}
    if message.content_encoding is not None:
        headers["Content-Encoding"] = message.content_encoding
    return headers
