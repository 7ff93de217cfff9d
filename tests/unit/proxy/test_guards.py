"""Our guards stand where mitmproxy looks for its own parts, or nothing starts."""

import pytest
from mitmproxy.addons import next_layer
from mitmproxy.proxy import layers, mode_servers
from mitmproxy.proxy.layers import http as http_layer
from mitmproxy.proxy.layers.http import _http1, _http2, _upstream_proxy

from beacon_audit.proxy import guards
from beacon_audit.proxy.body_budget import BodyBudget
from beacon_audit.proxy.chunks import StrictChunkedReader
from beacon_audit.proxy.connection_guard import GuardedConnectionHandler
from beacon_audit.proxy.connections import Connections
from beacon_audit.proxy.error_pages import error_page, error_response, record_named
from beacon_audit.proxy.hook_guard import PatientHandler
from beacon_audit.proxy.http1_guard import GuardedHttp1Client, GuardedHttp1Server
from beacon_audit.proxy.http2_guard import GuardedHttp2Server
from beacon_audit.proxy.layer_guard import GuardedHttpLayer
from beacon_audit.proxy.parent_guard import GuardedParentProxy
from beacon_audit.proxy.permits import Permits
from beacon_audit.proxy.stream_guard import GuardedHttpStream
from beacon_audit.proxy.tls_guard import GuardedClientTLSLayer
from beacon_audit.proxy.watch import Watches

_REPLACED = [
    (http_layer, ("HttpStream", "Http1Server", "Http1Client", "Http2Server", "HttpLayer")),
    (_http1, ("ChunkedReader", "make_error_response")),
    (_http2, ("format_error",)),
    (next_layer, ("ClientTLSLayer", "HttpLayer")),
    (layers, ("ClientTLSLayer", "HttpLayer")),
    (_upstream_proxy, ("HttpUpstreamProxy",)),
    (mode_servers, ("ProxyConnectionHandler",)),
]


GUARDS = [
    GuardedConnectionHandler, PatientHandler, GuardedHttp1Client, GuardedHttp1Server, GuardedHttp2Server,
    GuardedHttpLayer, GuardedHttpStream, GuardedParentProxy, GuardedClientTLSLayer,
]  # fmt: skip


def watches_on(permits: Permits) -> Watches:
    return Watches(permits, lambda _: None)


@pytest.fixture(autouse=True)
def restored(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other tests of this process see mitmproxy as it was."""
    for module, names in _REPLACED:
        for name in names:
            monkeypatch.setattr(module, name, getattr(module, name))
    monkeypatch.setattr(GuardedHttpStream, "permits", Permits())
    monkeypatch.setattr(GuardedHttpStream, "watches", watches_on(Permits()))
    for guard in (GuardedHttpStream, GuardedConnectionHandler):
        monkeypatch.setattr(guard, "budget", BodyBudget(0, 0))
    monkeypatch.setattr(GuardedConnectionHandler, "connections", Connections(0))


def test_guards_stand_where_mitmproxy_makes_its_layers() -> None:
    permits = Permits()
    watches = watches_on(permits)
    budget, connections = BodyBudget(1, 1), Connections(1)
    guards.install(permits, watches, budget, connections)
    made = tuple(getattr(http_layer, name) for name in _REPLACED[0][1])
    assert made == (GuardedHttpStream, GuardedHttp1Server, GuardedHttp1Client, GuardedHttp2Server, GuardedHttpLayer)
    assert {vars(module)["HttpLayer"] for module in (next_layer, layers)} == {GuardedHttpLayer}
    assert {vars(module)["ClientTLSLayer"] for module in (next_layer, layers)} == {GuardedClientTLSLayer}
    assert vars(_http1)["ChunkedReader"] is StrictChunkedReader
    assert vars(mode_servers)["ProxyConnectionHandler"] is GuardedConnectionHandler
    assert GuardedHttpStream.permits is permits
    assert GuardedHttpStream.watches is watches
    assert GuardedHttpStream.budget is GuardedConnectionHandler.budget is budget
    assert GuardedConnectionHandler.connections is connections


def test_mitmproxy_without_a_part_that_is_guarded_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(http_layer, "Http1Client")
    with pytest.raises(RuntimeError, match=r"has no mitmproxy\.proxy\.layers\.http\.Http1Client to guard"):
        guards.install(Permits(), watches_on(Permits()), BodyBudget(1, 1), Connections(1))


@pytest.mark.parametrize("guard", GUARDS)
def test_method_that_stands_for_one_of_mitmproxy_has_one_to_stand_for(guard: type) -> None:
    """Under another name it would never be called."""
    overriding = [name for name, value in vars(guard).items() if (value.__doc__ or "").startswith("As the original")]
    theirs = {name for base in guard.__mro__ if not base.__module__.startswith("beacon_audit.") for name in vars(base)}
    assert overriding
    assert set(overriding) <= theirs


@pytest.mark.parametrize("status", [400, 413, 431, 502, 505, 599])
def test_error_page_never_says_what_mitmproxy_would(status: int) -> None:
    assert b"zebra" not in error_page(status, "zebra")
    response = error_response(status, "zebra")
    assert response.startswith(b"HTTP/1.1 %d " % status)
    assert b"zebra" not in response
    assert b'"record":"01abc"' in error_response(status, record_named("01abc"))
    assert error_page(status, record_named(None)) == error_page(status)
