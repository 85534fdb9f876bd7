"""What tests of what nodes share have in common."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from microdock_server.cluster.redis import Redis

from ..peers.redis import RedisServer


@pytest.fixture
def redis(redis_server: RedisServer) -> Iterator[Redis]:
    made = Redis(redis_server.url)
    yield made
    made.close()
