"""The users of the browser tests, and their data."""

from __future__ import annotations

import io
from typing import Any

from microdock_server.vocabulary import Role

from ..live import Client, Server
from ..support import package
from .page import PASSWORD

PEOPLE = {
    "reviewer": Role.REVIEWER,
    "colleague": Role.REVIEWER,
    "developer": Role.DEVELOPER,
    "user": Role.USER,
}
PLUGINS = "/api/v1/marketplace/plugins"


def add_people(server: Server) -> None:
    """One of every kind; the administrator is there already."""
    for name, role in PEOPLE.items():
        server.add_user(name, PASSWORD, role)


def as_user(server: Server, username: str) -> Client:
    """Calls of one of them."""
    return server.client.log_in(username, "admin" if username == "admin" else PASSWORD)


def session(server: Server, username: str) -> dict[str, Any]:
    """A login of one of them, as the page's own form is given it."""
    body = {"username": username, "password": "admin" if username == "admin" else PASSWORD}
    answer = server.client.post("/api/v1/auth/login", body)
    assert answer.status_code == 200, answer.text
    return dict(answer.json()["data"])


def submitted(developer: Client, name: str, version: str = "1.0.0", **changes: Any) -> dict[str, Any]:
    """A plugin that waits for review."""
    file = ("plugin.zip", io.BytesIO(package(name=name, version=version, **changes)))
    answer = developer.post(PLUGINS, data={"version": version}, files={"plugin_file": file})
    assert answer.status_code == 201, answer.text
    return dict(answer.json()["data"])


def further(developer: Client, name: str, version: str, **changes: Any) -> None:
    """A further version that waits for review."""
    file = ("plugin.zip", io.BytesIO(package(name=name, version=version, **changes)))
    answer = developer.post(f"{PLUGINS}/{name}/versions", data={"version": version}, files={"plugin_file": file})
    assert answer.status_code == 201, answer.text


def decided(reviewer: Client, name: str, result: str = "approved") -> None:
    """Decide the open review of a plugin."""
    rows = reviewer.get("/api/v1/admin/reviews/queue?limit=100").json()["data"]["reviews"]
    [row] = [row for row in rows if row["plugin"]["plugin_name"] == name]
    for path, body in (("start", None), ("submit", {"result": result, "notes": "noted"})):
        answer = reviewer.post(f"/api/v1/admin/reviews/{row['id']}/{path}", body)
        assert answer.status_code == 200, answer.text


def uploaded(server: Server, count: int, prefix: str = "com.example.plugin") -> list[str]:
    """Plugins that were uploaded by key, and are published."""
    names = [f"{prefix}-{place}" for place in range(count)]
    for name in names:
        answer = server.client.upload(package(name=name, displayName=f"插件 {name.rpartition('-')[2]}"))
        assert answer.status_code == 200, answer.text
    return names
