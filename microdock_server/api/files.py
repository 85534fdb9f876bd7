"""Files on their way out: sent by the kernel (or handed to the proxy), with headers that let clients verify them."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, Final, Protocol

from flask import Response, request
from werkzeug.wsgi import wrap_file

from ..errors import RangeNotSatisfiable
from ..models import PluginImage
from ..services.downloads import MEDIA_TYPE, Download, Package
from ..storage import Handover
from ..storage.disposition import disposition

CHUNK: Final = 1 << 20


def package_response(download: Download) -> Response:
    """A package as a response; `Deprecation` says that a newer one should be used."""
    package = download.package
    response = attachment(
        stream=download.stream,
        handover=download.handover,
        size=package.size,
        sha256=package.sha256,
        file_name=package.file_name,
        media_type=MEDIA_TYPE,
    )
    return _deprecated(response, package)


def fetched(package: Package, begin: Callable[[bool], Download]) -> Response:
    """A package as GET answers it: whole, in part, or not at all where the client has it (304) or asks with HEAD.

    `begin` opens it; its argument says whether the answer begins with the first byte, which is a download.
    """
    facts = _Facts(package.size, package.sha256, package.file_name, MEDIA_TYPE)
    return _deprecated(_conditional(facts, begin), package)


def picture_response(image: PluginImage, open_it: Callable[[], BinaryIO], file_name: str) -> Response:
    """A picture as GET answers it, to be shown in place. Its address names its bytes: it can be kept for good."""
    facts = _Facts(image.file_size, image.file_hash, file_name, image.media_type)
    response = _conditional(facts, lambda _: Opened(None, open_it()))
    response.headers["Content-Disposition"] = disposition(file_name).replace("attachment", "inline", 1)
    # For the client alone: not everybody may see a picture of what is not published.
    response.headers["Cache-Control"] = "private, max-age=86400, immutable"
    return response


class _Source(Protocol):
    @property
    def handover(self) -> Handover | None: ...
    @property
    def stream(self) -> BinaryIO | None: ...


@dataclass(frozen=True, slots=True)
class Opened:
    """A file that is open at its first byte, or that somebody else sends."""

    handover: Handover | None
    stream: BinaryIO | None


@dataclass(frozen=True, slots=True)
class _Facts:
    size: int
    sha256: str
    file_name: str
    media_type: str


def _conditional(facts: _Facts, begin: Callable[[bool], _Source]) -> Response:
    etag = f'"{facts.sha256}"'
    if request.if_none_match.contains(facts.sha256):
        return _described(Response(status=304), facts)
    wanted = _range(facts, etag)
    if request.method == "HEAD":
        return _part(_described(Response(mimetype=facts.media_type), facts), facts, wanted)
    opened = begin(wanted is None or wanted[0] == 0)
    if opened.handover is not None:
        # Who sends it reads the client's Range itself.
        return _handed_over(opened.handover, facts)
    assert opened.stream is not None
    if wanted is None:
        body: Any = wrap_file(request.environ, opened.stream, CHUNK)
    else:
        opened.stream.seek(wanted[0])
        body = _Limited(opened.stream, wanted[1] - wanted[0])
    response = Response(body, mimetype=facts.media_type, direct_passthrough=True)
    return _part(_described(response, facts), facts, wanted)


def _range(facts: _Facts, etag: str) -> tuple[int, int] | None:
    """First byte and end of the one range asked for; None for the whole file. Raises RangeNotSatisfiable."""
    asked = request.range
    guard = request.headers.get("If-Range")
    if asked is None or asked.units != "bytes" or len(asked.ranges) != 1 or guard not in (None, etag):
        return None
    found = asked.range_for_length(facts.size)
    if found is None:
        raise RangeNotSatisfiable(facts.size)
    return found


def _part(response: Response, facts: _Facts, wanted: tuple[int, int] | None) -> Response:
    # Not where another sends the file: nginx would say it twice.
    response.headers["Accept-Ranges"] = "bytes"
    response.content_length = facts.size if wanted is None else wanted[1] - wanted[0]
    if wanted is not None:
        response.status_code = 206
        response.headers["Content-Range"] = f"bytes {wanted[0]}-{wanted[1] - 1}/{facts.size}"
    return response


def _described(response: Response, facts: _Facts) -> Response:
    _verifiable(response, facts.sha256)
    response.headers["Content-Disposition"] = disposition(facts.file_name)
    return response


class _Limited:
    """The next so many bytes of a stream, in pieces."""

    def __init__(self, stream: BinaryIO, left: int) -> None:
        self._stream, self._left = stream, left

    def __iter__(self) -> Iterator[bytes]:
        while self._left and (chunk := self._stream.read(min(CHUNK, self._left))):
            self._left -= len(chunk)
            yield chunk

    def close(self) -> None:
        self._stream.close()


def _deprecated(response: Response, package: Package) -> Response:
    if package.is_deprecated:
        response.headers["Deprecation"] = "true"
    return response


def _verifiable(response: Response, sha256: str) -> None:
    response.headers["ETag"] = f'"{sha256}"'
    response.headers["Repr-Digest"] = f"sha-256=:{base64.b64encode(bytes.fromhex(sha256)).decode()}:"
    response.headers["Cache-Control"] = "no-cache"


def attachment(
    *, stream: BinaryIO | None, handover: Handover | None, size: int, sha256: str, file_name: str, media_type: str
) -> Response:
    """A response that sends `stream` without copying it through Python, or says who sends the file instead."""
    facts = _Facts(size, sha256, file_name, media_type)
    if handover is not None:
        return _handed_over(handover, facts)
    assert stream is not None
    response = Response(wrap_file(request.environ, stream, CHUNK), mimetype=media_type, direct_passthrough=True)
    response.content_length = size
    response.headers["Content-Disposition"] = disposition(file_name)
    _verifiable(response, sha256)
    return response


def _handed_over(handover: Handover, facts: _Facts) -> Response:
    """To the proxy in front, or to the store: 303, which is fetched with GET whatever the method was."""
    if not handover.is_redirect:
        response = _described(Response(mimetype=facts.media_type), facts)
        response.headers["X-Accel-Redirect"] = handover.address
        return response
    response = Response(status=303)
    response.headers["Location"] = handover.address
    # It is no longer good when it could be asked for again, and lets whoever has it read the file.
    response.headers["Cache-Control"] = "no-store"
    return response
