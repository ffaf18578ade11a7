"""Which addresses may be called: none that leads back inside, in whatever clothes."""

from ipaddress import IPv4Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core import addresses
from service.core.addresses import refusal_of

PUBLIC = [
    "1.1.1.1",
    "8.8.8.8",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "192.0.1.1",
    "198.17.255.255",
    "198.20.0.0",
    "223.255.255.255",
    "211.252.150.1",
    "2001:4860:4860::8888",
    "2606:4700:4700::1111",
    "2400:cb00::1",
    "::ffff:8.8.8.8",
]
REFUSED = {
    addresses.LOOPBACK: ["127.0.0.1", "127.255.255.254", "::1", "::ffff:127.0.0.1", "::ffff:7f00:1"],
    addresses.PRIVATE: [
        "10.0.0.1",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "fc00::1",
        "fd12:3456:789a::1",
        "fec0::1",
        "::ffff:10.0.0.1",
    ],
    addresses.LINK_LOCAL: ["169.254.169.254", "fe80::1", "febf::1", "::ffff:169.254.169.254"],
    addresses.SHARED: ["100.64.0.1", "100.127.255.255", "100.100.100.200"],
    addresses.MULTICAST: ["224.1.2.3", "233.252.0.16", "239.255.255.255", "ff02::1", "ff0e::1"],
    addresses.DOCUMENTATION: ["192.0.2.1", "198.51.100.7", "203.0.113.9", "2001:db8::1", "3fff::1"],
    addresses.IPV4_INSIDE: [
        "64:ff9b::7f00:1",
        "64:ff9b::c0a8:0",
        "64:ff9b:1::a00:1",
        "2002:7f00:1::",
        "2002:c0a8:101::1",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        "192.88.99.3",
        "2400:cb00::5efe:7f00:1",
        "2400:cb00::200:5efe:a00:1",
    ],
    addresses.RESERVED: [
        "0.0.0.0",  # noqa: S104 - judged, not listened on
        "0.1.2.3",
        "192.0.0.255",
        "192.0.0.8",
        "198.18.0.1",
        "198.19.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::7f00:1",
        "::ffff:0:7f00:1",
        "::5efe:7f00:1",
        "100::1",
        "2001:2::1",
        "2001:10::1",
        "2001:1::1",
        "5f00::1",
    ],
    addresses.NOT_UNICAST: ["200::1", "400::1", "4000::1", "8000::1", "c000::1", "e000::1", "fe00::1"],
    addresses.ZONED: ["fe80::1%eth0", "2606:4700:4700::1111%1"],
}


@pytest.mark.parametrize("text", PUBLIC)
def test_public_addresses_may_be_called(text: str) -> None:
    assert refusal_of(ip_address(text)) is None


@pytest.mark.parametrize(("text", "reason"), [(text, reason) for reason in REFUSED for text in REFUSED[reason]])
def test_whatever_is_not_public_is_refused_with_its_reason(text: str, reason: str) -> None:
    assert refusal_of(ip_address(text)) == reason


@given(st.integers(0, 2**32 - 1).map(IPv4Address))
def test_an_ipv4_address_in_ipv6_clothes_is_judged_as_itself(address: IPv4Address) -> None:
    assert refusal_of(ip_address(f"::ffff:{address}")) == refusal_of(address)


@given(st.ip_addresses())
def test_nothing_is_called_that_python_knows_not_to_be_global(address: addresses.Address) -> None:
    judged = getattr(address, "ipv4_mapped", None) or address
    assert refusal_of(address) is not None or (judged.is_global and not judged.is_multicast)


@pytest.mark.parametrize(
    ("network", "inside", "outside"),
    [
        ("127.0.0.0/8", "127.0.0.1", "10.0.0.1"),
        ("127.0.0.0/8", "::ffff:127.0.0.1", "::1"),
        ("10.20.0.0/16", "10.20.3.4", "10.21.0.1"),
        ("::1/128", "::1", "127.0.0.1"),
        ("fd00::/8", "fd12::1", "fc00::1"),
    ],
)
def test_a_setting_opens_a_network_and_that_one_alone(network: str, inside: str, outside: str) -> None:
    opened = [ip_network(network)]
    assert refusal_of(ip_address(inside), opened=opened) is None
    assert refusal_of(ip_address(outside), opened=opened) is not None


def test_the_reason_never_spells_out_the_address() -> None:
    assert not any(text in reason for reason, texts in REFUSED.items() for text in texts if text != "::")
