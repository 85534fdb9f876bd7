"""Lets tests that were written for an application in this process ask a cluster: its requests go to nginx."""

from __future__ import annotations

from collections.abc import Iterable
from string import printable
from urllib.parse import quote
from wsgiref.types import StartResponse, WSGIEnvironment

import urllib3
from werkzeug.wrappers import Request

from ..peers.nginx import Nginx

# What belongs to one connection, and what the client at hand writes itself.
HOP = {"connection", "keep-alive", "transfer-encoding", "host", "content-length"}


class Relay:
    """A WSGI application that asks nginx, and hands on its answer as it came."""

    def __init__(self, nginx: Nginx) -> None:
        self._base = nginx.url
        self._pool = urllib3.PoolManager(ca_certs=str(nginx.certificate), retries=False, maxsize=4)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        headers = {name: value for name, value in request.headers if name.lower() not in HOP}
        body = request.get_data() if request.content_length is not None else None
        # As it was written, not as it was understood: %2F is not a slash.
        target = quote(environ["REQUEST_URI"].encode("latin-1"), safe=printable)
        answer = self._pool.request(
            request.method, self._base + target, body=body, headers=headers, decode_content=False, timeout=60
        )
        kept = [(name, value) for name, value in answer.headers.items() if name.lower() not in HOP - {"content-length"}]
        start_response(f"{answer.status} {answer.reason or ''}", kept)
        return [answer.data]

    def close(self) -> None:
        """Close its connections."""
        self._pool.clear()
