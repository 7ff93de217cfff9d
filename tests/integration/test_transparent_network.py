"""``deploy/nftables`` leaves one way out, and it goes through the proxy: seen on the wires between four hosts.

Each attempt is made twice: without the packet filter it is seen outside (so the observer sees, and the attempt is one),
with it nothing is, the proxy's host has counted it, and documented traffic passes before and after.
"""

import contextlib
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from harness import packets
from harness.client import Tunnel
from harness.ordinary_clients import PYTHON_REQUESTS, curl, python
from harness.packets import ip_packet
from harness.redirected_site import USER, Site, fresh_port, running_site, socket_of
from harness.rig import eventually, request_head
from harness.three_hosts import BEACON, ELSEWHERE, HOST, LANGSMITH, PROXY, RESOLVER, ROUTER
from harness.usage_reports import PATH, received_numbers, usage_report

#: What Beacon's name leads to on LangSmith's host: nobody has it, and nobody needs to.
NOWHERE = {4: "203.0.113.7", 6: "2001:db8:ffff::7"}
VERSIONS = pytest.mark.parametrize("version", [4, 6], ids=["IPv4", "IPv6"])
soon = partial(eventually, seconds=20)
needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")


@dataclass(frozen=True)
class Attempt:
    """A packet from LangSmith's host that must not get anywhere. ``seen``: where it, or what it draws, would be seen to
    go; ``counter``: the packet filter's counter that it ends in."""

    name: str
    make: Callable[[int], bytes]
    seen: Callable[[int], tuple[str, int, int]]
    counter: str = "dropped_forwarded"

    def __str__(self) -> str:
        return self.name


def _sent(protocol: int, to: dict[int, str], payload: Callable[[], bytes], source: dict[int, str] = LANGSMITH,
          hops: int = 64) -> Callable[[int], bytes]:  # fmt: skip
    return lambda version: ip_packet(source[version], to[version], protocol, payload(), hops=hops)


def _udp(name: str, to: dict[int, str], port: int) -> Attempt:
    make = _sent(packets.UDP, to, lambda: packets.udp(port, b"secret", source=fresh_port()))
    return Attempt(name, make, lambda version: (to[version], packets.UDP, port))


def _tcp(name: str, to: dict[int, str], port: int, counter: str = "dropped_forwarded") -> Attempt:
    make = _sent(packets.TCP, to, lambda: packets.tcp_syn(port, source=fresh_port()))
    return Attempt(name, make, lambda version: (to[version], packets.TCP, port), counter)


def _other(name: str, protocol: int) -> Attempt:
    make = _sent(protocol, ELSEWHERE, lambda: b"\x00\x00\x08\x00secret: sixteen")
    return Attempt(name, make, lambda version: (ELSEWHERE[version], protocol, 0))


def _ping(version: int) -> bytes:
    protocol = packets.ICMP if version == 4 else packets.ICMP6
    return ip_packet(LANGSMITH[version], ELSEWHERE[version], protocol, packets.echo(version))


ATTEMPTS = (
    _udp("DNS elsewhere", ELSEWHERE, 53),
    _tcp("DNS elsewhere over TCP", ELSEWHERE, 53),
    _udp("DNS by the proxy's name server", RESOLVER, 53),
    _tcp("DNS by the proxy's name server over TCP", RESOLVER, 53),
    _tcp("DNS over TLS", ELSEWHERE, 853),
    _udp("QUIC to Beacon", BEACON, 443),
    _udp("QUIC elsewhere", ELSEWHERE, 443),
    _tcp("TLS to Beacon past the proxy", BEACON, 443, "redirected"),
    _tcp("TLS elsewhere", ELSEWHERE, 443, "redirected"),
    _tcp("HTTP to Beacon", BEACON, 80),
    _tcp("another port of Beacon", BEACON, 8443),
    _tcp("ssh", ELSEWHERE, 22),
    _udp("NTP", ELSEWHERE, 123),
    Attempt(
        "ping", _ping, lambda version: (ELSEWHERE[version], packets.ICMP if version == 4 else packets.ICMP6, 0)
    ),
    _other("GRE", packets.GRE),
    _other("ESP", packets.ESP),
    Attempt(
        "a forged source",
        _sent(packets.UDP, BEACON, lambda: packets.udp(9, b"secret", source=fresh_port()), ELSEWHERE),
        lambda version: (BEACON[version], packets.UDP, 9),
    ),
    Attempt(
        "an error that quotes its cause, drawn to a forged source",
        _sent(packets.UDP, BEACON, lambda: packets.udp(9, b"secret", source=fresh_port()), ELSEWHERE, hops=1),
        lambda version: (ELSEWHERE[version], packets.ICMP if version == 4 else packets.ICMP6, 0),
        "dropped_outgoing",
    ),
)  # fmt: skip


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Without the packet filter: the positive control."""
    with running_site(tmp_path_factory.mktemp("bare")) as made:
        yield made


@pytest.fixture(scope="module")
def filtered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running_site(tmp_path_factory.mktemp("filtered")) as made:
        made.load_filter()
        yield made


@pytest.fixture
def site(filtered: Site) -> Site:
    """With the packet filter; what was seen before is forgotten."""
    filtered.forget()
    return filtered


def ask(site: Site, version: int = 4, number: int = 1) -> int:
    """A documented request from LangSmith's host; its status."""
    with (
        site.hosts.langsmith.entered(),
        Tunnel((NOWHERE[version], 443), site.proxy.home.ca_certificate, connect=None, timeout=20) as client,
    ):
        return client.send(PATH, usage_report(number)).status


def assert_nothing_got_out(site: Site) -> None:
    """A documented request is seen to pass; what was sent before it would have been seen before it."""
    arrived = len(site.beacon.requests)
    assert ask(site) == 200
    assert len(site.beacon.requests) == arrived + 1
    assert len(site.outside.seen()) > 5
    assert site.leaks() == []
    assert {(packet.source in PROXY.values(), packet.port) for packet in site.at_beacon.seen()} == {(True, 443)}


# --- what gets out ----------------------------------------------------------------------------------------------------


@VERSIONS
@pytest.mark.parametrize(
    "client", [pytest.param(curl(), marks=needs_curl, id="curl"), pytest.param(python(PYTHON_REQUESTS), id="requests")]
)
def test_documented_traffic_passes_and_is_recorded_with_its_source(
    site: Site, client: tuple[str, ...], version: int
) -> None:
    said = site.client(client, usage_report(11), path=PATH, name_leads_to=NOWHERE[version])
    assert said.status == 200, said.error
    assert received_numbers(site.beacon.requests[-1:]) == [11]
    intent = site.proxy.entries("intent")[-1]
    assert intent["source"].rpartition(":")[0].strip("[]") == LANGSMITH[version]
    written = f"[{NOWHERE[6]}]:443" if version == 6 else f"{NOWHERE[4]}:443"
    assert (intent["host"], intent["original_destination"]) == (HOST, written)
    assert site.leaks() == []
    assert {packet.destination for packet in site.outside.seen()} <= {*BEACON.values(), *RESOLVER.values()}
    assert set(site.names.asked) == {HOST}


@VERSIONS
@needs_curl
def test_request_to_elsewhere_is_answered_refused_and_recorded(site: Site, version: int) -> None:
    place = f"[{ELSEWHERE[6]}]" if version == 6 else ELSEWHERE[4]
    for url, code in (
        (f"https://{place}/", "containment.sni-missing"),
        (f"http://{place}:443/", "containment.plaintext"),
    ):
        already = len(site.proxy.entries("refusal"))
        with site.hosts.langsmith.entered():
            command = ("curl", "--insecure", "--silent", "--max-time", "20", "--write-out", "%{http_code}", url)
            done = subprocess.run(command, capture_output=True, check=False)
        assert done.stdout.endswith(b"403"), done.stderr
        (refusal,) = site.proxy.entries("refusal")[already:]
        assert code in {finding["code"] for finding in refusal["findings"]}
        assert refusal["original_destination"] == f"{place}:443"
    assert_nothing_got_out(site)


@VERSIONS
def test_what_is_no_tls_stays_in(site: Site, version: int) -> None:
    already = len(site.proxy.entries("refusal"))
    with (
        site.hosts.langsmith.entered(),
        socket.create_connection((ELSEWHERE[version], 443), 20) as plain,
    ):
        plain.sendall(b"SSH-2.0-OpenSSH_9.2\r\nsecret\r\n\r\n")
        plain.shutdown(socket.SHUT_WR)
        while plain.recv(4096):
            pass
    (refusal,) = site.proxy.entries("refusal")[already:]
    assert refusal["reason_code"] == "wire.http-head"
    assert_nothing_got_out(site)


# --- what does not ----------------------------------------------------------------------------------------------------


@VERSIONS
@pytest.mark.parametrize("attempt", ATTEMPTS, ids=str)
def test_without_the_packet_filter_it_is_seen_outside(bare: Site, attempt: Attempt, version: int) -> None:
    bare.forget()
    bare.send_packet(attempt.make(version))

    def seen() -> bool:
        places = {(packet.destination, packet.protocol, packet.port) for packet in bare.leaks()}
        return attempt.seen(version) in places

    soon(seen)


@VERSIONS
@pytest.mark.parametrize("attempt", ATTEMPTS, ids=str)
def test_with_the_packet_filter_nothing_is_seen_outside(site: Site, attempt: Attempt, version: int) -> None:
    counted = site.counted()[attempt.counter]
    site.send_packet(attempt.make(version))
    soon(lambda: site.counted()[attempt.counter] > counted)
    assert_nothing_got_out(site)


@VERSIONS
def test_answer_to_a_source_that_lives_elsewhere_stays_in(site: Site, version: int) -> None:
    """The sets of an operator who lets too many in: the answer to a forged source would leave by the other wire, with
    four bytes of the forger's choice in it."""
    name = f"langsmith{version}"
    element = f"{{ {ELSEWHERE[version]} }}"
    syn = ip_packet(ELSEWHERE[version], BEACON[version], packets.TCP, packets.tcp_syn(443, source=fresh_port()))
    site.hosts.proxy.run("nft", "add", "element", "inet", "beacon_audit", name, element)
    try:
        before = site.counted()
        site.send_packet(syn)
        soon(lambda: site.counted()["redirected"] > before["redirected"])
        soon(lambda: site.counted()["dropped_outgoing"] > before["dropped_outgoing"])
        assert_nothing_got_out(site)
    finally:
        site.hosts.proxy.run("nft", "delete", "element", "inet", "beacon_audit", name, element)


@contextmanager
def told(site: Site, version: int) -> Iterator[socket.socket]:
    """A name server on the proxy's host, told something from LangSmith's host."""
    with site.hosts.proxy.entered():
        server = socket.socket(socket.AF_INET if version == 4 else socket.AF_INET6, socket.SOCK_DGRAM)
    with server:
        server.settimeout(20)
        server.bind((ROUTER[version], 53))
        datagram = packets.udp(53, b"secret", source=fresh_port())
        site.send_packet(ip_packet(LANGSMITH[version], ROUTER[version], packets.UDP, datagram))
        yield server


@VERSIONS
def test_without_the_packet_filter_a_name_server_on_the_proxys_host_is_told(bare: Site, version: int) -> None:
    with told(bare, version) as server:
        assert server.recv(100) == b"secret"


@VERSIONS
def test_with_it_a_name_server_on_the_proxys_host_is_told_nothing_that_it_could_pass_on(
    site: Site, version: int
) -> None:
    with told(site, version) as server:
        assert_nothing_got_out(site)
        server.setblocking(False)
        with pytest.raises(BlockingIOError):
            server.recv(100)


@VERSIONS
@pytest.mark.parametrize("port", [53, 22, 8080])
def test_no_port_of_the_proxys_host_can_be_reached_not_even_the_proxys_own(site: Site, version: int, port: int) -> None:
    counted = site.counted()["dropped_incoming"]
    syn = packets.tcp_syn(port, source=fresh_port())
    site.send_packet(ip_packet(LANGSMITH[version], ROUTER[version], packets.TCP, syn))
    soon(lambda: site.counted()["dropped_incoming"] > counted)
    assert_nothing_got_out(site)


OWN = (
    pytest.param(USER, socket.SOCK_STREAM, ELSEWHERE, 443, id="the proxy elsewhere"),
    pytest.param(USER, socket.SOCK_STREAM, BEACON, 80, id="the proxy to another port"),
    pytest.param(USER, socket.SOCK_DGRAM, BEACON, 443, id="the proxy by QUIC"),
    pytest.param(USER, socket.SOCK_DGRAM, ELSEWHERE, 53, id="the proxy to another name server"),
    pytest.param(0, socket.SOCK_STREAM, BEACON, 443, id="root to Beacon"),
    pytest.param(12345, socket.SOCK_STREAM, BEACON, 443, id="another user to Beacon"),
    pytest.param(12345, socket.SOCK_DGRAM, RESOLVER, 53, id="another user to the name server"),
)


def begin(site: Site, user: int, kind: int, place: tuple[str, int]) -> None:
    """The first packet of a connection, or a datagram, from the proxy's host."""
    version = 6 if ":" in place[0] else 4
    with site.hosts.proxy.entered(), closing(socket_of(user, version, kind)) as made, contextlib.suppress(OSError):
        made.bind(("", fresh_port()))
        made.connect(place)
        made.send(b"secret")


@VERSIONS
@pytest.mark.parametrize(("user", "kind", "to", "port"), OWN)
def test_without_the_packet_filter_the_proxys_host_reaches_everything(
    bare: Site, user: int, kind: int, to: dict[int, str], port: int, version: int
) -> None:
    bare.forget()
    begin(bare, user, kind, (to[version], port))
    soon(lambda: (to[version], port) in {(packet.destination, packet.port) for packet in bare.outside.seen()})


@VERSIONS
@pytest.mark.parametrize(("user", "kind", "to", "port"), OWN)
def test_with_it_the_proxys_host_reaches_beacon_and_its_name_server_only(
    site: Site, user: int, kind: int, to: dict[int, str], port: int, version: int
) -> None:
    counted = site.counted()["dropped_outgoing"]
    begin(site, user, kind, (to[version], port))
    soon(lambda: site.counted()["dropped_outgoing"] > counted)
    assert site.outside.seen() == []


# --- what fails, fails closed -----------------------------------------------------------------------------------------


def test_while_the_sets_are_empty_nothing_passes(tmp_path: Path) -> None:
    with running_site(tmp_path) as site:
        site.on_proxy_host("nft -f deploy/nftables/beacon-audit.nft")
        site.forget()
        for version in (4, 6):
            for attempt in ATTEMPTS:
                site.send_packet(attempt.make(version))
            with site.hosts.langsmith.entered(), pytest.raises(OSError, match="timed out"):
                socket.create_connection((NOWHERE[version], 443), 1)
        assert sum(site.counted().values()) > 2 * len(ATTEMPTS)
        assert site.outside.seen() == []
        assert site.beacon.connections == 0
        assert site.proxy.entries("refusal") == []


@VERSIONS
def test_proxy_that_is_down_is_not_gone_around(tmp_path: Path, version: int) -> None:
    with running_site(tmp_path) as site:
        site.load_filter()
        assert ask(site, version) == 200
        site.proxy.kill()
        connections = site.beacon.connections
        site.forget()
        with pytest.raises(ConnectionRefusedError):
            ask(site, version)
        for attempt in ATTEMPTS:
            site.send_packet(attempt.make(version))
        assert site.beacon.connections == connections
        begin(site, USER, socket.SOCK_STREAM, (BEACON[version], 443))
        soon(lambda: BEACON[version] in {packet.destination for packet in site.outside.seen()})  # so the rest would be
        assert site.leaks() == []


def test_address_that_is_no_longer_beacons_is_not_reached(tmp_path: Path) -> None:
    with running_site(tmp_path) as site:
        site.load_filter()
        site.hosts.proxy.run("nft", "flush", "set", "inet", "beacon_audit", "beacon4")
        site.hosts.proxy.run("nft", "flush", "set", "inet", "beacon_audit", "beacon6")
        site.forget()
        body = usage_report(1)
        with (
            site.hosts.langsmith.entered(),
            Tunnel((NOWHERE[4], 443), site.proxy.home.ca_certificate, connect=None, timeout=20) as client,
        ):
            dropped = site.counted()["dropped_outgoing"]
            client.write(request_head(len(body)) + body)
            soon(lambda: len(site.proxy.entries("intent")) == 1)
            soon(lambda: site.counted()["dropped_outgoing"] > dropped)
        assert {packet.destination for packet in site.outside.seen()} <= set(RESOLVER.values())
        assert site.beacon.connections == 0


def test_names_that_do_not_resolve_change_nothing(site: Site) -> None:
    listed = site.on_proxy_host("nft list set inet beacon_audit beacon4")
    with pytest.raises(AssertionError, match=r"expected addresses of eu\.beacon\.langchain\.com, found none"):
        site.on_proxy_host(f"deploy/nftables/beacon-addresses {HOST} eu.{HOST}")
    assert site.on_proxy_host("nft list set inet beacon_audit beacon4") == listed
    site.names.asked[:] = [name for name in site.names.asked if name == HOST]
    assert BEACON[4] in listed
