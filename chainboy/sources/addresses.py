"""Which addresses a node may connect to for a stranger's program: public unicast ones, and no others.

Rule: the special-purpose registries of IANA (RFC 6890 and its updates), read with the standard library's
:mod:`ipaddress` and narrowed where that follows an older registry or judges an address by its outside alone.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

Address = IPv4Address | IPv6Address

_NEVER: tuple[IPv4Network | IPv6Network, ...] = (
    IPv4Network("192.0.0.0/24"),  # protocol assignments; metadata services hide there
    IPv4Network("168.63.129.16/32"),  # a public address, but inside Azure it is the host's own service
    IPv4Network("192.88.99.0/24"),  # relays to 6to4, given up
    IPv6Network("2001::/23"),  # protocol assignments, Teredo among them
    IPv6Network("2002::/16"),  # 6to4: the way goes on to any IPv4 address
    IPv6Network("3fff::/20"),  # documentation
)
_GLOBAL_UNICAST = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")
_V4_BITS = 32


def is_public(address: Address) -> bool:
    """Whether ``address`` is one that anybody on the internet reaches the same machine by."""
    address = destination(address)
    if isinstance(address, IPv6Address) and address not in _GLOBAL_UNICAST:
        return False
    if any(address.version == network.version and address in network for network in _NEVER):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved)


def is_loopback(address: Address) -> bool:
    """Whether ``address`` is this very machine's."""
    return destination(address).is_loopback


def destination(address: Address) -> Address:
    """Where a packet to ``address`` ends: the IPv4 address that an IPv4-mapped or a NAT64 one stands for."""
    if not isinstance(address, IPv6Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return IPv4Address(int(address) % 2**_V4_BITS) if address in _NAT64 else address
