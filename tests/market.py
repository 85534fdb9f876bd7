"""Helpers for tests of the marketplace: what a developer, a reviewer and a user do, each in one call."""

from __future__ import annotations

import io
import json
import re
from dataclasses import dataclass, fields
from functools import cache
from typing import Any

from flask import Flask
from PIL import Image
from werkzeug.test import TestResponse

from microdock_server.clock import utcnow
from microdock_server.database.unit_of_work import unit_of_work
from microdock_server.jobs.worker import run_job
from microdock_server.services import jobs
from microdock_server.vocabulary import JobState, Role

from .support import Api, add_user, manifest, package, signed_in

V1 = "/api/v1"
PLUGINS = f"{V1}/marketplace/plugins"
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


@dataclass(frozen=True)
class People:
    """Callers of every kind, on one application."""

    nobody: Api
    user: Api
    developer: Api
    other: Api
    reviewer: Api
    admin: Api

    def on(self, app: Flask) -> People:
        """The same callers on another application, whose data are a copy."""
        return People(**{field.name: Api(app, getattr(self, field.name).token) for field in fields(self)})


def people(app: Flask) -> People:
    """One caller of every kind, two developers among them; `<kind>` is also their username."""
    return People(
        nobody=Api(app),
        user=add_user(app, "user"),
        developer=add_user(app, "developer", Role.DEVELOPER),
        other=add_user(app, "other", Role.DEVELOPER),
        reviewer=add_user(app, "reviewer", Role.REVIEWER),
        admin=signed_in(app),
    )


def data(response: TestResponse, status: int = 200) -> Any:
    """The data of a success; a failure shows its whole answer."""
    assert response.status_code == status, response.get_data(as_text=True)
    return response.get_json()["data"]


def details(response: TestResponse, status: int = 422) -> dict[str, str]:
    """Field → text of a refusal."""
    assert response.status_code == status, response.get_data(as_text=True)
    return {detail["field"]: detail["message"] for detail in response.get_json()["error"]["details"]}


def slug(response: TestResponse, status: int = 409) -> str:
    """The machine-readable reason of a refusal."""
    assert response.status_code == status, response.get_data(as_text=True)
    return str(response.get_json()["error"]["slug"])


def answered(response: Any, status: int = 200) -> Any:
    """The data of a success in the marketplace's envelope, which holds nothing beside it."""
    body = response.get_json()
    assert response.status_code == status, body
    assert set(body) == {"success", "code", "message", "data", "timestamp", "request_id"}
    assert (body["success"], body["code"]) == (True, status)
    assert isinstance(body["message"], str) and body["message"]
    assert MOMENT.fullmatch(body["timestamp"])
    assert body["request_id"] == response.headers["X-Request-ID"]
    return body["data"]


def refused(response: Any, status: int, kind: str) -> dict[str, str]:
    """Field → text of a refusal in the marketplace's envelope."""
    body = response.get_json()
    assert response.status_code == status, body
    assert set(body) >= {"success", "code", "message", "error", "timestamp", "request_id"}
    assert (body["success"], body["code"]) == (False, status)
    assert isinstance(body["message"], str) and body["message"]
    assert MOMENT.fullmatch(body["timestamp"])
    assert body["request_id"] == response.headers["X-Request-ID"]
    assert body["error"]["type"] == kind
    found = body["error"]["details"]
    assert all(isinstance(item[name], str) and item[name] for item in found for name in ("field", "message"))
    return {item["field"]: item["message"] for item in found}


def invalid(response: Any) -> set[str]:
    """The fields that a refused request had wrong."""
    fields = refused(response, 422, "ValidationError")
    assert fields, response.get_json()
    return set(fields)


@cache
def png(width: int = 64, height: int = 64, colour: tuple[int, int, int] = (200, 10, 10)) -> bytes:
    """An image."""
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(buffer, "PNG")
    return buffer.getvalue()


def file(content: bytes, name: str) -> tuple[io.BytesIO, str]:
    """A file as a form holds it."""
    return io.BytesIO(content), name


def account_id(api: Api) -> str:
    """The caller's own id."""
    return str(data(api.get(f"{V1}/auth/me"))["id"])


def create(api: Api, form: dict[str, Any] | None = None, prefix: str = V1, **changes: Any) -> TestResponse:
    """Submit a plugin: `changes` go into its plugin.json, `form` into the form (`metadata` as JSON)."""
    fields = {**(form or {})}
    if "metadata" in fields:
        fields["metadata"] = json.dumps(fields["metadata"], ensure_ascii=False)
    fields.setdefault("version", manifest(**changes)["version"])
    fields.setdefault("plugin_file", file(package(**changes), "plugin.zip"))
    return api._call("POST", f"{prefix}/marketplace/plugins", data=fields)


def created(api: Api, form: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """A plugin that waits for its review (a draft where the form says `draft`)."""
    found: dict[str, Any] = data(create(api, form, **changes), 201)
    return found


def add_version(api: Api, plugin_id: str, version: str, changelog: str | None = None, **changes: Any) -> TestResponse:
    """Submit a further version; `changes` go into its plugin.json."""
    form = {"plugin_file": file(package(version=version, **changes), "plugin.zip"), "version": version}
    if changelog is not None:
        form["changelog"] = changelog
    return api._call("POST", f"{PLUGINS}/{plugin_id}/versions", data=form)


def review_of(reviewer: Api, plugin_id: str, version: str | None = None) -> dict[str, Any]:
    """The open review of a plugin (of one version of it), as the queue shows it."""
    queue = data(reviewer.get(f"{V1}/admin/reviews/queue?limit=100"))["reviews"]
    fitting = [
        row
        for row in queue
        if plugin_id in (row["plugin"]["id"], row["plugin"]["plugin_name"])
        and version in (None, row["plugin"]["version"])
    ]
    assert fitting, f"no open review of {plugin_id} among {len(queue)}"
    return dict(fitting[0])


def decide(reviewer: Api, plugin_id: str, result: str = "approved", version: str | None = None) -> dict[str, Any]:
    """Start the open review of a plugin, where nobody has, and decide it; answers the review."""
    review = review_of(reviewer, plugin_id, version)
    path = f"{V1}/admin/reviews/{review['id']}"
    if review["status"] == "pending":
        data(reviewer.post(f"{path}/start"))
    found: dict[str, Any] = data(reviewer.post(f"{path}/submit", {"result": result, "notes": f"{result}, that is"}))
    return found


def published(developer: Api, reviewer: Api, form: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """A plugin that went through the queue, as everybody sees it."""
    plugin = created(developer, form, **changes)
    decide(reviewer, plugin["id"])
    return shown(Api(developer.app), plugin["id"])


def documented(who: People) -> dict[str, Any]:
    """A published plugin with all that the document shows: pictures, category, metadata, a rating."""
    form = {
        "description": "详细描述",
        "long_description": "长描述支持 **Markdown**",
        "category_id": category(who.admin, description="分类描述")["id"],
        "metadata": {
            "tags": ["tool", "productivity"],
            "homepage": "https://plugin.com",
            "repository": "https://github.com/dev/plugin",
            "license": "MIT",
        },
        "icon": file(png(), "icon.png"),
        "screenshots": [file(png(), "1.png")],
    }
    found = published(who.developer, who.reviewer, form, engines={"MicroDock": ">=1.0.0 <2.0.0"})
    rated(who.user, found["id"], 4)
    return found


def published_version(developer: Api, reviewer: Api, plugin_id: str, version: str, **changes: Any) -> dict[str, Any]:
    """A further version that went through the queue."""
    data(add_version(developer, plugin_id, version, **changes), 201)
    decide(reviewer, plugin_id, version=version)
    found: dict[str, Any] = data(developer.get(f"{PLUGINS}/{plugin_id}/versions/{version}"))
    return found


def rejected(developer: Api, reviewer: Api, **changes: Any) -> dict[str, Any]:
    """A plugin that a reviewer turned down, as its owner sees it."""
    plugin = created(developer, **changes)
    decide(reviewer, plugin["id"], "rejected")
    return shown(developer, plugin["id"])


def shown(api: Api, plugin_id: str) -> dict[str, Any]:
    """A plugin, as the caller sees it."""
    found: dict[str, Any] = data(api.get(f"{PLUGINS}/{plugin_id}"))
    return found


def rate(api: Api, plugin_id: str, rating: int = 5, **fields: Any) -> TestResponse:
    """Rate a plugin."""
    return api.post(f"{PLUGINS}/{plugin_id}/reviews", {"rating": rating, "title": "评价", "content": "内容", **fields})


def rated(api: Api, plugin_id: str, rating: int = 5, **fields: Any) -> dict[str, Any]:
    """A rating that was given."""
    found: dict[str, Any] = data(rate(api, plugin_id, rating, **fields), 201)
    return found


def appeal(developer: Api, plugin_id: str, kind: str = "review_decision", **fields: Any) -> TestResponse:
    """Appeal against the last decision on one's plugin."""
    body = {"plugin_id": plugin_id, "type": kind, "reason": "申诉原因", **fields}
    return developer.post(f"{V1}/developers/appeals", body)


def appealed(developer: Api, plugin_id: str, kind: str = "review_decision", **fields: Any) -> dict[str, Any]:
    """An appeal that waits to be heard."""
    found: dict[str, Any] = data(appeal(developer, plugin_id, kind, **fields), 201)
    return found


def category(root: Api, name: str = "工具类", **fields: Any) -> dict[str, Any]:
    """A category."""
    found: dict[str, Any] = data(root.post(f"{V1}/admin/categories", {"name": name, **fields}), 201)
    return found


def suspended(root: Api, plugin_id: str, reason: str = "违规") -> None:
    """Take a published plugin from everybody's sight."""
    data(root.post(f"{V1}/admin/plugins/{plugin_id}/status", {"status": "suspended", "reason": reason}))


def restored(root: Api, plugin_id: str, reason: str = "已整改") -> None:
    """Let everybody see a suspended plugin again."""
    data(root.post(f"{V1}/admin/plugins/{plugin_id}/status", {"status": "published", "reason": reason}))


def notices(api: Api) -> list[dict[str, Any]]:
    """What the caller was notified of."""
    return list(data(api.get(f"{V1}/notifications"))["notifications"])


def audited(root: Api, action: str | None = None) -> list[dict[str, Any]]:
    """The audit log as it is kept, newest first: without the names that its ids have today. Of one action, or of all
    that begin with it where it ends in a dot.
    """
    query = "" if action is None else f"&action={action}"
    entries = list(data(root.get(f"{V1}/admin/audit?limit=100{query}"))["entries"])
    for entry in entries:
        assert set(entry.pop("names")) <= set(re.findall(r"[\w.-]+", str(entry["details"])))
        assert set(entry["target"]) == {"type", "id", "name", "exists"}
        entry["target"] = {name: entry["target"][name] for name in ("type", "id")}
    return entries


def failed_job(app: Flask, **payload: Any) -> str:
    """A job that was given up, as the worker leaves it; its id."""
    with app.app_context(), unit_of_work():
        job = jobs.enqueue("auto_review", **payload)
        job.state, job.attempts, job.error = JobState.FAILED, jobs.MAX_ATTEMPTS, "OSError: no answer"
        job.finished_at = utcnow()
        return job.id


def run_jobs(app: Flask) -> int:
    """Run what waits in the background, here and now; how many jobs that were."""
    count = 0
    with app.app_context():
        while (due := jobs.next_due(app.extensions["microdock"].autocommit)) is not None:
            count += run_job(app, due, "test")
    return count
