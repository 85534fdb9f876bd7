"""Threads that look again and again."""

from __future__ import annotations

import logging

import pytest
from flask import Flask

from microdock_server.jobs import rounds
from microdock_server.jobs.rounds import Rounds


class Counting(Rounds):
    """Fails in its first round, and stops in its third."""

    def __init__(self, app: Flask) -> None:
        super().__init__(app, "numbers")
        self.count = 0

    def round(self) -> None:
        self.count += 1
        if self.count == 1:
            raise RuntimeError("not yet")
        if self.count == 3:
            self.stop()


def test_a_round_that_fails_is_logged_and_the_next_one_comes(
    app: Flask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(rounds, "LOOK_EVERY", 0)
    counting = Counting(app)
    with caplog.at_level(logging.ERROR):
        counting.run()
    assert counting.count == 3
    assert [record.getMessage() for record in caplog.records] == ["looking for numbers failed; it will be tried again"]
