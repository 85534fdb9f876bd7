"""Failed logins: each makes the next answer slower, and is logged as what it is."""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections import OrderedDict
from typing import Final

from ..client_address import counted
from ..errors import TooMany

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
    delay = _next_delay(_key(login, address))
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
    return _name(f"{login.casefold()}\n{counted(address)}")


def _name(text: str) -> bytes:
    # People type passwords into the username field: neither memory nor log keeps what they typed.
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
