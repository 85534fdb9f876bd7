"""Acts on one release that several people do at once, and a yank while hosts ask for updates."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import count
from typing import Any

import pytest
import requests

from microdock_server.database.unit_of_work import unit_of_work
from microdock_server.services import audit
from microdock_server.vocabulary import Role

from ..live import Client, Server, at_once, statuses
from ..support import package
from .test_marketplace import PLUGINS, V1, add_users

pytestmark = pytest.mark.live

KEY = "upload-key"
_NUMBERS = count(1)


@pytest.fixture(scope="module")
def admins(server: Server) -> list[Client]:
    """Two administrators."""
    with server.application() as app:
        tokens = add_users(app, {"another": Role.ADMIN})
    return [server.client.with_token(tokens[name]) for name in ("admin", "another")]


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


def stocked(client: Client, rollout: int = 100) -> str:
    """The name of a plugin with two versions, the higher one for so many percent of hosts."""
    name = f"com.example.released{next(_NUMBERS)}"
    assert client.upload(package(name=name, version="1.0.0", dependencies={}), KEY).status_code == 200
    files = {"file": ("p.zip", io.BytesIO(package(name=name, version="2.0.0", dependencies={})))}
    form = {"plugin_key": KEY, "rollout": str(rollout)}
    assert client.post("/api/plugins/upload", data=form, files=files).status_code == 200
    return name


def yank(client: Client, name: str, **fields: Any) -> requests.Response:
    body = {"name": name, "version": "2.0.0", "reason": "bad", "plugin_key": KEY, **fields}
    return client.post("/api/plugins/version/yank", body)


def acts(admin: Client, name: str) -> list[str]:
    entries = data(admin.get(f"{V1}/admin/audit?limit=100&target_type=plugin&target_id={name}"))["entries"]
    return [entry["action"] for entry in reversed(entries) if entry["action"] != "version.uploaded"]


def test_of_many_yanks_and_many_unyanks_one_each_is_recorded(server: Server, admins: list[Client]) -> None:
    name = stocked(server.client)
    place = f"{PLUGINS}/{name}/versions/2.0.0"
    by_token = [partial(admin.post, f"{place}/yank", {"reason": "bad"}) for admin in admins * 2]
    by_key = [partial(yank, server.client, name)] * 4
    assert statuses(at_once([*by_token, *by_key])) == {200: 8}
    by_token = [partial(admin.post, f"{place}/unyank", {}) for admin in admins * 2]
    by_key = [partial(yank, server.client, name, undo=True)] * 4
    assert statuses(at_once([*by_token, *by_key])) == {200: 8}
    assert acts(admins[0], name) == ["version.yanked", "version.unyanked"]
    assert server.client.detail(name)["plugin"]["current_version"] == "2.0.0"


def test_yanking_what_is_being_recommended_does_either_first(server: Server, admins: list[Client]) -> None:
    for _ in range(5):
        name = stocked(server.client)
        wanted = {"version": "2.0.0", "reason": "good"}
        recommended, yanked = at_once(
            [
                partial(admins[0].call, "PUT", f"{PLUGINS}/{name}/recommended", json=wanted),
                partial(yank, server.client, name),
            ]
        )
        assert yanked.status_code == 200
        order = acts(admins[0], name)
        if recommended.status_code == 200:
            assert order == ["plugin.recommended", "version.yanked"]
        else:
            assert recommended.json()["error"]["slug"] == "not_recommendable"
            assert order == ["version.yanked"]
        assert server.client.detail(name)["plugin"]["current_version"] == "1.0.0"


def test_a_rollout_that_grows_at_once_never_shrinks(server: Server, admins: list[Client]) -> None:
    name = stocked(server.client, rollout=5)
    path = f"{PLUGINS}/{name}/versions/2.0.0/release"
    answers = at_once([partial(admins[0].call, "PUT", path, json={"rollout": step}) for step in range(10, 101, 10)])
    assert set(statuses(answers)) <= {200, 409}
    entries = data(admins[0].get(f"{V1}/admin/audit?action=version.release_changed&target_id={name}"))["entries"]
    steps = [entry["details"]["changes"]["rollout"] for entry in reversed(entries)]
    assert [step["from"] for step in steps] == [5, *(step["to"] for step in steps[:-1])]
    assert all(step["to"] > step["from"] for step in steps)
    assert steps[-1]["to"] == 100
    assert server.client.detail(name)["plugin"]["current_version"] == "2.0.0"


def test_no_host_that_asks_after_a_yank_is_offered_what_was_yanked(server: Server) -> None:
    name = stocked(server.client)
    body = {"engines": {"MicroDock": "3.0.0"}, "installed": [{"name": name, "version": "1.0.0"}]}
    is_yanked = threading.Event()
    offered: list[tuple[bool, str]] = []

    def ask(_: int) -> None:
        was_yanked = is_yanked.is_set()
        [found] = data(server.client.post("/api/plugins/updates", body))["updates"]
        offered.append((was_yanked, found["action"]))

    with ThreadPoolExecutor(8) as pool:
        asked = pool.map(ask, range(50))
        assert yank(server.client, name).status_code == 200
        is_yanked.set()
        list(asked)
        list(pool.map(ask, range(50)))
    assert {action for was_yanked, action in offered if was_yanked} == {"none"}
