"""Where the client of a redirected connection was going (transparent mode, Linux).

A REDIRECT or DNAT of the packet filter rewrites the destination of a connection to the listener; the kernel's
connection tracking remembers the one before and tells it to whoever holds the socket, without any capability
(``SO_ORIGINAL_DST``, in ``mitmproxy.platform``). It is recorded. It is never dialled: a client chose it.

``install`` puts ``original_destination`` in the place of mitmproxy's own look-up, which closes a connection that was
not redirected without any record, and takes one that was made to the listener itself for one that was redirected.
"""

import socket
import sys

from mitmproxy import platform
from mitmproxy.platform import linux

from beacon_audit.errors import UsageError

#: Stands for the destination of a connection that was not redirected. No connection can be made to it.
NOT_REDIRECTED = ("", 0)


def original_destination(connection: socket.socket) -> tuple[str, int]:
    """Address and port that the peer of ``connection`` had connected to, or ``NOT_REDIRECTED``. Never raises."""
    try:
        host, port = linux.original_addr(connection)
        own_host, own_port = connection.getsockname()[:2]
    except OSError:  # the kernel tracks no connection here, so it redirects none
        return NOT_REDIRECTED
    # A link-local address of the listener comes with its interface, that of the connection tracking without.
    if (host, port) == (own_host.partition("%")[0], own_port):
        return NOT_REDIRECTED
    return host, port


def install() -> None:
    """From now on mitmproxy asks here, once for each connection.

    Raises:
        UsageError: not Linux; other systems have no such question, or one that needs privileges.
        RuntimeError: this mitmproxy asks elsewhere; a proxy without this does not start.
    """
    if not sys.platform.startswith("linux"):
        raise UsageError("--mode transparent: expected Linux, whose nftables redirects; use regular or reverse here")
    if not hasattr(platform, "original_addr"):
        raise RuntimeError("this mitmproxy has no platform.original_addr to replace; beacon-audit needs 12.2")
    platform.original_addr = original_destination
