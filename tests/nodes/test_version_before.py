"""A node of the version before goes on working on the database that a node of this version has migrated.

The version before is the last commit without migration 0009. Two nodes run side by side: the old one reads and
writes rows whose new columns it does not know, and this one reads them right.
"""

from __future__ import annotations

import io
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ..live import ROOT, Client, Server, at_once, prepared_server
from ..peers import postgresql
from ..support import package

pytestmark = pytest.mark.live

CLOCK = "com.example.clock"
KEYED = "com.example.keyed"


def git(*arguments: str) -> bytes:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, check=False)
    if done.returncode:
        pytest.skip(f"the version before is not there: {done.stderr.decode().strip()[:200]}")
    return done.stdout


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of the version before."""
    newest = Path("migrations/versions/0009_releases.py")
    added = git("log", "--diff-filter=A", "--format=%H", "-1", "--", str(newest)).decode().strip()
    if not added:
        pytest.skip("the version before is not there: no commit adds migration 0009")
    directory = tmp_path_factory.mktemp("before")
    with tarfile.open(fileobj=io.BytesIO(git("archive", f"{added}^"))) as archive:
        archive.extractall(directory, filter="data")
    assert not (directory / newest).exists()
    return directory


@pytest.fixture(scope="module")
def nodes(prepared_data: Path, tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Server]]:
    """The old node and the new one, which share a migrated database, files and the secret."""
    directory = tmp_path_factory.mktemp("nodes")
    new = prepared_server(prepared_data, directory / "new", WEB_CONCURRENCY="1")
    shared = {
        "DATABASE_URL": new._env.get("DATABASE_URL") or f"sqlite:///{new.data}/microdock.db",
        "UPLOAD_DIR": f"{new.data}/uploads",
        "BACKUP_DIR": f"{new.data}/backups",
        "JWT_SECRET_KEY": (new.data / "jwt-secret").read_text().strip(),
    }
    old = Server(directory / "old", WEB_CONCURRENCY="1", **shared)
    old.tree = tree
    try:
        at_once([new.start, old.start])
        yield old, new
    finally:
        for node in (old, new):
            node.kill()
        postgresql.forget(new.data)


def upload(client: Client, name: str, version: str, **manifest: Any) -> None:
    content = package(**{"name": name, "version": version, "engines": {}, "dependencies": {}, **manifest})
    answer = client.upload(content)
    assert answer.status_code == 200, answer.text


def post(client: Client, path: str, **body: Any) -> Any:
    answer = client.post(f"/api/plugins/{path}", body)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


def current(client: Client) -> dict[str, str]:
    return {one["name"]: one["current_version"] for one in client.get("/api/plugins/list").json()["data"]}


def check(client: Client, name: str, version: str, **body: Any) -> tuple[str, str | None, list[tuple[str, Any]]]:
    """What a host with this version is to do, the target, and why no other."""
    [found] = post(client, "updates", engines={}, installed=[{"name": name, "version": version}], **body)["updates"]
    reasons = [(reason["code"], reason["version"]) for reason in found["reasons"]]
    return found["action"], found["target"] and found["target"]["version"], reasons


def test_it_is_the_version_before(nodes: tuple[Server, Server]) -> None:
    old, new = nodes
    asked = {"engines": {}, "installed": []}
    answers = [node.client.post("/api/plugins/updates", asked).status_code for node in (old, new)]
    assert answers == [404, 200]
    assert old.client.get("/readyz").status_code == 200


def test_what_the_old_node_writes_the_new_one_reads_right(nodes: tuple[Server, Server]) -> None:
    old, new = nodes[0].client, nodes[1].client
    upload(old, CLOCK, "1.0.0")
    # Read before the rest is written: the new node learns from the catalogue's revision that there is more.
    assert check(new, CLOCK, "1.0.0") == ("none", None, [])
    upload(old, CLOCK, "1.1.0", permissions=["storage:local"])
    upload(old, CLOCK, "2.0.0-beta.1")
    assert check(new, CLOCK, "1.0.0") == ("update", "1.1.0", [("channel", "2.0.0-beta.1")])
    assert check(new, CLOCK, "1.1.0", channel="preview") == ("update", "2.0.0-beta.1", [])
    versions = {one["version"]: one for one in post(new, "versions", name=CLOCK)}
    assert {number: one["channel"] for number, one in versions.items()} == {
        "1.0.0": "stable",
        "1.1.0": "stable",
        "2.0.0-beta.1": "preview",
    }
    for number, one in versions.items():
        found = new.get(f"/api/v1/marketplace/plugins/{CLOCK}/versions/{number}").json()["data"]
        # Offered since it is published, as there was no cooldown.
        assert one["available_at"] == found["available_at"] == found["published_at"] is not None
        states = ("rollout", "is_yanked", "yank_reason", "permissions")
        assert [one[state] for state in states] == [100, False, "", None]
    root = nodes[0].client.log_in()
    post(root, "deprecate", name=CLOCK)
    post(root, "version/deprecate", name=CLOCK, version="1.1.0")
    plugin = post(new, "detail", name=CLOCK)["plugin"]
    states = ("is_deprecated", "deprecated_at", "replacement", "recommended_version")
    assert [plugin[state] for state in states] == [True, None, None, None]
    answer = new.post("/api/plugins/download", {"name": CLOCK})
    assert answer.status_code == 200 and "Deprecation" in answer.headers
    action, target, reasons = check(new, CLOCK, "1.0.0")
    assert (action, target) == ("update", "1.1.0") and ("deprecated", None) in reasons


def test_what_the_new_node_writes_the_old_one_shows_and_sends(nodes: tuple[Server, Server]) -> None:
    old, new = nodes[0].client, nodes[1].client
    for version in ("1.0.0", "1.1.0", "1.2.0"):
        upload(new, KEYED, version, permissions=["storage:local"])
    mine = {"name": KEYED, "reason": "崩溃", "plugin_key": "upload-key"}
    post(new, "version/yank", version="1.2.0", **mine)
    assert current(old)[KEYED] == current(new)[KEYED] == "1.1.0"
    post(new, "recommend", version="1.0.0", **mine)
    assert current(old)[KEYED] == current(new)[KEYED] == "1.0.0"
    sent = [node.post("/api/plugins/download", {"name": KEYED}) for node in (old, new)]
    assert [one.status_code for one in sent] == [200, 200]
    assert sent[0].content == sent[1].content
    # A yanked one is still there by its number.
    assert old.post("/api/plugins/version/download", {"name": KEYED, "version": "1.2.0"}).status_code == 200
    # What it writes now goes into the same rows, and the new node's bound holds.
    upload(old, KEYED, "1.3.0")
    assert check(new, KEYED, "1.0.0")[:2] == ("none", None)
    post(new, "recommend", **{**mine, "version": None})
    assert check(new, KEYED, "1.0.0") == ("update", "1.3.0", [])
    assert current(old)[KEYED] == current(new)[KEYED] == "1.3.0"


def test_categories_of_the_old_node_have_their_id_as_slug_until_they_get_one(nodes: tuple[Server, Server]) -> None:
    """On the new node; the old one changes and removes categories that have a slug."""
    old, new = (node.client.log_in() for node in nodes)
    place = "/api/v1/admin/categories"

    def slugs() -> dict[str, str]:
        return {one["id"]: one["slug"] for one in new.get("/api/v1/marketplace/categories").json()["data"]}

    made = old.post(place, {"name": "Desk tools"}).json()["data"]
    assert "slug" not in made
    assert slugs() == {made["id"]: made["id"]}
    second = new.post(place, {"name": "Desk tools!"}).json()["data"]
    assert slugs() == {made["id"]: "desk-tools", second["id"]: "desk-tools-2"}
    assert old.call("PUT", f"{place}/{second['id']}", json={"name": "Wall tools"}).status_code == 200
    assert slugs()[second["id"]] == "desk-tools-2"
    for one in (made, second):
        assert old.call("DELETE", f"{place}/{one['id']}").status_code == 200
    assert slugs() == {}
