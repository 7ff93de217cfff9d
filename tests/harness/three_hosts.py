"""Four hosts in network namespaces, with wires between them, as ``deploy/nftables`` is meant for.

    langsmith ─── proxy ─── world ─── beacon
    eth0    langsmith0 uplink0   to_proxy to_beacon   eth0

The proxy's host is the router of LangSmith's host and forwards (the worst case); ``world`` is its router and everything
else there is, its name server included; what arrives there has got out. Addresses are those of the documents, and of
Beacon public ones, which nobody outside of these namespaces is asked for. Needs root, ``ip`` and ``nft``.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

HOST = "beacon.langchain.com"
LANGSMITH = {4: "192.0.2.10", 6: "2001:db8:1::10"}
ROUTER = {4: "192.0.2.1", 6: "2001:db8:1::1"}
PROXY = {4: "198.51.100.2", 6: "2001:db8:2::2"}
WORLD = {4: "198.51.100.1", 6: "2001:db8:2::1"}
RESOLVER = {4: "198.51.100.53", 6: "2001:db8:2::53"}
BEACON_SIDE = {4: "34.120.0.1", 6: "2600:1901::1"}
BEACON = {4: "34.120.0.10", 6: "2600:1901::10"}
#: Somewhere in the world where nobody listens.
ELSEWHERE = {4: "203.0.113.99", 6: "2001:db8:ffff::99"}
LENGTH = {4: 24, 6: 64}
#: Forwarding and no check of sources, the worst case; no waiting for duplicate addresses.
_KERNEL = {
    "net/ipv4/ip_forward": "1",
    "net/ipv6/conf/all/forwarding": "1",
    "net/ipv4/conf/all/rp_filter": "0",
    "net/ipv4/conf/default/rp_filter": "0",
    "net/ipv6/conf/all/accept_dad": "0",
    "net/ipv6/conf/default/accept_dad": "0",
    "net/ipv6/conf/default/dad_transmits": "0",
}


@dataclass(frozen=True)
class Host:
    """A network namespace; it ends when nothing is in it and ``close`` was called."""

    name: str
    descriptor: int

    @property
    def path(self) -> str:
        return f"/proc/{os.getpid()}/fd/{self.descriptor}"

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Inside, the calling thread is on this host: its new sockets and processes belong there."""
        before = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.setns(self.descriptor, os.CLONE_NEWNET)
            try:
                yield
            finally:
                os.setns(before, os.CLONE_NEWNET)
        finally:
            os.close(before)

    def run(self, *command: str, given: bytes | None = None) -> str:
        """Run a command here; its output.

        Raises:
            subprocess.CalledProcessError: it failed.
        """
        with self.entered():
            return subprocess.run(command, input=given, check=True, capture_output=True).stdout.decode()

    def close(self) -> None:
        os.close(self.descriptor)


@dataclass(frozen=True)
class Hosts:
    """``router_hardware`` is the hardware address that LangSmith's host sends to."""

    langsmith: Host
    proxy: Host
    world: Host
    beacon: Host
    router_hardware: bytes


@contextmanager
def hosts() -> Iterator[Hosts]:
    """The four, with addresses, routes and forwarding, and no packet filter.

    Raises:
        OSError, subprocess.CalledProcessError: this machine does not give them.
    """
    with ExitStack() as stack:
        made = [_new_host(name) for name in ("langsmith", "proxy", "world", "beacon")]
        for host in made:
            stack.callback(host.close)
        langsmith, proxy, world, beacon = made
        _wire(langsmith, "eth0", proxy, "langsmith0")
        _wire(proxy, "uplink0", world, "to_proxy")
        _wire(world, "to_beacon", beacon, "eth0")
        for version in (4, 6):
            for host, interface, addresses in (
                (langsmith, "eth0", (LANGSMITH,)),
                (proxy, "langsmith0", (ROUTER,)),
                (proxy, "uplink0", (PROXY,)),
                (world, "to_proxy", (WORLD, RESOLVER)),
                (world, "to_beacon", (BEACON_SIDE,)),
                (beacon, "eth0", (BEACON,)),
            ):
                for address in addresses:
                    place = f"{address[version]}/{LENGTH[version]}"
                    host.run("ip", "address", "add", place, "dev", interface, *(("nodad",) if version == 6 else ()))
            for host, gateway in ((langsmith, ROUTER), (proxy, WORLD), (beacon, BEACON_SIDE)):
                host.run("ip", f"-{version}", "route", "add", "default", "via", gateway[version])
            world.run("ip", f"-{version}", "route", "add", _network(LANGSMITH, version), "via", PROXY[version])
        shown = proxy.run("ip", "-o", "link", "show", "langsmith0")
        hardware = bytes.fromhex(shown.split("link/ether ")[1].split()[0].replace(":", ""))
        yield Hosts(langsmith, proxy, world, beacon, hardware)


@cache
def why_not() -> str | None:
    """Why there cannot be such hosts on this machine; ``None`` when there can."""
    if os.geteuid() != 0:
        return "network namespaces of our own need root"
    for program in ("ip", "nft", "setpriv", "unshare"):
        if shutil.which(program) is None:
            return f"{program} is not installed"
    try:
        with hosts() as made:
            made.proxy.run(
                "nft", "-f", "-", given=b'add table inet a\nadd set inet a b { type ifname; comment "c"; }\n'
            )
    except OSError as error:
        return f"this kernel or container gives out no network namespaces with forwarding: {error.strerror}"
    except subprocess.CalledProcessError as error:
        return f"no hosts in network namespaces: {error.cmd[0]}: {error.stderr.decode().strip()}"
    return None


def _network(addresses: dict[int, str], version: int) -> str:
    head, _, _ = addresses[version].rpartition("." if version == 4 else "::")
    return f"{head}.0/24" if version == 4 else f"{head}::/64"


def _new_host(name: str) -> Host:
    before = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.unshare(os.CLONE_NEWNET)
        try:
            for key, value in _KERNEL.items():
                Path("/proc/sys", key).write_text(value)
            subprocess.run(("ip", "link", "set", "lo", "up"), check=True, capture_output=True)
            return Host(name, os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC))
        finally:
            os.setns(before, os.CLONE_NEWNET)
    finally:
        os.close(before)


def _wire(one: Host, its: str, other: Host, others: str) -> None:
    one.run("ip", "link", "add", its, "type", "veth", "peer", "name", others, "netns", other.path)
    one.run("ip", "link", "set", its, "up")
    other.run("ip", "link", "set", others, "up")
