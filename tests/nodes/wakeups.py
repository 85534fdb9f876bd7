"""Wake-ups as tests send and receive them, whatever carries them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

from microdock_server.cluster.wakeup import Topic, WakeUps
from microdock_server.database.unit_of_work import unit_of_work

W = TypeVar("W", bound=WakeUps)


def send(sender: WakeUps, *topics: Topic) -> None:
    """Send them with one unit of work."""
    with unit_of_work() as unit:
        for topic in topics:
            sender.send_after(unit, topic)


@contextmanager
def listening(receiver: W) -> Iterator[W]:
    """As another process has it, that listens already; closed at the end."""
    assert receiver.wait(0) is None
    yield receiver
    receiver.close()
