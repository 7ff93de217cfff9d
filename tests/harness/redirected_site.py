"""A whole installation in transparent mode on the hosts of ``three_hosts``: packet filter, proxy, name server, Beacon.

The files of ``deploy/nftables`` are loaded as they are. The proxy runs as the user that they name, with no capability
that has to do with networks. ``leaks`` tells every packet that got out and is none of the proxy's own.
"""

import itertools
import json
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from beacon_audit.demo.beacon import SimulatedBeacon
from harness import ordinary_clients, three_hosts
from harness.name_server import NameServer
from harness.ordinary_clients import Said
from harness.packets import ETHERNET_4, ETHERNET_6, TCP, UDP, Observer, Packet
from harness.proxy import ProxyProcess, write_policy
from harness.three_hosts import BEACON, HOST, PROXY, RESOLVER, Hosts

ROOT = Path(__file__).parents[2]
USER = 10001
#: The proxy as that user. To read this Python, which may lie in somebody's home, it may look into all files.
AS_USER = (
    "setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups", "--bounding-set=-all,+dac_read_search",
    "--inh-caps=-all,+dac_read_search", "--ambient-caps=-all,+dac_read_search",
)  # fmt: skip
LISTEN = ("0.0.0.0:8080", "[::]:8080")
_PORTS = itertools.count(20000)


def with_file(file: Path, place: str) -> tuple[str, ...]:
    """The beginning of a command for which ``file`` stands at ``place``, for nobody else."""
    return ("unshare", "-m", "sh", "-c", f'mount --bind "$0" {place} && exec "$@"', str(file))


@dataclass
class Site:
    hosts: Hosts
    beacon: SimulatedBeacon
    names: NameServer
    proxy: ProxyProcess
    #: What arrives at the router of the proxy's host, and at Beacon's host.
    outside: Observer
    at_beacon: Observer
    directory: Path

    # --- the packet filter --------------------------------------------------------------------------------------------

    def load_filter(self) -> None:
        self.on_proxy_host("cat deploy/nftables/beacon-audit.nft deploy/nftables/addresses.nft | nft -f -")
        self.on_proxy_host("deploy/nftables/beacon-addresses")

    def on_proxy_host(self, command: str) -> str:
        """A shell command on the proxy's host, whose name server is that of the site; its output."""
        resolving = with_file(self.directory / "resolv.conf", "/etc/resolv.conf")
        with self.hosts.proxy.entered():
            done = subprocess.run(
                (*resolving, "sh", "-c", command), cwd=ROOT, capture_output=True, text=True, timeout=60
            )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def counted(self) -> Mapping[str, int]:
        """Packets by the name of the counter that counted them."""
        listed = json.loads(self.hosts.proxy.run("nft", "-j", "list", "counters", "table", "inet", "beacon_audit"))
        counters = (item["counter"] for item in listed["nftables"] if "counter" in item)
        return {counter["name"]: counter["packets"] for counter in counters}

    # --- what got out -------------------------------------------------------------------------------------------------

    def leaks(self) -> list[Packet]:
        """Packets that got out, but for those by which the proxy speaks to Beacon and to its name server."""
        return [packet for packet in self.outside.seen() if not _is_the_proxys(packet)]

    def forget(self) -> None:
        self.outside.forget()
        self.at_beacon.forget()

    # --- LangSmith's host ---------------------------------------------------------------------------------------------

    def send_packet(self, packet: bytes) -> None:
        """A packet as it is, whatever it says, from LangSmith's host to its router."""
        kind = ETHERNET_4 if packet[0] >> 4 == 4 else ETHERNET_6
        with (
            self.hosts.langsmith.entered(),
            closing(socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM)) as wire,
        ):
            wire.sendto(packet, ("eth0", kind, 0, 0, self.hosts.router_hardware))

    def client(self, command: Sequence[str], body: bytes, *, path: str, name_leads_to: str) -> Said:
        """A client on LangSmith's host, where Beacon's name leads to an address that may be anything."""
        file = self.directory / "hosts"
        file.write_text(f"127.0.0.1 localhost\n{name_leads_to} {HOST}\n")
        trust = dict.fromkeys(("CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"), self.proxy.home.ca_certificate)
        with self.hosts.langsmith.entered():
            return ordinary_clients.run((*with_file(file, "/etc/hosts"), *command), body, path=path, environment=trust)


def _is_the_proxys(packet: Packet) -> bool:
    if packet.source not in PROXY.values():
        return False
    to_beacon = packet.destination in BEACON.values() and (packet.protocol, packet.port) == (TCP, 443)
    return to_beacon or (
        packet.destination in RESOLVER.values() and packet.protocol in (TCP, UDP) and packet.port == 53
    )


def fresh_port() -> int:
    """A source port that no earlier packet had: the kernel remembers what became of a connection."""
    return next(_PORTS)


@contextmanager
def running_site(directory: Path) -> Iterator[Site]:
    """Everything runs, and no packet filter is loaded yet. Skips the test where such hosts cannot be had."""
    if reason := three_hosts.why_not():
        pytest.skip(reason)
    (directory / "resolv.conf").write_text(f"nameserver {RESOLVER[4]}\noptions timeout:2 attempts:2\n")
    with ExitStack() as stack:
        hosts = stack.enter_context(three_hosts.hosts())
        with hosts.beacon.entered():
            listener = socket.create_server(("::", 443), family=socket.AF_INET6, dualstack_ipv6=True)
            at_beacon = stack.enter_context(closing(Observer("eth0")))
        beacon = stack.enter_context(SimulatedBeacon(directory, listener=listener))
        with hosts.world.entered():
            outside = stack.enter_context(closing(Observer("to_proxy")))
            bound = [_bound(RESOLVER[version]) for version in (4, 6)]
        names = stack.enter_context(NameServer(bound, {HOST: tuple(BEACON.values())}))
        policy = write_policy(directory, None, upstream={"ca_file": str(beacon.ca_file)})
        proxy = ProxyProcess(
            directory,
            policy,
            mode="transparent",
            listen=LISTEN[0],
            arguments=("--listen", LISTEN[1]),
            prefix=(*with_file(directory / "resolv.conf", "/etc/resolv.conf"), *AS_USER),
        )
        give_to_user(proxy.home.path)
        with hosts.proxy.entered():
            proxy.start()
        stack.callback(proxy.stop)
        yield Site(hosts, beacon, names, proxy, outside, at_beacon, directory)


def give_to_user(directory: Path) -> None:
    """Let the proxy's user have what was made for it."""
    for path in (directory, *directory.rglob("*")):
        shutil.chown(path, USER, USER)


def socket_of(user: int, version: int, kind: int) -> socket.socket:
    """A socket that belongs to another user, as the packet filter sees it."""
    os.seteuid(user)
    try:
        made = socket.socket(socket.AF_INET if version == 4 else socket.AF_INET6, kind)
    finally:
        os.seteuid(0)
    made.setblocking(False)
    return made


def _bound(address: str) -> socket.socket:
    made = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
    made.bind((address, 53))
    return made
