"""mitmproxy, with everything that could open a way past us taken out.

A ``Master`` of our own with five addons and no more: no script loading, no commands from outside, no option that opens
a bypass. ``PINNED`` is what the audit rests on; each line names the hole that another value would open.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from mitmproxy import certs, options
from mitmproxy.addons import core, next_layer, proxyserver, tlsconfig
from mitmproxy.connection import Server
from mitmproxy.master import Master
from mitmproxy.proxy import layer, layers
from mitmproxy.proxy.context import Context
from mitmproxy.tls import TlsData

from beacon_audit.errors import UsageError
from beacon_audit.proxy.addon import AuditAddon
from beacon_audit.proxy.containment import normalised_host
from beacon_audit.proxy.locked_addons import LockedAddons

logger = logging.getLogger(__name__)

PINNED: dict[str, object] = {
    "connection_strategy": "lazy",  # eager opens a connection for a request that is then refused
    "rawtcp": False,  # true relays bytes that are neither TLS nor HTTP, with no hook and no record
    "websocket": False,  # messages after an upgrade are not requests
    "validate_inbound_headers": True,  # false lets smuggled requests through
    "ssl_insecure": False,  # true talks to anyone who answers
    "upstream_cert": False,  # true connects upstream to copy its certificate
    "stream_large_bodies": None,  # streaming sends the body before it was looked at, whatever a hook says
    "store_streamed_bodies": False,
    "ignore_hosts": [],  # an ignored host is passed through
    "allow_hosts": [],
    "tcp_hosts": [],  # raw relays
    "udp_hosts": [],
    "client_certs": None,
    "add_upstream_certs_to_client_chain": False,
    "keep_host_header": True,  # what goes upstream is what the client sent
    "http_connect_send_host_header": True,
    "http2": True,
    "http3": False,  # QUIC cannot be dialled through the gate
    "normalize_outbound_headers": False,  # what goes upstream is what the client sent
    "server": True,
    "tls_version_client_min": "TLS1_2",
    "tls_version_server_min": "TLS1_2",
}

#: How long the certificate of a host is used.
_CERTIFICATE_SECONDS = 86_400.0
#: The only protocols that may run over a client connection.
_PERMITTED_LAYERS = (layers.HttpLayer, layers.ClientTLSLayer, layers.ServerTLSLayer)


class NextLayer(next_layer.NextLayer):
    """mitmproxy's choice of protocol, closed to everything but TLS and HTTP."""

    def _next_layer(self, context: Context, data_client: bytes, data_server: bytes) -> layer.Layer | None:
        chosen = super()._next_layer(context, data_client, data_server)
        if chosen is None or isinstance(chosen, _PERMITTED_LAYERS):
            return chosen
        return layers.HttpLayer(context, layers.http.HTTPMode.transparent)


class TlsConfig(tlsconfig.TlsConfig):
    """TLS with our authority, which certifies documented hosts and nothing else. mitmproxy's certificates are valid for
    half a year and kept for ever; here they are made anew every day, by a clock that does not jump."""

    def __init__(self, ca_private: Path, hosts: tuple[str, ...], clock: Callable[[], float] = time.monotonic) -> None:
        self._hosts = hosts
        self._clock = clock
        pem = ca_private.read_bytes()
        self._key = load_pem_private_key(pem, None)
        self._authority = certs.Cert(x509.load_pem_x509_certificate(pem))
        self._begin_anew()

    def _begin_anew(self) -> None:
        # Without DH parameters there are no finite-field cipher suites; every client of Beacon has elliptic curves.
        self.certstore = certs.CertStore(self._key, self._authority, None, b"", None)  # type: ignore[arg-type]
        self._begun = self._clock()

    def configure(self, updated: set[str]) -> None:
        """Nothing: the parent would load its own authority here, and its other options are pinned."""

    def running(self) -> None:
        """Nothing: the parent would load its own authority here."""

    def tls_start_server(self, tls_start: TlsData) -> None:
        """As the parent, which would tell Beacon what the client offered (ALPN), any text of its choice. The name is in
        the one form that OpenSSL verifies: a trailing dot is an error to it."""
        server = tls_start.conn
        server.alpn_offers = (b"http/1.1",)
        server.sni = normalised_host(server.sni or "") or server.sni
        super().tls_start_server(tls_start)

    def get_cert(self, conn_context: Context) -> certs.CertStoreEntry:
        """The certificate of the documented host that the client named, or of the first one: a client that asked for
        another name sees the wrong name, and its request is refused all the same."""
        named = normalised_host(conn_context.client.sni or "")
        host = named if named in self._hosts else self._hosts[0]
        if self._clock() - self._begun > _CERTIFICATE_SECONDS:
            self._begin_anew()
        return self.certstore.get_cert(host, [x509.DNSName(host)])


class ProxyMaster(Master):
    """A master whose chain is fixed when it is made."""

    def __init__(
        self,
        *,
        mode: str,
        listen: Sequence[tuple[str, int]],
        body_bytes: int,
        upstream_ca: Path | None,
        tls: TlsConfig,
        audit: AuditAddon,
    ) -> None:
        opts = options.Options()
        super().__init__(opts, event_loop=asyncio.get_running_loop())
        self.addons = LockedAddons(self)
        self.proxyserver = proxyserver.Proxyserver()
        self.addons.add(audit, core.Core(), self.proxyserver, NextLayer(), tls)
        opts.update(
            **PINNED,
            mode=[f"{mode}@{host}:{port}" for host, port in listen],
            body_size_limit=str(body_bytes),
            confdir="/nonexistent",  # nothing is read from it or written to it
            ssl_verify_upstream_trusted_ca=str(upstream_ca) if upstream_ca else None,
        )
        self.addons.lock()

    def listening(self) -> list[tuple[str, int]]:
        """The addresses that are really listened on, in the order in which they were asked for.

        Raises:
            UsageError: one is missing; mitmproxy has logged why.
        """
        if not all(instance.is_running for instance in self.proxyserver.servers):
            raise UsageError(
                "--listen: the proxy could not listen there; is the address taken, or not one of this host?"
            )
        return [(str(address[0]), int(address[1])) for address in self.proxyserver.listen_addrs()]

    def close_upstream(self) -> None:
        """Tear down every connection upstream, whoever uses it."""
        for handler in list(self.proxyserver.connections.values()):
            for connection, transport in list(handler.transports.items()):
                if isinstance(connection, Server) and isinstance(transport.writer, asyncio.StreamWriter):
                    transport.writer.transport.abort()

    async def stop_listening(self) -> None:
        """Take no new connections; those that exist go on."""
        for instance in self.proxyserver.servers:
            await instance.stop()
