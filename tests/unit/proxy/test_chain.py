"""mitmproxy's options, pinned; its choice of protocols, closed; certificates for documented hosts only."""

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography import x509
from mitmproxy import options
from mitmproxy.addons import next_layer
from mitmproxy.proxy import layers

from beacon_audit.home import create_home
from beacon_audit.proxy.chain import PINNED, NextLayer, ProxyMaster, TlsConfig

HOSTS = ("beacon.langchain.com", "eu.beacon.langchain.com")


@pytest.fixture(scope="module")
def ca_private(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return create_home(tmp_path_factory.mktemp("chain") / "home", HOSTS).ca_private


class _Audit:
    """Stands for the audit in a chain that is built but never asked."""


@pytest.fixture
def master(ca_private: Path, monkeypatch: pytest.MonkeyPatch) -> ProxyMaster:
    monkeypatch.setattr("beacon_audit.proxy.locked_addons.AuditAddon", _Audit)

    async def build() -> ProxyMaster:
        audit: Any = _Audit()
        tls = TlsConfig(ca_private, HOSTS)
        made = ProxyMaster(
            mode="regular", listen=[("127.0.0.1", 0)], body_bytes=4711, upstream_ca=None, tls=tls, audit=audit
        )
        made._legacy_log_events.uninstall()  # it would hand every log record of this process to a closed loop
        return made

    return asyncio.run(build())


def test_options_hold_what_is_pinned(master: ProxyMaster) -> None:
    assert {name: getattr(master.options, name) for name in PINNED} == PINNED
    assert master.options.body_size_limit == "4711"


#: Everything that opens a bypass with mitmproxy's own defaults, or would with another value (FACTS of mitmproxy).
@pytest.mark.parametrize(
    ("option", "safe"),
    [
        ("connection_strategy", "lazy"),
        ("rawtcp", False),
        ("websocket", False),
        ("ssl_insecure", False),
        ("upstream_cert", False),
        ("stream_large_bodies", None),
        ("validate_inbound_headers", True),
        ("ignore_hosts", []),
        ("allow_hosts", []),
        ("tcp_hosts", []),
        ("udp_hosts", []),
    ],
)
def test_option_that_opens_a_way_past_is_pinned(option: str, safe: object) -> None:
    assert PINNED[option] == safe


def test_there_is_no_way_to_load_a_script_or_to_replay(master: ProxyMaster) -> None:
    known = set(master.options._options)
    assert known.isdisjoint({"scripts", "client_replay", "server_replay", "map_remote", "modify_body", "onboarding"})
    assert [type(addon).__name__ for addon in master.addons.chain] == [
        "_Audit", "Core", "Proxyserver", "NextLayer", "TlsConfig",
    ]  # fmt: skip


@pytest.mark.parametrize("chosen", [layers.TCPLayer, layers.UDPLayer, layers.DNSLayer, layers.WebsocketLayer])
def test_connection_that_is_neither_tls_nor_http_is_read_as_http(chosen: type, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(next_layer.NextLayer, "_next_layer", lambda *_: object.__new__(chosen))
    context = SimpleNamespace(layers=[], client=None, server=None, options=options.Options())
    made = NextLayer()._next_layer(context, b"SSH-2.0", b"")  # type: ignore[arg-type]
    assert type(made) is layers.HttpLayer


@pytest.mark.parametrize(
    ("sni", "name"),
    [
        ("eu.beacon.langchain.com", "eu.beacon.langchain.com"),
        ("EU.Beacon.LangChain.com.", "eu.beacon.langchain.com"),
        ("api.smith.langchain.com", "beacon.langchain.com"),
        ("example.net", "beacon.langchain.com"),
        (None, "beacon.langchain.com"),
    ],
)
def test_certificate_names_a_documented_host_whatever_the_client_asks_for(
    ca_private: Path, sni: str | None, name: str
) -> None:
    context: Any = SimpleNamespace(client=SimpleNamespace(sni=sni))
    certificate = TlsConfig(ca_private, HOSTS).get_cert(context).cert.to_cryptography()
    alternatives = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert alternatives.get_values_for_type(x509.DNSName) == [name]
    assert alternatives.get_values_for_type(x509.IPAddress) == []


def test_certificate_is_made_anew_before_it_can_expire(ca_private: Path) -> None:
    day, seconds = 86_400.0, [0.0]
    context: Any = SimpleNamespace(client=SimpleNamespace(sni=HOSTS[0]))
    config = TlsConfig(ca_private, HOSTS, clock=lambda: seconds[0])

    def serial() -> int:
        return config.get_cert(context).cert.to_cryptography().serial_number

    first = serial()
    seconds[0] = day
    assert serial() == first
    seconds[0] = day + 1
    second = serial()
    assert second != first
    seconds[0] = 2 * day
    assert serial() == second


@pytest.mark.parametrize(
    ("sni", "asked"), [("BEACON.langchain.com.", "beacon.langchain.com"), ("2001:db8::1", "2001:db8::1"), (None, None)]
)
def test_name_that_is_verified_upstream_has_no_trailing_dot(
    ca_private: Path, monkeypatch: pytest.MonkeyPatch, sni: str | None, asked: str | None
) -> None:
    monkeypatch.setattr("mitmproxy.addons.tlsconfig.TlsConfig.tls_start_server", lambda *_: None)
    tls_start: Any = SimpleNamespace(conn=SimpleNamespace(sni=sni))
    TlsConfig(ca_private, HOSTS).tls_start_server(tls_start)
    assert tls_start.conn.sni == asked
