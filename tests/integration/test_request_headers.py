"""Headers as a way out, through a real proxy process: what no documented request has stays in, in both modes and by
HTTP/2, and what it held is written nowhere."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from harness import http2_client
from harness.client import HOST, Tunnel
from harness.either_mode import client, running
from harness.http2_client import fields
from harness.leak_search import files_below, leaks_in
from harness.nothing_leaves import nothing_leaves
from harness.rig import Rig
from harness.usage_reports import PATH, usage_report
from harness.violations import PATHS, documented

#: Random in form, so that it is found wherever it was written, and no key that anybody would learn.
TEXT = "zebra47qmx0815kfw"


@pytest.fixture(scope="module", params=["regular", "reverse"])
def rig(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with running(tmp_path_factory.mktemp(request.param), request.param) as made:
        yield made


@pytest.mark.parametrize(
    ("headers", "code", "named"),
    [
        ({"Cookie": f"session={TEXT}"}, "contract.undocumented-header", "cookie"),
        ({"Authorization": "Basic enRlc3Q6dGVzdA=="}, "contract.undocumented-header", "authorization"),
        ({"X-Forwarded-For": TEXT, "Baggage": TEXT}, "contract.undocumented-header", "x-forwarded-for and baggage"),
        ({f"X-{TEXT}": "1"}, "contract.undocumented-header", "a header of another name"),
        ({f"{TEXT}-{letter}": "1" for letter in "abc"}, "contract.undocumented-header", "3 headers of another name"),
        ({"X-Empty": ""}, "contract.undocumented-header", "x-empty"),
        ({"User-Agent": f"langsmith ({TEXT})"}, "contract.header-value", "header user-agent: "),
        ({"Accept": f"application/{TEXT}"}, "contract.header-value", "header accept: "),
        ({"Connection": TEXT}, "contract.header-value", "header connection: "),
        ({"Connection": "close, x-note", "X-Note": "1"}, "contract.header-value", "header connection: "),
        ({"Accept": "*/*", "ACCEPT": "*/*"}, "contract.header-value", "the header accept once, got it again"),
        ({"X-Langchain-License-Key": "a b"}, "contract.undocumented-header", "x-langchain-license-key"),
    ],
)
def test_header_that_no_documented_request_has_stays_in(
    rig: Rig, headers: Mapping[str, str], code: str, named: str
) -> None:
    with nothing_leaves(rig.beacon, rig.proxy) as refusal, client(rig) as tunnel:
        answer = tunnel.send(PATH, usage_report(1), headers=headers)
    assert answer.status == 403
    [message] = [finding["message"] for finding in refusal["findings"] if finding["code"] == code]
    assert named in message
    assert TEXT not in str(refusal)
    assert TEXT.encode() not in answer.body


def test_what_a_refused_header_held_is_written_nowhere(tmp_path: Path) -> None:
    with running(tmp_path, "regular") as rig:
        for headers in ({"Cookie": TEXT}, {TEXT: "1"}, {"User-Agent": f"({TEXT})"}, {"X-Note": TEXT * 500}):
            with nothing_leaves(rig.beacon, rig.proxy), client(rig) as tunnel:
                assert tunnel.send(PATH, usage_report(1), headers=headers).status == 403
    streams = {"stdout": rig.proxy.stdout_path.read_bytes(), "stderr": rig.proxy.stderr_path.read_bytes()}
    assert leaks_in(TEXT, {**files_below(rig.proxy.home.path), **streams}) == []


def test_headers_of_http2_are_held_to_the_same(tmp_path: Path) -> None:
    with running(tmp_path, "regular") as rig:
        for sent, code in (
            ((b"cookie", b"a=b"), "contract.undocumented-header"),
            ((b"te", b"trailers"), "contract.undocumented-header"),
            ((b"user-agent", b"these are words, no product"), "contract.header-value"),
            ((b"accept", b"a" * 20_000), "containment.headers-too-large"),
        ):
            with nothing_leaves(rig.beacon, rig.proxy) as refusal:
                assert http2_client.post(rig.proxy, [*fields(PATH), sent], usage_report(1)) == 403
            assert refusal["reason_code"] == code
        usual = [(b"user-agent", b"curl/8.5.0"), (b"accept", b"*/*")]
        assert http2_client.post(rig.proxy, [*fields(PATH), *usual], usage_report(2)) == 200


def test_license_header_leaves_where_telemetry_goes_and_nowhere_else(rig: Rig) -> None:
    headers = {"X-Langchain-License-Key": "lcl_in_its_header_3141"}
    with client(rig) as tunnel:
        assert tunnel.send(PATHS["telemetry-metrics"], documented("telemetry-metrics"), headers=headers).status == 200
    intent = rig.proxy.entries("intent")[-1]
    assert {finding["code"] for finding in intent["findings"]} == {"contract.otlp-invalid"}  # of the sample's body
    with nothing_leaves(rig.beacon, rig.proxy) as refusal, client(rig) as tunnel:
        assert tunnel.send(PATH, usage_report(1), headers=headers).status == 403
    assert {finding["code"] for finding in refusal["findings"]} == {
        "contract.undocumented-header", "promise.license-misplaced",
    }  # fmt: skip


def test_headers_of_a_connect_go_no_further_than_the_proxy(tmp_path: Path) -> None:
    with running(tmp_path, "regular") as rig:
        with Tunnel(rig.proxy.address, rig.proxy.home.ca_certificate, connect=None, tls=False) as plain:
            head = f"CONNECT {HOST}:443 HTTP/1.1\r\nHost: {HOST}\r\nProxy-Authorization: Basic {TEXT}\r\n\r\n"
            assert plain.send_raw(head.encode(), "CONNECT").status == 200
        with client(rig) as tunnel:
            assert tunnel.send(PATH, usage_report(1)).status == 200
        [request] = rig.beacon.requests
    assert [name for name, _ in request.headers] == ["Host", "Content-Type", "Content-Length"]


def test_policy_lets_a_header_of_ones_own_tracing_pass_and_records_that(tmp_path: Path) -> None:
    rule = {"usage-ingest": {"findings": {"contract.undocumented-header": "alert"}}}
    with running(tmp_path, "regular", endpoints=rule) as rig:
        with client(rig) as tunnel:
            assert tunnel.send(PATH, usage_report(1), headers={"X-B3-TraceId": "463ac35c9f6413ad"}).status == 200
            with nothing_leaves(rig.beacon, rig.proxy):
                verify = documented("license-verify")
                assert tunnel.send(PATHS["license-verify"], verify, headers={"X-B3-TraceId": "1"}).status == 403
        [intent] = rig.proxy.entries("intent")
        [finding] = intent["findings"]
    assert (finding["code"], finding["disposition"], intent["alert"]) == ("contract.undocumented-header", "alert", True)
    assert finding["message"] == "expected documented headers only, got x-b3-traceid"
