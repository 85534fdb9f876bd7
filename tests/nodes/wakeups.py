"""Wake-ups as tests send and receive them, whatever carries them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

from microdock_server.cluster.wakeup import Topic, WakeUps
from microdock_server.database.unit_of_work import unit_of_work

W = TypeVar("W", bound=WakeUps)
# No promise: after so long something hangs.
SECONDS = 60.0


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


def close_under(receiver: WakeUps) -> list[object]:
    """Close it while another thread waits there again and again; what that thread was given from then on."""
    begins, is_closed, given = threading.Event(), threading.Event(), list[object]()

    def wait() -> None:
        begins.set()
        while not given:
            receiver.wait(0.1)
            if is_closed.is_set():
                given.extend(receiver.wait(0.1) for _ in range(2))

    waiting = threading.Thread(target=wait)
    waiting.start()
    assert begins.wait(SECONDS)
    receiver.close()
    is_closed.set()
    waiting.join(SECONDS)
    return given
