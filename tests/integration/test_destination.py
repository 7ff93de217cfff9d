"""Every way to name another place: as Host header, ``:authority``, URL, in the handshake, as target of a tunnel.

What ``test_containment``, ``test_modes``, ``test_http2`` and ``test_regional_hosts`` show for one way is here one list
of names, each sent by every way that can carry it, in both modes, and in observe mode too: it forwards what it would
refuse, but not to another place. For each Beacon sees no connection and no byte, and the trail gets one record, which
names the reason. Spellings of the path are in ``test_request_targets``.
"""

from collections.abc import Iterator

import pytest

from harness import http2_client, odd_hello
from harness.client import HOST
from harness.either_mode import BODY, client, codes, message, running, tunnel_target
from harness.http2_client import fields
from harness.nothing_leaves import nothing_leaves
from harness.rig import Rig
from harness.usage_reports import PATH, received_numbers


@pytest.fixture(scope="module", params=["regular", "reverse"])
def listening(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def rig(listening: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with running(tmp_path_factory.mktemp("enforcing"), listening) as made:
        yield made


@pytest.fixture(scope="module")
def observing(listening: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """Observe mode forwards what it would refuse, but not to another place."""
    with running(tmp_path_factory.mktemp("observing"), listening, mode="observe") as made:
        yield made


def test_documented_request_leaves_by_every_way(rig: Rig) -> None:
    """The control: what is refused below is refused for its destination, and for nothing else."""
    already = len(rig.beacon.requests)
    with client(rig) as tunnel:
        assert tunnel.send_raw(message(PATH, f"Host: {HOST}")).status == 200
    assert http2_client.post(rig.proxy, fields(PATH), BODY) == 200
    assert ask_with_sni(rig, HOST.encode()) == 200
    assert received_numbers(rig.beacon.requests[already:]) == [1, 1, 1]


#: Names and addresses that are not the documented host, though some reader would take them for it or be led by them.
OTHER_HOSTS = (
    "example.net", f"www.{HOST}", f"{HOST}.example.net", f"x{HOST}", "langchain.com", "api.smith.langchain.com",
    "localhost", "127.0.0.1", "8.8.8.8", "2130706433", "0x7f000001", "017700000001", "0177.0.0.1", "0x7f.0.0.1",
    "127.1", "127.0.0.1.", "0", "169.254.169.254", f"{HOST}..", f".{HOST}", "beacon..langchain.com",
    "beacon_langchain.com", "beacon%2elangchain.com", f"{HOST}%00.example.net", f"{HOST}%23",
    "xn--beacon-.langchain.com",
)  # fmt: skip
#: What a port or a user makes of a name.
OTHER_AUTHORITIES = (
    f"{HOST}:80", f"{HOST}:8443", f"{HOST}:4430", f"{HOST}:0443", f"{HOST}:+443", f"{HOST}:443:443", f"{HOST}:65979",
    f"{HOST}:", f"user@{HOST}", f"user:word@{HOST}", f"{HOST}@example.net", f"{HOST}:443@example.net",
    f"example.net#@{HOST}", f"example.net\\@{HOST}", f"{HOST}/", f"{HOST},example.net", f"{HOST};a", f"{HOST}?a",
    "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::]", "[fe80::1%25eth0]", f"[{HOST}]", "::1", f"https://{HOST}",
)  # fmt: skip


@pytest.mark.parametrize("host", [*OTHER_HOSTS, *OTHER_AUTHORITIES])
def test_host_header_that_names_another_place_is_refused(rig: Rig, observing: Rig, host: str) -> None:
    for each in (rig, observing):
        with nothing_leaves(each.beacon, each.proxy) as refusal, client(each) as tunnel:
            assert tunnel.send_raw(message(PATH, f"Host: {host}")).status in (400, 403)
        assert codes(refusal) & {"containment.host-mismatch", "wire.http-head"}


@pytest.mark.parametrize("authority", [*OTHER_HOSTS, *OTHER_AUTHORITIES])
def test_authority_of_http2_that_names_another_place_is_refused(rig: Rig, observing: Rig, authority: str) -> None:
    for each in (rig, observing):
        with nothing_leaves(each.beacon, each.proxy) as refusal:
            assert http2_client.post(each.proxy, fields(PATH, authority=authority), BODY) in (None, 400, 403)
        assert codes(refusal) & {"containment.host-mismatch", "wire.http-head"}


@pytest.mark.parametrize("authority", [*OTHER_HOSTS, *OTHER_AUTHORITIES])
def test_whole_url_for_another_place_is_refused(rig: Rig, authority: str) -> None:
    for host in (HOST, authority):
        with nothing_leaves(rig.beacon, rig.proxy) as refusal, client(rig) as tunnel:
            assert tunnel.send_raw(message(f"https://{authority}{PATH}", f"Host: {host}")).status in (400, 403)
        assert codes(refusal) & {"containment.absolute-form", "wire.http-head"}


@pytest.mark.parametrize("scheme", ["https", "http", "HTTPS", "ws", "wss", "ftp", "file"])
def test_whole_url_for_the_documented_place_is_refused_too(rig: Rig, observing: Rig, scheme: str) -> None:
    """Whoever is next on the way may route by it, whatever the Host header says."""
    for each in (rig, observing):
        with nothing_leaves(each.beacon, each.proxy) as refusal, client(each) as tunnel:
            assert tunnel.send_raw(message(f"{scheme}://{HOST}{PATH}", f"Host: {HOST}")).status in (400, 403)
        assert codes(refusal) & {"containment.absolute-form", "wire.http-head"}


@pytest.mark.parametrize(
    "lines",
    [
        (f"Host: {HOST}", f"Host: {HOST}"),
        (f"Host: {HOST}", "Host: example.net"),
        ("Host: example.net", f"Host: {HOST}"),
        (f"Host: {HOST}", "hOST: example.net"),
        (f"Host: {HOST}", "Host:"),
        (),
    ],
)
def test_exactly_one_host_header_is_needed(rig: Rig, observing: Rig, lines: tuple[str, ...]) -> None:
    for each in (rig, observing):
        with nothing_leaves(each.beacon, each.proxy) as refusal, client(each) as tunnel:
            assert tunnel.send_raw(message(PATH, *lines)).status == 403
        assert codes(refusal) & {"containment.host-duplicate", "containment.host-missing"}


@pytest.mark.parametrize(
    "lines",
    [
        ("X-Forwarded-Host: example.net",),
        ("X-Host: example.net", "X-Forwarded-Server: example.net"),
        ("Forwarded: host=example.net",),
        ("X-Original-URL: /intelligence", "X-Rewrite-URL: /intelligence"),
        ("X-HTTP-Method-Override: DELETE",),
    ],
)
def test_header_by_which_a_gateway_would_route_is_refused(rig: Rig, lines: tuple[str, ...]) -> None:
    with nothing_leaves(rig.beacon, rig.proxy) as refusal, client(rig) as tunnel:
        assert tunnel.send_raw(message(PATH, f"Host: {HOST}", *lines)).status == 403
    assert refusal["reason_code"] == "contract.undocumented-header"


@pytest.mark.parametrize(
    ("changes", "more"),
    [
        ({"authority": HOST}, [(b"host", b"example.net")]),
        ({"authority": "example.net"}, [(b"host", HOST.encode())]),
        ({"authority": HOST}, [(b":authority", b"example.net")]),
        ({"authority": ""}, []),
        ({"authority": ""}, [(b"host", b"example.net")]),
        ({"scheme": "http"}, []),
        ({"scheme": "file"}, []),
        ({"path": f"https://example.net{PATH}"}, []),
        ({"path": f"//example.net{PATH}"}, []),
        ({"path": "*"}, []),
        ({"path": ""}, []),
        ({"path": PATH[1:]}, []),
    ],
)
def test_request_by_http2_whose_names_do_not_add_up_is_refused(
    rig: Rig, observing: Rig, changes: dict[str, str], more: list[http2_client.Field]
) -> None:
    pseudo = {name: value for name, value in changes.items() if name != "path"}
    sent = fields(changes.get("path", PATH), **pseudo)
    sent[4:4] = [field for field in more if field[0].startswith(b":")]
    sent += [field for field in more if not field[0].startswith(b":")]
    for each in (rig,) if "path" in changes else (rig, observing):  # observe mode forwards any path
        with nothing_leaves(each.beacon, each.proxy) as refusal:
            assert http2_client.post(each.proxy, sent, BODY) in (None, 400, 403)
        assert codes(refusal) & {
            "containment.host-mismatch", "containment.host-missing", "wire.http-head", "wire.http-message",
            "contract.undocumented-endpoint",
        }  # fmt: skip


# --- the name in the handshake --------------------------------------------------------------------------------------


def ask_with_sni(rig: Rig, sni: bytes) -> int | None:
    return odd_hello.ask(rig.proxy.address, sni, message(PATH, f"Host: {HOST}"), connect=tunnel_target(rig))


@pytest.mark.parametrize("sni", [*OTHER_HOSTS, *OTHER_AUTHORITIES])
def test_handshake_that_names_another_server_is_refused(rig: Rig, observing: Rig, sni: str) -> None:
    for each in (rig, observing):
        with nothing_leaves(each.beacon, each.proxy) as refusal:
            assert ask_with_sni(each, sni.encode()) in (None, 403)
        assert codes(refusal) & {
            "containment.sni-mismatch", "containment.sni-missing", "containment.tls-handshake",
        }  # fmt: skip


def test_handshake_that_names_no_server_is_refused(rig: Rig, observing: Rig) -> None:
    for each in (rig, observing):
        with nothing_leaves(each.beacon, each.proxy) as refusal, client(each, sni=None) as tunnel:
            assert tunnel.send(PATH, BODY).status == 403
        assert refusal["reason_code"] == "containment.sni-missing"


def test_handshake_for_one_name_carries_no_http2_request_for_another(rig: Rig, observing: Rig) -> None:
    for each in (rig, observing):
        with nothing_leaves(each.beacon, each.proxy) as refusal:
            status = http2_client.post(each.proxy, fields(PATH), BODY, sni="eu.beacon.langchain.com")
        odd = "sni" if each.proxy.ready["mode"] == "regular" else "host"  # in reverse mode the SNI is the destination
        assert (status, refusal["reason_code"]) == (403, f"containment.{odd}-mismatch")


# --- the tunnel -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=["enforce", "observe", "offline"])
def tunnelling(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with running(tmp_path_factory.mktemp(f"tunnel-{request.param}"), "regular", mode=request.param) as made:
        yield made


@pytest.mark.parametrize(
    "target",
    [
        *(f"{host}:443" for host in OTHER_HOSTS),
        *(authority for authority in OTHER_AUTHORITIES if authority.rpartition(":")[2] != "443"),
        *(f"{authority}:443" for authority in OTHER_AUTHORITIES if authority.endswith("]")),
        f"{HOST}:0", f"{HOST}:22", f"{HOST}:99999", f"{HOST}: 443", f"{HOST}:443/", ":443", "443", "*",
        f"{HOST}:443{PATH}", f"http://{HOST}:443", "[2606:4700::1111]:443",
    ],
)  # fmt: skip
def test_tunnel_to_another_place_is_refused(tunnelling: Rig, target: str) -> None:
    with nothing_leaves(tunnelling.beacon, tunnelling.proxy) as refusal, client(tunnelling, connect=target) as tunnel:
        assert tunnel.connect_status in (400, 403, 505)
    assert codes(refusal) & {
        "containment.undocumented-host", "containment.undocumented-port", "containment.connect-target",
        "wire.http-head",
    }  # fmt: skip


def test_tunnel_to_a_port_that_the_host_header_contradicts_goes_where_its_target_says(tunnelling: Rig) -> None:
    """The Host header of a CONNECT is no destination; the target is (RFC 9110 §9.3.6)."""
    with (
        nothing_leaves(tunnelling.beacon, tunnelling.proxy) as refusal,
        client(tunnelling, connect=None, tls=False) as tunnel,
    ):
        head = f"CONNECT example.net:443 HTTP/1.1\r\nHost: {HOST}:443\r\n\r\n"
        assert tunnel.send_raw(head.encode(), "CONNECT").status == 403
    assert refusal["reason_code"] == "containment.undocumented-host"
