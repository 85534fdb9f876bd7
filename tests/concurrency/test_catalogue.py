"""Many clients at once, two workers: uploads, downloads and deletes of the same plugins."""

from __future__ import annotations

import itertools
import threading
import time
from functools import partial
from typing import Any

import pytest
import requests

from ..live import NAME, Server, at_once, eventually, large_package, sha256, statuses
from ..support import package

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def admin(server: Server) -> Any:
    return server.client.log_in()


@pytest.fixture(autouse=True)
def empty(server: Server, admin: Any) -> None:
    """Every test begins without plugins."""
    for plugin in server.client.get("/api/plugins/list").json()["data"]:
        assert admin.post("/api/plugins/delete", {"name": plugin["name"]}).status_code == 200
    assert server.files() == []


def upload(server: Server, data: bytes, **form: str) -> requests.Response:
    """Upload as clients do that hear `busy`: so many keys are not checked at once, so it is tried again."""
    while True:
        answer = server.client.upload(data, **form)
        if answer.status_code != 503:
            return answer
        assert (answer.json()["error"], answer.headers["Retry-After"].isdigit()) == ("busy", True)
        # Until there is room.
        time.sleep(0.05)


def test_the_same_version_sixteen_times_at_once_is_taken_once(server: Server) -> None:
    data = package()
    assert server.client.upload(package(version="0.1.0")).status_code == 200
    answers = at_once([partial(upload, server, data)] * 16)
    assert statuses(answers) == {200: 1, 409: 15}
    assert {answer.json()["error"] for answer in answers if answer.status_code == 409} == {"version_exists"}
    assert len(server.files()) == 2
    assert server.verify().is_sound


def test_the_first_version_of_a_name_sixteen_times_at_once_is_taken_once(server: Server) -> None:
    data = package()
    assert statuses(at_once([partial(upload, server, data)] * 16)) == {200: 1, 409: 15}
    assert len(server.files()) == 1


def test_sixteen_first_versions_of_a_name_at_once_are_all_taken(server: Server) -> None:
    packages = [package(version=f"1.{minor}.0") for minor in range(16)]
    answers = at_once([partial(upload, server, data) for data in packages])
    assert statuses(answers) == {200: 16}
    detail = server.client.detail()
    assert detail["plugin"]["current_version"] == "1.15.0"
    assert [version["version"] for version in detail["versions"]] == [f"1.{minor}.0" for minor in range(15, -1, -1)]
    assert [version["file_hash"] for version in detail["versions"]] == [sha256(data) for data in reversed(packages)]
    assert len(server.files()) == 16


def test_of_sixteen_keys_for_a_new_name_one_wins(server: Server) -> None:
    uploads = [
        partial(upload, server, package(version=f"1.{minor}.0"), key=f"key-no-{minor:02}") for minor in range(16)
    ]
    answers = at_once(uploads)
    # Answers to wrong keys wait; those that are more than may wait are told to slow down.
    counts = statuses(answers)
    assert counts.pop(200) == 1
    assert (set(counts) <= {403, 429}, sum(counts.values())) == (True, 15)
    [winner] = [number for number, answer in enumerate(answers) if answer.status_code == 200]
    assert server.client.upload(package(version="2.0.0"), key=f"key-no-{winner:02}").status_code == 200
    assert len(server.files()) == 2


def test_names_that_differ_in_case_alone_are_one_name(server: Server) -> None:
    names = ["com.example.Alpha", "com.example.alpha", "COM.example.alpha", "com.Example.ALPHA"] * 4
    answers = at_once([partial(upload, server, package(name=name)) for name in names])
    assert statuses(answers) == {200: 1, 409: 15}
    assert len(server.client.get("/api/plugins/list").json()["data"]) == 1


def test_sixteen_deletes_at_once_delete_once(server: Server, admin: Any) -> None:
    assert server.client.upload(package()).status_code == 200
    deletes = at_once([partial(admin.post, "/api/plugins/delete", {"name": NAME})] * 16)
    assert statuses(deletes) == {200: 1, 404: 15}
    assert server.files() == []


def test_uploading_deleting_and_downloading_the_same_plugin_never_fails(server: Server, admin: Any) -> None:
    """A download is whole, or says that there is nothing; what is left over at the end is sound."""
    data = large_package(400_000)
    numbers = itertools.count(1)
    seen: dict[str, list[requests.Response]] = {"upload": [], "delete": [], "download": [], "detail": []}

    def keep_on(kind: str, call: Any) -> None:
        # All of them go on until each kind was done, and went well, so many times.
        while len(seen[kind]) < 2000 and not all(done(each) for each in seen.values()):
            seen[kind].append(call())

    def done(answers: list[requests.Response]) -> bool:
        return len(answers) >= 30 and statuses(answers.copy()).get(200, 0) >= 5

    kinds = {
        "upload": lambda: server.client.upload(package(version=f"1.{next(numbers)}.0") if next(numbers) % 3 else data),
        "delete": lambda: admin.post("/api/plugins/delete", {"name": NAME}),
        "download": server.client.download,
        "detail": lambda: server.client.post("/api/plugins/detail", {"name": NAME}),
    }
    threads = [
        threading.Thread(target=keep_on, args=(kind, kinds[kind]))
        for kind in ["upload", "upload", "delete", "download", "download", "download", "detail"]
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert set(statuses(seen["upload"])) <= {200, 409}
    assert set(statuses(seen["delete"])) <= {200, 404}
    assert set(statuses(seen["detail"])) <= {200, 404}
    assert set(statuses(seen["download"])) <= {200, 404}
    assert all(statuses(answers).get(200) for answers in seen.values())
    for answer in seen["download"]:
        if answer.status_code == 200:
            assert answer.headers["ETag"] == f'"{sha256(answer.content)}"'
            assert int(answer.headers["Content-Length"]) == len(answer.content)
    found = server.verify()
    assert found.is_sound
    assert found.orphaned == []
    assert len(server.files()) == found.checked


def test_downloads_of_eight_clients_count_exactly(server: Server) -> None:
    data = package()
    for version in ("1.0.0", "1.1.0"):
        assert server.client.upload(package(version=version)).status_code == 200
    data = package(version="1.2.0")
    assert server.client.upload(data).status_code == 200

    def download() -> None:
        for _ in range(25):
            assert sha256(server.client.download().content) == sha256(data)
            assert server.client.download(version="1.1.0").status_code == 200

    at_once([download] * 8)
    detail = server.client.detail()
    counts = {version["version"]: version["download_count"] for version in detail["versions"]}
    assert counts == {"1.0.0": 0, "1.1.0": 200, "1.2.0": 200}
    assert detail["plugin"]["total_download_count"] == 400

    def is_listed() -> bool:
        [plugin] = server.client.get("/api/plugins/list").json()["data"]
        return bool(plugin["total_download_count"] == 400)

    # In the other worker too: ten answers in a row come from both.
    assert eventually(lambda: all(is_listed() for _ in range(10)))


def test_the_list_shows_an_upload_at_once_in_every_worker(server: Server) -> None:
    for number in range(5):
        assert server.client.upload(package(name=f"com.example.p{number}")).status_code == 200
        for _ in range(6):
            assert len(server.client.get("/api/plugins/list").json()["data"]) == number + 1


def test_request_ids_are_unique(server: Server) -> None:
    def ask() -> list[str]:
        return [server.client.get("/healthz").headers["X-Request-ID"] for _ in range(20)]

    ids = [found for ids in at_once([ask] * 8) for found in ids]
    assert len(set(ids)) == len(ids) == 160
