"""A flow becomes a request without anything in it being smoothed."""

import pytest
from mitmproxy import http
from mitmproxy.connection import Server
from mitmproxy.test.tflow import tclient_conn

from beacon_audit.proxy.flows import original_destination_of, request_of, source_of
from beacon_audit.proxy.original_destination import NOT_REDIRECTED


def flow(**changes: object) -> http.HTTPFlow:
    made = http.HTTPFlow(tclient_conn(), Server(address=("beacon.langchain.com", 443)))
    fields: dict[str, object] = {
        "host": "Beacon.LangChain.com.",
        "port": 443,
        "method": b"post",
        "scheme": b"https",
        "authority": b"",
        "path": b"/v1/%62eacon//verify?a=b",
        "http_version": b"HTTP/1.1",
        "headers": http.Headers([(b"HOST", b"a"), (b"X-Two", b"1"), (b"x-two", b"caf\xe9"), (b"host", b"b")]),
        "content": b"\x1f\x8bnot decoded",
        "trailers": None,
        "timestamp_start": 0.0,
        "timestamp_end": 0.0,
        **changes,
    }
    made.request = http.Request(**fields)  # type: ignore[arg-type]
    return made


def test_method_target_headers_and_body_are_as_they_came() -> None:
    request = request_of(flow(), host="Beacon.LangChain.com.", connect_target="beacon.langchain.com:443")
    assert (request.method, request.target, request.body) == (
        "post",
        "/v1/%62eacon//verify?a=b",
        b"\x1f\x8bnot decoded",
    )
    assert request.headers == (("host", "a"), ("x-two", "1"), ("x-two", "caf\xe9"), ("host", "b"))
    assert request.host_headers == ("a", "b")
    assert request.path == "/v1/%62eacon//verify"


def test_host_is_normalised_and_what_is_no_host_is_left_as_it_is() -> None:
    assert request_of(flow(), host="Beacon.LangChain.com.", connect_target=None).host == "beacon.langchain.com"
    assert request_of(flow(), host="[::1]", connect_target=None).host == "[::1]"


def test_no_authority_and_no_body_are_told_apart_from_empty_ones() -> None:
    request = request_of(flow(content=None), host="a", connect_target=None)
    assert (request.authority, request.body, request.has_trailers) == (None, b"", False)
    request = request_of(flow(authority=b"a", trailers=http.Headers(x="y")), host="a", connect_target=None)
    assert (request.authority, request.has_trailers) == ("a", True)


@pytest.mark.parametrize(
    ("peer", "source"), [(("192.0.2.1", 5), "192.0.2.1:5"), (("2001:db8::1", 5, 0, 0), "[2001:db8::1]:5")]
)
def test_source_is_address_and_port(peer: tuple[str, int], source: str) -> None:
    client = tclient_conn()
    client.peername = peer
    assert source_of(client) == source


@pytest.mark.parametrize(
    ("asked", "written"),
    [
        (("192.0.2.1", 443), "192.0.2.1:443"),
        (("2001:db8::1", 443), "[2001:db8::1]:443"),
        (NOT_REDIRECTED, None),
    ],
)
def test_original_destination_is_address_and_port_or_nothing(asked: tuple[str, int], written: str | None) -> None:
    client = tclient_conn()
    client.sockname = asked
    assert original_destination_of(client) == written
