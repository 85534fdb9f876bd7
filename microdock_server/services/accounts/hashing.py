"""Hashing of passwords and keys: one at a time, at low priority, fair between clients.

A hash takes a core for a tenth of a second, and attackers cause many. So hashes run on one thread of their own with low
priority (nice 19): a burst of wrong logins or uploads uses only spare time. Its queue is bounded and served round-robin
by client: a client with many requests delays only itself.
"""

from __future__ import annotations

import logging
import os
import threading
from collections import OrderedDict, deque
from collections.abc import Callable
from concurrent.futures import Future
from contextvars import ContextVar
from typing import Any, Final, TypeVar

from ...errors import ServerBusy

log = logging.getLogger(__name__)
T = TypeVar("T")

# Limits of the queue: in total, and per client. A request thread waits with each, so not as many as there are threads.
MAX_WAITING: Final = 14
MAX_WAITING_EACH: Final = 10
NICE: Final = 19
RETRY_AFTER: Final = 2

# The client that the running request counts for; set by the surface. Commands and jobs share one turn.
client: ContextVar[str] = ContextVar("hashing_client", default="")


class FairQueue:
    """A queue for one thread: each client's items in order, clients in turn."""

    def __init__(self, most: int = MAX_WAITING, most_each: int = MAX_WAITING_EACH) -> None:
        self._most, self._most_each = most, most_each
        self._waiting: OrderedDict[str, deque[Any]] = OrderedDict()
        self._count = 0
        self._changed = threading.Condition()

    def put(self, who: str, item: Any) -> Any:
        """Add `item`; returns an item that had to make room for it, or None. Raises ServerBusy if the queue is full.

        That is so for a client with its maximum of items; or in total: then the client with the most items loses its
        newest one, unless that would leave it with fewer than this client.
        """
        with self._changed:
            own = len(self._waiting.get(who, ()))
            if own >= self._most_each:
                raise ServerBusy(RETRY_AFTER)
            dropped = self._make_room(own) if self._count >= self._most else None
            self._waiting.setdefault(who, deque()).append(item)
            self._count += 1
            self._changed.notify()
            return dropped

    def _make_room(self, own: int) -> Any:
        richest = max(self._waiting.values(), key=len)
        if len(richest) < own + 2:
            raise ServerBusy(RETRY_AFTER)
        self._count -= 1
        return richest.pop()

    def take(self) -> Any:
        """The oldest item of the next client; waits for one."""
        with self._changed:
            while not self._waiting:
                self._changed.wait()
            who, items = self._waiting.popitem(last=False)
            item = items.popleft()
            self._count -= 1
            if items:
                self._waiting[who] = items
            return item


class Hasher:
    """One hashing thread, started on first use; a forked child starts its own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process = 0
        self._queue = FairQueue()

    def run(self, work: Callable[..., T], *arguments: object) -> T:
        """The result of `work`, or its exception. Raises ServerBusy if the queue is full."""
        self._ensure_started()
        answer: Future[T] = Future()
        dropped = self._queue.put(client.get(), (answer, work, arguments))
        if dropped is not None:
            dropped[0].set_exception(ServerBusy(RETRY_AFTER))
        return answer.result()

    def _ensure_started(self) -> None:
        if self._process == os.getpid():
            return
        with self._lock:
            if self._process != os.getpid():
                self._queue = FairQueue()
                threading.Thread(target=_serve, args=(self._queue,), name="hashing", daemon=True).start()
                self._process = os.getpid()


def _serve(queue: FairQueue) -> None:
    _give_way()
    while True:
        answer, work, arguments = queue.take()
        try:
            answer.set_result(work(*arguments))
        except BaseException as reason:
            answer.set_exception(reason)
        # Do not keep a reference to a password while the thread waits.
        del answer, work, arguments


def _give_way() -> None:
    """On Linux each thread has its own priority, which the threads that argon2 starts inherit."""
    try:
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)
    except (AttributeError, OSError):
        log.info("hashing runs at the priority of everything else: this system has none for threads")


_hasher: Final = Hasher()
run = _hasher.run
