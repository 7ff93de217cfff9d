"""The beginning of a TLS session is parsed once, however it arrives, and just where mitmproxy would find it whole; and
a session that never began. The bound of its beginning: ``integration/test_broken_connections.py``."""

import ssl
from typing import Any

import pytest
from mitmproxy.options import Options
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.layer import NextLayer
from mitmproxy.proxy.layers import tls
from mitmproxy.test.tflow import tclient_conn

from beacon_audit.proxy.tls_guard import GuardedClientTLSLayer, HelloProgress


def hello() -> bytes:
    """The first record of an ordinary client."""
    out = ssl.MemoryBIO()
    client = ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), out, server_hostname="beacon.langchain.com")
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    return out.read()


def in_records_of(size: int) -> bytes:
    """The same message in records of ``size`` bytes."""
    message = hello()[5:]
    parts = (message[at : at + size] for at in range(0, len(message), size))
    return b"".join(b"\x16\x03\x01" + len(part).to_bytes(2) + part for part in parts)


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 100, 16384])
def test_it_is_for_the_parser_when_it_is_whole_and_not_before(size: int) -> None:
    sent, progress = in_records_of(size), HelloProgress()
    for end in range(1, len(sent) + 1):
        whole = tls.get_client_hello(sent[:end]) is not None
        assert progress.is_for_the_parser(bytearray(sent[:end])) == whole == (end == len(sent))


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x00\x00",
        b"\x17\x03\x01\x00\x01",
        b"GET / HTTP/1.1\r\n",
        b"\x16\x03\x01\x00\x01\x01\x15\x03\x01\x00\x01",
    ],
    ids=["empty record", "data", "no record", "an alert behind it"],
)
def test_what_cannot_become_one_is_for_the_parser_at_once(sent: bytes) -> None:
    assert HelloProgress().is_for_the_parser(bytearray(sent))
    with pytest.raises(ValueError, match=r"[Rr]ecord"):
        tls.get_client_hello(sent)


def test_hello_that_comes_byte_by_byte_is_parsed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[int] = []

    def counting(data: bytes) -> Any:
        parsed.append(len(data))
        raise ValueError("enough")

    monkeypatch.setattr(tls, "parse_client_hello", counting)
    context = Context(tclient_conn(), Options())
    context.layers.append(tls.ServerTLSLayer(context))
    session = GuardedClientTLSLayer(context)
    sent = in_records_of(1)
    for byte in sent:
        assert not list(session.receive_handshake_data(bytes([byte])))
    assert parsed == [len(sent)]


def test_bytes_for_a_session_that_was_never_begun_are_dropped() -> None:
    """They come when the connection had ended before it was clear that it speaks TLS."""
    context = Context(tclient_conn(), Options())
    context.layers.append(NextLayer(context))
    session = GuardedClientTLSLayer(context)
    assert list(session.receive_data(b"more")) == []
