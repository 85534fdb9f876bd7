"""Where passwords and keys are hashed: one at a time, below everybody else's priority, each client in turn.

A hash takes a core for a tenth of a second, and attackers ask for many. So they run on one thread of their own that
gives way (nice 19) to whatever else wants the processor: a burst of wrong logins or uploads uses what is left over. Its
queue is bounded, and served by client in turn: who asks for many waits behind themselves, not before others.
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

# Waiting for their turn: in all, and of one client. A request thread waits with each, so not as many as there are.
MAX_WAITING: Final = 14
MAX_WAITING_EACH: Final = 10
NICE: Final = 19
RETRY_AFTER: Final = 2

# Whom the running request is counted as; set by the surface. Commands and jobs are nobody, and share one turn.
client: ContextVar[str] = ContextVar("hashing_client", default="")


class FairQueue:
    """Work for one thread: each client's in its order, clients in turn."""

    def __init__(self, most: int = MAX_WAITING, most_each: int = MAX_WAITING_EACH) -> None:
        self._most, self._most_each = most, most_each
        self._waiting: OrderedDict[str, deque[Any]] = OrderedDict()
        self._count = 0
        self._changed = threading.Condition()

    def put(self, who: str, item: Any) -> Any:
        """Queue `item`; what had to leave for it, or None. Raises ServerBusy where too many wait already.

        That is so of this client's own, or in all: then the client that most of them belong to loses its newest, if it
        still has more than this one afterwards or as many.
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
        """The next client's oldest item; waits for one."""
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
    """One thread that hashes, started when it is first needed; after a fork, the child's own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process = 0
        self._queue = FairQueue()

    def run(self, work: Callable[..., T], *arguments: object) -> T:
        """What `work` answers or raises. Raises ServerBusy instead of waiting behind too many."""
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
        # Nothing of a password stays here while the thread waits.
        del answer, work, arguments


def _give_way() -> None:
    """On Linux a thread has a priority of its own, and the threads that argon2 starts have it too."""
    try:
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)
    except (AttributeError, OSError):
        log.info("hashing runs at the priority of everything else: this system has none for threads")


_hasher: Final = Hasher()
run = _hasher.run
