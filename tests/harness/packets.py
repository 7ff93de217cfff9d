"""IP packets made by hand, and what is seen of them on a wire. Pure, but for ``Observer``.

Sources: RFC 791, RFC 8200, RFC 768, RFC 9293, RFC 792, RFC 4443.
"""

import ipaddress
import socket
import struct
from dataclasses import dataclass

ETHERNET_ALL, ETHERNET_4, ETHERNET_6 = 0x0003, 0x0800, 0x86DD
ICMP, TCP, UDP, GRE, ESP, ICMP6, SCTP = 1, 6, 17, 47, 50, 58, 132
_SENT_FROM_HERE = 4  # PACKET_OUTGOING of packet(7)


@dataclass(frozen=True, slots=True)
class Packet:
    """``port`` is the destination port, 0 where the protocol has none."""

    source: str
    destination: str
    protocol: int
    port: int

    @property
    def is_of_the_link(self) -> bool:
        """Neighbour discovery and its kin, which no router passes on."""
        address = ipaddress.ip_address(self.destination)
        return address.is_link_local or address in ipaddress.ip_network("ff02::/16")


def read_packet(data: bytes) -> Packet | None:
    """What an IP packet says of itself, ``None`` for another protocol."""
    if data[:1] and data[0] >> 4 == 4:
        start, protocol = (data[0] & 15) * 4, data[9]
        source, destination = (socket.inet_ntop(socket.AF_INET, data[at : at + 4]) for at in (12, 16))
    elif data[:1] and data[0] >> 4 == 6:
        start, protocol = 40, data[6]
        source, destination = (socket.inet_ntop(socket.AF_INET6, data[at : at + 16]) for at in (8, 24))
    else:
        return None
    port = int.from_bytes(data[start + 2 : start + 4]) if protocol in (TCP, UDP, SCTP) else 0
    return Packet(source, destination, protocol, port)


def ip_packet(source: str, destination: str, protocol: int, payload: bytes, *, hops: int = 64) -> bytes:
    """A whole packet; a checksum at the usual place of TCP, UDP and ICMP is filled in."""
    addresses = tuple(ipaddress.ip_address(text).packed for text in (source, destination))
    pseudo = b"".join(addresses) + struct.pack("!IHBB", len(payload), 0, 0, protocol)
    at = {TCP: 16, UDP: 6, ICMP: 2, ICMP6: 2}.get(protocol)
    if at is not None:
        covered = payload if protocol == ICMP else pseudo + payload
        payload = payload[:at] + _checksum(covered) + payload[at + 2 :]
    if len(addresses[0]) == 16:
        return struct.pack("!IHBB", 6 << 28, len(payload), protocol, hops) + b"".join(addresses) + payload
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), 0, 0, hops, protocol, 0) + b"".join(addresses)
    return head[:10] + _checksum(head) + head[12:] + payload


def udp(port: int, data: bytes, *, source: int) -> bytes:
    return struct.pack("!HHHH", source, port, 8 + len(data), 0) + data


def tcp_syn(port: int, *, source: int, number: int = 0x53454352) -> bytes:
    """The first segment of a connection. The answer repeats ``number`` plus one: four bytes that a sender chooses."""
    return struct.pack("!HHIIBBHHH", source, port, number, 0, 5 << 4, 2, 65535, 0, 0)


def echo(family: int) -> bytes:
    return struct.pack("!BBHHH", 8 if family == 4 else 128, 0, 0, 1, 1) + b"secret"


def _checksum(data: bytes) -> bytes:
    words = struct.unpack(f"!{(len(data) + 1) // 2}H", data + b"\x00" * (len(data) % 2))
    total = sum(words)
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return struct.pack("!H", ~total & 0xFFFF)


class Observer:
    """Every packet that arrives at an interface of the namespace in which it is made, before any filter sees it."""

    def __init__(self, interface: str) -> None:
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETHERNET_ALL))
        self._socket.setsockopt(socket.SOL_SOCKET, 33, 1 << 24)  # SO_RCVBUFFORCE
        self._socket.bind((interface, ETHERNET_ALL))
        self._socket.setblocking(False)
        self._seen: list[Packet] = []

    def seen(self) -> list[Packet]:
        """All since the last ``forget``, in their order.

        Raises:
            AssertionError: the kernel had to drop some.
        """
        while True:
            try:
                data, (_, _, kind, *_) = self._socket.recvfrom(65535)
            except BlockingIOError:
                break
            packet = read_packet(data)
            if packet is not None and kind != _SENT_FROM_HERE and not packet.is_of_the_link:
                self._seen.append(packet)
        lost = struct.unpack("II", self._socket.getsockopt(263, 6, 8))[1]  # SOL_PACKET, PACKET_STATISTICS
        assert lost == 0, f"{lost} packets were not seen"
        return list(self._seen)

    def forget(self) -> None:
        self.seen()
        self._seen.clear()

    def close(self) -> None:
        self._socket.close()
