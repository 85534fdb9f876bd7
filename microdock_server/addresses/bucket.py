"""Where the bucket is: parses `STORAGE_URL`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qs

from .urls import parse

SCHEME: Final = "s3"
KNOWN: Final = frozenset({"endpoint", "public_endpoint", "region"})
# What S3 allows: lower case, digits, dots and hyphens.
BUCKET: Final = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
SEGMENT: Final = re.compile(r"[A-Za-z0-9_.=-]+")
REGION: Final = re.compile(r"[a-z0-9-]+")


@dataclass(frozen=True, slots=True)
class Address:
    """A bucket. `endpoint` is the address the server uses, `public_endpoint` the one its clients use."""

    bucket: str
    prefix: str
    region: str
    endpoint: str
    public_endpoint: str


@dataclass(frozen=True, slots=True)
class Credentials:
    """The bucket's access key; left out of every representation, so that no log ever holds it."""

    key_id: str
    secret: str = field(repr=False)
    token: str = field(default="", repr=False)


def parse_address(url: str) -> Address:
    """`s3://bucket/prefix?endpoint=http://…&region=…`. Raises ValueError saying what is wrong, without the URL in it.

    Credentials in the URL are refused, because URLs end up in logs, process lists and backups.
    """
    parts = parse(url)
    if parts.scheme != SCHEME:
        raise ValueError("must begin with s3://")
    if "@" in parts.netloc:
        raise ValueError("holds credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY instead")
    if not BUCKET.fullmatch(parts.netloc):
        raise ValueError("must name a bucket, such as s3://plugins")
    prefix = parts.path.strip("/")
    if prefix and not all(SEGMENT.fullmatch(part) and part.strip(".") for part in prefix.split("/")):
        raise ValueError("has a prefix with more in it than letters, digits and _ . = -")
    asked = _query(parts.query)
    region = asked.get("region", "us-east-1")
    if not REGION.fullmatch(region):
        raise ValueError("has a region that is none, such as us-east-1")
    endpoint = _origin(asked.get("endpoint", f"https://s3.{region}.amazonaws.com"), "endpoint")
    public = _origin(asked.get("public_endpoint", endpoint), "public_endpoint")
    return Address(parts.netloc, prefix, region, endpoint, public)


def _query(text: str) -> dict[str, str]:
    found = parse_qs(text, keep_blank_values=True)
    if not found.keys() <= KNOWN:
        # The message does not say which parameter it was: it may be a secret.
        raise ValueError(f"has parameters other than {', '.join(sorted(KNOWN))}; credentials do not belong there")
    if any(len(values) > 1 for values in found.values()):
        raise ValueError("has a parameter twice")
    return {name: values[0] for name, values in found.items()}


def _origin(text: str, name: str) -> str:
    try:
        parts = parse(text)
    except ValueError as wrong:
        raise ValueError(f"has an {name} that {wrong}") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/") or parts.query:
        raise ValueError(f"has an {name} that is no http(s) address such as http://127.0.0.1:9000")
    if "@" in parts.netloc:
        raise ValueError(f"has an {name} with credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY instead")
    return f"{parts.scheme}://{parts.netloc}"
