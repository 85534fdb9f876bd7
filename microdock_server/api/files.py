"""Files on their way out: sent by the kernel (or handed to the proxy), with headers that let clients verify them."""

from __future__ import annotations

import base64
from typing import BinaryIO
from urllib.parse import quote

from flask import Response, request
from werkzeug.wsgi import wrap_file


def attachment(
    *, stream: BinaryIO | None, url: str | None, size: int, sha256: str, file_name: str, media_type: str
) -> Response:
    """A response that sends `stream` without copying it through Python, or `url` through the proxy."""
    if url is not None:
        response = Response(status=200, mimetype=media_type)
        response.headers["X-Accel-Redirect"] = url
    else:
        assert stream is not None
        response = Response(wrap_file(request.environ, stream, 1 << 20), mimetype=media_type, direct_passthrough=True)
        response.content_length = size
    response.headers["Content-Disposition"] = disposition(file_name)
    response.headers["ETag"] = f'"{sha256}"'
    response.headers["Repr-Digest"] = f"sha-256=:{base64.b64encode(bytes.fromhex(sha256)).decode()}:"
    response.headers["Cache-Control"] = "no-cache"
    return response


def disposition(file_name: str) -> str:
    """`attachment` with a name for old clients and, where they differ, the real one (RFC 6266)."""
    plain = "".join(char if " " <= char <= "~" and char not in '"\\%' else "_" for char in file_name)
    header = f'attachment; filename="{plain}"'
    return header if plain == file_name else f"{header}; filename*=UTF-8''{quote(file_name, safe='')}"
