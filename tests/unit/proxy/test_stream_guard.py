"""A request is given an upstream connection only while its own exchange has a permit."""

from typing import Any

import pytest
from mitmproxy.options import Options
from mitmproxy.proxy import commands
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.layers.http import GetHttpConnection, HttpStream
from mitmproxy.test.tflow import tclient_conn, tflow
from mitmproxy.test.tutils import treq

from beacon_audit.exchange.states import Event, Exchange
from beacon_audit.proxy.permits import Permits
from beacon_audit.proxy.stream_guard import RECORD, GuardedHttpStream
from beacon_audit.trail import Receipt


def recorded(name: str) -> Exchange:
    exchange = Exchange(name, 0.0)
    exchange.advance(Event.DECIDED)
    exchange.advance(Event.INTENT_DURABLE)
    return exchange


@pytest.fixture
def permits(monkeypatch: pytest.MonkeyPatch) -> Permits:
    made = Permits()
    made.issue(recorded("one"), Receipt(0, 0), "client", "beacon.langchain.com", 443)
    monkeypatch.setattr(GuardedHttpStream, "permits", made)
    return made


def asked_for(
    record: str | None, host: str = "beacon.langchain.com", kind: type[HttpStream] = GuardedHttpStream
) -> Any:
    """The kinds of commands that come out when the request of ``record`` is to be forwarded."""
    stream = kind(Context(tclient_conn(), Options()), 1)
    stream.client_state = stream.server_state = stream.state_errored
    stream.flow = tflow(req=treq(host=host, port=443, scheme=b"https"))
    if record is not None:
        stream.flow.metadata[RECORD] = record
    return [type(command) for command in _until_blocked(stream)]


def _until_blocked(stream: HttpStream) -> Any:
    for command in stream.make_server_connection():
        yield command
        if isinstance(command, GetHttpConnection | commands.StartHook):
            return


def test_request_with_a_permit_is_given_a_connection(permits: Permits) -> None:
    assert asked_for("one") == [GetHttpConnection]


@pytest.mark.parametrize(
    ("record", "host"), [(None, "beacon.langchain.com"), ("two", "beacon.langchain.com"), ("one", "example.net")]
)
def test_request_without_one_is_not(permits: Permits, record: str | None, host: str) -> None:
    assert GetHttpConnection not in asked_for(record, host)


def test_request_whose_exchange_has_ended_is_not(permits: Permits) -> None:
    permits.withdraw("one")
    assert GetHttpConnection not in asked_for("one")


def test_mitmproxy_itself_would_have_given_it_one() -> None:
    assert asked_for(None, kind=HttpStream) == [GetHttpConnection]
