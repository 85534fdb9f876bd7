"""What is sent plain or gzipped: both forms, with a tag for each, made of the bytes alone."""

from __future__ import annotations

import gzip
import hashlib
from typing import Final, NamedTuple

_LEVEL: Final = 6


class Packed(NamedTuple):
    """The gzipped form of some bytes, and the entity tags (RFC 9110, 8.8.3) of the plain form and of this one."""

    data: bytes
    plain_etag: str
    etag: str


def packed(data: bytes) -> Packed:
    """The same for the same bytes, on every node."""
    tag = hashlib.sha256(data).hexdigest()[:32]
    # The time that gzip writes would make every node's bytes others.
    return Packed(gzip.compress(data, _LEVEL, mtime=0), f'"{tag}"', f'"{tag}-gz"')
