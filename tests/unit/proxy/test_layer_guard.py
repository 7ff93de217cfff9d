"""A connection upstream is known for as long as it is of use, and not a moment longer."""

from mitmproxy.connection import Server
from mitmproxy.options import Options
from mitmproxy.proxy import events, layer
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.layers.http import HTTPMode, HttpStream, RegisterHttpConnection
from mitmproxy.test.tflow import tclient_conn

from beacon_audit.proxy.layer_guard import GuardedHttpLayer


class Told(layer.Layer):
    """Keeps what it is told."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.events: list[events.Event] = []

    def _handle_event(self, event: events.Event) -> layer.CommandGenerator[None]:
        self.events.append(event)
        yield from ()


def made() -> tuple[GuardedHttpLayer, Told, Server]:
    """A layer with one connection upstream, and what stands for the protocol on it."""
    context = Context(tclient_conn(), Options())
    guarded = GuardedHttpLayer(context, HTTPMode.transparent)
    told, server = Told(context), Server(address=("192.0.2.1", 443))
    guarded.connections[server] = told
    return guarded, told, server


def end(guarded: GuardedHttpLayer, server: Server) -> None:
    assert [*guarded.handle_event(events.ConnectionClosed(server))] == []


def test_connection_that_has_ended_is_told_so_and_forgotten() -> None:
    guarded, told, server = made()
    end(guarded, server)
    assert [type(event) for event in told.events] == [events.ConnectionClosed]
    assert server not in guarded.connections


def test_one_that_lasts_is_kept() -> None:
    guarded, told, server = made()
    other = Server(address=("192.0.2.2", 443))
    guarded.connections[other] = told
    end(guarded, other)
    assert list(guarded.connections) == [server]


def test_one_that_a_stream_still_speaks_of_is_kept_until_it_does_not() -> None:
    guarded, told, server = made()
    stream = HttpStream(guarded.context.fork(), 1)
    stream.context.server = server
    guarded.streams[1] = stream
    end(guarded, server)
    assert server in guarded.connections
    del guarded.streams[1]
    other = Server(address=("192.0.2.2", 443))
    guarded.connections[other] = told
    end(guarded, other)
    assert not guarded.connections


def test_what_comes_of_one_that_is_forgotten_changes_nothing() -> None:
    guarded, told, server = made()
    end(guarded, server)
    end(guarded, server)
    assert len(told.events) == 1


def test_one_that_could_not_be_opened_is_forgotten_with_the_next_event() -> None:
    guarded, told, server = made()
    guarded.waiting_for_establishment[server] = []
    assert [*guarded.register_connection(RegisterHttpConnection(server, "no such name"))] == []
    other = Server(address=("192.0.2.2", 443))
    guarded.connections[other] = told
    end(guarded, other)
    assert not guarded.connections


def test_end_of_the_client_is_no_end_of_a_connection_upstream() -> None:
    guarded, told, server = made()
    guarded.connections[guarded.context.client] = told
    assert [*guarded.handle_event(events.ConnectionClosed(guarded.context.client))] == []
    assert set(guarded.connections) == {server, guarded.context.client}
