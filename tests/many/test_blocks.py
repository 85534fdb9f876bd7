"""A block that is made at one node is in force at the others with the next request."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
import requests

from microdock_server.vocabulary import Role

from ..live import Client, at_once, statuses
from ..sockets import socket_harness
from ..support import add_user, package
from .cluster import Cluster

pytestmark = pytest.mark.live

BLOCKS = "/api/v1/admin/blocks"
PUBLIC = "/api/plugins/blocks"
NAME = "com.example.blocked"
REASON = {"zh": "泄露用户数据", "en": "It sends user data away"}


@pytest.fixture
def admins(cluster: Cluster) -> Iterator[list[Client]]:
    """An administrator at each node: at the first the one who makes blocks, at the others the one who approves."""
    with socket_harness(cluster.nodes[0]) as harness:
        second = str(add_user(harness.app, "second-admin", Role.ADMIN).token)
        tokens = [harness.token("admin"), second, second]
        yield [node.client.with_token(token) for node, token in zip(cluster.nodes, tokens, strict=True)]


def data(answer: requests.Response, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json()["data"]


def downloads(cluster: Cluster) -> dict[int, int]:
    """By name and by version, at every node and through nginx; links to the bucket are not followed."""
    path = f"/api/v1/marketplace/plugins/{NAME}/versions/1.1.0/download"
    clients = [*(node.client for node in cluster.nodes), cluster.client()]
    asks = [partial(client.get, path, allow_redirects=False) for client in clients]
    body = {"name": NAME, "version": "1.1.0"}
    asks += [partial(client.post, "/api/plugins/version/download", body, allow_redirects=False) for client in clients]
    return statuses(at_once(asks))


def shown(cluster: Cluster) -> list[str]:
    """The current version in the list of every node."""
    lists = at_once([partial(node.client.get, "/api/plugins/list") for node in cluster.nodes])
    return [row["current_version"] for one in lists for row in data(one) if row["name"] == NAME]


def told(cluster: Cluster) -> list[Any]:
    """The severities in the public list of every node, which answer the same bytes."""
    lists = at_once([partial(node.client.get, PUBLIC) for node in cluster.nodes])
    assert len({answer.content for answer in lists}) == len({answer.headers["ETag"] for answer in lists}) == 1
    return [block["severity"] for block in data(lists[0])["blocks"]]


def offered(cluster: Cluster) -> list[tuple[str, str | None]]:
    """What an update check says at every node about who has the blocked version."""
    body = {"engines": {"MicroDock": "2.0.0"}, "installed": [{"name": NAME, "version": "1.1.0"}]}
    checks = at_once([partial(node.client.post, "/api/plugins/updates", body) for node in cluster.nodes])
    found = [data(check)["updates"][0] for check in checks]
    return [(one["action"], one["target"] and one["target"]["version"]) for one in found]


def test_a_block_is_in_force_at_every_node_at_once(cluster: Cluster, admins: list[Client]) -> None:
    for version in ("1.0.0", "1.1.0"):
        content = package(name=NAME, version=version, dependencies={})
        assert cluster.nodes[0].client.upload(content).status_code == 200
    # All of them have answered before, and know what they said.
    assert (shown(cluster), told(cluster), offered(cluster)) == (["1.1.0"] * 3, [], [("none", None)] * 3)
    assert set(downloads(cluster)) <= {200, 303}
    block = {"plugin": NAME, "versions": ">=1.1.0", "severity": "remove", "reason": REASON}
    path = f"{BLOCKS}/{data(admins[0].post(BLOCKS, block), 201)['id']}"
    assert downloads(cluster) == {403: 8}
    assert (shown(cluster), told(cluster)) == (["1.0.0"] * 3, ["disable"])
    assert offered(cluster) == [("downgrade", "1.0.0")] * 3
    data(admins[1].post(f"{path}/approve", {}))
    assert told(cluster) == ["remove"]
    data(admins[2].post(f"{path}/revoke", {"reason": "误判"}))
    assert (shown(cluster), told(cluster), offered(cluster)) == (["1.1.0"] * 3, [], [("none", None)] * 3)
    assert set(downloads(cluster)) <= {200, 303}


def test_of_approvals_at_two_nodes_one_is_recorded(cluster: Cluster, admins: list[Client]) -> None:
    block = {"plugin": NAME, "versions": "*", "severity": "remove", "reason": REASON}
    block_id = data(admins[0].post(BLOCKS, block), 201)["id"]
    answers = at_once([partial(admin.post, f"{BLOCKS}/{block_id}/approve", {}) for admin in admins[1:] * 3])
    assert statuses(answers) == {200: 6}
    entries = data(admins[0].get(f"/api/v1/admin/audit?target_type=block&target_id={block_id}"))["entries"]
    assert [entry["action"] for entry in entries] == ["block.approved", "block.created"]


def test_an_old_list_is_made_anew_once_for_all_nodes(cluster: Cluster) -> None:
    answers = at_once([partial(node.client.get, PUBLIC) for node in cluster.nodes * 4])
    assert statuses(answers) == {200: 12}
    assert len({answer.content for answer in answers}) == 1
