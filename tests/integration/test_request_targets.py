"""Every way to write another method or path, or the documented ones in another way: none leaves, in both modes, by
HTTP/1.1 and HTTP/2. For each Beacon sees no connection and no byte, and the trail gets one record, which names the
reason.
"""

from collections.abc import Iterator

import pytest

from harness import http2_client
from harness.client import HOST
from harness.either_mode import BODY, client, codes, message, running
from harness.http2_client import fields
from harness.nothing_leaves import nothing_leaves
from harness.rig import Rig
from harness.usage_reports import PATH


@pytest.fixture(scope="module", params=["regular", "reverse"])
def rig(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with running(tmp_path_factory.mktemp(request.param), request.param) as made:
        yield made


#: Paths that some server, framework or gateway on the way would take for the documented one.
LIKE_THE_DOCUMENTED_PATH = (
    f"{PATH}/", f"/{PATH}", "/v1//beacon/ingest-traces", "/v1/beacon/./ingest-traces", "/./v1/beacon/ingest-traces",
    "/v1/beacon/x/../ingest-traces", "/../v1/beacon/ingest-traces", "/intelligence/../v1/beacon/ingest-traces",
    "/v1/beacon/%2e%2e/beacon/ingest-traces", "/v1/beacon/%2E/ingest-traces", "/v1/beacon/..%2fbeacon/ingest-traces",
    "/v1/beacon/..;/beacon/ingest-traces", "/v1/beacon%2fingest-traces", "/v1/beacon%2Fingest-traces",
    "/v1/beacon%5cingest-traces", "/v1/beacon\\ingest-traces", "/v1/beacon/%69ngest-traces",
    "/v1/beacon/%2569ngest-traces",
    f"{PATH};", f"{PATH};a=1", "/v1;a=1/beacon/ingest-traces", f"{PATH}.", f"{PATH}..", f"{PATH}.json", f"{PATH}:443",
    f"{PATH}%00", f"{PATH}%20", f"{PATH}%09", f"{PATH}%0d%0a", f"{PATH}%23a", f"{PATH}%3fa", f"{PATH}#", f"{PATH}#a",
    f"{PATH}&a=1", PATH.upper(), "/V1/beacon/ingest-traces", "/v1/beacon/ingest\u2010traces",
    "/v1/beacon/ingest-trace\u0455", "/v1/beacon/ingest_traces", "/beacon/ingest-traces", "/v1/beacon", "/v1/beacon/",
    "/v1", "/", "/@/v1/beacon/ingest-traces",
)  # fmt: skip


@pytest.mark.parametrize("path", LIKE_THE_DOCUMENTED_PATH)
def test_path_that_is_not_the_documented_one_to_the_letter_is_refused(rig: Rig, path: str) -> None:
    code = "contract.intelligence-endpoint" if path.startswith("/intelligence/") else "contract.undocumented-endpoint"
    with nothing_leaves(rig.beacon, rig.proxy) as refusal, client(rig) as tunnel:
        assert tunnel.send_raw(message(path, f"Host: {HOST}")).status == 403
    assert code in codes(refusal)
    with nothing_leaves(rig.beacon, rig.proxy) as refusal:
        assert http2_client.post(rig.proxy, fields(path), BODY) == 403
    assert code in codes(refusal)


@pytest.mark.parametrize("query", ["?", "??", "?a", "?a=1&b=2", "?%61", "?#a", "?/../"])
def test_query_is_refused_even_if_it_is_empty(rig: Rig, query: str) -> None:
    reason = "containment.request-form" if "#" in query else "contract.undocumented-query"
    with nothing_leaves(rig.beacon, rig.proxy) as refusal, client(rig) as tunnel:
        assert tunnel.send_raw(message(PATH + query, f"Host: {HOST}")).status == 403
    assert refusal["reason_code"] == reason
    with nothing_leaves(rig.beacon, rig.proxy) as refusal:
        assert http2_client.post(rig.proxy, fields(PATH + query), BODY) == 403
    assert refusal["reason_code"] == reason


@pytest.mark.parametrize(
    "method", ["GET", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "POSTS", "Post", "post"]
)
def test_method_that_is_not_the_documented_one_to_the_letter_is_refused(rig: Rig, method: str) -> None:
    with nothing_leaves(rig.beacon, rig.proxy) as refusal, client(rig) as tunnel:
        assert tunnel.send_raw(message(PATH, f"Host: {HOST}", method=method), method).status == 403
    assert refusal["reason_code"] == "contract.undocumented-endpoint"
    with nothing_leaves(rig.beacon, rig.proxy) as refusal:
        assert http2_client.post(rig.proxy, fields(PATH, method=method), BODY) == 403
    assert refusal["reason_code"] == "contract.undocumented-endpoint"


@pytest.mark.parametrize(
    "line",
    [
        f"POST {PATH} HTTP/1.1 HTTP/1.1",
        f"POST {PATH} x HTTP/1.1",
        f"POST {PATH}",
        "POST HTTP/1.1",
        "POST v1/beacon/ingest-traces HTTP/1.1",
        "POST beacon.langchain.com:443 HTTP/1.1",
        "POST ?a HTTP/1.1",
        f"POST mailto:{PATH} HTTP/1.1",
        f"POST https:{PATH} HTTP/1.1",
        f"POST https://{PATH} HTTP/1.1",
        f"POST https://beacon.langchain.com:port{PATH} HTTP/1.1",
    ],
)
def test_request_line_of_another_form_is_refused(rig: Rig, line: str) -> None:
    sent = message(PATH, f"Host: {HOST}").partition(b"\r\n")[2]
    with nothing_leaves(rig.beacon, rig.proxy) as refusal, client(rig) as tunnel:
        assert tunnel.send_raw(line.encode() + b"\r\n" + sent).status in (400, 403, 505)
    assert refusal["reason"]


@pytest.mark.parametrize(
    "line",
    [f"POST  {PATH} HTTP/1.1", f"POST\t{PATH} HTTP/1.1", f" POST {PATH} HTTP/1.1", f"POST {PATH} HTTP/1.1 "],
)
def test_white_space_in_a_request_line_that_may_be_split_otherwise_is_refused(rig: Rig, line: str) -> None:
    """RFC 9112 §3 lets a reader be lenient here, and readers are in different ways."""
    sent = message(PATH, f"Host: {HOST}").partition(b"\r\n")[2]
    with nothing_leaves(rig.beacon, rig.proxy) as refusal, client(rig) as tunnel:
        assert tunnel.send_raw(line.encode() + b"\r\n" + sent).status == 400
    assert refusal["reason_code"] == "wire.http-head"
