"""Which addresses belong to the public network, looking also into what they embed."""

import ipaddress
from ipaddress import IPv4Address, IPv6Address, IPv6Network

# A translator or a tunnel at the edge sends what goes to these on to the IPv4 address in their last bits.
_LAST_BITS = [
    IPv6Network(net)
    for net in (
        "::/96",  # IPv4-compatible, RFC 4291
        "::ffff:0:0/96",  # IPv4-mapped, RFC 4291
        "::ffff:0:0:0/96",  # IPv4-translated, RFC 2765
        "64:ff9b::/96",  # NAT64, RFC 6052
    )
]
# Of a translator of one's own (RFC 8215): where in it the address lies only its operator knows.
_LOCAL_TRANSLATION = IPv6Network("64:ff9b:1::/48")
# Any network may have such an interface (RFC 5214), whose last bits are its IPv4 address.
_ISATAP = {0x00005EFE, 0x02005EFE}


def is_public(address: str) -> bool:
    """Raises `ValueError` where this is no address in numbers."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, IPv4Address):
        return _is_global(ip)
    if ip in _LOCAL_TRANSLATION or not all(_is_global(inner) for inner in _embedded(ip)):
        return False
    # Python calls the mapped ones private, whatever they map.
    return ip.ipv4_mapped is not None or (_is_global(ip) and not ip.is_site_local)


def _is_global(ip: IPv4Address | IPv6Address) -> bool:
    return ip.is_global and not ip.is_multicast


def _embedded(ip: IPv6Address) -> list[IPv4Address]:
    low = int(ip) & 0xFFFF_FFFF
    found = [IPv4Address(low)] if any(ip in net for net in _LAST_BITS) else []
    if int(ip) >> 32 & 0xFFFF_FFFF in _ISATAP:
        found.append(IPv4Address(low))
    if ip.sixtofour is not None:
        found.append(ip.sixtofour)
    return found + list(ip.teredo or ())
