"""Huey's messages in Redis, and what becomes of them while it is lost."""

from __future__ import annotations

import time
from collections import deque
from typing import Final

from huey.constants import EmptyData  # type: ignore[import-untyped]
from huey.storage import RedisStorage  # type: ignore[import-untyped]

from ..cluster.redis import PREFIX, Redis, RedisLost

POP_SECONDS: Final = 1
LOST_PAUSE: Final = 0.2


class RedisMessages(RedisStorage):  # type: ignore[misc]
    """Huey's queue in Redis. While that is lost, a consumer keeps what it tells itself in its own memory.

    Raises RedisLost where a message could not be put anywhere.
    """

    def __init__(self, name: str, redis: Redis, is_consumer: bool) -> None:
        # A consumer waits on its connections for messages: longer than a request may wait for anything.
        pool = redis.client(patient=is_consumer).connection_pool
        super().__init__(name, read_timeout=POP_SECONDS, connection_pool=pool)
        self.queue_key = f"{PREFIX}{name}"
        self._redis, self._is_consumer = redis, is_consumer
        self._here: deque[bytes] = deque()

    def enqueue(self, data: bytes, priority: float | None = None) -> None:
        """Put a message at the end of the queue."""
        put = super().enqueue
        try:
            self._redis.ask(lambda _client: put(data, priority))
        except RedisLost:
            if not self._is_consumer:
                raise
            self._here.append(data)

    def dequeue(self) -> bytes | None:
        """The next message; None where none comes within a second."""
        if self._here:
            return self._here.popleft()
        pop = super().dequeue
        try:
            found: bytes | None = self._redis.ask(lambda _client: pop())
        except RedisLost:
            # Huey asks again at once.
            time.sleep(LOST_PAUSE)
            return None
        return found

    def queue_size(self) -> int:
        """How many messages wait, as far as can be seen."""
        count = super().queue_size
        try:
            return int(self._redis.ask(lambda _client: count())) + len(self._here)
        except RedisLost:
            return len(self._here)

    # Around each task huey asks which ones were called off. None of ours is, and Redis may not be there to say so.

    def peek_many(self, keys: object) -> dict[str, bytes]:
        """Nothing."""
        return {}

    def peek_data(self, key: str) -> object:
        """Nothing."""
        return EmptyData

    def delete_data(self, key: str) -> bool:
        """Nothing was there."""
        return False

    def read_schedule(self, ts: object) -> list[bytes]:
        """Nothing: when a job is due stands in the table."""
        return []
