"""Which addresses may be dialled though nobody named them: public ones, by whatever notation they come."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beacon_audit.proxy.addresses import is_public

PUBLIC = ("8.8.8.8", "1.1.1.1", "172.15.255.255", "172.32.0.1", "100.63.255.255", "100.128.0.1", "223.255.255.255",
          "2606:4700::1111", "2a00:1450:4001:830::200e", "::ffff:8.8.8.8", "64:ff9b::808:808")  # fmt: skip
NOT_PUBLIC = {
    "unspecified": ("0.0.0.0", "0.1.2.3", "::"),  # noqa: S104 - nothing listens there
    "loopback": ("127.0.0.1", "127.255.255.254", "::1"),
    "private": ("10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.0.1", "fc00::1", "fd00:ec2::254"),
    "carrier": ("100.64.0.1", "100.100.100.200", "100.127.255.255"),
    "link-local": ("169.254.0.1", "169.254.169.254", "fe80::1", "fe80::1%eth0", "febf::1"),
    "site-local": ("fec0::1",),
    "metadata of clouds": ("169.254.169.254", "168.63.129.16", "192.0.0.192", "fd20:ce::254"),
    "multicast": ("224.0.0.1", "239.255.255.250", "232.1.1.1", "ff02::1", "ff0e::1", "ff05::2"),
    "reserved": ("240.0.0.1", "255.255.255.255", "4000::1", "5f00::1", "e000::1"),
    "documentation": ("192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1", "3fff::1"),
    "benchmarks": ("198.18.0.1", "198.19.255.255", "2001:2::1"),
    "protocols": ("192.0.0.9", "192.0.0.170", "192.88.99.1", "2001:1::1", "2001:20::1", "100::1"),
    "mapped": ("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:224.0.0.1",
               "::ffff:168.63.129.16"),
    "compatible": ("::127.0.0.1", "::8.8.8.8", "::10.0.0.1"),
    "translated": ("::ffff:0:127.0.0.1", "::ffff:0:8.8.8.8"),
    "NAT64": ("64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b::a00:1", "64:ff9b::e000:1", "64:ff9b:1::808:808",
              "64:ff9b::a83f:8110"),
    "6to4": ("2002:7f00:1::", "2002:808:808::1"),
    "Teredo": ("2001::1", "2001:0:808:808::f7f7:f7f7"),
    "no address": ("", "localhost", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "8.8.8.8:443", "[::1]"),
}  # fmt: skip


@pytest.mark.parametrize("address", PUBLIC)
def test_public_address_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", [address for addresses in NOT_PUBLIC.values() for address in addresses])
def test_address_that_leads_inwards_or_to_many_is_not(address: str) -> None:
    assert not is_public(address)


@given(st.ip_addresses(v=4))
def test_ipv4_address_is_judged_alike_in_every_ipv6_address_that_leads_to_it(address: ipaddress.IPv4Address) -> None:
    for prefix in ("::ffff:0:0", "64:ff9b::"):
        inside = ipaddress.IPv6Address(int(ipaddress.IPv6Address(prefix)) | int(address))
        assert is_public(str(inside)) == is_public(str(address))


@given(st.ip_addresses())
def test_what_the_standard_library_calls_special_is_never_public(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    holds = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    special = address.is_private or address.is_loopback or address.is_link_local or address.is_multicast
    if special and holds is None:
        assert not is_public(str(address))


@given(st.text())
def test_whatever_comes_it_never_raises(text: str) -> None:
    is_public(text)
