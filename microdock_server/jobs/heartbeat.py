"""Holding a lease for as long as the work takes."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from flask import Flask

log = logging.getLogger(__name__)


@contextmanager
def heartbeat(app: Flask, every: float, what: str, extend: Callable[[], bool]) -> Iterator[None]:
    """Call `extend` every so many seconds, until it says that the lease is another's; `what` names it in the log."""
    done = threading.Event()
    heart = threading.Thread(target=_beat, args=(app, every, what, extend, done), name="heartbeat", daemon=True)
    heart.start()
    try:
        yield
    finally:
        done.set()
        heart.join()


def _beat(app: Flask, every: float, what: str, extend: Callable[[], bool], done: threading.Event) -> None:
    while not done.wait(every):
        try:
            with app.app_context():
                if not extend():
                    return
        except Exception:
            log.exception("the lease of %s could not be extended; it will be tried again", what)
