"""Names of one destination agree after normalisation, and whatever does not is found."""

import dataclasses

import pytest

from beacon_audit.model import Request
from beacon_audit.proxy.containment import (
    Destination,
    connect_findings,
    containment_findings,
    normalised_host,
    split_authority,
)

HOST = "beacon.langchain.com"
ALLOWED = Destination((HOST,), 443)
REQUEST = Request(
    source="127.0.0.1:5",
    method="POST",
    scheme="https",
    host=HOST,
    port=443,
    target="/v1/beacon/verify",
    http_version="HTTP/1.1",
    tls=True,
    sni=HOST,
    connect_target=f"{HOST}:443",
    host_headers=(HOST,),
    authority=None,
    headers=(("host", HOST),),
    body=b"",
)


def codes(**changes: object) -> list[str]:
    request = dataclasses.replace(REQUEST, **changes)  # type: ignore[arg-type]
    return [finding.code for finding in containment_findings(request, ALLOWED, tunnelled=True)]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Beacon.LangChain.COM.", HOST),
        ("bücher.example", "xn--bcher-kva.example"),
        ("\uff42eacon.langchain.com", HOST),
        ("a..b", None),
        ("a b", None),
        ("a_b", None),
        ("-a", None),
        ("[::1]", None),
        ("", None),
        (f"{HOST}..", None),
        ("a" * 64, None),
        (f"{HOST}\n", None),
        (f"{HOST}\x00.example.net", None),
    ],
)
def test_a_host_name_has_one_spelling_or_none(text: str, name: str | None) -> None:
    assert normalised_host(text) == name


@pytest.mark.parametrize(
    "text",
    [f"{HOST}:0443", f"{HOST}:", f"{HOST}:4 43", f"{HOST}:443:443", f"user@{HOST}", f"{HOST}:\uff14\uff14\uff13"],
)
def test_an_authority_that_is_not_host_and_port_is_none(text: str) -> None:
    assert split_authority(text, 443) is None


def test_the_documented_way_is_clean() -> None:
    assert codes() == []
    assert codes(sni="BEACON.langchain.com.", host_headers=(f"{HOST}:443",), connect_target=f"{HOST.upper()}:443") == []
    assert codes(authority=HOST, host_headers=(), http_version="HTTP/2.0") == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"tls": False}, "containment.plaintext"),
        ({"scheme": "http"}, "containment.scheme"),
        ({"sni": None}, "containment.sni-missing"),
        ({"sni": "example.net"}, "containment.sni-mismatch"),
        ({"connect_target": None}, "containment.no-connect"),
        ({"connect_target": "example.net:443"}, "containment.connect-mismatch"),
        ({"host_headers": ()}, "containment.host-missing"),
        ({"host_headers": (HOST, HOST)}, "containment.host-duplicate"),
        ({"host_headers": ("example.net",)}, "containment.host-mismatch"),
        ({"authority": "example.net"}, "containment.host-mismatch"),
        ({"authority": HOST}, "containment.absolute-form"),
        ({"host_headers": (f"{HOST}:80",)}, "containment.host-mismatch"),
        ({"host": "example.net"}, "containment.undocumented-host"),
        ({"host": "127.0.0.1"}, "containment.undocumented-host"),
        ({"port": 8443}, "containment.undocumented-port"),
        ({"headers": (("upgrade", "h2c"),)}, "containment.upgrade"),
        ({"has_trailers": True}, "containment.trailers"),
        ({"headers": (("x-odd", "a\rb"),)}, "containment.control-character"),
        ({"target": "/v1/beacon/verify\x00"}, "containment.control-character"),
        ({"method": "PO ST"}, "containment.request-form"),
        ({"method": ""}, "containment.request-form"),
        ({"method": "POST:"}, "containment.request-form"),
        ({"method": "P\xd6ST"}, "containment.request-form"),
        ({"target": "*"}, "containment.request-form"),
        ({"target": ""}, "containment.request-form"),
        ({"target": "v1/beacon/verify"}, "containment.request-form"),
        ({"target": "/v1/beacon/verify#a"}, "containment.request-form"),
        ({"target": "/v1\\beacon"}, "containment.request-form"),
        ({"target": "/v1/beacon/verify%2"}, "containment.request-form"),
        ({"target": "/v1/beacon/verify a"}, "containment.request-form"),
        ({"target": "/v1/beacon/v\xe9rify"}, "containment.request-form"),
        ({"target": "/v1/beacon/verify\n"}, "containment.request-form"),
        ({"headers": (("x odd", ""),)}, "containment.request-form"),
        ({"headers": (("", ""),)}, "containment.request-form"),
        ({"headers": (("content_length", "0"),)}, "containment.request-form"),
        ({"headers": (("transfer_encoding", "chunked"),)}, "containment.request-form"),
        ({"headers": (("connection", "close, Content-Length"),)}, "containment.hop-by-hop"),
        ({"headers": (("connection", "host"),)}, "containment.hop-by-hop"),
        ({"headers": (("connection", "close"), ("connection", "\tx-odd"), ("x-odd", ""))}, "containment.hop-by-hop"),
        ({"headers": (("transfer-encoding", "gzip, chunked"),)}, "containment.hop-by-hop"),
        ({"headers": (("transfer-encoding", ""),)}, "containment.hop-by-hop"),
    ],
)
def test_every_other_way_is_found(changes: dict[str, object], code: str) -> None:
    assert code in codes(**changes)


def test_a_host_without_a_port_names_the_port_of_its_connection() -> None:
    assert codes(port=8443, connect_target=f"{HOST}:8443") == ["containment.undocumented-port"]


def test_a_tab_in_a_header_value_is_ordinary() -> None:
    assert codes(headers=(("x-note", "a\tb"),)) == []


@pytest.mark.parametrize(
    "headers",
    [
        (("connection", "keep-alive"),),
        (("connection", "Keep-Alive"), ("keep-alive", "timeout=5")),
        (("connection", "close"),),
        (("connection", "keep-alive, Upgrade"),),  # as some send it that upgrade nothing
        (("connection", "Upgrade, HTTP2-Settings"), ("http2-settings", "AAMAAABkAAQAAP__")),
        (("connection", "TE, close"), ("te", "trailers")),
        (("connection", ""),),
        (("connection", "close, x-not-there"),),
        (("transfer-encoding", "Chunked"),),
        (("x_request_id", "a"), ("x.b3~id", "a"), ("!#$%&'*+-.^`|", "")),
    ],
)
def test_header_that_changes_nothing_for_the_next_reader_is_ordinary(headers: tuple[tuple[str, str], ...]) -> None:
    assert codes(headers=headers) == []


@pytest.mark.parametrize(
    "target",
    ["/", "/?", "/v1/beacon/verify?a=b&c[]=d".replace("[]", "%5B%5D"), "//a//b", "/a;b=c,d:e@f!$&'()*+", "/%2F%00?/?"],
)
def test_target_in_characters_of_a_uri_is_one(target: str) -> None:
    assert codes(target=target) == []


def test_asterisk_is_the_target_of_options_alone() -> None:
    assert codes(method="OPTIONS", target="*") == []


def test_headers_are_bounded_in_number_and_size() -> None:
    def found(*headers: tuple[str, str]) -> list[str]:
        return codes(headers=headers)

    assert found(*[("x", "y")] * 32) == []
    assert found(*[("x", "y")] * 33) == ["containment.headers-too-large"]
    assert found(("x", "y" * 16383)) == []
    assert found(("x", "y" * 16384)) == ["containment.headers-too-large"]
    assert found(("xx", "y" * 16383)) == ["containment.headers-too-large"]


def test_a_connect_target_is_a_documented_host_and_port() -> None:
    assert connect_findings(f"{HOST}:443", ALLOWED) == ()
    assert [finding.code for finding in connect_findings("example.net:80", ALLOWED)] == [
        "containment.undocumented-host",
        "containment.undocumented-port",
    ]
    assert [finding.code for finding in connect_findings(f"[{HOST}]:443", ALLOWED)] == ["containment.connect-target"]


REGIONS = Destination(
    (HOST, "eu.beacon.langchain.com"), 443, known={"beacon.aws.langchain.com": "it is the gateway of Engine"}
)


@pytest.mark.parametrize("odd", ["connect_target", "sni", "host_headers", "authority"])
def test_two_documented_hosts_are_two_destinations(odd: str) -> None:
    other = {
        "connect_target": "eu.beacon.langchain.com:443",
        "sni": "eu.beacon.langchain.com",
        "host_headers": ("eu.beacon.langchain.com",),
        "authority": "eu.beacon.langchain.com",
    }
    request = dataclasses.replace(REQUEST, http_version="HTTP/2.0", **{odd: other[odd]})  # type: ignore[arg-type]
    (finding,) = containment_findings(request, REGIONS, tunnelled=True)
    assert finding.code.endswith("-mismatch")
    request = dataclasses.replace(REQUEST, host="eu.beacon.langchain.com", **other, http_version="HTTP/2.0")  # type: ignore[arg-type]
    assert containment_findings(request, REGIONS, tunnelled=True) == ()


def test_refusal_of_a_known_host_says_what_it_is() -> None:
    (finding,) = connect_findings("beacon.aws.langchain.com:443", REGIONS)
    assert finding.message == (
        "beacon.aws.langchain.com: it is the gateway of Engine; "
        "the only documented hosts are beacon.langchain.com, eu.beacon.langchain.com"
    )
    (finding,) = connect_findings("us.beacon.langchain.com:443", REGIONS)
    assert "us.beacon" not in finding.message


def test_redirected_connection_needs_no_tunnel_and_one_to_the_proxy_itself_is_refused() -> None:
    direct = dataclasses.replace(REQUEST, connect_target=None)
    redirected = dataclasses.replace(direct, original_destination="192.0.2.7:443")
    assert containment_findings(redirected, ALLOWED, tunnelled=False, redirected=True) == ()
    (finding,) = containment_findings(direct, ALLOWED, tunnelled=False, redirected=True)
    assert finding.code == "containment.not-redirected"
    assert containment_findings(direct, ALLOWED, tunnelled=False) == ()


def test_where_a_redirected_client_was_going_does_not_make_its_names_right() -> None:
    lied = dataclasses.replace(
        REQUEST, connect_target=None, original_destination=f"{HOST}:443", host="192.0.2.7", sni="example.net"
    )
    codes = {finding.code for finding in containment_findings(lied, ALLOWED, tunnelled=False, redirected=True)}
    assert {"containment.undocumented-host", "containment.sni-mismatch", "containment.host-mismatch"} <= codes
