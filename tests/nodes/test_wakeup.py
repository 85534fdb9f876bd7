"""The sender by Redis, and messages about jobs by Redis."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from flask import Flask

from microdock_server.cluster.redis import Redis
from microdock_server.cluster.wakeup import NoWakeUps, RedisWakeUps, Topic
from microdock_server.database.unit_of_work import unit_of_work
from microdock_server.jobs.delivery import Messenger, Reminder

from ..live import eventually
from ..peers.redis import RedisServer
from .wakeups import listening, send

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


class TestWakeUps:
    def test_is_sent_after_the_commit(self, sender: RedisWakeUps, receiver: RedisWakeUps) -> None:
        with unit_of_work() as unit:
            sender.send_after(unit, "notifications")
            assert receiver.wait(0.2) == frozenset()
        assert receiver.wait(10) == {"notifications"}
        assert receiver.wait(0.1) == frozenset()

    def test_is_not_sent_for_what_is_undone(self, sender: RedisWakeUps, receiver: RedisWakeUps) -> None:
        with suppress(KeyError), unit_of_work() as unit:
            sender.send_after(unit, "notifications")
            raise KeyError
        send(sender, "tokens")
        assert receiver.wait(10) == {"tokens"}

    def test_ends_a_wait(self, sender: RedisWakeUps, receiver: RedisWakeUps) -> None:
        received: list[object] = []
        waiting = threading.Thread(target=lambda: received.append(receiver.wait(30)))
        waiting.start()
        send(sender, "tokens")
        waiting.join(10)
        assert received == [{"tokens"}]

    def test_many_are_received_as_few(self, sender: RedisWakeUps, receiver: RedisWakeUps) -> None:
        send(sender, "tokens", "tokens")
        for _ in range(20):
            send(sender, "notifications")
        received = [receiver.wait(0.5) for _ in range(4)]
        assert frozenset[Topic]().union(*(one or () for one in received)) == {"tokens", "notifications"}
        assert received[-1] == frozenset()

    def test_makes_no_sense_of_what_others_publish(self, receiver: RedisWakeUps, redis: Redis) -> None:
        for word in ("", "nonsense", b"\xff" * 1000):
            redis.ask(lambda client, word=word: client.publish("microdock:sender", word))
        assert receiver.wait(0.3) == frozenset()

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

    def test_that_is_none_says_look_every_time(self) -> None:
        sender = NoWakeUps()
        assert [sender.wait(0), sender.wait(0)] == [None, None]  # type: ignore[func-returns-value]


class TestMessages:
    """Of jobs; the path is not there, and not needed."""

    PATH = Path("/nonexistent/jobs.db")

    @pytest.fixture
    def told(self) -> list[str]:
        return []

    @pytest.fixture
    def server(self, redis: Redis) -> Messenger:
        return Messenger(self.PATH, redis=redis)

    @pytest.fixture
    def worker(self, other: Redis, told: list[str]) -> Messenger:
        return Messenger(self.PATH, told.append, other)

    @staticmethod
    def consume(messenger: Messenger) -> None:
        queue = messenger.queue()
        while (task := queue.dequeue()) is not None:
            queue.execute(task)

    def test_go_from_process_to_process(self, server: Messenger, worker: Messenger, told: list[str]) -> None:
        server.deliver("one")
        server.deliver("two")
        assert not worker.is_idle()
        self.consume(worker)
        assert told == ["one", "two"]
        assert server.is_idle()

    def test_are_ids_and_nothing_that_could_be_run(self, server: Messenger, redis_server: RedisServer) -> None:
        server.deliver("some-id")
        with redis_server.client() as client:
            assert client.lrange("microdock:jobs", 0, -1) == [b"some-id"]

    def test_while_redis_is_lost_a_worker_tells_itself(
        self,
        server: Messenger,
        worker: Messenger,
        told: list[str],
        redis_server: RedisServer,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        reminder = Reminder(worker)
        server.deliver("lost with Redis")
        redis_server.kill()
        for _ in range(3):
            server.deliver("one")
        reminder.remind(["one"])
        reminder.remind(["one"])
        self.consume(worker)
        assert told == ["one"]
        # Once by each of the two processes, not once a message.
        assert eventually(lambda: caplog.text.count("is lost") == 2)
        assert "no message" not in caplog.text
        redis_server.start()
        assert eventually(lambda: self.arrives("two", server, worker, told))

    def arrives(self, job_id: str, server: Messenger, worker: Messenger, told: list[str]) -> bool:
        server.deliver(job_id)
        self.consume(worker)
        return job_id in told
