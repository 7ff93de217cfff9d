"""A head that is written as RFC 9112 has it passes; every liberty that mitmproxy's reader takes is named."""

import pytest
from mitmproxy.net.http.http1 import read_request_head

from beacon_audit.proxy.http1_head import EMPTY_LINES, HEAD_END, head_problem

FIRST = b"POST /v1/beacon/verify HTTP/1.1"
LINES = "a line of the request head ends without CR"
WORDS = "the first line is not three words with single spaces between them"
ENDS = "a header has a control character at an end of its value"


def head(*lines: bytes, first: bytes = FIRST) -> bytes:
    return b"\r\n".join((first, b"Host: beacon.langchain.com", *lines, b"", b""))


@pytest.mark.parametrize(
    "written",
    [
        head(),
        head(b"Content-Type: application/json", b"Content-Length: 0"),
        head(b"X-Empty:", b"X-Spaces:   ", b"X-Tabs: \ta\t"),
        head(b"X-Note: a: b"),
        head(b"User-Agent: caf\xe9"),
        head(first=b"CONNECT beacon.langchain.com:443 HTTP/1.1"),
        head(first=b"CONNECT beacon.langchain.com:443 HTTP/1.0"),
        FIRST + b"\r\n\r\n",
    ],
    ids=["usual", "more", "white space", "colons", "a byte over ASCII", "tunnel", "tunnel of HTTP/1.0", "no header"],
)
def test_head_of_an_honest_client_has_no_problem(written: bytes) -> None:
    assert head_problem(written) is None


ODD = {
    "LF": (head().replace(b"\r\n", b"\n"), LINES),
    "one LF": (head(b"X-Note: a\nX-More: b"), LINES),
    "LF at the end": (head()[:-2] + b"\n", LINES),
    "LF CR": (head(b"X-Note: a\n\rX-More: b"), LINES),
    "CR CR LF": (head(b"X-Note: a\r"), ENDS),
    "two spaces": (head(first=FIRST.replace(b" ", b"  ", 1)), WORDS),
    "a tab": (head(first=FIRST.replace(b" ", b"\t", 1)), WORDS),
    "a form feed": (head(first=FIRST.replace(b" ", b"\x0c", 1)), WORDS),
    "space before": (head(first=b" " + FIRST), WORDS),
    "space after": (head(first=FIRST + b" "), WORDS),
    "CR after": (head(first=FIRST + b"\r"), WORDS),
    "two words": (head(first=b"POST /v1/beacon/verify"), WORDS),
    "four words": (head(first=FIRST + b" HTTP/1.1"), WORDS),
    "a byte over ASCII in the target": (head(first=FIRST.replace(b"verify", b"v\xe9rify")), None),
    "no-break space": (head(first=FIRST.replace(b" ", b"\xa0", 1)), WORDS),
    "a control in the target": (head(first=FIRST.replace(b"verify", b"ver\x01ify")), WORDS),
    "vertical tab before a value": (head(b"Transfer-Encoding: \x0bchunked"), ENDS),
    "form feed after a value": (head(b"Transfer-Encoding: chunked\x0c"), ENDS),
    "CR before a value": (head(b"Content-Length: \r5"), ENDS),
    "separators around a value": (head(b"X-Note: \x1ca\x1f"), None),
}


@pytest.mark.parametrize(("written", "problem"), ODD.values(), ids=ODD)
def test_head_that_is_written_otherwise_has_one_unless_containment_sees_it(written: bytes, problem: str | None) -> None:
    assert head_problem(written) == problem


@pytest.mark.parametrize("name", ["two spaces", "a tab", "a form feed", "space before", "space after", "CR after"])
def test_mitmproxy_would_have_smoothed_the_first_line(name: str) -> None:
    lines = ODD[name][0].split(b"\r\n")[:-2]
    assert read_request_head(lines).data.path == b"/v1/beacon/verify"


@pytest.mark.parametrize("name", ["vertical tab before a value", "form feed after a value"])
def test_mitmproxy_would_have_smoothed_the_value(name: str) -> None:
    lines = ODD[name][0].split(b"\r\n")[:-2]
    assert read_request_head(lines).headers["Transfer-Encoding"] == "chunked"


@pytest.mark.parametrize("end", [b"\n\n", b"\n\r\n", b"\r\n\r\n", b"\r\n\n"])
def test_head_ends_where_mitmproxy_takes_it_to_end(end: bytes) -> None:
    found = HEAD_END.search(FIRST + end + b"body\r\n\r\n")
    assert found is not None
    assert found.end() == len(FIRST + end)


def test_only_whole_empty_lines_are_passed_over() -> None:
    found = EMPTY_LINES.match(b"\r\n\r\n\r" + FIRST)
    assert found is not None
    assert found.end() == 4
    assert EMPTY_LINES.match(b"\n" + FIRST) is None
