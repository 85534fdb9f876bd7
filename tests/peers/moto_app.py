"""Runs moto's server: `python -m tests.peers.moto_app PORT`.

A store decides an If-None-Match in one step. Moto looks first and stores later, and two requests can fall between:
here such requests take turns.
"""

from __future__ import annotations

import sys
import threading
from typing import Any

from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import run_simple


class TakesTurns:
    """A WSGI application whose conditional requests never overlap."""

    def __init__(self, app: Any) -> None:
        self._app, self._turn = app, threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        if "HTTP_IF_NONE_MATCH" not in environ:
            return self._app(environ, start_response)
        with self._turn:
            return self._app(environ, start_response)


if __name__ == "__main__":
    app = TakesTurns(DomainDispatcherApplication(create_backend_app))
    run_simple("127.0.0.1", int(sys.argv[1]), app, threaded=True)
