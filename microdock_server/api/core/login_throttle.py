"""Failed logins and wrong keys: each delays the next answer, and is logged and counted."""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Literal

from cachetools import LRUCache

from ...addresses.client import counted
from ...errors import BackupNotFound, TooMany, WrongPluginKey, WrongUploadSecret
from ...observability import metrics
from ...text import names

Secret = Literal["plugin_key", "user_key", "upload_secret"]

log = logging.getLogger("microdock_server.security")

FREE_FAILURES: Final = 3
FIRST_DELAY: Final = 0.1
LONGEST_DELAY: Final = 2.0
MEMORY_SECONDS: Final = 900
MAX_WAITING: Final = 4
MAX_REMEMBERED: Final = 10_000
# How many different unknown user keys an address may ask for in this many seconds before they count as guesses. A new
# user's list is empty, so their key is unknown too, and many users may share an address.
FREE_UNKNOWN: Final = 50

_failures: LRUCache[bytes, tuple[int, float]] = LRUCache(MAX_REMEMBERED)
# By address: how many unknown keys and since when; and which ones.
_unknown: LRUCache[bytes, tuple[int, float]] = LRUCache(MAX_REMEMBERED)
_asked: LRUCache[bytes, None] = LRUCache(MAX_REMEMBERED)
_lock = threading.Lock()
_waiting = threading.BoundedSemaphore(MAX_WAITING)


def failed(login: str, address: str) -> None:
    """Record a failed login: log it, and delay its answer longer than that of the failure before.

    The delay is per worker; the limit on logins across workers is a rate limit. Raises TooMany when so many answers are
    waiting already that more would starve other requests.
    """
    log.warning(
        "failed login from %s", counted(address), extra={"event": "login_failed", "account": _name(login).hex()[:16]}
    )
    metrics.SECURITY.labels("login_failed").inc()
    _slow_down(_key(login, address))


@contextmanager
def proving(what: Secret, name: str, address: str) -> Iterator[None]:
    """Within this context a secret that guards `name` is checked; a wrong one counts as a failed login.

    Nothing of the secret is remembered, logged or counted. Raises what the context raises, or TooMany as failed() does.
    Without a `name`, any secret of the kind fits, and a right one, which may be the guesser's own, does not reset the
    count.
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


def unknown(what: Secret, secret: str, address: str) -> None:
    """Record a request with a secret that nobody has. Many different ones from one address count as guesses.

    Each is counted and logged once; beyond a generous number their answers are delayed like those of wrong ones. Asking
    for the same one again is never delayed. Raises TooMany as failed() does.
    """
    of_address = _name(f"{what}\0\n{counted(address)}")
    tried = _number_of(of_address, _name(f"{what}\0{secret}\n{counted(address)}"))
    if not tried:
        return
    event, level = f"{what}_unknown", logging.INFO if tried <= FREE_UNKNOWN else logging.WARNING
    log.log(level, "unknown %s from %s", what, counted(address), extra={"event": event})
    metrics.SECURITY.labels(event).inc()
    if tried > FREE_UNKNOWN:
        _slow_down(of_address)


def _number_of(address: bytes, secret: bytes) -> int:
    """How many different secrets this address has asked for, this one included; 0 for one that it asked for before."""
    now = time.monotonic()
    with _lock:
        is_new = secret not in _asked
        _asked[secret] = None
        if not is_new:
            return 0
        count, since = _unknown.get(address, (0, now))
        count, since = (count + 1, since) if now - since < MEMORY_SECONDS else (1, now)
        _unknown[address] = (count, since)
    return count


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
    """Record a successful login: earlier failures are forgotten."""
    with _lock:
        _failures.pop(_key(login, address), None)


def _next_delay(key: bytes) -> float:
    now = time.monotonic()
    with _lock:
        count, last = _failures.get(key, (0, now))
        count = count + 1 if now - last < MEMORY_SECONDS else 1
        _failures[key] = (count, now)
    if count <= FREE_FAILURES:
        return 0.0
    return float(min(LONGEST_DELAY, FIRST_DELAY * 2 ** (count - FREE_FAILURES - 1)))


def _key(login: str, address: str) -> bytes:
    return _name(f"{names.key(login)}\n{counted(address)}")


def _name(text: str) -> bytes:
    # People type passwords into the username field, so neither memory nor logs keep what was typed.
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
