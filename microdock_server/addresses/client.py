"""Addresses of clients: parsed from the text that servers and proxies write, and the form in which clients are
counted.
"""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final

Address = IPv4Address | IPv6Address

UNKNOWN: Final = "unknown"
# A client with IPv6 chooses freely among at least this many bits of its address.
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
    """The name under which limits, throttling, quotas and logs know a client, however its address was written.

    IPv4 as it is; IPv6 as its /64 network, which one client has to itself. Anything else is `unknown`, and is counted
    together.
    """
    address = parse(text)
    if address is None:
        return UNKNOWN
    if isinstance(address, IPv4Address) or address.is_loopback:
        return str(address)
    return str(IPv6Network((address, IPV6_PREFIX), strict=False))


def is_loopback(text: str) -> bool:
    """Is this a loopback address, which no other machine can have?"""
    address = parse(text)
    return address is not None and address.is_loopback
