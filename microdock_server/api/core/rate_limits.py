"""Rate limits: how many requests a caller may make in a window. Windows are named by `limits`, and counted exactly:
across workers in a file, across nodes in Redis.

They are counted here because the storages of `limits` take three round trips to Redis, and have none for a file.
"""

from __future__ import annotations

import sqlite3
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Protocol

from limits import RateLimitItem, parse_many

from ... import file_modes
from ...addresses.client import counted
from ...cluster.redis import PREFIX, Client, Redis, RedisLost
from ...errors import TooMany
from ...services.accounts.tokens import Actor
from ...vocabulary import Role

# A page for browsers, and a picture of a plugin: a page has up to some dozens of those, and browsers keep them.
PAGE, PICTURE = "page", "picture"
# The documented table; limits on single actions are tighter and count in addition.
RATES: Final[dict[str, list[RateLimitItem]]] = {
    "public": parse_many("100/minute;1000/hour"),
    "authenticated": parse_many("500/minute;5000/hour"),
    "admin": parse_many("1000/minute;10000/hour"),
    PAGE: parse_many("600/minute"),
    PICTURE: parse_many("3000/minute"),
    "login": parse_many("10/minute;100/hour"),
    "upload_key": parse_many("10/minute;100/hour"),
    "register": parse_many("5/minute;20/hour"),
    # A dry run costs as much as an upload, and needs neither key nor account.
    "validate": parse_many("20/minute;200/hour"),
    "report": parse_many("10/minute;50/hour"),
    "install": parse_many("30/minute;300/hour"),
}
# Actions of which only refusals count: a caller who proves the secret right is never stopped from doing it again.
FAILURES: Final = frozenset({"login"})
# Counted by their own limit alone: who only looks around keeps their requests to the API.
ALONE: Final = frozenset({PAGE, PICTURE})

Counting = Callable[[RateLimitItem, str, str], tuple[int, float]]

LONGEST: Final = max(item.get_expiry() for items in RATES.values() for item in items)
# A window ends a fixed time after its first request. One that ends later than that, plus a usual clock correction, was
# begun before the clock was set back: it counts as over, so that nobody waits for the clock.
SLACK: Final = 1.0
SWEEP_EVERY: Final = 60.0


class Windows(Protocol):
    """Where requests are counted."""

    def hit(self, key: str, seconds: int) -> tuple[int, float]:
        """Count one request in the window of `key`, which lasts `seconds` from its first request.

        Returns the count, including this one, and the end of the window in seconds since the epoch.
        """

    def close(self) -> None:
        """Close files that are kept open; they are reopened when needed."""

    def look(self, key: str) -> tuple[int, float]:
        """What `hit` would return, without counting. A window that does not exist has count 0 and an end in the
        past.
        """


class RateLimits:
    """Counts requests and refuses those over the limit. `enabled=False` counts nothing."""

    def __init__(self, windows: Windows, *, enabled: bool) -> None:
        self._windows = windows
        self.enabled = enabled

    def close(self) -> None:
        """See Windows."""
        self._windows.close()

    def count(self, address: str, actor: Actor | None, act: str | None = None) -> dict[str, str]:
        """Count one request of `actor` (or of `address` for nobody), and of `act` where that has a limit of its own.

        Actions in ALONE count by their own limit only. For those in FAILURES nothing is counted yet: see `failed`.
        Returns the `RateLimit-*` headers of the window that is closest to its limit. Raises TooMany with the same
        headers.
        """
        if not self.enabled:
            return {}
        who = _who(address, actor)
        if act in ALONE:
            return self._pass(act, who, self._hit)
        headers = self._pass(_group(actor), who, self._hit)
        if act is None:
            return headers
        return self._pass(act, who, self._look if act in FAILURES else self._hit)

    def failed(self, address: str, actor: Actor | None, act: str) -> dict[str, str]:
        """Count a refusal of an action in FAILURES; returns and raises as `count` does.

        So concurrent guesses learn no more than consecutive ones.
        """
        return self._pass(act, _who(address, actor), self._hit) if self.enabled else {}

    def ensure_not_exhausted(self, address: str, actor: Actor | None, act: str) -> None:
        """Raise TooMany where the allowed failures of an action are used up by now, also by concurrent requests."""
        if self.enabled:
            self._pass(act, _who(address, actor), self._look)

    def _hit(self, item: RateLimitItem, group: str, who: str) -> tuple[int, float]:
        return self._windows.hit(item.key_for(group, who), item.get_expiry())

    def _look(self, item: RateLimitItem, group: str, who: str) -> tuple[int, float]:
        """As if one more were counted; it is refused where that would exceed the limit."""
        count, ends = self._windows.look(item.key_for(group, who))
        if count >= item.amount:
            return count + 1, ends
        return count, ends if count else time.time() + item.get_expiry()

    def _pass(self, group: str, who: str, counting: Counting) -> dict[str, str]:
        tightest: dict[str, str] = {}
        fewest = 1 << 60
        for item in RATES[group]:
            count, ends = counting(item, group, who)
            remaining = item.amount - count
            reset = max(1, round(ends - time.time()))
            headers = {
                "RateLimit-Limit": str(item.amount),
                "RateLimit-Remaining": str(max(0, remaining)),
                "RateLimit-Reset": str(reset),
            }
            if remaining < 0:
                raise TooMany(reset, headers)
            if remaining < fewest:
                fewest, tightest = remaining, headers
        return tightest


def _who(address: str, actor: Actor | None) -> str:
    return f"user:{actor.id}" if actor else f"ip:{counted(address)}"


def _group(actor: Actor | None) -> str:
    if actor is None:
        return "public"
    return "admin" if actor.role == Role.ADMIN else "authenticated"


class SharedWindows:
    """Windows in Redis: exact across nodes. While Redis is lost each node counts by itself, in `local`.

    The fallback is a file and not the process's memory, so that the workers of a node still share their counts: limits
    then hold per node instead of for all nodes together. Counts are not carried over between the two: a caller gets a
    fresh window once when Redis is lost, and once when it is back.
    """

    def __init__(self, redis: Redis, local: Windows) -> None:
        self._redis, self._local = redis, local

    def hit(self, key: str, seconds: int) -> tuple[int, float]:
        """See Windows."""
        try:
            return self._redis.ask(lambda client: _hit(client, f"{PREFIX}limits:{key}", seconds))
        except RedisLost:
            return self._local.hit(key, seconds)

    def close(self) -> None:
        """See Windows."""
        self._local.close()

    def look(self, key: str) -> tuple[int, float]:
        """See Windows."""
        try:
            return self._redis.ask(lambda client: _look(client, f"{PREFIX}limits:{key}"))
        except RedisLost:
            return self._local.look(key)


def _hit(client: Client, key: str, seconds: int) -> tuple[int, float]:
    # One round trip, where the Redis storage of `limits` takes three; and every window has an end.
    with client.pipeline(transaction=True) as pipeline:
        pipeline.set(key, 0, ex=seconds, nx=True).incr(key).pttl(key)
        _, count, left = pipeline.execute()
    if left > (seconds + SLACK) * 1000:
        # Redis's clock was set back.
        client.set(key, 1, ex=seconds)
        count, left = 1, seconds * 1000
    return int(count), time.time() + left / 1000


def _look(client: Client, key: str) -> tuple[int, float]:
    with client.pipeline(transaction=True) as pipeline:
        pipeline.get(key).pttl(key)
        count, left = pipeline.execute()
    if left > (LONGEST + SLACK) * 1000:
        # Redis's clock was set back: the next `hit` starts a new window, and nobody waits until then.
        return 0, time.time()
    return int(count or 0), time.time() + max(0, left) / 1000


class SQLiteWindows:
    """Windows in a small SQLite file of their own: exact across the workers of one machine.

    Nothing is synced: a power failure may lose the counts, which live for an hour at most.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._idle: deque[sqlite3.Connection] = deque()
        self._last_sweep = -SWEEP_EVERY

    def hit(self, key: str, seconds: int) -> tuple[int, float]:
        """See Windows."""
        now = time.time()
        with self._connection() as connection:
            count, ends = connection.execute(
                "INSERT INTO windows (key, count, ends) VALUES (?1, 1, ?2) ON CONFLICT (key) DO UPDATE SET "
                "count = CASE WHEN ends <= ?3 OR ends > ?4 THEN 1 ELSE count + 1 END, "
                "ends = CASE WHEN ends <= ?3 OR ends > ?4 THEN ?2 ELSE ends END RETURNING count, ends",
                (key, now + seconds, now, now + seconds + SLACK),
            ).fetchone()
            if time.monotonic() - self._last_sweep > SWEEP_EVERY:
                self._last_sweep = time.monotonic()
                latest = now + max(LONGEST, seconds) + SLACK
                connection.execute("DELETE FROM windows WHERE ends <= ? OR ends > ?", (now, latest))
        return int(count), float(ends)

    def look(self, key: str) -> tuple[int, float]:
        """See Windows."""
        now = time.time()
        with self._connection() as connection:
            found = connection.execute(
                "SELECT count, ends FROM windows WHERE key = ? AND ends > ? AND ends <= ?",
                (key, now, now + LONGEST + SLACK),
            ).fetchone()
        return (int(found[0]), float(found[1])) if found else (0, now)

    def close(self) -> None:
        """Close what is kept open; it is reopened when needed."""
        while self._idle:
            self._idle.pop().close()

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        """A connection for one statement. The pool grows to as many as are used at once: no thread waits for one."""
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = self._connect()
        yield connection
        # A connection that failed is not returned to the pool; it is closed when garbage-collected.
        self._idle.append(connection)

    def _connect(self) -> sqlite3.Connection:
        file_modes.make_directory(self._path.parent)
        file_modes.make_file(self._path)
        connection = sqlite3.connect(self._path, isolation_level=None, timeout=10, check_same_thread=False)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute("CREATE TABLE IF NOT EXISTS windows (key TEXT PRIMARY KEY, count INT, ends REAL)")
        return connection
