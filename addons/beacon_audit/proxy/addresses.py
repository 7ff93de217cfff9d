"""Is an address a place on the public Internet? Pure.

Promise: ``is_public`` is true only for an address that leads to one host outside, by whatever way. Takes an address as
``getaddrinfo`` gives it, with or without a zone; anything else is not public. Never raises.

``ipaddress.is_global`` alone is not that: it calls multicast, site-local and IPv4-compatible addresses global, and the
IPv6 addresses that a translator turns into an IPv4 address (NAT64), whatever that is: ``64:ff9b::a9fe:a9fe`` is the
metadata service of a cloud. So of IPv6 only global unicast counts, and what holds an IPv4 address is judged by that.

Sources: the registries of special-purpose addresses (RFC 6890), RFC 4291 §2.5, RFC 6052 (NAT64), RFC 3056 (6to4),
RFC 4380 (Teredo). 168.63.129.16 is public by its number, and the host agent of Azure wherever it is asked from.
"""

import ipaddress
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

_NAT64 = IPv6Network("64:ff9b::/96")
_GLOBAL_UNICAST = IPv6Network("2000::/3")
#: Inside of what is global, but documentation or a way to somewhere else.
_NOT_PUBLIC_6 = (
    IPv6Network("2001::/23"),  # IETF protocol assignments: Teredo, benchmarks, ORCHID, anycast of protocols
    IPv6Network("2001:db8::/32"),  # documentation
    IPv6Network("2002::/16"),  # 6to4: leads to the IPv4 address in it
    IPv6Network("3fff::/20"),  # documentation (RFC 9637), global to older Pythons
)
_NOT_PUBLIC_4 = (
    IPv4Network("168.63.129.16/32"),  # Azure's host agent and metadata
    IPv4Network("192.0.0.0/24"),  # IETF protocol assignments; Oracle's metadata is in it
    IPv4Network("192.88.99.0/24"),  # 6to4 relays
)


def is_public(text: str) -> bool:
    """Whether ``text`` is an address that may be dialled though nobody named it in the policy."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    if isinstance(address, IPv4Address):
        return _is_public_4(address)
    if address.ipv4_mapped is not None:
        return _is_public_4(address.ipv4_mapped)
    if address in _NAT64:
        return _is_public_4(IPv4Address(int(address) & 0xFFFFFFFF))
    return _is_public_6(address)


def _is_public_4(address: IPv4Address) -> bool:
    special = address.is_multicast or any(address in network for network in _NOT_PUBLIC_4)
    return address.is_global and not special


def _is_public_6(address: IPv6Address) -> bool:
    special = address.scope_id is not None or any(address in network for network in _NOT_PUBLIC_6)
    return address.is_global and address in _GLOBAL_UNICAST and not special
