"""A request is given an upstream connection only while its own exchange has a permit."""

from typing import Any

import pytest
from mitmproxy.http import Headers
from mitmproxy.options import Options
from mitmproxy.proxy import commands
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.layers.http import DropStream, GetHttpConnection, HttpLayer, HTTPMode, HttpStream
from mitmproxy.proxy.utils import ReceiveBuffer
from mitmproxy.test.tflow import tclient_conn, tflow
from mitmproxy.test.tutils import treq

from beacon_audit.exchange.states import Event, Exchange
from beacon_audit.proxy.permits import Permits
from beacon_audit.proxy.stream_bodies import WholeBuffer
from beacon_audit.proxy.stream_guard import RECORD, GuardedHttpStream
from beacon_audit.trail import Receipt
from harness.memory import peak_memory


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
    record: str | None,
    host: str = "beacon.langchain.com",
    kind: type[HttpStream] = GuardedHttpStream,
    *,
    left: bool = False,
) -> Any:
    """The kinds of commands that come out when the request of ``record`` is to be forwarded. ``left``: its client has
    gone."""
    client = tclient_conn()
    client.timestamp_end = 1.0 if left else None
    stream = kind(Context(client, Options()), 1)
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


@pytest.mark.parametrize("left", [True, False])
def test_request_whose_client_has_left_is_no_defect_to_report(
    permits: Permits, caplog: pytest.LogCaptureFixture, left: bool
) -> None:
    """The permit of its exchange ended when the client left, perhaps a moment before the request has its turn."""
    permits.withdraw("one")
    assert GetHttpConnection not in asked_for("one", left=left)
    assert ("This is a defect" in caplog.text) is not left


def test_mitmproxy_itself_would_have_given_it_one() -> None:
    assert asked_for(None, kind=HttpStream) == [GetHttpConnection]


@pytest.mark.parametrize(
    ("check", "fields"), [("check_invalid", (b"x(y)", b"v")), ("check_body_size", (b"content-length", b"99"))]
)
def test_what_is_refused_is_not_kept_for_as_long_as_its_client_stays(check: str, fields: tuple[bytes, bytes]) -> None:
    def kinds(kind: type[HttpStream]) -> list[type]:
        options = Options()
        options.add_option("body_size_limit", str, "9", "")
        options.add_option("stream_large_bodies", str, "", "")
        options.add_option("validate_inbound_headers", bool, True, "")
        context = Context(tclient_conn(), options)
        context.layers.append(HttpLayer(context, HTTPMode.transparent))
        stream = kind(context, 1)
        stream.flow = tflow(req=treq(headers=Headers((fields,))))
        return [type(command) for command in getattr(stream, check)(True)]

    assert DropStream not in kinds(HttpStream)
    assert kinds(GuardedHttpStream)[-1] is DropStream


def test_body_in_little_pieces_takes_no_more_than_in_one() -> None:
    def most(buffer: ReceiveBuffer) -> int:
        with peak_memory() as peak:
            for number in range(50_000):
                buffer += b"%02d" % (number % 100)
            assert len(bytes(buffer)) == len(buffer) == 100_000
        return peak.bytes

    assert most(ReceiveBuffer()) > 1_500_000  # type: ignore[no-untyped-call]
    assert most(WholeBuffer()) < 400_000


def test_body_is_whole_until_it_is_let_go() -> None:
    buffer = WholeBuffer()
    assert (bool(buffer), bytes(buffer)) == (False, b"")
    buffer += b"ab"
    buffer += b"c"
    assert (bool(buffer), len(buffer), bytes(buffer)) == (True, 3, b"abc")
    buffer.clear()
    assert (bool(buffer), len(buffer), bytes(buffer)) == (False, 0, b"")
