"""The admin page's files, built by `scripts/build-page`. Any path below /admin/ that is not a file answers with the
page.

Files below assets/ have a hash in their names and never change; the page that names them is revalidated every time.
"""

from __future__ import annotations

import hashlib
from mimetypes import guess_type
from pathlib import Path
from typing import Final

from flask import Blueprint, Response, request, send_file
from werkzeug.exceptions import NotFound
from werkzeug.security import safe_join

from ...caching import LoadingCache
from ...context import settings
from ...messages import text
from ..core.list_cache import wants_gzip
from ..core.mounts import ADMIN
from ..core.request import language, wants_page
from ..core.surface import ROUTE

BUILT: Final = Path(__file__).parent.parent.parent / "static" / "admin"
ASSETS: Final = "assets/"

admin_page = Blueprint("admin_page", __name__, url_prefix=ADMIN)


@admin_page.get("/")
@admin_page.get("/<path:path>")
def show(path: str = "") -> Response:
    """A built file, or the page; if nothing was built, instructions for building it (404)."""
    request.environ[ROUTE] = f"{ADMIN}/"
    if request.path == ADMIN:
        return home()
    if path.startswith(ASSETS):
        response = _sent(path)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response
    if not (BUILT / "index.html").is_file():
        return Response(text("admin_page.not_built", language()), 404, mimetype="text/plain")
    response = _sent("index.html")
    response.headers["Cache-Control"] = "no-cache"
    return response


def is_wanted() -> bool:
    """Does a browser ask, to show a page? Clients that accept anything get JSON."""
    return wants_page(request.headers.get("Accept", ""))


def home() -> Response:
    """The page's start URL."""
    response = Response(status=302, headers={"Location": f"{settings().public_url or ''}{ADMIN}/", "Vary": "Accept"})
    # Relative, so that a proxy may mount the server anywhere.
    response.autocorrect_location_header = False
    return response


def _sent(path: str) -> Response:
    """The file, in the compressed form made by the build where the client accepts that."""
    found = safe_join(str(BUILT), path)
    if found is None or not Path(found).is_file():
        raise NotFound()
    small = Path(f"{found}.gz")
    is_small = small.is_file() and wants_gzip(request.headers.get("Accept-Encoding", ""))
    chosen = small if is_small else Path(found)
    kind = guess_type(found)[0] or "application/octet-stream"
    response = send_file(chosen, mimetype=kind, conditional=True, etag=_tag(chosen, chosen.stat().st_mtime_ns))
    if is_small:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Vary"] = "Accept-Encoding"
    return response


def _tag(path: Path, modified: int) -> str:
    """The ETag of the file's bytes, the same on every node; computed once per change."""
    return _tags.load((path, modified), lambda: _digest(path))


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


_tags: Final[LoadingCache[tuple[Path, int], str]] = LoadingCache(512)
