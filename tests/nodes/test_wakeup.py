"""Wake-ups by Redis."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest
from flask import Flask

from microdock_server.cluster.redis import Redis
from microdock_server.cluster.wakeup import CHANNEL, NoWakeUps, RedisWakeUps
from microdock_server.context import Context
from microdock_server.database.unit_of_work import unit_of_work
from microdock_server.jobs.worker import _remove_messages
from microdock_server.services import jobs

from ..conftest import AppFactory
from ..live import eventually
from ..peers.redis import RedisServer
from .wakeups import SECONDS, close_under, listening, send

pytestmark = pytest.mark.live


@pytest.fixture
def other(redis_server: RedisServer) -> Iterator[Redis]:
    """As another process has it."""
    made = Redis(redis_server.url)
    yield made
    made.close()


@pytest.fixture
def sender(redis: Redis, app: Flask) -> Iterator[RedisWakeUps]:
    with app.app_context():
        yield RedisWakeUps(redis)


@pytest.fixture
def receiver(other: Redis) -> Iterator[RedisWakeUps]:
    """Another process's, that listens already."""
    with listening(RedisWakeUps(other)) as made:
        yield made


def publish(redis: Redis, word: str | bytes) -> None:
    """Say something where wake-ups are received; who receives it?"""
    assert redis.ask(lambda client: client.publish(CHANNEL, word)) == 1


class TestWakeUps:
    def test_is_sent_after_the_commit(self, sender: RedisWakeUps, receiver: RedisWakeUps, redis: Redis) -> None:
        with unit_of_work() as unit:
            sender.send_after(unit, "notifications")
            # What is sent meanwhile is received alone: nothing was before it.
            publish(redis, "tokens")
            assert receiver.wait(SECONDS) == {"tokens"}
        assert receiver.wait(SECONDS) == {"notifications"}
        publish(redis, "tokens")
        assert receiver.wait(SECONDS) == {"tokens"}

    def test_is_not_sent_for_what_is_undone(self, sender: RedisWakeUps, receiver: RedisWakeUps) -> None:
        with suppress(KeyError), unit_of_work() as unit:
            sender.send_after(unit, "notifications")
            raise KeyError
        send(sender, "tokens")
        assert receiver.wait(SECONDS) == {"tokens"}

    def test_ends_a_wait(self, sender: RedisWakeUps, receiver: RedisWakeUps) -> None:
        received: list[object] = []
        waiting = threading.Thread(target=lambda: received.append(receiver.wait(10 * SECONDS)))
        waiting.start()
        send(sender, "tokens")
        waiting.join(SECONDS)
        assert received == [{"tokens"}]

    def test_many_are_received_as_few(self, sender: RedisWakeUps, receiver: RedisWakeUps) -> None:
        send(sender, "tokens", "tokens")
        for _ in range(20):
            send(sender, "notifications")
        # All that has come is taken together; the last of it may still be on its way.
        assert receiver.wait(SECONDS) == {"tokens", "notifications"}
        send(sender, "tokens")
        later = [receiver.wait(SECONDS)]
        while later[-1] == {"notifications"}:
            later.append(receiver.wait(SECONDS))
        assert len(later) <= 2 and "tokens" in (later[-1] or ())

    def test_makes_no_sense_of_what_others_publish(self, receiver: RedisWakeUps, redis: Redis) -> None:
        for word in ("", "nonsense", b"\xff" * 1000):
            publish(redis, word)
        publish(redis, "tokens")
        assert receiver.wait(SECONDS) == {"tokens"}

    def test_lost_it_says_look_and_is_heard_again(
        self, sender: RedisWakeUps, receiver: RedisWakeUps, redis_server: RedisServer
    ) -> None:
        redis_server.kill()
        assert receiver.wait(0.1) is None
        assert receiver.wait(0.1) is None
        send(sender, "notifications")
        redis_server.start()
        # First once more "look": who knows what was missed.
        assert eventually(lambda: receiver.wait(0.1) is not None)
        assert eventually(lambda: send(sender, "tokens") is None and receiver.wait(0.5) == {"tokens"})

    def test_is_closed_while_another_thread_waits(self, receiver: RedisWakeUps) -> None:
        assert close_under(receiver) == [None, None]
        assert receiver._subscription is None

    def test_that_is_none_says_look_every_time(self) -> None:
        sender = NoWakeUps()
        assert [sender.wait(0), sender.wait(0)] == [None, None]  # type: ignore[func-returns-value]


class TestJobs:
    @pytest.fixture
    def node(self, make_app: AppFactory, redis_server: RedisServer) -> Iterator[Flask]:
        app = make_app(REDIS_URL=redis_server.url)
        with app.app_context():
            yield app

    def test_wake_the_workers_of_all_nodes(self, node: Flask, receiver: RedisWakeUps, redis: Redis) -> None:
        with unit_of_work():
            jobs.enqueue("test")
            publish(redis, "tokens")
            assert receiver.wait(SECONDS) == {"tokens"}
        assert receiver.wait(SECONDS) == {"jobs"}

    def test_are_queued_while_redis_is_lost(self, node: Flask, redis_server: RedisServer) -> None:
        redis_server.kill()
        with unit_of_work():
            job_id = jobs.enqueue("test").id
        context: Context = node.extensions["microdock"]
        assert jobs.next_due(context.autocommit) == job_id
        # A worker reads the table at every tick now.
        assert context.wakeups.wait(0) is None
        _remove_messages(context)

    def test_messages_of_earlier_versions_are_removed(self, node: Flask, redis_server: RedisServer) -> None:
        with redis_server.client() as client:
            client.rpush("microdock:jobs", "some-id")
            _remove_messages(node.extensions["microdock"])
            assert client.keys("microdock:jobs*") == []
