"""Multipart uploads that were never completed: their parts are invisible, and cost money, until they are aborted.

The client library can neither list nor abort those of another process; three plain requests do.
"""

from __future__ import annotations

import http.client
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit
from xml.etree import ElementTree

from ..addresses.bucket import Address, Credentials
from ..errors import StorageUnavailable
from .signing import signed_url

SECONDS: Final = 15.0
LIFETIME: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Upload:
    """An unfinished upload: its complete key in the bucket, its id, and when it began."""

    key: str
    id: str
    begun: datetime


class UnfinishedUploads:
    """The unfinished uploads below the address's prefix."""

    def __init__(self, address: Address, credentials: Credentials) -> None:
        self._address, self._credentials = address, credentials

    def listed(self, prefix: str) -> Iterator[Upload]:
        """Those whose complete key begins with `prefix`. Raises StorageUnavailable."""
        place: dict[str, str] = {}
        while True:
            page = self._page({"uploads": "", "prefix": prefix, **place})
            for item in page.iterfind("{*}Upload"):
                begun = datetime.fromisoformat(_text(item, "Initiated"))
                key = _text(item, "Key")
                # Some stores ignore the prefix in the request.
                if key.startswith(prefix):
                    yield Upload(key, _text(item, "UploadId"), begun)
            if _text(page, "IsTruncated") != "true":
                return
            place = {
                "key-marker": _text(page, "NextKeyMarker"),
                "upload-id-marker": _text(page, "NextUploadIdMarker"),
            }

    def abort(self, upload: Upload) -> None:
        """Abort the upload; one that is gone already is no failure. Raises StorageUnavailable."""
        self._request("DELETE", f"/{self._address.bucket}/{upload.key}", {"uploadId": upload.id}, (204, 200, 404))

    def _page(self, query: Mapping[str, str]) -> ElementTree.Element:
        body = self._request("GET", f"/{self._address.bucket}", query, (200,))
        try:
            return ElementTree.fromstring(body)  # noqa: S314  (the operator's own store; expat bounds expansion)
        except ElementTree.ParseError as reason:
            raise StorageUnavailable() from reason

    def _request(self, method: str, path: str, query: Mapping[str, str], good: tuple[int, ...]) -> bytes:
        origin = self._address.endpoint
        url = signed_url(
            method, origin, path, query, address=self._address, credentials=self._credentials, lifetime=LIFETIME
        )
        parts = urlsplit(origin)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = kind(parts.netloc, timeout=SECONDS)
        try:
            connection.request(method, url.removeprefix(origin))
            answer = connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException) as reason:
            raise StorageUnavailable() from reason
        finally:
            connection.close()
        if answer.status not in good:
            raise StorageUnavailable() from OSError(f"{method} of unfinished uploads was answered with {answer.status}")
        return body


def _text(element: ElementTree.Element, name: str) -> str:
    return element.findtext(f"{{*}}{name}") or ""
