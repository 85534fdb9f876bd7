"""Counts of hosts by real servers: merged by each worker when it ends in order."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from microdock_server.database.unit_of_work import unit_of_work
from microdock_server.services.releases import active_rows

from ..live import Server
from ..support import package

pytestmark = pytest.mark.live
NAME = "com.example.myplugin"


def test_a_server_that_is_stopped_keeps_what_its_workers_counted(start_server: Callable[..., Server]) -> None:
    server = start_server(WEB_CONCURRENCY="2")
    assert server.client.upload(package()).status_code == 200
    # Each host asks more than once, of either worker: with salts of their own they would count it twice.
    for number in [*range(40), *reversed(range(40)), *range(40)]:
        asked = {"engines": {}, "installed": [{"name": NAME, "version": "1.0.0"}], "client_id": f"host {number}"}
        answer = server.client.post("/api/plugins/updates", asked)
        assert answer.status_code == 200, answer.text
    assert server.stop() == 0
    with server.application() as app, app.app_context(), unit_of_work(writing=False):
        assert abs(active_rows.by_version(NAME)["1.0.0"] - 40) <= 4
