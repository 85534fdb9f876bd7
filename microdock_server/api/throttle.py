"""Failed logins and wrong keys: each makes the next answer slower, and is logged and counted as what it is."""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Literal

from .. import metrics, names
from ..client_address import counted
from ..errors import BackupNotFound, TooMany, WrongPluginKey, WrongUploadSecret

Secret = Literal["plugin_key", "user_key", "upload_secret"]

log = logging.getLogger("microdock_server.security")

FREE_FAILURES: Final = 3
FIRST_DELAY: Final = 0.1
LONGEST_DELAY: Final = 2.0
MEMORY_SECONDS: Final = 900
MAX_WAITING: Final = 4
MAX_REMEMBERED: Final = 10_000

_failures: OrderedDict[bytes, tuple[int, float]] = OrderedDict()
_lock = threading.Lock()
_waiting = threading.BoundedSemaphore(MAX_WAITING)


def failed(login: str, address: str) -> None:
    """A login failed: log it, and make its answer wait longer than that of the failure before.

    The delay is a worker's own; the limit on logins across workers is a rate limit's business. Raises TooMany
    when so many answers wait already that more would starve other requests.
    """
    log.warning(
        "failed login from %s", counted(address), extra={"event": "login_failed", "account": _name(login).hex()[:16]}
    )
    metrics.SECURITY.labels("login_failed").inc()
    _slow_down(_key(login, address))


@contextmanager
def proving(what: Secret, name: str, address: str) -> Iterator[None]:
    """The context is where a secret is proved that guards `name`; a wrong one is what a failed login is.

    Of the secret nothing is remembered, logged or counted. Raises what the context raises, or TooMany as failed() does.
    Without a `name` any secret of the kind would do, and a right one, which may be the guesser's own, excuses nothing.
    """
    key = _name(f"{what}\0{name}\n{counted(address)}")
    try:
        yield
    except (WrongPluginKey, WrongUploadSecret, BackupNotFound):
        event = f"{what}_wrong"
        log.warning("wrong %s from %s", what, counted(address), extra={"event": event, "guarded": name})
        metrics.SECURITY.labels(event).inc()
        _slow_down(key)
        raise
    if name:
        with _lock:
            _failures.pop(key, None)


def _slow_down(key: bytes) -> None:
    delay = _next_delay(key)
    if delay <= 0:
        return
    if not _waiting.acquire(blocking=False):
        raise TooMany(int(LONGEST_DELAY))
    try:
        time.sleep(delay)
    finally:
        _waiting.release()


def succeeded(login: str, address: str) -> None:
    """A login went well: what failed before is forgotten."""
    with _lock:
        _failures.pop(_key(login, address), None)


def _next_delay(key: bytes) -> float:
    now = time.monotonic()
    with _lock:
        count, last = _failures.pop(key, (0, now))
        count = count + 1 if now - last < MEMORY_SECONDS else 1
        _failures[key] = (count, now)
        if len(_failures) > MAX_REMEMBERED:
            _failures.popitem(last=False)
    if count <= FREE_FAILURES:
        return 0.0
    return float(min(LONGEST_DELAY, FIRST_DELAY * 2 ** (count - FREE_FAILURES - 1)))


def _key(login: str, address: str) -> bytes:
    return _name(f"{names.key(login)}\n{counted(address)}")


def _name(text: str) -> bytes:
    # People type passwords into the username field: neither memory nor log keeps what they typed.
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
