"""Signed S3 URLs: AWS Signature Version 4 in the query (AWS, "Authenticating Requests: Using Query Parameters").

The client library can presign URLs as well, but without the parameters that name a download
(`response-content-disposition`) and list unfinished uploads (`uploads`): those are part of the signature.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import reduce
from urllib.parse import quote, urlsplit

from ..addresses.bucket import Address, Credentials


def signed_url(
    method: str,
    origin: str,
    path: str,
    query: Mapping[str, str],
    *,
    address: Address,
    credentials: Credentials,
    lifetime: timedelta,
    now: datetime | None = None,
) -> str:
    """A URL that permits this one request to anybody who has it, for a limited time (at most seven days). It is a
    secret.
    """
    moment = (now or datetime.now(UTC)).strftime("%Y%m%dT%H%M%SZ")
    scope = f"{moment[:8]}/{address.region}/s3/aws4_request"
    asked = {
        **query,
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Credential": f"{credentials.key_id}/{scope}",
        "X-Amz-Date": moment,
        "X-Amz-Expires": str(int(lifetime.total_seconds())),
        "X-Amz-SignedHeaders": "host",
    }
    if credentials.token:
        asked["X-Amz-Security-Token"] = credentials.token
    encoded = sorted((quote(name, safe="-_.~"), quote(value, safe="-_.~")) for name, value in asked.items())
    line = "&".join(f"{name}={value}" for name, value in encoded)
    place = quote(path, safe="/-_.~")
    request = f"{method}\n{place}\n{line}\nhost:{_host(origin)}\n\nhost\nUNSIGNED-PAYLOAD"
    text = f"AWS4-HMAC-SHA256\n{moment}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    key = reduce(_mac, scope.split("/"), f"AWS4{credentials.secret}".encode())
    return f"{origin}{place}?{line}&X-Amz-Signature={_mac(key, text).hex()}"


def _mac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def _host(origin: str) -> str:
    """The host as clients send it: without the scheme's default port."""
    parts = urlsplit(origin)
    return parts.netloc.removesuffix(":443" if parts.scheme == "https" else ":80").lower()
