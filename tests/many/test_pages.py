"""The gallery is the same on every node, and what one changes the others show at the very next request."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
import requests

from ..live import at_once, statuses
from ..support import package
from .cluster import Cluster, Visitor

pytestmark = pytest.mark.live

CLOCK = "com.example.clock"
ADDRESSES = (
    "/",
    "/plugins",
    "/plugins?sort=new",
    f"/plugins/{CLOCK}",
    f"/plugins/{CLOCK}/1.0.0",
    "/feeds/plugins.atom",
)
BROWSER = {"Accept": "text/html", "Accept-Language": "en"}
V1 = "/api/v1"


def pages(cluster: Cluster, address: str, **headers: str) -> list[requests.Response]:
    """The page as every node answers it, and as nginx does."""
    clients = [*(node.client for node in cluster.nodes), cluster.client()]
    asks = [partial(client.get, address, headers=BROWSER | headers, allow_redirects=False) for client in clients]
    return at_once(asks)


def told(cluster: Cluster, address: str, word: str) -> set[bool]:
    """Do they say the word?"""
    answers = pages(cluster, address)
    assert len(statuses(answers)) == 1
    return {word in answer.text for answer in answers}


@pytest.fixture
def admin(cluster: Cluster) -> Visitor:
    """The administrator, whom nginx sends to any node; a clock is there."""
    cluster.client().upload(package(name=CLOCK, displayName="World Clock", dependencies=None))
    answer = cluster.client().post(
        "/api/auth/login", {"username": "admin", "password": cluster.settings["ADMIN_PASSWORD"]}
    )
    return cluster.client(answer.json()["token"])


def done(answer: requests.Response) -> Any:
    assert answer.status_code < 300, answer.text
    return answer.json()


def test_a_page_is_the_same_wherever_it_is_asked_for(cluster: Cluster, admin: Visitor) -> None:
    for address in ADDRESSES:
        answers = pages(cluster, address)
        assert statuses(answers) == {200: 4}, address
        # Each says its own address where the app that opens the plugin is told it: those of nodes differ.
        if address == f"/plugins/{CLOCK}":
            continue
        assert len({answer.content for answer in answers}) == 1, address
        tag = answers[0].headers["ETag"]
        assert statuses(pages(cluster, address, **{"If-None-Match": tag})) == {304: 4}, address


def test_a_change_at_one_node_is_on_the_pages_of_all(cluster: Cluster, admin: Visitor) -> None:
    page = f"{V1}/marketplace/plugins/{CLOCK}"
    number = done(admin.get(page))["data"]["id"]
    for one in cluster.nodes:
        node = one.client.with_token(admin.token or "")
        port = str(one.port)
        done(node.call("PUT", f"{page}/deprecation", json={"deprecated": True, "reason": f"deprecated at {port}"}))
        assert told(cluster, f"/plugins/{CLOCK}", f"deprecated at {port}") == {True}
        kinds = done(node.post(f"{V1}/admin/categories", {"name": f"kind {port}"}))["data"]["id"]
        done(node.call("PUT", page, json={"category_id": kinds}))
        assert told(cluster, "/", f"kind {port}") == {True}
        done(node.call("PUT", f"{V1}/admin/categories/{kinds}", json={"name": f"renamed {port}"}))
        assert told(cluster, "/", f"renamed {port}") == {True}
        assert told(cluster, f"/plugins/{CLOCK}", f"renamed {port}") == {True}
        new = f"com.example.n{port}"
        done(node.upload(package(name=new, displayName=f"Node {port}", dependencies=None)))
        assert told(cluster, "/plugins?sort=new", f"Node {port}") == {True}
        assert told(cluster, "/feeds/plugins.atom", f"Node {port}") == {True}
        status = f"{V1}/admin/plugins/{number}/status"
        done(node.post(status, {"status": "suspended", "reason": "a secret"}))
        assert statuses(pages(cluster, f"/plugins/{CLOCK}")) == {404: 4}
        assert told(cluster, "/plugins?sort=new", "World Clock") == {False}
        done(node.post(status, {"status": "published", "reason": "a secret"}))
        assert statuses(pages(cluster, f"/plugins/{CLOCK}")) == {200: 4}
        assert told(cluster, "/plugins?sort=new", "World Clock") == {True}


def test_a_limit_of_pages_is_one_for_all_nodes_and_said_on_a_page(cluster: Cluster, admin: Visitor) -> None:
    caller = cluster.client()
    claimed = BROWSER | {"X-Forwarded-For": caller.address}
    asks = [partial(cluster.nodes[n % 3].client.get, "/robots.txt", headers=claimed) for n in range(605)]
    answers = [answer for some in range(11) for answer in at_once(asks[some::11])]
    assert statuses(answers) == {200: 600, 429: 5}
    refused = caller.get("/plugins", headers=BROWSER)
    assert (refused.status_code, refused.headers["Content-Type"].partition(";")[0]) == (429, "text/html")
