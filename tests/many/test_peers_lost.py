"""Redis is killed, PostgreSQL is restarted: answers meanwhile, and automatic recovery."""

from __future__ import annotations

import pytest

from ..live import eventually, sha256, statuses
from ..sockets import socket_harness
from ..support import package
from .cluster import ADMINISTRATOR, SECONDS, Cluster
from .test_together import announce

pytestmark = pytest.mark.live

NAME = "com.example.kept"


def asked_of_each(cluster: Cluster, path: str) -> dict[int, int]:
    return statuses([node.client.get(path, headers={"X-Forwarded-For": "10.9.9.9"}) for node in cluster.nodes])


def test_without_redis_everything_is_answered(cluster: Cluster) -> None:
    cluster.redis.kill()
    try:
        data = package(name=NAME)
        assert cluster.client().upload(data).status_code == 200
        assert sha256(cluster.client().download(NAME).content) == sha256(data)
        assert cluster.client().back_up(b"bytes").status_code == 200
        assert cluster.client().log_in(**ADMINISTRATOR).get("/api/auth/me").json()["data"]["is_logged_in"]
        assert asked_of_each(cluster, "/readyz") == {200: 3}
        assert {node.client.get("/readyz").json()["data"]["redis"] for node in cluster.nodes} == {"lost"}
    finally:
        cluster.redis.start()
    assert eventually(cluster.all_ready, SECONDS)


def test_postgresql_comes_back_and_so_do_all_nodes(cluster: Cluster) -> None:
    data = package(name=NAME)
    assert cluster.client().upload(data).status_code == 200
    serving = [node.processes().keys() for node in cluster.nodes]
    with socket_harness(cluster.nodes[1]) as harness:
        admin, listener = cluster.client(harness.token("admin")), harness.user()
        cluster.postgresql.stop()
        try:
            for call in (
                lambda: cluster.client().get("/api/plugins/list"),
                lambda: cluster.client().upload(package(version="2.0.0")),
                lambda: cluster.client().post("/api/auth/login", ADMINISTRATOR),
                lambda: cluster.client().download(NAME),
                lambda: admin.get("/api/v1/admin/system/config"),
            ):
                answer = call()
                assert answer.status_code == 503, answer.text
                assert answer.json()["success"] is False
            assert asked_of_each(cluster, "/readyz") == {503: 3}
            assert asked_of_each(cluster, "/healthz") == {200: 3}
        finally:
            cluster.postgresql.start()
        assert eventually(cluster.all_ready, SECONDS)
        assert sha256(cluster.client().download(NAME).content) == sha256(data)
        assert cluster.client().upload(package(version="2.0.0")).status_code == 200
        socket = harness.join(listener)
        announce(admin, "again")
        assert socket.hear()["data"]["text"] == "again"
    assert [node.processes().keys() for node in cluster.nodes] == serving
