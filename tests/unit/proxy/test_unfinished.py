"""A request that was not read to its end is recorded with the rule that it broke, in words of ours."""

import pytest
from mitmproxy.flow import Error
from mitmproxy.test.tflow import tflow

from beacon_audit.proxy.chunks import CHUNK_PROBLEMS
from beacon_audit.proxy.unfinished import framing_problem, unfinished

NAME = "the name of a header has characters that do not belong there"
BOTH = "the request has a length and a transfer coding"
LENGTH = "the Content-Length is not written as a number"
CODING = "the transfer coding of the request is none that ends with chunked"


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [(b"Content-Length", b"0")],
        [(b"content-length", b"9999999999")],
        [(b"Transfer-Encoding", b"chunked")],
        [(b"TRANSFER-ENCODING", b"Chunked")],
        [(b"Transfer-Encoding", b"gzip ,\tchunked")],
        [(b"!#$%&'*+-.^_`|~", b"")],
    ],
)
def test_message_whose_end_is_plain_has_no_problem(headers: list[tuple[bytes, bytes]]) -> None:
    assert framing_problem(headers, b"HTTP/1.1") is None


@pytest.mark.parametrize(
    ("headers", "problem"),
    [
        ([(b"Content-Length ", b"5")], NAME),
        ([(b"", b"5")], NAME),
        ([(b"Content-Length\n", b"5")], NAME),
        ([(b"Content-Length", b"5"), (b"Transfer-Encoding", b"chunked")], BOTH),
        ([(b"Content-Length", b"5"), (b"content-length", b"5")], "the request has more than one Content-Length"),
        ([(b"Transfer-Encoding", b"chunked")] * 2, "the request has more than one Transfer-Encoding"),
        ([(b"Transfer-Encoding", b"chunked, identity")], CODING),
        ([(b"Transfer-Encoding", b"chunked, chunked")], CODING),
        ([(b"Transfer-Encoding", "chun\u212aed".encode())], CODING),
        ([(b"Transfer-Encoding", b"")], CODING),
        ([(b"Content-Length", b"+5")], LENGTH),
        ([(b"Content-Length", b"05")], LENGTH),
        ([(b"Content-Length", b"5\n")], LENGTH),
        ([(b"Content-Length", b"5, 5")], LENGTH),
        ([(b"Content-Length", b"")], LENGTH),
        ([(b"Content-Length", b"9" * 20)], LENGTH),
    ],
)
def test_rule_that_was_broken_is_named(headers: list[tuple[bytes, bytes]], problem: str) -> None:
    assert framing_problem(headers, b"HTTP/1.1") == problem


def test_coding_of_a_version_that_knows_none_is_named() -> None:
    problem = framing_problem([(b"Transfer-Encoding", b"chunked")], b"HTTP/1.0")
    assert problem == "the request has a transfer coding, which its version of HTTP does not know"


def test_words_of_ours_are_recorded_and_those_of_mitmproxy_are_not() -> None:
    flow = tflow(err=True)
    for told in CHUNK_PROBLEMS:
        flow.error = Error(told)
        assert unfinished(flow).message == told
    flow.error = Error("invalid header name: b'zebra-4711'")
    assert unfinished(flow).message == "the request was not read to its end, or is not valid HTTP"
    flow.request.headers.fields = ((b"zebra 4711", b""),)
    assert unfinished(flow).message == NAME
    assert unfinished(flow).code == "wire.http-message"
