"""Two real servers and a worker on one database and one Redis, which is killed in the middle."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from ..jobs.helpers import WorkerProcess, review, submit
from ..live import Client, Server, at_once, eventually, prepared_server, statuses
from ..peers.redis import RedisServer, running
from ..sockets import SocketHarness, socket_harness
from ..support import package

# Two nodes that share SQLite's file; tests/many has those that share PostgreSQL.
pytestmark = [pytest.mark.live, pytest.mark.sqlite]

SECONDS = 30.0
MAINTENANCE = {"message": "m", "starts_at": "2030-01-01T00:00:00Z", "ends_at": "2030-01-01T01:00:00Z"}
# What one test counts is not another's.
FROM_AFAR = {"headers": {"X-Forwarded-For": "10.0.0.1"}}
UNDER_LOAD = {"headers": {"X-Forwarded-For": "10.0.0.2"}}
Nodes = tuple[Server, Server]


@pytest.fixture(scope="module")
def running_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with running(tmp_path_factory.mktemp("redis")) as found:
        yield found


@pytest.fixture(scope="module")
def running_nodes(
    prepared_data: Path, tmp_path_factory: pytest.TempPathFactory, running_redis: RedisServer
) -> Iterator[Nodes]:
    """Two nodes, one worker process each: they share database, files, secret and Redis."""
    directory = tmp_path_factory.mktemp("nodes")
    common = {
        "REDIS_URL": running_redis.url,
        "WEB_CONCURRENCY": "1",
        "RATELIMIT_ENABLED": "true",
        "TRUSTED_PROXIES": "1",
    }
    first = prepared_server(prepared_data, directory / "first", **common)
    shared = {
        "DATABASE_URL": f"sqlite:///{first.data}/microdock.db",
        "UPLOAD_DIR": f"{first.data}/uploads",
        "BACKUP_DIR": f"{first.data}/backups",
        "JWT_SECRET_KEY": (first.data / "jwt-secret").read_text().strip(),
    }
    nodes = first, Server(directory / "second", **common, **shared)
    try:
        at_once([node.start for node in nodes])
        yield nodes
    finally:
        for node in nodes:
            node.kill()


@pytest.fixture
def redis_server(running_redis: RedisServer) -> RedisServer:
    """It runs, and is empty."""
    if not running_redis.is_running:
        running_redis.start()
    with running_redis.client() as client:
        client.flushall()
    return running_redis


@pytest.fixture
def nodes(running_nodes: Nodes, redis_server: RedisServer) -> Nodes:
    """Both have their Redis."""
    assert eventually(lambda: all(redis_of(node) == "ok" for node in running_nodes), SECONDS)
    return running_nodes


@pytest.fixture
def harness(nodes: Nodes) -> Iterator[tuple[SocketHarness, Client]]:
    """The second node's sockets, and the administrator on the first."""
    first, second = nodes
    with socket_harness(first) as found:
        found.server = second
        yield found, first.client.with_token(found.token("admin"))


def announce(admin: Client, text: str = "m") -> None:
    answer = admin.post("/api/v1/admin/system/maintenance", MAINTENANCE | {"message": text})
    assert answer.status_code == 200, answer.text


def said(node: Server) -> str:
    return node.console.read_text(errors="replace")


def redis_of(server: Server | Client) -> str:
    """What /readyz says of Redis; it must be 200."""
    answer = (server.client if isinstance(server, Server) else server).get("/readyz")
    assert answer.status_code == 200, answer.text
    return str(answer.json()["data"]["redis"])


def test_a_limit_is_exact_across_nodes(nodes: Nodes, redis_server: RedisServer) -> None:
    asks = [partial(nodes[number % 2].client.get, "/api/plugins/list", **FROM_AFAR) for number in range(130)]
    answers = [answer for some in range(0, 130, 13) for answer in at_once(asks[some : some + 13])]
    assert statuses(answers) == {200: 100, 429: 30}
    redis_server.kill()
    # Each counts by itself now, beginning anew.
    found = [statuses([node.client.get("/api/plugins/list", **FROM_AFAR) for _ in range(110)]) for node in nodes]
    assert found == [{200: 100, 429: 10}] * 2


def test_notifications_and_revocations_cross_nodes(
    harness: tuple[SocketHarness, Client], redis_server: RedisServer
) -> None:
    home, admin = harness
    name = home.user()
    socket, leaving = home.join(name), admin.with_token(home.token(home.user()))
    announce(admin, "with Redis")
    assert socket.hear()["data"]["text"] == "with Redis"
    elsewhere = Client(home.server.base, leaving.token)
    assert elsewhere.get("/api/v1/plugins/installed").status_code == 200
    redis_server.kill()
    announce(admin, "without")
    assert socket.hear()["data"]["text"] == "without"
    assert leaving.post("/api/auth/logout").status_code == 200
    assert elsewhere.get("/api/v1/plugins/installed").status_code == 401
    redis_server.start()
    assert eventually(lambda: redis_of(home.server) == redis_of(admin) == "ok")
    announce(admin, "with it again")
    assert socket.hear()["data"]["text"] == "with it again"
    assert elsewhere.get("/api/v1/plugins/installed").status_code == 401


def test_redis_killed_under_load_fails_no_request(nodes: Nodes, redis_server: RedisServer) -> None:
    earlier = [said(node) for node in nodes]
    done, seen = threading.Event(), Counter[int]()

    def work(node: Server, name: str) -> None:
        uploads = 0
        while not done.is_set():
            answers = [
                node.client.get("/api/plugins/list", **UNDER_LOAD),
                node.client.post("/api/plugins/detail", {"name": name}, **UNDER_LOAD),
            ]
            if uploads < 5:
                answers.append(node.client.upload(package(name=name, version=f"1.0.{uploads}")))
                uploads += answers[-1].status_code == 200
            seen.update(answer.status_code for answer in answers)

    threads = [
        threading.Thread(target=work, args=(node, f"com.example.n{number}")) for number, node in enumerate(nodes)
    ]
    for thread in threads:
        thread.start()
    try:
        for _ in range(2):
            assert eventually(lambda: all(redis_of(node) == "ok" for node in nodes), SECONDS)
            redis_server.kill()
            assert eventually(lambda: all(redis_of(node) == "lost" for node in nodes), SECONDS)
            before = seen.total()
            assert eventually(lambda before=before: seen.total() > before + 20, SECONDS)
            redis_server.start()
        assert eventually(lambda: all(redis_of(node) == "ok" for node in nodes), SECONDS)
    finally:
        done.set()
        for thread in threads:
            thread.join(SECONDS)
    assert seen[200] > 0
    assert not {status for status in seen if status not in (200, 404, 429)}
    for node, before_it in zip(nodes, earlier, strict=True):
        found = said(node).removeprefix(before_it)
        assert (found.count(" is lost ("), found.count(" is back")) == (2, 2)
        assert "Traceback" not in found


def test_jobs_reach_a_worker_whether_redis_is_there_or_not(nodes: Nodes, redis_server: RedisServer) -> None:
    first, _ = nodes
    env = {"REDIS_URL": redis_server.url}
    with first.application(**env) as app:
        ids = [submit(app)]
        worker = WorkerProcess(first.data, **env)
        try:
            assert eventually(lambda: review(app, ids[0]).verdict is not None, SECONDS), worker.said()
            redis_server.kill()
            ids.append(submit(app, "com.example.meanwhile"))
            assert eventually(lambda: review(app, ids[1]).verdict is not None, SECONDS), worker.said()
            redis_server.start()
            ids.append(submit(app, "com.example.after"))
            assert eventually(lambda: review(app, ids[2]).verdict is not None, SECONDS), worker.said()
            assert eventually(lambda: " is back" in worker.said()), worker.said()
            assert "Traceback" not in worker.said()
        finally:
            worker.kill()
