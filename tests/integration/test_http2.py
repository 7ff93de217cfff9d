"""Clients that speak HTTP/2: the same rules, the same records, and nothing dropped without one."""

import json
import ssl
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from beacon_audit.demo.answers import Behaviour
from beacon_audit.demo.beacon import SimulatedBeacon
from beacon_audit.demo.payloads import Payloads
from harness import http2_client
from harness.client import HOST
from harness.frame_client import FrameClient, h2_context
from harness.http2_client import Field, fields
from harness.http2_corpus.wire import block, data, headers
from harness.memory import memory_of
from harness.nothing_leaves import nothing_leaves
from harness.proxy import ProxyProcess, write_policy
from harness.rig import Rig, eventually, running_rig
from harness.usage_reports import PATH, number_of, usage_report

BODY = usage_report(1)


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with running_rig(tmp_path_factory.mktemp("http2")) as running:
        yield running


class Http2Only(ssl.SSLContext):
    """httpx offers HTTP/1.1 first, and the proxy takes what the client likes best."""

    def set_alpn_protocols(self, alpn_protocols: Iterable[str]) -> None:
        super().set_alpn_protocols([name for name in alpn_protocols if name == "h2"])


@pytest.fixture
def client(rig: Rig) -> Iterator[httpx.Client]:
    context = Http2Only(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(rig.proxy.home.ca_certificate)
    with httpx.Client(http2=True, proxy=rig.proxy.url, verify=context, trust_env=False) as made:
        yield made


def test_allowed_and_refused_requests_of_httpx_share_a_connection(rig: Rig, client: httpx.Client) -> None:
    already = len(rig.beacon.requests)
    headers = {"Content-Type": "application/json"}
    for number in range(8):
        answer = client.post(f"https://{HOST}{PATH}", content=usage_report(number), headers=headers)
        assert (answer.http_version, answer.status_code) == ("HTTP/2", 200)
        with nothing_leaves(rig.beacon, rig.proxy) as refusal:
            answer = client.post(f"https://{HOST}{PATH}", content=b"{}", headers=headers)
        assert (answer.http_version, answer.status_code) == ("HTTP/2", 403)
        assert answer.json()["record"] == refusal["id"]
    assert [number_of(request.body) for request in rig.beacon.requests[already:]] == list(range(8))


@contextmanager
def quiet_even_at_level_debug(directory: Path, text: str) -> Iterator[ProxyProcess]:
    """A proxy that logs all it can, which must not be ``text``."""
    with SimulatedBeacon(directory) as beacon:
        policy = write_policy(directory, beacon)
        with ProxyProcess(directory, policy, arguments=("--log-level", "debug")) as proxy:
            yield proxy
            assert text not in str(proxy.entries())
        assert " DEBUG " in proxy.stderr
        assert text not in proxy.stderr


def other(**pseudo: str) -> list[Field]:
    return fields(PATH, **pseudo)


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        pytest.param(other(authority="example.net"), 403, "containment.host-mismatch", id="authority"),
        pytest.param(other(authority=f"{HOST}:8443"), 403, "containment.host-mismatch", id="port"),
        pytest.param([*other(), *[(b"host", HOST.encode())] * 2], 403, "containment.host-duplicate", id="two hosts"),
        pytest.param(other(method="post"), 403, "contract.undocumented-endpoint", id="lower-case method"),
        pytest.param(other(scheme="http"), 400, "wire.http-head", id="scheme"),
        pytest.param([*other(), (b"host", b"example.net")], None, "wire.http-head", id="host and authority"),
        pytest.param([*other(), (b"x-odd", b"a\r\nb: c")], None, "wire.http-head", id="line break"),
        pytest.param([*other(), (b"X-Odd", b"a")], None, "wire.http-head", id="upper-case name"),
        pytest.param([*other(), (b"transfer-encoding", b"chunked")], None, "wire.http-head", id="coding"),
        pytest.param([*other(), (b"content-length", b"3")], None, "wire.http-message", id="wrong length"),
        pytest.param([*other(), (b"x-long", b"a" * 100_000)], None, "wire.http-head", id="endless header"),
        pytest.param(
            [(b":method", b"CONNECT"), (b":authority", HOST.encode())],
            None,
            "wire.http-head",
            id="tunnel in the tunnel",
        ),
    ],
)
def test_request_that_does_not_add_up_is_refused_and_recorded(
    rig: Rig, sent: list[Field], status: int | None, code: str
) -> None:
    with nothing_leaves(rig.beacon, rig.proxy) as refusal:
        assert http2_client.post(rig.proxy, sent, BODY) == status
    assert (refusal["reason_code"], refusal["status"]) == (code, status)


def test_error_page_over_http2_names_its_record(rig: Rig) -> None:
    context = h2_context(rig.proxy.home.ca_certificate)
    with nothing_leaves(rig.beacon, rig.proxy) as refusal, FrameClient(rig.proxy.address, context) as client:
        client.begin()
        scheme = [(name, b"http" if name == b":scheme" else value) for name, value in fields(PATH)]
        client.send(headers(1, block(scheme)) + data(1, BODY))
        page = json.loads(client.settle(1).bodies[1])
    assert page["record"] == refusal["id"]


def test_trailers_are_refused(rig: Rig) -> None:
    with nothing_leaves(rig.beacon, rig.proxy) as refusal:
        assert http2_client.post(rig.proxy, other(), BODY, trailers=[(b"x-more", b"a")]) == 403
    assert refusal["reason_code"] == "containment.trailers"


def test_what_is_not_http2_is_quoted_nowhere(tmp_path: Path) -> None:
    mark = b"zebra-4711-quoted"
    with quiet_even_at_level_debug(tmp_path, mark.decode()) as proxy:
        assert http2_client.post(proxy, [*other(), (b"X-" + mark, mark)], BODY) is None
        assert [entry["reason_code"] for entry in proxy.entries("refusal")] == ["wire.http-head"]


def test_headers_are_not_logged_before_their_secrets_are_known(tmp_path: Path) -> None:
    license_key = "lcl_seen_in_a_header_only_0815"
    with quiet_even_at_level_debug(tmp_path, license_key) as proxy:
        sent = [*fields("/v1/beacon/v1/metrics"), (b"x-langchain-license-key", license_key.encode())]
        assert http2_client.post(proxy, sent, Payloads(license_key).documented("telemetry-metrics")) == 200
        assert [str(entry["license"])[:8] for entry in proxy.entries("intent")] == ["license:"]


def test_requests_beside_a_stream_of_another_scheme_are_all_recorded(tmp_path: Path) -> None:
    """mitmproxy's layer must not stumble over that stream when the connection ends, or the others are forgotten."""
    with running_rig(tmp_path) as rig:
        half_sent = [fields(PATH, scheme="http"), *[fields(PATH)] * 20]
        http2_client.leave(rig.proxy, half_sent)
        eventually(lambda: len(rig.proxy.entries("refusal")) == len(half_sent))
        reasons = [entry["reason_code"] for entry in rig.proxy.entries("refusal")]
        assert sorted(reasons) == ["wire.http-head"] + ["wire.http-message"] * 20
        assert "defect" not in rig.proxy.stderr
        assert rig.beacon.connections == 0


def test_client_that_leaves_while_its_requests_wait_for_connections_leaves_nothing_open(tmp_path: Path) -> None:
    """mitmproxy opens five connections at a time, and forgets requests that wait for theirs when the client goes."""
    with running_rig(tmp_path, behaviour=Behaviour(delay_s=0.5)) as rig:
        for _ in range(5):
            http2_client.leave(rig.proxy, [fields(PATH)] * 8, body=BODY)
        eventually(lambda: len(rig.proxy.entries("intent")) == len(rig.outcomes()) == 40, seconds=15)
        arrived = len(rig.beacon.requests)
        states = [state for _, state in rig.outcomes()]
        assert arrived <= 40 - states.count("not_sent")
        assert "defect" not in rig.proxy.stderr
        assert rig.proxy.entries("refusal") == []


def test_bodies_that_were_refused_for_their_size_are_not_kept(tmp_path: Path) -> None:
    with running_rig(tmp_path, limits={"body_bytes": 4_000_000}) as rig:
        before = memory_of(rig.proxy.pid)
        assert http2_client.oversized(rig.proxy, fields(PATH), size=5_000_000, times=20) == [413] * 20
        assert memory_of(rig.proxy.pid) - before < 60_000_000
