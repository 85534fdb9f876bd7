"""Blocks that several people decide on at once, and a block that is made while downloads begin."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from itertools import count
from typing import Any

import pytest
import requests

from microdock_server.clock import iso, utcnow
from microdock_server.database.session import db
from microdock_server.database.unit_of_work import unit_of_work
from microdock_server.models import Setting
from microdock_server.services import audit, catalog
from microdock_server.vocabulary import BLOCK_LIST, Role

from ..live import Client, Server, at_once, statuses
from ..support import package
from .test_marketplace import add_users

pytestmark = pytest.mark.live

BLOCKS = "/api/v1/admin/blocks"
REASON = {"zh": "泄露用户数据", "en": "It sends user data away"}
ADMINS = ("admin", "second", "third")
_NUMBERS = count(1)


@pytest.fixture(scope="module")
def admins(server: Server) -> list[Client]:
    """Three administrators; the first makes what the others approve."""
    with server.application() as app:
        tokens = add_users(app, dict.fromkeys(ADMINS[1:], Role.ADMIN))
    return [server.client.with_token(tokens[name]) for name in ADMINS]


@pytest.fixture(autouse=True)
def sound(server: Server) -> Iterator[None]:
    """After every test the audit chain holds."""
    yield
    with server.application() as app, app.app_context(), unit_of_work(writing=False):
        verified = audit.verify()
    assert (verified.broken_at, verified.reason) == (None, "")


def data(answer: requests.Response, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json()["data"]


def new_name() -> str:
    return f"com.example.blocked{next(_NUMBERS)}"


def make(admin: Client, name: str, **changes: Any) -> requests.Response:
    return admin.post(BLOCKS, {"plugin": name, "versions": "*", "severity": "remove", "reason": REASON, **changes})


def acts(admin: Client, block_id: str) -> list[str]:
    entries = data(admin.get(f"/api/v1/admin/audit?limit=100&target_type=block&target_id={block_id}"))["entries"]
    return [entry["action"] for entry in reversed(entries)]


def test_of_many_approvals_one_is_recorded(admins: list[Client]) -> None:
    first, *others = admins
    block_id = data(make(first, new_name()), 201)["id"]
    path = f"{BLOCKS}/{block_id}/approve"
    answers = at_once([partial(other.post, path, {}) for other in others * 5])
    assert statuses(answers) == {200: 10}
    assert {answer.json()["data"]["approved_by"]["username"] for answer in answers} < set(ADMINS)
    assert len({answer.json()["data"]["approved_by"]["username"] for answer in answers}) == 1
    assert acts(first, block_id) == ["block.created", "block.approved"]


def test_approving_and_revoking_at_once_leaves_it_revoked(admins: list[Client]) -> None:
    first, second, third = admins
    for _ in range(5):
        block_id = data(make(first, new_name()), 201)["id"]
        approved, revoked = at_once(
            [
                partial(second.post, f"{BLOCKS}/{block_id}/approve", {}),
                partial(third.post, f"{BLOCKS}/{block_id}/revoke", {"reason": "why"}),
            ]
        )
        assert (approved.status_code, revoked.status_code) in ((200, 200), (409, 200))
        expected = ["block.approved"] if approved.status_code == 200 else []
        assert acts(first, block_id) == ["block.created", *expected, "block.revoked"]
        assert data(first.get(f"{BLOCKS}/{block_id}"))["status"] == "revoked"


def test_the_same_block_is_made_once(admins: list[Client]) -> None:
    name = new_name()
    answers = at_once([partial(make, admin, name) for admin in admins * 4])
    assert statuses(answers) == {201: 1, 200: 11}
    assert len({answer.json()["data"]["id"] for answer in answers}) == 1
    assert data(admins[0].get(f"{BLOCKS}?plugin={name}"))["pagination"]["total"] == 1


def test_the_serial_of_the_list_only_grows(server: Server, admins: list[Client]) -> None:
    """Whichever process answers, and while others make blocks."""
    over, seen = threading.Event(), []

    def watch() -> list[int]:
        found = []
        while not over.is_set():
            found.append(data(server.client.get("/api/plugins/blocks"))["serial"])
        return found

    with ThreadPoolExecutor(4) as pool:
        watching = [pool.submit(watch) for _ in range(4)]
        for _ in range(10):
            at_once([partial(make, admin, new_name(), severity="warn") for admin in admins])
        over.set()
        seen = [one.result() for one in watching]
    assert all(found == sorted(found) and found for found in seen)


def test_a_list_that_is_old_is_made_anew_once(server: Server) -> None:
    before = data(server.client.get("/api/plugins/blocks"))["serial"]
    age(server)
    answers = at_once([partial(server.client.get, "/api/plugins/blocks") for _ in range(20)])
    assert statuses(answers) == {200: 20}
    assert len({answer.content for answer in answers}) == 1
    assert len({answer.headers["ETag"] for answer in answers}) == 1
    assert before < data(answers[0])["serial"] == data(server.client.get("/api/plugins/blocks"))["serial"]


def age(server: Server) -> None:
    """Let the stored list be two hours old. Every process reads it anew: the catalogue's revision is another."""
    with server.application() as app, app.app_context(), unit_of_work():
        row = db.session.get_one(Setting, BLOCK_LIST)
        said = json.loads(row.value)
        said["generated_at"] = iso(utcnow() - timedelta(hours=2))
        row.value = json.dumps(said)
        catalog.next_revision()


def test_nothing_is_sent_to_who_asks_after_a_block_is_made(server: Server, admins: list[Client]) -> None:
    name = new_name()
    content = package(name=name)
    assert admins[0].upload(content).status_code == 200
    path = f"/api/v1/marketplace/plugins/{name}/download"
    ways = [
        partial(server.client.download, name),
        partial(server.client.download, name, "1.0.0"),
        partial(server.client.get, path),
        partial(server.client.get, path, headers={"Range": "bytes=0-9"}),
        partial(server.client.get, path, headers={"Range": "bytes=10-"}),
    ]
    is_blocked, over, begun = threading.Event(), threading.Event(), threading.Barrier(len(ways) + 1)

    def ask(way: partial[requests.Response]) -> Counter[tuple[bool, int]]:
        found: Counter[tuple[bool, int]] = Counter()
        begun.wait()
        while not over.is_set():
            is_later = is_blocked.is_set()
            found[is_later, way().status_code] += 1
            if is_later and found.total() > 20:
                break
        return found

    with ThreadPoolExecutor(len(ways)) as pool:
        asking = [pool.submit(ask, way) for way in ways]
        begun.wait()
        try:
            data(make(admins[0], name, severity="disable"), 201)
            is_blocked.set()
            found = [one.result() for one in asking]
        finally:
            over.set()
    assert all({status for (is_later, status) in one if is_later} == {403} for one in found)
    assert all({status for (is_later, status) in one if not is_later} <= {200, 206, 403} for one in found)
    # Each answer that began with the first byte was counted, and no other.
    sent = [sum(times for (_, status), times in one.items() if status < 300) for one in found]
    assert server.client.detail(name)["plugin"]["total_download_count"] == sum(sent[:4])
