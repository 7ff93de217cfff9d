"""What reaches Beacon is what the client sent: head and body, byte for byte; what is not is named here."""

import gzip
from collections.abc import Iterator

import pytest

from harness import http2_client
from harness.client import HOST
from harness.rig import Rig, running_rig
from harness.usage_reports import LICENSE, PATH, usage_report

#: JSON as no library would write it.
ODD_BODY = b'\r\n{ "license"\t: "' + LICENSE.encode() + b'" ,\n"trace_transactions" :  [ ] }\n\n '


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    # Headers that nobody documents may leave here, so that it can be seen how they do.
    lenient = {"contract.undocumented-header": "note", "contract.header-value": "note"}
    endpoints = {"usage-ingest": {"findings": lenient}}
    with running_rig(tmp_path_factory.mktemp("bytes"), endpoints=endpoints) as running:
        yield running


def head(*lines: str, length: int, path: str = PATH) -> bytes:
    first = f"POST {path} HTTP/1.1"
    return "\r\n".join((first, *lines, f"cOnTeNt-LeNgTh: {length}", "", "")).encode("latin-1")


def sent_upstream(rig: Rig, data: bytes) -> tuple[bytes, bytes]:
    """Head and body as Beacon received them."""
    already = len(rig.beacon.requests)
    with rig.tunnel() as tunnel:
        answer = tunnel.send_raw(data)
    assert answer.status == 200, answer.body
    [request] = rig.beacon.requests[already:]
    return request.head, request.body


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(("Host: beacon.langchain.com", "Content-Type: application/json"), id="usual"),
        pytest.param(("content-type: Application/JSON; Charset=UTF-8", "HOST: BEACON.langchain.com:443"), id="case"),
        pytest.param(
            (
                "X-Twice: first",
                "Host: beacon.langchain.com",
                "User-Agent: langsmith-backend/0.10 (caf\u00e9)",
                "X-Empty: ",
                "X-Twice: second",
                "content-TYPE: application/json",
                "Accept: */*",
                "Accept-Encoding: gzip, deflate",
                "Connection: keep-alive",
                "X-Data-Plane-Auth: eyJhbGciOi.J9eyJzdWI.iOiJ4In0",
            ),
            id="order, duplicates, empty value",
        ),
    ],
)
@pytest.mark.parametrize("body", [usage_report(1), ODD_BODY], ids=["usual body", "odd body"])
def test_head_and_body_arrive_as_sent(rig: Rig, lines: tuple[str, ...], body: bytes) -> None:
    sent = head(*lines, length=len(body))
    assert sent_upstream(rig, sent + body) == (sent, body)


def test_white_space_around_a_value_arrives_as_one_space(rig: Rig) -> None:
    body = usage_report(6)
    sent = head(f"Host: {HOST}", "Content-Type: \t application/json \t ", "X-Note:one", length=len(body))
    expected = head(f"Host: {HOST}", "Content-Type: application/json", "X-Note: one", length=len(body))
    assert sent_upstream(rig, sent + body) == (expected, body)


def test_gzip_body_arrives_as_compressed(rig: Rig) -> None:
    body = gzip.compress(usage_report(2), compresslevel=1, mtime=4711)
    sent = head(f"Host: {HOST}", "Content-Type: application/json", "Content-Encoding: gzip", length=len(body))
    assert sent_upstream(rig, sent + body) == (sent, body)


def test_body_in_chunks_arrives_in_other_chunks_but_as_the_same_body(rig: Rig) -> None:
    body = usage_report(3)
    sent = head(f"Host: {HOST}", "Content-Type: application/json", length=0)
    sent = sent.replace(b"cOnTeNt-LeNgTh: 0", b"Transfer-Encoding: chunked")
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:7], body[7:50], body[50:]))
    assert sent_upstream(rig, sent + chunks + b"0\r\n\r\n") == (sent, body)


def test_expectation_of_an_interim_response_is_met_here_and_not_passed_on(rig: Rig) -> None:
    body = usage_report(4)
    sent = head(f"Host: {HOST}", "Content-Type: application/json", "Expect: 100-continue", length=len(body))
    received = sent_upstream(rig, sent + body)
    assert received == (sent.replace(b"Expect: 100-continue\r\n", b""), body)


def test_body_of_http2_without_a_length_is_given_one(rig: Rig) -> None:
    """Without it, HTTP/1 would take the body for the next request."""
    already = len(rig.beacon.requests)
    assert http2_client.post(rig.proxy, http2_client.fields(PATH), usage_report(5)) == 200
    [request] = rig.beacon.requests[already:]
    assert request.body == usage_report(5)
    assert request.header_values("content-length") == (str(len(usage_report(5))),)


def test_license_is_recorded_as_a_token_but_sent_as_it_is(rig: Rig) -> None:
    already = len(rig.proxy.entries("intent"))
    _, body = sent_upstream(
        rig, head(f"Host: {HOST}", "Content-Type: application/json", length=len(ODD_BODY)) + ODD_BODY
    )
    assert LICENSE.encode() in body
    [intent] = rig.proxy.entries("intent")[already:]
    assert intent["license"].startswith("license:")
    assert LICENSE not in str(intent)
