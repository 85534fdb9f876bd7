"""A story of requests and what the server answers: the document's examples are recorded from it.

scripts/examples records it anew; test_examples.py holds what was recorded against a new run.
"""

from __future__ import annotations

import io
import json
import re
from typing import Any

from flask import Flask

from microdock_server.api.core.openapi.examples import FILE
from microdock_server.api.core.openapi.operations import operation_id
from microdock_server.vocabulary import Role

from ..market import PLUGINS, V1, People, failed_job, people
from ..support import Api, add_user, package

PASSWORD = "correct horse battery"
NAME = "com.example.hello"
_MADE_UP = (
    (re.compile(r"^eyJ[\w.-]+$"), "eyJ…"),
    (
        re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"),
        "00000000-0000-4000-8000-000000000001",
    ),
    (re.compile(r"\b[0-9a-f]{64}\b"), "0" * 64),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"), "2026-01-31T12:00:00Z"),
    (re.compile(r"^\d{4}-\d\d-\d\d$"), "2026-01-31"),
    (re.compile(r"/\d{10}_"), "/1769860800_"),
    # A local header of a ZIP file, which holds a time.
    (re.compile(r"^UEsDB[\w+/]+=*$"), "UEsDBBQAAAAIAAAA…"),
)
_KEYS: dict[str, Any] = {
    "request_id": "01J0000000",
    "revision": "0123456789abcdef",
    "upload_key": "a-key-that-is-shown-once",
}
_KEYS |= {"serial": 1769860800}


class Recorder:
    """Asks, and keeps the request and the answer of each operation, the first of each."""

    def __init__(self) -> None:
        self.found: dict[str, dict[str, Any]] = {}

    def __call__(self, who: Api, method: str, rule: str, sent: Any = None, **rest: Any) -> Any:
        """The data of the answer. `rest`: what stands in the path; `query`, and `form` with its files."""
        query, form = rest.pop("query", {}), rest.pop("form", None)
        options: dict[str, Any] = {"query_string": query, "headers": {"Accept-Language": "en"}}
        options |= {"data": {name: _part(value) for name, value in form.items()}} if form else {}
        options |= {"json": sent} if sent is not None else {}
        answer = who._call(method, rule.format(**rest), **options)
        assert answer.status_code < 300, answer.text
        shown = {"path": rest, "query": query, "answer": answer.get_json(silent=True)}
        shown |= {"body": sent} if sent is not None else {}
        shown |= {"form": {name: _named(value) for name, value in form.items()}} if form else {}
        kept = {name: _plain(value) for name, value in shown.items() if name == "body" or value not in ({}, None)}
        self.found.setdefault(operation_id(method, rule), kept)
        return (answer.get_json(silent=True) or {}).get("data")


def _part(value: Any) -> Any:
    return (io.BytesIO(value), "hello.zip") if isinstance(value, bytes) else value


def _named(value: Any) -> Any:
    return "hello.zip" if isinstance(value, bytes) else value


def _plain(value: Any, key: str = "") -> Any:
    """Without what is another in every run."""
    if isinstance(value, dict):
        # A name may be a day: today's.
        return {_plain(name): _plain(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value[:2]]
    if key in _KEYS and type(value) is type(_KEYS[key]):
        return _KEYS[key]
    if isinstance(value, str):
        for pattern, word in _MADE_UP:
            value = pattern.sub(word, value)
    return value


def record(app: Flask) -> dict[str, dict[str, Any]]:
    """The requests and answers of the whole story, by operation."""
    ask, callers = Recorder(), people(app)
    _hosts(ask, callers)
    _accounts(ask, callers)
    _market(ask, callers)
    _decisions(ask, callers)
    _blocks(ask, callers)
    _installs(ask, callers)
    _server(ask, callers, failed_job(app))
    return ask.found


def _hosts(ask: Recorder, who: People) -> None:
    ask(who.nobody, "POST", "/api/auth/login", {"username": "admin", "password": "admin"})
    ask(who.nobody, "GET", "/api/auth/me")
    form = {"file": package(name=NAME), "plugin_key": "my_secret_key_123"}
    ask(who.nobody, "POST", "/api/plugins/validate", form={"file": package(name=NAME)})
    ask(who.nobody, "POST", "/api/plugins/upload", form=form)
    ask(who.nobody, "GET", "/api/plugins/list", query={"search": "hello"})
    ask(who.nobody, "GET", "/feeds/plugins.atom")
    ask(who.nobody, "GET", "/feeds/blocks.atom")
    ask(who.nobody, "GET", "/feeds/plugins/{name}.atom", name=NAME)
    for act in ("detail", "versions", "enable", "disable", "enable"):
        ask(who.admin, "POST", f"/api/plugins/{act}", {"name": NAME})
    installed = [{"name": NAME, "version": "0.9.0"}]
    ask(who.nobody, "POST", "/api/plugins/updates", {"engines": {"MicroDock": "1.0.0"}, "installed": installed})
    _plans(ask, who)
    mine = {"name": NAME, "plugin_key": "my_secret_key_123"}
    crashing = {**mine, "version": "1.0.0", "reason": "It crashes at the start."}
    ask(who.nobody, "POST", "/api/plugins/version/yank", crashing)
    ask(who.nobody, "POST", "/api/plugins/version/yank", {**crashing, "undo": True})
    ask(who.nobody, "POST", "/api/plugins/recommend", {**mine, "version": "1.0.0", "reason": "It is the stable one."})
    ending = {"reason": "Nobody has time for it.", "sunset": "2027-01-31T12:00:00Z"}
    ask(who.nobody, "POST", "/api/plugins/deprecate", {**mine, **ending})
    for act in ("detail", "deprecate", "download"):
        ask(who.admin, "POST", f"/api/plugins/version/{act}", {"name": NAME, "version": "1.0.0"})
    ask(who.nobody, "POST", "/api/plugins/download", {"name": NAME})
    key = {"user_key": "user_key_123"}
    kept = ask(who.nobody, "POST", "/api/backups/upload", form={**key, "backup_type": "program", "file": b"bytes"})
    ask(who.nobody, "POST", "/api/backups/list", key)
    ask(who.admin, "GET", "/api/backups/list-all", query={"page": 1, "limit": 20})
    ask(who.admin, "POST", "/api/backups/search", {"key_part": "key_1"})
    ask(who.admin, "POST", "/api/backups/totals", {})
    ask(who.nobody, "POST", "/api/backups/download", {**key, "id": kept["id"]})
    ask(who.admin, "POST", "/api/backups/delete", {**key, "id": kept["id"]})
    ask(who.admin, "POST", "/api/plugins/delete", {"name": NAME})
    ask(who.nobody, "POST", "/api/plugins/upload", form=form)


def _plans(ask: Recorder, who: People) -> None:
    """While what the package needs is there as well."""
    other = {"name": "com.other.plugin", "version": "1.2.0"}
    assert who.nobody.upload(package(**other, dependencies={}), "another_key_123").status_code == 200
    wanted = {"install": [{"name": NAME, "range": "^1.0.0"}], "installed": []}
    ask(who.nobody, "POST", "/api/plugins/resolve", {"engines": {"MicroDock": "2.1.0"}, **wanted})
    assert who.admin.post("/api/plugins/delete", {"name": other["name"]}).status_code == 200


def _accounts(ask: Recorder, who: People) -> None:
    ada = {"username": "ada", "email": "ada@example.com", "password": PASSWORD}
    ask(who.nobody, "POST", f"{V1}/auth/register", ada)
    session = ask(who.nobody, "POST", f"{V1}/auth/login", {"username": "ada", "password": PASSWORD})
    ask(Api(who.nobody.app, session["refresh_token"]), "POST", f"{V1}/auth/refresh")
    mine = Api(who.nobody.app, session["access_token"])
    ask(mine, "GET", f"{V1}/auth/me")
    ask(mine, "GET", f"{V1}/auth/session")
    ask(mine, "POST", f"{V1}/auth/logout")
    session = ask(who.nobody, "POST", f"{V1}/auth/login", {"username": "ada", "password": PASSWORD})
    change = {"old_password": PASSWORD, "new_password": PASSWORD + "!"}
    ask(Api(who.nobody.app, session["access_token"]), "POST", f"{V1}/auth/password", change)
    token = ask(who.nobody, "POST", "/api/auth/login", {"username": "ada", "password": PASSWORD + "!"})["token"]
    ask(Api(who.nobody.app, token), "POST", "/api/auth/logout")
    grace = {"username": "grace", "email": "grace@example.com", "password": PASSWORD, "display_name": "Grace"}
    made = ask(who.nobody, "POST", f"{V1}/developers/register", grace)
    ask(who.nobody, "GET", f"{V1}/developers/{{developer_id}}", developer_id=made["id"])
    ask(who.admin, "GET", f"{V1}/developers/{{developer_id}}/stats", developer_id=made["id"])
    ask(who.admin, "PUT", f"{V1}/developers/{{developer_id}}", {"bio": "I make plugins."}, developer_id=made["id"])
    earned = {"amount": 12.5, "currency": "USD", "note": "January"}
    ask(who.admin, "POST", f"{V1}/admin/developers/{{developer_id}}/revenue", earned, developer_id=made["id"])
    told = {"verified": True, "notes": "Welcome."}
    ask(who.admin, "POST", f"{V1}/admin/developers/{{developer_id}}/verify", told, developer_id=made["id"])
    ask(who.admin, "GET", f"{V1}/admin/developers", query={"search": "grace"})
    alan = {"username": "alan", "email": "alan@example.com", "role": "reviewer"}
    alan_id = ask(who.admin, "POST", f"{V1}/admin/users", alan)["id"]
    ask(who.admin, "POST", f"{V1}/admin/users/{{user_id}}/password", user_id=alan_id)
    ask(who.admin, "GET", f"{V1}/admin/users", query={"role": "developer"})
    ask(who.admin, "GET", f"{V1}/admin/users/{{user_id}}", user_id=made["id"])
    ask(who.admin, "PUT", f"{V1}/admin/users/{{user_id}}", {"is_active": False}, user_id=made["id"])


def _market(ask: Recorder, who: People) -> None:
    topic = ask(who.admin, "POST", f"{V1}/admin/categories", {"name": "Tools"})
    place = f"{V1}/admin/categories/{{category_id}}"
    ask(who.admin, "GET", place, category_id=topic["id"])
    ask(who.admin, "PUT", place, {"description": "What helps."}, category_id=topic["id"])
    ask(who.nobody, "GET", f"{V1}/marketplace/categories")
    spare = ask(who.admin, "POST", f"{V1}/admin/categories", {"name": "Spare"})
    ask(who.admin, "DELETE", place, category_id=spare["id"])
    form = {"plugin_file": package(name="com.example.world"), "name": "World", "description": "Says hello to it."}
    plugin = ask(who.developer, "POST", PLUGINS, form=form)["id"]
    one = f"{PLUGINS}/{{plugin_id}}"
    review = ask(who.reviewer, "GET", f"{V1}/admin/reviews/queue", query={"status": "pending"})["reviews"][0]["id"]
    ask(who.reviewer, "GET", f"{V1}/admin/reviews/{{review_id}}", review_id=review)
    changes = f"{V1}/admin/reviews/{{review_id}}/changes"
    ask(who.reviewer, "GET", changes, review_id=review)
    ask(who.reviewer, "GET", f"{changes}/diff", query={"path": "plugin.json"}, review_id=review)
    ask(who.reviewer, "POST", f"{V1}/admin/reviews/{{review_id}}/start", review_id=review)
    kept = {"title": "Permissions", "text": "Please say what each permission is for.", "is_shared": True}
    reply = ask(who.reviewer, "POST", f"{V1}/admin/review-replies", kept)["id"]
    ask(who.reviewer, "GET", f"{V1}/admin/review-replies")
    ask(who.reviewer, "PUT", f"{V1}/admin/review-replies/{{reply_id}}", {"is_shared": False}, reply_id=reply)
    ask(who.reviewer, "DELETE", f"{V1}/admin/review-replies/{{reply_id}}", reply_id=reply)
    decision = {"result": "approved", "notes": "Well made.", "checklist": {"security": {"malware": "pass"}}}
    ask(who.reviewer, "POST", f"{V1}/admin/reviews/{{review_id}}/submit", decision, review_id=review)
    ask(who.nobody, "GET", PLUGINS, query={"search": "hello", "limit": 20})
    ask(who.nobody, "GET", one, plugin_id=plugin)
    ask(who.developer, "PUT", one, {"description": "Says hello to the world."}, plugin_id=plugin)
    ask(who.nobody, "GET", f"{one}/versions", plugin_id=plugin)
    ask(who.nobody, "GET", f"{one}/versions/{{version}}", plugin_id=plugin, version="1.0.0")
    ask(who.nobody, "GET", f"{one}/versions/{{version}}/files", plugin_id=plugin, version="1.0.0")
    ask(who.developer, "GET", f"{one}/versions/{{version}}/timeline", plugin_id=plugin, version="1.0.0")
    ask(who.nobody, "GET", f"{one}/download", plugin_id=plugin)
    ask(who.nobody, "GET", f"{one}/versions/{{version}}/download", plugin_id=plugin, version="1.0.0")
    _releases(ask, who, one, plugin)
    rated = ask(who.user, "POST", f"{one}/reviews", {"rating": 5, "title": "Works"}, plugin_id=plugin)["id"]
    mine = {"plugin_id": plugin, "review_id": rated}
    ask(who.nobody, "GET", f"{one}/reviews", plugin_id=plugin)
    ask(who.user, "PUT", f"{one}/reviews/{{review_id}}", {"rating": 4}, **mine)
    ask(who.developer, "POST", f"{one}/reviews/{{review_id}}/reply", {"content": "Thank you."}, **mine)
    ask(who.other, "POST", f"{one}/reviews/{{review_id}}/report", {"reason": "It says nothing."}, **mine)
    ask(who.admin, "GET", f"{V1}/admin/ratings")
    hiding = {"hidden": True, "reason": "It says nothing."}
    ask(who.admin, "POST", f"{V1}/admin/ratings/{{review_id}}/hide", hiding, review_id=rated)
    newer = {"plugin_file": package(name="com.example.world", version="1.1.0"), "changelog": "Says it louder."}
    ask(who.developer, "POST", f"{one}/versions", form=newer, plugin_id=plugin)
    ask(who.admin, "POST", f"{V1}/admin/plugins/{{plugin_id}}/auto-review", plugin_id=plugin)
    ask(who.admin, "GET", f"{V1}/admin/plugins/{{plugin_id}}/auto-review/result", plugin_id=plugin)
    ask(who.developer, "GET", f"{one}/versions/{{version}}/auto-review", plugin_id=plugin, version="1.1.0")
    ask(who.user, "POST", f"{one}/report", {"reason": "It copies another plugin."}, plugin_id=plugin)
    ask(who.developer, "POST", f"{one}/upload-key", plugin_id=plugin)
    change = {"status": "suspended", "reason": "It has to be looked at."}
    ask(who.admin, "POST", f"{V1}/admin/plugins/{{plugin_id}}/status", change, plugin_id=plugin)
    ask(who.developer, "GET", f"{V1}/notifications")
    ask(who.developer, "POST", f"{V1}/notifications/read", {"all": True})


def _releases(ask: Recorder, who: People, one: str, plugin: str) -> None:
    version = {"plugin_id": plugin, "version": "1.0.0"}
    ask(who.developer, "POST", f"{one}/versions/{{version}}/yank", {"reason": "It crashes."}, **version)
    ask(who.developer, "POST", f"{one}/versions/{{version}}/unyank", {"reason": "Another plugin did."}, **version)
    ask(who.developer, "PUT", f"{one}/versions/{{version}}/release", {"rollout": 100}, **version)
    stable = {"version": "1.0.0", "reason": "It is the stable one."}
    ask(who.developer, "PUT", f"{one}/recommended", stable, plugin_id=plugin)
    ending = {"deprecated": True, "reason": "Hello does it too.", "replacement": NAME}
    ask(who.developer, "PUT", f"{one}/deprecation", ending, plugin_id=plugin)
    place = f"{V1}/admin/plugins/{{plugin_id}}/versions/{{version}}/release-now"
    ask(who.reviewer, "POST", place, {"reason": "Looked at it."}, **version)


def _decisions(ask: Recorder, who: People) -> None:
    form = {"plugin_file": package(name="com.example.again"), "draft": "true"}
    plugin = ask(who.developer, "POST", PLUGINS, form=form)["id"]
    one = f"{PLUGINS}/{{plugin_id}}"
    ask(who.developer, "POST", f"{one}/submit", plugin_id=plugin)
    waiting = ask(who.reviewer, "GET", f"{V1}/admin/reviews/queue")["reviews"]
    review = next(row["id"] for row in waiting if row["plugin"]["id"] == plugin)
    mine = ask(who.reviewer, "GET", f"{V1}/auth/me")["id"]
    assigned = {"reviewer_id": mine, "priority": "high"}
    ask(who.admin, "POST", f"{V1}/admin/reviews/{{review_id}}/assign", assigned, review_id=review)
    batch = {"review_ids": [review], "action": "reject", "notes": "It does nothing."}
    ask(who.reviewer, "POST", f"{V1}/admin/reviews/batch", batch)
    link = {"type": "screenshot", "url": "https://example.com/it-does.png", "description": "What it does"}
    appeal = {"plugin_id": plugin, "reason": "It does something.", "evidence": [link]}
    appeal_id = ask(who.developer, "POST", f"{V1}/developers/appeals", appeal)["id"]
    ask(who.developer, "GET", f"{V1}/developers/appeals")
    ask(who.admin, "GET", f"{V1}/admin/appeals", query={"status": "pending"})
    ask(who.admin, "GET", f"{V1}/admin/appeals/{{appeal_id}}", appeal_id=appeal_id)
    granted = {"decision": "approved", "response": "So it does."}
    ask(who.admin, "POST", f"{V1}/admin/appeals/{{appeal_id}}/process", granted, appeal_id=appeal_id)
    ask(who.developer, "DELETE", one, plugin_id=plugin)
    ask(who.developer, "POST", f"{one}/claim", {"plugin_key": "my_secret_key_123"}, plugin_id=NAME)


def _blocks(ask: Recorder, who: People) -> None:
    second = add_user(who.admin.app, "second-admin", Role.ADMIN)
    reason = {"zh": "窃取用户数据", "en": "It steals its users' data."}
    said = {"plugin": "com.example.thief", "versions": ">=1.2.0 <1.3.0", "severity": "remove", "reason": reason}
    said["advisory_url"] = "https://example.com/advisories/7"
    ask(who.admin, "POST", f"{V1}/admin/blocks/preview", {**said, "plugin": NAME})
    block = ask(who.admin, "POST", f"{V1}/admin/blocks", said)["id"]
    one = f"{V1}/admin/blocks/{{block_id}}"
    ask(who.admin, "PUT", one, {"versions": ">=1.2.0"}, block_id=block)
    ask(second, "POST", f"{one}/approve", {}, block_id=block)
    ask(who.admin, "GET", one, block_id=block)
    ask(who.admin, "GET", f"{V1}/admin/blocks", query={"status": "active"})
    ask(who.nobody, "GET", "/api/plugins/blocks")
    ask(who.admin, "POST", f"{one}/revoke", {"reason": "1.2.5 no longer does."}, block_id=block)


def _installs(ask: Recorder, who: People) -> None:
    mine = {"pluginId": NAME, "pluginName": "Hello", "pluginVersion": "1.0.0"}
    ask(who.user, "POST", f"{V1}/plugins/install", mine)
    for what in ("installed", "enabled", "permissions"):
        ask(who.user, "GET", f"{V1}/plugins/{what}")
    ask(who.user, "PUT", f"{V1}/plugins/{{plugin_id}}/status", {"enabled": False}, plugin_id=NAME)
    ask(who.user, "PUT", f"{V1}/plugins/{{plugin_id}}/permissions", {"permissions": []}, plugin_id=NAME)
    ask(who.user, "GET", f"{V1}/plugins/{{plugin_id}}/permissions", plugin_id=NAME)
    ask(who.user, "DELETE", f"{V1}/plugins/{{plugin_id}}", plugin_id=NAME)


def _server(ask: Recorder, who: People, job_id: str) -> None:
    for path in ("/", "/api/health", "/healthz", "/readyz", f"{V1}/limits"):
        ask(who.nobody, "GET", path)
    ask(who.admin, "GET", f"{V1}/admin/system/config")
    ask(who.admin, "PUT", f"{V1}/admin/system/config", {"review_settings": {"max_review_time": 7}})
    ask(who.admin, "GET", f"{V1}/admin/system/stats", query={"period": "30d"})
    ask(who.admin, "GET", f"{V1}/admin/system/resources")
    times = {"starts_at": "2026-02-01T02:00:00Z", "ends_at": "2026-02-01T03:00:00Z"}
    ask(who.admin, "POST", f"{V1}/admin/system/maintenance", {"message": "A new version comes.", **times})
    ask(who.admin, "GET", f"{V1}/admin/audit", query={"action": "plugin."})
    ask(who.admin, "GET", f"{V1}/admin/audit/acts")
    ask(who.admin, "GET", f"{V1}/admin/audit/targets", query={"search": "example", "target_type": "plugin"})
    ask(who.admin, "GET", f"{V1}/admin/waiting")
    ask(who.admin, "GET", f"{V1}/admin/system/jobs", query={"state": "failed"})
    ask(who.admin, "POST", f"{V1}/admin/system/jobs/{{job_id}}/retry", job_id=job_id)


def written(found: dict[str, dict[str, Any]]) -> str:
    """As the file holds it."""
    return json.dumps(found, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def shape(value: Any) -> Any:
    """The names and types of a value, without what it says; of a list, those of its first."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [shape(inner) for inner in value[:1]]
    return "number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__


def recorded() -> dict[str, dict[str, Any]]:
    """What the file holds."""
    return dict(json.loads(FILE.read_text(encoding="utf-8")))
