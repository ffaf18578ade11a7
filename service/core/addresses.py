"""Which addresses a webhook may be sent to: public ones, and those in networks that a setting opens.

Python's own `is_global` lets some through that lead back inside (multicast, 6to4, NAT64, translated and site-local
addresses …), and its answer differs from version to version; so the list stands here, and `is_global` is asked last.

Source: PRODUCT.md section 6, promise 7; IANA's registries of special-purpose addresses; research into other senders.
"""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

LOOPBACK = "loopback address"
PRIVATE = "private address"
LINK_LOCAL = "link-local address"
SHARED = "address shared by a carrier"
MULTICAST = "multicast address"
DOCUMENTATION = "address for documentation"
RESERVED = "reserved address"
IPV4_INSIDE = "IPv6 address that stands for an IPv4 address"
ZONED = "address with a zone"
NOT_UNICAST = "not a public address"

_BY_REASON: dict[str, tuple[str, ...]] = {
    LOOPBACK: ("127.0.0.0/8", "::1/128"),
    PRIVATE: ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "fec0::/10"),
    LINK_LOCAL: ("169.254.0.0/16", "fe80::/10"),
    SHARED: ("100.64.0.0/10",),
    MULTICAST: ("224.0.0.0/4", "ff00::/8"),
    DOCUMENTATION: ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32", "3fff::/20"),
    # NAT64 with both its prefixes, Teredo, 6to4 and its relays. What they carry is not looked at: nobody's
    # public receiver is known by such an address.
    IPV4_INSIDE: ("64:ff9b::/32", "2001::/32", "2002::/16", "192.88.99.0/24"),
    RESERVED: (
        "0.0.0.0/8",
        "192.0.0.0/24",
        "198.18.0.0/15",
        "240.0.0.0/4",
        "::/8",  # unspecified, IPv4-compatible and IPv4-translated; IPv4-mapped is judged as the IPv4 it is
        "100::/64",
        "2001::/23",
        "5f00::/16",
    ),
}
_DENIED = tuple((reason, ip_network(text)) for reason, texts in _BY_REASON.items() for text in texts)
_UNICAST = IPv6Network("2000::/3")
"""All of IPv6 that has ever been given out for public use."""
_ISATAP = frozenset({0x00005EFE, 0x02005EFE})
"""The upper half of an interface identifier whose lower half is an IPv4 address to tunnel to (RFC 5214)."""


def refusal_of(address: Address, *, opened: Sequence[Network] = ()) -> str | None:
    """Return why nothing may be sent to this address, in a few English words; None if it may.

    IPv4 in IPv6's clothes (`::ffff:a.b.c.d`) is judged as the IPv4 it is. `opened` networks are allowed whatever they
    are. The words never hold the address: they are shown to an endpoint's owner, to whom a name inside our network
    must not be spelt out.
    """
    if isinstance(address, IPv6Address):
        if address.scope_id is not None:
            return ZONED
        address = address.ipv4_mapped or address
    if any(address in network for network in opened):
        return None
    for reason, network in _DENIED:
        if address in network:
            return reason
    if isinstance(address, IPv6Address) and (int(address) >> 32) & 0xFFFFFFFF in _ISATAP:
        return IPV4_INSIDE
    is_unicast = address.is_global and (isinstance(address, IPv4Address) or address in _UNICAST)
    return None if is_unicast else NOT_UNICAST
