"""File downloads: sent by the kernel, or handed to the proxy or bucket, with headers that let clients verify them."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, Final, Self

from flask import Response, request
from werkzeug.http import http_date
from werkzeug.wrappers import Response as WSGIResponse
from werkzeug.wsgi import wrap_file

from ...errors import DomainError
from ...models import PluginImage
from ...services.plugins.downloads import MEDIA_TYPE, Download, Package
from ...storage import Handover, Outgoing, Suits
from ...storage.disposition import disposition
from . import preconditions
from .links import PLUGINS, absolute, version_path

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment
    from werkzeug.wrappers import Request

CHUNK: Final = 1 << 20

# How a file is opened. Arguments: does the answer begin with the first byte, and may another server send the file?
Begin = Callable[[bool, Suits], Outgoing]


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What is known of a file before it is opened."""

    size: int
    sha256: str
    file_name: str
    media_type: str

    @property
    def etag(self) -> str:
        return f'"{self.sha256}"'


def package_response(download: Download) -> Response:
    """A package as POST answers it: always whole. Headers say whether it is deprecated."""
    return _deprecated(attachment(download.outgoing, _facts_of(download.package)), download.package)


def is_whole() -> bool:
    """Does the request get the whole package, whatever the client has already? See `whole`."""
    return preconditions.are_none(request.environ)


def whole(download: Download) -> Response:
    """A package as GET answers it where `is_whole`."""
    response = package_response(download)
    if download.outgoing.handover is None:
        response.headers["Accept-Ranges"] = "bytes"
    return response


def fetched(package: Package, begin: Begin) -> Response:
    """A package as GET and HEAD answer it: whole, a range, or 304 where the client has it already.

    `begin` opens the file; its first argument says whether the answer begins with the first byte, which counts as a
    download. Raises PreconditionFailed, RangeNotSatisfiable.
    """
    return _deprecated(_conditional(_facts_of(package), begin), package)


def image_response(image: PluginImage, open_it: Callable[[], BinaryIO], file_name: str) -> Response:
    """An image as GET answers it, shown inline. Its URL names its bytes, so it can be cached for good."""
    facts = FileFacts(image.file_size, image.file_hash, file_name, image.media_type)
    response = _conditional(facts, lambda *_: Outgoing(None, open_it()))
    response.headers["Content-Disposition"] = disposition(file_name).replace("attachment", "inline", 1)
    # `private`: not everybody may see an image of an unpublished plugin.
    response.headers["Cache-Control"] = "private, max-age=86400, immutable"
    return response


def attachment(outgoing: Outgoing, facts: FileFacts) -> Response:
    """The whole file, sent without copying it through Python, or the redirect or header that lets another server
    send it.
    """
    if outgoing.handover is not None:
        return _handed_over(outgoing.handover, facts)
    assert outgoing.stream is not None
    body = wrap_file(request.environ, outgoing.stream, CHUNK)
    response = _described(Response(body, mimetype=facts.media_type, direct_passthrough=True), facts)
    response.content_length = facts.size
    return response


def answers_alike(handover: Handover) -> bool:
    """May this sender answer the request, which asks for a whole file? See preconditions.is_plain."""
    return preconditions.is_plain(request.environ, None, knows_etag=not handover.is_redirect)


def _facts_of(package: Package) -> FileFacts:
    return FileFacts(package.size, package.sha256, package.file_name, MEDIA_TYPE)


def _conditional(facts: FileFacts, begin: Begin) -> Response:
    environ = request.environ
    if preconditions.is_known(environ, facts.etag):
        return _described(Response(status=304), facts)
    wanted = preconditions.part(environ, facts.etag, facts.size)
    if request.method == "HEAD":
        return _part(_described(Response(mimetype=facts.media_type), facts), facts, None)
    opened = begin(
        wanted is None or wanted[0] == 0,
        lambda sender: preconditions.is_plain(environ, wanted, knows_etag=not sender.is_redirect),
    )
    if opened.handover is not None:
        # The proxy or bucket reads the client's Range itself.
        return _handed_over(opened.handover, facts)
    assert opened.stream is not None
    if wanted is None:
        body: Any = wrap_file(environ, opened.stream, CHUNK)
    else:
        opened.stream.seek(wanted[0])
        body = _Limited(opened.stream, wanted[1] - wanted[0])
    response = Response(body, mimetype=facts.media_type, direct_passthrough=True)
    return _part(_described(response, facts), facts, wanted)


def _part(response: Response, facts: FileFacts, wanted: tuple[int, int] | None) -> Response:
    # Left out where nginx sends the file: it adds the header too, and there would be two.
    response.headers["Accept-Ranges"] = "bytes"
    response.content_length = facts.size if wanted is None else wanted[1] - wanted[0]
    if wanted is not None:
        response.status_code = 206
        response.headers["Content-Range"] = f"bytes {wanted[0]}-{wanted[1] - 1}/{facts.size}"
    return response


def _described(response: Response, facts: FileFacts) -> Response:
    response.headers["ETag"] = facts.etag
    response.headers["Repr-Digest"] = f"sha-256=:{base64.b64encode(bytes.fromhex(facts.sha256)).decode()}:"
    response.headers["Cache-Control"] = "no-cache"
    response.headers["Content-Disposition"] = disposition(facts.file_name)
    return response


class StaticResponse(Response):
    """A static file whose conditional headers are judged by our rules (see preconditions), not by werkzeug's."""

    @classmethod
    def force_type(cls, response: WSGIResponse, environ: WSGIEnvironment | None = None) -> WSGIResponse:
        """Leaves a response that a view made as it is: a WebSocket's, for example, is never sent."""
        return response if isinstance(response, Response) else super().force_type(response, environ)

    def make_conditional(
        self,
        request_or_environ: WSGIEnvironment | Request,
        accept_ranges: bool | str = False,
        complete_length: int | None = None,
    ) -> Self:
        """Overrides werkzeug's method with the rules of preconditions. Raises PreconditionFailed,
        RangeNotSatisfiable, after closing the file.
        """
        environ = request_or_environ if isinstance(request_or_environ, dict) else request_or_environ.environ
        # Modification times of unpacked files differ from node to node.
        self.headers.pop("Last-Modified", None)
        etag, size = self.headers["ETag"], complete_length or 0
        try:
            if preconditions.is_known(environ, etag):
                self.status_code = 304
                return self
            wanted = preconditions.part(environ, etag, size)
        except DomainError:
            self.close()
            raise
        # What remains is to send the chosen range.
        decided = {"REQUEST_METHOD": environ["REQUEST_METHOD"]}
        if wanted is not None:
            decided["HTTP_RANGE"] = f"bytes={wanted[0]}-{wanted[1] - 1}"
        super().make_conditional(decided, accept_ranges, complete_length)
        return self


class _Limited:
    """At most `n` further bytes of a stream, in chunks."""

    def __init__(self, stream: BinaryIO, left: int) -> None:
        self._stream, self._left = stream, left

    def __iter__(self) -> Iterator[bytes]:
        while self._left and (chunk := self._stream.read(min(CHUNK, self._left))):
            self._left -= len(chunk)
            yield chunk

    def close(self) -> None:
        self._stream.close()


def _deprecated(response: Response, package: Package) -> Response:
    """The response with what RFC 9745 and RFC 8594 say of a deprecated package, and where to look instead."""
    said = package.deprecation
    if said is None:
        return response
    response.headers["Deprecation"] = f"@{int(said.since.timestamp())}"
    if said.sunset is not None:
        response.headers["Sunset"] = http_date(said.sunset)
    own = absolute(f"{PLUGINS}/{package.plugin_name}")
    links = {"deprecation": own}
    if said.replacement is not None:
        links["successor-version"] = absolute(f"{PLUGINS}/{said.replacement}")
    elif said.current != package.version:
        links["successor-version"] = absolute(version_path(package.plugin_name, said.current))
    response.headers["Link"] = ", ".join(f'<{address}>; rel="{relation}"' for relation, address in links.items())
    return response


def _handed_over(handover: Handover, facts: FileFacts) -> Response:
    """Let the proxy send the file, or redirect to the bucket: 303, which clients follow with GET whatever the method
    was.
    """
    if not handover.is_redirect:
        response = _described(Response(mimetype=facts.media_type), facts)
        response.headers["X-Accel-Redirect"] = handover.address
        return response
    response = Response(status=303)
    response.headers["Location"] = handover.address
    # A presigned URL expires soon and lets anybody who has it read the file: it must not be cached.
    response.headers["Cache-Control"] = "no-store"
    return response
