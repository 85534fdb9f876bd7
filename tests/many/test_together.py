"""What one node knows, the others know: events, revocations, limits, configuration."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from ..live import Client, at_once, large_package, statuses
from ..sockets import Socket, SocketHarness, socket_harness
from .cluster import Cluster

pytestmark = pytest.mark.live

CONFIG = "/api/v1/admin/system/config"
MAINTENANCE = {"message": "m", "starts_at": "2030-01-01T00:00:00Z", "ends_at": "2030-01-01T01:00:00Z"}


@pytest.fixture
def harness(cluster: Cluster) -> Iterator[SocketHarness]:
    """People and their sockets; the sockets are at the second node."""
    with socket_harness(cluster.nodes[1]) as found:
        yield found


def through_nginx(cluster: Cluster, harness: SocketHarness, username: str) -> Socket:
    """A socket through nginx, on which this user is known."""
    found = harness.open(url=f"wss://127.0.0.1:{cluster.nginx.port}/ws", sslopt={"context": cluster.nginx.tls})
    found.say(type="auth", token=harness.token(username))
    assert found.hear()["type"] == "auth_ok"
    return found


def announce(admin: Client, text: str) -> None:
    answer = admin.post("/api/v1/admin/system/maintenance", MAINTENANCE | {"message": text})
    assert answer.status_code == 200, answer.text


def test_what_one_node_announces_is_heard_at_the_others_and_through_nginx(
    cluster: Cluster, harness: SocketHarness
) -> None:
    here = harness.join(harness.user())
    harness.server = cluster.nodes[2]
    sockets = [here, harness.join(harness.user()), through_nginx(cluster, harness, harness.user())]
    for number, node in enumerate(cluster.nodes):
        announce(node.client.with_token(harness.token("admin")), f"from {number}")
        assert [socket.hear()["data"]["text"] for socket in sockets] == [f"from {number}"] * 3


def test_what_one_user_is_told_nobody_else_hears(cluster: Cluster, harness: SocketHarness) -> None:
    told, other = harness.user(), harness.user()
    there, elsewhere = harness.join(told), through_nginx(cluster, harness, other)
    harness.tell(told, plugin_name="a plugin of theirs")
    assert there.hear()["data"]["plugin_name"] == "a plugin of theirs"
    assert harness.has_nothing_more(elsewhere, other)


def test_a_token_that_one_node_revokes_closes_sockets_at_the_others(cluster: Cluster, harness: SocketHarness) -> None:
    name = harness.user()
    token = harness.token(name)
    sockets = []
    for node in cluster.nodes:
        harness.server = node
        sockets.append(harness.open())
        sockets[-1].say(type="auth", token=token)
        assert sockets[-1].hear()["type"] == "auth_ok"
    other = harness.user()
    stays = harness.join(other)
    assert cluster.nodes[0].client.with_token(token).post("/api/auth/logout").status_code == 200
    assert [socket.closed_with()[0] for socket in sockets] == [4401] * 3
    asked = [node.client.with_token(token).get("/api/v1/plugins/installed") for node in cluster.nodes]
    assert statuses(asked) == {401: 3}
    assert harness.has_nothing_more(stays, other)


def test_a_limit_is_one_for_all_nodes(cluster: Cluster) -> None:
    caller = cluster.client()
    asks = [partial(caller.get, "/api/plugins/list") for _ in range(70)]
    # Some through nginx, some past it: it is the caller's address that counts.
    claimed = {"X-Forwarded-For": caller.address}
    asks += [partial(cluster.nodes[n % 3].client.get, "/api/plugins/list", headers=claimed) for n in range(60)]
    answers = [answer for some in range(10) for answer in at_once(asks[some::10])]
    assert statuses(answers) == {200: 100, 429: 30}
    assert cluster.client().get("/api/plugins/list").status_code == 200


def test_logins_are_limited_over_all_nodes(cluster: Cluster) -> None:
    caller, wrong = cluster.client(), {"username": "nobody", "password": "not this one"}
    claimed = {"X-Forwarded-For": caller.address}
    answers = [
        cluster.nodes[n % 3].client.post("/api/auth/login", wrong, headers=claimed).status_code for n in range(12)
    ]
    assert answers == [401] * 10 + [429] * 2


def test_configuration_changed_at_one_node_holds_at_all(cluster: Cluster, harness: SocketHarness) -> None:
    token = harness.token("admin")
    admins = [node.client.with_token(token) for node in cluster.nodes]

    def configure(admin: Client, **values: Any) -> None:
        answer = admin.call("PUT", CONFIG, json={"upload_settings": values})
        assert answer.status_code == 200, answer.text

    for number, admin in enumerate(admins):
        configure(admin, max_file_size=1024)
        refused = [
            one.upload(large_package(2000, name=f"com.example.n{number}")) for one in (*admins, cluster.client())
        ]
        assert statuses(refused) == {413: 4}
        configure(admins[number - 1], max_file_size=1 << 20)
        names = iter(f"com.example.n{number}x{at}" for at in range(4))
        taken = [one.upload(large_package(2000, name=next(names))) for one in (*admins, cluster.client())]
        assert statuses(taken) == {200: 4}
