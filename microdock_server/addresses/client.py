"""Addresses of clients: read from text as servers and proxies write it, and the form that clients are counted by."""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final

Address = IPv4Address | IPv6Address

UNKNOWN: Final = "unknown"
# Whoever has IPv6 has at least so many bits of it to choose from.
IPV6_PREFIX: Final = 64

_LONGEST: Final = 80
_PORT: Final = r"(?::[0-9]{1,5})?"
_BRACKETED: Final = re.compile(rf"\[(?P<address>[^\[\]]*)\]{_PORT}")
_IPV4: Final = re.compile(rf"(?P<address>[0-9.]+){_PORT}")


def parse(text: str) -> Address | None:
    """The address in `text`; None where there is none.

    A port, brackets, quotes and a zone (`fe80::1%eth0`) are left out, and IPv4 in IPv6 (`::ffff:192.0.2.1`) is IPv4.
    """
    text = text.strip().strip('"')
    if len(text) > _LONGEST:
        return None
    found = _BRACKETED.fullmatch(text) or _IPV4.fullmatch(text)
    try:
        address = ip_address((found["address"] if found else text).partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


@lru_cache(4096)
def counted(text: str) -> str:
    """What limits, slow-downs, quotas and logs name a client by, however its address was written.

    IPv4 as it is; IPv6 as its network of 64 bits, which one client has for itself. `unknown` for anything else: those
    are counted together.
    """
    address = parse(text)
    if address is None:
        return UNKNOWN
    if isinstance(address, IPv4Address) or address.is_loopback:
        return str(address)
    return str(IPv6Network((address, IPV6_PREFIX), strict=False))


def is_loopback(text: str) -> bool:
    """Is this an address of the machine itself, that no other machine can have?"""
    address = parse(text)
    return address is not None and address.is_loopback
