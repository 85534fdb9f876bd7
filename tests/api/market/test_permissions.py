"""Permissions: every endpoint of the marketplace, called by every role, compared with a table written by hand."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from flask import Flask

from microdock_server.api.core.auth import sign
from microdock_server.api.core.surface import Access
from microdock_server.api.market import market
from microdock_server.database.unit_of_work import unit_of_work
from microdock_server.services import accounts
from microdock_server.services.accounts import tokens
from microdock_server.vocabulary import Role

from ...market import (
    PLUGINS,
    V1,
    People,
    account_id,
    add_version,
    appealed,
    category,
    create,
    created,
    data,
    decide,
    failed_job,
    file,
    people,
    png,
    published,
    rated,
    rejected,
    review_of,
)
from ...peers import postgresql
from ...rows import raw
from ...support import Api, add_user, all_rows, package

# The document, 2.2, as the contract's section 2 completes it. Deliberately not the server's own table.
RATINGS: Final = {"rating.create", "rating.update"}
ROLES: Final = {
    "user": RATINGS,
    "developer": RATINGS | {"plugin.create", "plugin.update", "plugin.delete", "plugin.view_own"},
    "reviewer": RATINGS | {"plugin.view_all", "review.create", "review.update", "review.view"},
    "admin": {"rating.*", "plugin.*", "review.*", "user.*", "system.*"},
}
ROLE_OF: Final = {
    "user": "user",
    "developer": "developer",
    "other": "developer",
    "reviewer": "reviewer",
    "admin": "admin",
}
# Nobody; the administrator with a token that ran out; somebody who was an administrator until they were disabled.
TOKENLESS: Final = ("nobody", "expired", "disabled")
CALLERS: Final = (*TOKENLESS, *ROLE_OF)

PUBLIC, GUEST, LOGGED_IN, REFRESH = Access.PUBLIC, Access.GUEST, Access.LOGGED_IN, Access.REFRESH

PLUGIN: Final = "/marketplace/plugins/<plugin_id>"
RATING: Final = PLUGIN + "/reviews/<review_id>"
FORM: Final = "form"

ACCOUNT: Final = {"username": "newcomer", "email": "newcomer@example.com", "password": "password123"}
GIVEN: Final = {"rating": 5, "title": "好", "content": "x"}
REASON: Final = {"version": None, "reason": "好"}
APPEAL: Final = {"plugin_id": "{refused}", "type": "review_decision", "reason": "为什么"}
REPLY: Final = {"title": "缺少说明", "text": "请说明权限的用途。", "is_shared": True}
BLOCK: Final = {
    **{"plugin": "com.example.gone", "versions": "*", "severity": "remove"},
    "reason": {"zh": "泄露用户数据", "en": "It sends user data away"},
}
MAINTENANCE: Final = {"message": "升级", "starts_at": "2030-01-01T00:00:00Z", "ends_at": "2030-01-01T01:00:00Z"}

# What the world holds stands in braces: {plugin} is published, {waiting} is not; both are the developer's.
WAITS: Final = {"plugin_id": "{waiting}"}
# Of what is not published, strangers learn nothing.
UNSEEN: Final = dict.fromkeys(("nobody", "user", "other"), 404)


@dataclass(frozen=True)
class Case:
    """One endpoint, the permission that the documents ask for, and what those who have it hear (else a success)."""

    method: str
    rule: str
    access: Access | str
    body: Any = None
    hears: Mapping[str, int] = field(default_factory=dict)
    # What stands for the parameters of the path, where it is not what `PARAMETERS` say.
    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return " ".join([self.method, self.rule, *self.path.values()])

    def expected(self, caller: str) -> int | None:
        """The status that this caller hears; None for any success."""
        if self.access is PUBLIC:
            return self.hears.get(caller)
        if self.access is REFRESH:
            return 401
        if caller in ("expired", "disabled") or (caller == "nobody" and self.access is not GUEST):
            return 401
        if isinstance(self.access, str) and not allowed(ROLE_OF[caller], self.access):
            return 403
        return self.hears.get(caller)


def allowed(role: str, permission: str) -> bool:
    return bool({permission, permission.partition(".")[0] + ".*"} & ROLES[role])


PARAMETERS: Final = {
    "plugin_id": "{plugin}",
    "version": "1.0.0",
    "image_id": "{image}",
    "review_id": "{rating}",
    "appeal_id": "{appeal}",
    "category_id": "{category}",
    "block_id": "{block}",
    "job_id": "{job}",
    "reply_id": "{reply}",
    "developer_id": "{developer}",
    "user_id": "{user}",
}
OPEN_REVIEW: Final = {"review_id": "{review}"}
STARTED_REVIEW: Final = {"review_id": "{started}"}
STRANGER_403: Final = {"other": 403}
STRANGER_404: Final = {"other": 404}

CASES: Final = [
    Case("GET", "/limits", PUBLIC),
    # Accounts.
    Case("POST", "/auth/register", PUBLIC, ACCOUNT),
    Case("POST", "/auth/login", PUBLIC, {"username": "admin", "password": "admin"}),
    Case("POST", "/auth/refresh", REFRESH),
    Case("POST", "/auth/logout", LOGGED_IN),
    Case("GET", "/auth/me", LOGGED_IN),
    Case("GET", "/auth/session", PUBLIC),
    # The others' password is another: the refusal is about that, not about who they are.
    Case(
        "POST",
        "/auth/password",
        LOGGED_IN,
        {"old_password": "admin", "new_password": "battery staple"},
        hears=dict.fromkeys(("user", "developer", "other", "reviewer"), 403),
    ),
    # Plugins.
    Case("GET", "/marketplace/plugins", GUEST),
    Case("POST", "/marketplace/plugins", "plugin.create", FORM),
    Case("GET", PLUGIN, GUEST),
    Case("GET", PLUGIN, GUEST, path=WAITS, hears=UNSEEN),
    Case("PUT", PLUGIN, "plugin.update", {"description": "新"}, hears=STRANGER_403),
    Case("PUT", PLUGIN, "plugin.update", {"description": "新"}, path=WAITS, hears=STRANGER_404),
    Case("PUT", PLUGIN, "plugin.update", FORM, hears=STRANGER_403),
    Case("PUT", PLUGIN, "plugin.update", FORM, path=WAITS, hears=STRANGER_404),
    Case("DELETE", PLUGIN, "plugin.delete", hears=STRANGER_403),
    Case("DELETE", PLUGIN, "plugin.delete", path=WAITS, hears=STRANGER_404),
    # There is nothing to submit of what is published; a stranger is not told so.
    Case("POST", PLUGIN + "/submit", "plugin.update", hears={"developer": 409, "other": 403, "admin": 409}),
    Case("POST", PLUGIN + "/submit", "plugin.update", path={"plugin_id": "{refused}"}, hears=STRANGER_404),
    Case("POST", PLUGIN + "/claim", "plugin.update", {"plugin_key": "their-key"}, path={"plugin_id": "{keyed}"}),
    Case(
        "POST",
        PLUGIN + "/claim",
        "plugin.update",
        {"plugin_key": "another-key"},
        path={"plugin_id": "{keyed}"},
        hears={"developer": 403, "other": 403, "admin": 403},
    ),
    Case(
        "POST",
        PLUGIN + "/claim",
        "plugin.update",
        {"plugin_key": "their-key"},
        hears={"developer": 409, "other": 409, "admin": 409},
    ),
    Case(
        "POST",
        PLUGIN + "/claim",
        "plugin.update",
        {"plugin_key": "their-key"},
        path=WAITS,
        hears={"developer": 409, "other": 404, "admin": 409},
    ),
    Case("POST", PLUGIN + "/upload-key", "plugin.update", hears=STRANGER_403),
    Case("POST", PLUGIN + "/upload-key", "plugin.update", path=WAITS, hears=STRANGER_404),
    Case("POST", PLUGIN + "/report", "rating.create", {"reason": "恶意"}),
    Case(
        "POST",
        PLUGIN + "/report",
        "rating.create",
        {"reason": "恶意"},
        path=WAITS,
        hears=dict.fromkeys(ROLE_OF, 404),
    ),
    Case("POST", "/admin/plugins/<plugin_id>/status", "plugin.suspend", {"status": "suspended", "reason": "违规"}),
    # Versions and files.
    Case("POST", PLUGIN + "/versions", "plugin.update", FORM, hears=STRANGER_403),
    Case("POST", PLUGIN + "/versions", "plugin.update", FORM, path=WAITS, hears=STRANGER_404),
    *(
        case
        for rest in (
            "/versions",
            "/versions/<version>",
            "/versions/<version>/files",
            "/versions/<version>/download",
            "/download",
        )
        for case in (Case("GET", PLUGIN + rest, GUEST), Case("GET", PLUGIN + rest, GUEST, path=WAITS, hears=UNSEEN))
    ),
    # A version that waits, of a plugin that is published.
    Case("GET", PLUGIN + "/versions/<version>", GUEST, path={"version": "1.1.0"}, hears=UNSEEN),
    Case("GET", PLUGIN + "/versions/<version>/files", GUEST, path={"version": "1.1.0"}, hears=UNSEEN),
    Case("GET", PLUGIN + "/versions/<version>/download", GUEST, path={"version": "1.1.0"}, hears=UNSEEN),
    # What is done with releases. The developer submitted the version, and no reviewer.
    Case("POST", PLUGIN + "/versions/<version>/yank", "plugin.update", {"reason": "坏"}, hears=STRANGER_403),
    Case("POST", PLUGIN + "/versions/<version>/unyank", "plugin.update", {}, hears=STRANGER_403),
    Case("PUT", PLUGIN + "/versions/<version>/release", "plugin.update", {"rollout": 100}, hears=STRANGER_403),
    Case("PUT", PLUGIN + "/recommended", "plugin.update", REASON, hears=STRANGER_403),
    Case("PUT", PLUGIN + "/deprecation", "plugin.update", {"deprecated": True}, hears=STRANGER_403),
    Case("PUT", PLUGIN + "/recommended", "plugin.update", REASON, path=WAITS, hears=STRANGER_404),
    Case("PUT", PLUGIN + "/deprecation", "plugin.update", {"deprecated": True}, path=WAITS, hears=STRANGER_404),
    Case("POST", "/admin/plugins/<plugin_id>/versions/<version>/release-now", "review.update", {"reason": "查过"}),
    # How its owner's version fares in review.
    *(
        case
        for rest in ("/versions/<version>/auto-review", "/versions/<version>/timeline")
        for case in (
            Case("GET", PLUGIN + rest, LOGGED_IN, hears={"user": 403, "other": 403}),
            Case("GET", PLUGIN + rest, LOGGED_IN, path=WAITS, hears=UNSEEN),
        )
    ),
    Case("GET", PLUGIN + "/images/<image_id>", GUEST),
    Case("GET", PLUGIN + "/images/<image_id>", GUEST, path={**WAITS, "image_id": "{hidden_image}"}, hears=UNSEEN),
    # Ratings. The user has rated already; nobody rates their own.
    Case("GET", PLUGIN + "/reviews", GUEST),
    Case("GET", PLUGIN + "/reviews", GUEST, path=WAITS, hears=UNSEEN),
    Case("POST", PLUGIN + "/reviews", "rating.create", GIVEN, hears={"user": 409, "developer": 403}),
    Case("PUT", RATING, "rating.update", {"rating": 1}, hears=dict.fromkeys(set(ROLE_OF) - {"user"}, 403)),
    Case("POST", RATING + "/reply", "plugin.update", {"content": "谢谢"}, hears=STRANGER_403),
    Case("POST", RATING + "/report", "rating.create", {"reason": "广告"}),
    Case("GET", "/admin/ratings", "review.view"),
    Case("POST", "/admin/ratings/<review_id>/hide", "review.update", {"hidden": True, "reason": "广告"}),
    # Reviews.
    Case("GET", "/admin/reviews/queue", "review.view"),
    Case("GET", "/admin/reviews/<review_id>", "review.view", path=OPEN_REVIEW),
    Case("GET", "/admin/reviews/<review_id>/changes", "review.view", path=OPEN_REVIEW),
    Case(
        "GET",
        "/admin/reviews/<review_id>/changes/diff",
        "review.view",
        path=OPEN_REVIEW,
        query={"path": "plugin.json"},
    ),
    Case(
        "POST",
        "/admin/reviews/<review_id>/assign",
        "review.update",
        {"reviewer_id": "{reviewer}", "priority": "high", "notes": ""},
        path=OPEN_REVIEW,
    ),
    Case("POST", "/admin/reviews/<review_id>/start", "review.update", path=OPEN_REVIEW),
    # It was begun by somebody else: another reviewer may not decide it, an administrator may.
    Case(
        "POST",
        "/admin/reviews/<review_id>/submit",
        "review.update",
        {"result": "approved"},
        path=STARTED_REVIEW,
        hears={"reviewer": 403},
    ),
    Case("GET", "/admin/review-replies", "review.update"),
    Case("POST", "/admin/review-replies", "review.update", REPLY),
    Case("PUT", "/admin/review-replies/<reply_id>", "review.update", {"title": "另一个"}, hears={"reviewer": 403}),
    Case("DELETE", "/admin/review-replies/<reply_id>", "review.update", hears={"reviewer": 403}),
    Case("POST", "/admin/reviews/batch", "review.update", {"review_ids": ["{review}"], "action": "approve"}),
    Case("POST", "/admin/plugins/<plugin_id>/auto-review", "review.create", path=WAITS),
    Case("GET", "/admin/plugins/<plugin_id>/auto-review/result", "review.view", path=WAITS),
    # Appeals.
    Case("POST", "/developers/appeals", "plugin.update", APPEAL, hears={"other": 404, "admin": 403}),
    Case("GET", "/developers/appeals", "plugin.view_own"),
    Case("GET", "/admin/appeals", "review.view"),
    Case("GET", "/admin/appeals/<appeal_id>", "review.view"),
    Case("POST", "/admin/appeals/<appeal_id>/process", "review.update", {"decision": "rejected", "response": "不"}),
    # Developers and users.
    Case("POST", "/developers/register", PUBLIC, {**ACCOUNT, "display_name": "新人"}),
    Case("GET", "/developers/<developer_id>", GUEST),
    Case("PUT", "/developers/<developer_id>", "plugin.update", {"bio": "新"}, hears=STRANGER_403),
    Case("GET", "/developers/<developer_id>/stats", "plugin.view_own", hears=STRANGER_403),
    Case("GET", "/admin/developers", "user.view"),
    Case("POST", "/admin/developers/<developer_id>/verify", "user.update", {"verified": True, "notes": ""}),
    Case("POST", "/admin/developers/<developer_id>/revenue", "system.revenue", {"amount": 1, "currency": "USD"}),
    Case("GET", "/admin/users", "user.view"),
    Case("GET", "/admin/users/<user_id>", "user.view"),
    Case("PUT", "/admin/users/<user_id>", "user.update", {"role": "reviewer"}),
    Case("POST", "/admin/users", "user.create", {"username": "neu", "email": "neu@example.com", "role": "user"}),
    Case("POST", "/admin/users/<user_id>/password", "user.update"),
    # Categories.
    Case("GET", "/marketplace/categories", PUBLIC),
    Case("POST", "/admin/categories", "system.categories", {"name": "新分类"}),
    Case("GET", "/admin/categories/<category_id>", "system.categories"),
    Case("PUT", "/admin/categories/<category_id>", "system.categories", {"name": "新名称"}),
    Case("DELETE", "/admin/categories/<category_id>", "system.categories"),
    # Blocks. What one's own account said one cannot approve.
    Case("GET", "/admin/blocks", "system.blocks"),
    Case("POST", "/admin/blocks", "system.blocks", BLOCK),
    Case("POST", "/admin/blocks/preview", "system.blocks", BLOCK),
    Case("GET", "/admin/blocks/<block_id>", "system.blocks"),
    Case("PUT", "/admin/blocks/<block_id>", "system.blocks", {"severity": "warn"}),
    Case("POST", "/admin/blocks/<block_id>/approve", "system.blocks", {}, hears={"admin": 403}),
    Case("POST", "/admin/blocks/<block_id>/revoke", "system.blocks", {"reason": "误判"}),
    # The system.
    Case("GET", "/admin/system/config", "system.config"),
    Case("PUT", "/admin/system/config", "system.config", {"review_settings": {"max_review_time": 7}}),
    Case("GET", "/admin/system/stats", "system.stats"),
    Case("GET", "/admin/system/resources", "system.resources"),
    Case("POST", "/admin/system/maintenance", "system.maintenance", MAINTENANCE),
    Case("GET", "/admin/system/jobs", "system.resources"),
    Case("POST", "/admin/system/jobs/<job_id>/retry", "system.maintenance"),
    Case("GET", "/admin/waiting", "review.view"),
    Case("GET", "/admin/audit", "system.audit"),
    Case("GET", "/admin/audit/acts", "system.audit"),
    Case("GET", "/admin/audit/targets", "system.audit"),
    Case("GET", "/notifications", LOGGED_IN),
    Case("POST", "/notifications/read", LOGGED_IN, {"all": True}),
]


class KeptFile:
    """An SQLite database beside a copy of it."""

    def __init__(self, data: Path, copy: Path) -> None:
        self._data, self._copy = data, copy
        self._watching = [sqlite3.connect(data / database.name) for database in copy.glob("*.db")]

    def version(self) -> Any:
        """Another as soon as somebody wrote anything."""
        return [connection.execute("PRAGMA data_version").fetchone() for connection in self._watching]

    def close(self) -> None:
        for connection in self._watching:
            connection.close()

    def restore(self) -> None:
        """Let everything be as it was."""
        for database in self._copy.glob("*.db"):
            with (
                closing(sqlite3.connect(database)) as source,
                closing(sqlite3.connect(self._data / database.name)) as target,
            ):
                source.backup(target)


class KeptSchema:
    """A PostgreSQL database with a copy of every table in a schema of its own."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        with raw(app) as shell:
            found = shell.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").scalars()
            self._tables = sorted(found)
            shell.execute("CREATE SCHEMA kept")
            for name in self._tables:
                shell.execute(f"CREATE TABLE kept.{name} AS TABLE public.{name}")

    def version(self) -> Any:
        """Another as soon as somebody wrote anything, in whatever database of the server."""
        with raw(self._app) as shell:
            return shell.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text").scalar()

    def close(self) -> None:
        """It goes with the database."""

    def restore(self) -> None:
        """Let everything be as it was."""
        acts = "; ".join(
            f"DELETE FROM public.{name}; INSERT INTO public.{name} SELECT * FROM kept.{name}" for name in self._tables
        )
        with raw(self._app) as shell:
            # As a replica does: without triggers, references unchecked.
            shell.execute(f"DO $$ BEGIN SET LOCAL session_replication_role = replica; {acts}; END $$")


class World:
    """An application with something of everything in it, which is what it was before every call."""

    def __init__(self, app: Flask, copy: Path) -> None:
        self.app, self.copy = app, copy
        self.who = people(app)
        judge = add_user(app, "judge", Role.REVIEWER)
        self.callers = {
            **{name: getattr(self.who, name) for name in ("nobody", *ROLE_OF)},
            "expired": Api(app, expired_token(app)),
            "disabled": disabled_user(app, self.who.admin),
        }
        self.ids = self._fill(judge)
        self.data = Path(app.extensions["microdock"].settings.data_dir)
        shutil.copytree(self.data, copy)
        self.database = KeptSchema(app) if postgresql.is_wanted() else KeptFile(self.data, copy)
        self._version = self.database.version()

    def _fill(self, judge: Api) -> dict[str, str]:
        who = self.who
        icon = {"icon": file(png(), "icon.png")}
        plugin = published(who.developer, judge, icon)
        data(add_version(who.developer, plugin["id"], "1.1.0"), 201)
        waiting = created(who.developer, {"icon": file(png(), "icon.png")}, name="com.example.waiting")
        begun = created(who.developer, name="com.example.begun")
        started = review_of(judge, begun["id"])["id"]
        data(judge.post(f"{V1}/admin/reviews/{started}/start"))
        refused = rejected(who.developer, judge, name="com.example.refused")
        appeal = appealed(who.developer, rejected(who.developer, judge, name="com.example.appealed")["id"])
        assert who.nobody.upload(package(name="com.example.keyed"), "their-key").status_code == 200
        developer = account_id(who.developer)
        data(who.developer.put(f"{V1}/developers/{developer}", {"bio": "旧"}))
        return {
            "plugin": plugin["id"],
            "image": plugin["files"]["icon"].rpartition("/")[2],
            "waiting": waiting["id"],
            "hidden_image": waiting["files"]["icon"].rpartition("/")[2],
            "review": review_of(judge, waiting["id"])["id"],
            "started": started,
            "refused": refused["id"],
            "appeal": appeal["id"],
            "keyed": "com.example.keyed",
            "rating": rated(who.user, plugin["id"])["id"],
            "category": category(who.admin)["id"],
            "reply": data(who.admin.post(f"{V1}/admin/review-replies", REPLY), 201)["id"],
            "block": data(who.admin.post(f"{V1}/admin/blocks", {**BLOCK, "plugin": "com.example.old"}), 201)["id"],
            "job": failed_job(self.app),
            "developer": developer,
            "reviewer": account_id(who.reviewer),
            "user": account_id(who.user),
        }

    def restore(self) -> None:
        """The database and the files as they were."""
        self.database.restore()
        self._version = self.database.version()
        shutil.copytree(self.copy, self.data, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.db*"))

    def is_untouched(self) -> bool:
        """Has nobody written to the database since it was what it was? Where it says no, somebody may have not."""
        return bool(self.database.version() == self._version)

    def call(self, case: Case, caller: str) -> Any:
        """The answer that this caller hears."""
        if not self.is_untouched():
            self.restore()
        path = case.rule
        for name, value in {**PARAMETERS, **case.path}.items():
            path = path.replace(f"<{name}>", value)
        assert "<" not in path, path
        api: Api = self.callers[caller]
        if case.body == FORM:
            return api._call(case.method, V1 + self._filled(path), data=self._form(case))
        options = {} if case.body is None else {"json": self._filled(case.body)}
        if case.query:
            options["query_string"] = case.query
        return api._call(case.method, V1 + self._filled(path), **options)

    def _form(self, case: Case) -> dict[str, Any]:
        if case.method == "PUT":
            return {"description": "新", "icon": file(png(colour=(0, 0, 1)), "icon.png")}
        changes = {"version": "3.0.0"} if case.rule.endswith("versions") else {"name": "com.example.brandnew"}
        if case.path == WAITS:
            changes["name"] = "com.example.waiting"
        return {"plugin_file": file(package(**changes), "plugin.zip")}

    def _filled(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: self._filled(item) for name, item in value.items()}
        if isinstance(value, list):
            return [self._filled(item) for item in value]
        if isinstance(value, str):
            for name, found in self.ids.items():
                value = value.replace(f"{{{name}}}", found)
        return value


def expired_token(app: Flask) -> str:
    """A token of the administrator that ran out a moment ago."""
    with app.app_context(), unit_of_work(writing=False):
        user = accounts.find("admin")
        assert user is not None
        return sign(tokens.host_token(user, timedelta(seconds=-5)))


def disabled_user(app: Flask, admin: Api) -> Api:
    """Somebody who was an administrator, with the token of those days."""
    gone = add_user(app, "gone", Role.ADMIN)
    data(admin.put(f"{V1}/admin/users/{account_id(gone)}", {"is_active": False}))
    return gone


@pytest.fixture
def world(app: Flask, tmp_path: Path) -> Iterator[World]:
    world = World(app, tmp_path / "copy")
    yield world
    world.database.close()


def test_the_table_knows_every_endpoint() -> None:
    known = {(case.method, case.rule) for case in CASES}
    there = {(endpoint.method, endpoint.rule) for endpoint in market.endpoints}
    assert there - known == set(), "add these to CASES, with what the documents say of them"
    assert known - there == set()


def test_every_endpoint_asks_for_the_documented_permission() -> None:
    documented = {(case.method, case.rule): case.access for case in CASES}
    declared = {(endpoint.method, endpoint.rule): endpoint.access for endpoint in market.endpoints}
    assert declared == documented


def test_every_role_has_the_documented_permissions(app: Flask) -> None:
    for role, permissions in ROLES.items():
        found = data(add_user(app, f"a-{role}", Role(role)).get(f"{V1}/auth/me"))["permissions"]
        assert set(found) == permissions


def test_everybody_hears_what_the_table_says_everywhere(world: World) -> None:
    wrong = []
    for case in CASES:
        for caller in CALLERS:
            answer, expected = world.call(case, caller), case.expected(caller)
            status = answer.status_code
            if (status not in (200, 201)) if expected is None else (status != expected):
                wrong.append(f"{case}: {caller} hears {status}, not {expected or 'a success'}: {answer.text[:200]}")
    assert wrong == []


def test_who_is_refused_changes_nothing(world: World) -> None:
    changed, before = [], all_rows(world.app)
    for case in CASES:
        if case.method == "GET" or case.access is PUBLIC:
            continue
        for caller in CALLERS:
            if case.expected(caller) not in (401, 403, 404):
                continue
            world.call(case, caller)
            if world.is_untouched():
                continue
            after = all_rows(world.app)
            if after != before:
                tables = sorted(name for name in before if before[name] != after[name])
                changed.append(f"{case}: {caller} changed {tables}")
    assert changed == []
    assert world.is_untouched()
    category(world.who.admin, "别的")
    assert not world.is_untouched()


def test_an_invalid_token_is_401_even_with_what_is_wrong_or_missing(world: World) -> None:
    """Who is nobody learns nothing of what is there or how it must be sent."""
    wrong = []
    for case in CASES:
        if not isinstance(case.access, str) and case.access is not LOGGED_IN:
            continue
        path = V1 + case.rule
        for name in PARAMETERS:
            path = path.replace(f"<{name}>", "unknown")
        for caller in TOKENLESS:
            options = {} if case.method == "GET" else {"json": {"surprise": 1}}
            answer = world.callers[caller]._call(case.method, path, **options)
            if answer.status_code != 401:
                wrong.append((str(case), caller, answer.status_code))
    assert wrong == []


def test_the_second_prefix_asks_the_same(world: World) -> None:
    for case in CASES:
        for caller in TOKENLESS:
            path = world._filled(case.rule)
            for name, value in {**PARAMETERS, **case.path}.items():
                path = path.replace(f"<{name}>", world._filled(value))
            if case.access in (PUBLIC, GUEST):
                continue
            answer = world.callers[caller]._call(case.method, "/v1" + path)
            assert answer.status_code == 401, (str(case), caller)


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Bearer x", "Bearer a.b.c", "Basic YTpi", "Token x", "x" * 9000]
)
def test_an_authorization_of_another_shape_is_401(app: Flask, header: str) -> None:
    for path in ("/auth/me", "/admin/system/config", "/notifications"):
        assert Api(app).get(V1 + path, headers={"Authorization": header}).status_code == 401


def test_a_refresh_token_opens_nothing_but_the_refresh(app: Flask, api: Api) -> None:
    session = data(api.post(f"{V1}/auth/login", {"username": "admin", "password": "admin"}))
    with_refresh = Api(app, session["refresh_token"])
    for path in ("/auth/me", "/admin/system/config", "/notifications", "/marketplace/plugins"):
        assert with_refresh.get(V1 + path).status_code == 401
    assert with_refresh.post(f"{V1}/auth/refresh").status_code == 200


def test_what_is_hidden_is_in_no_list_of_a_stranger(who: People) -> None:
    created(who.developer)
    created(who.developer, {"draft": "true"}, name="com.example.draft")
    for caller, names in [
        (who.nobody, set()),
        (who.user, set()),
        (who.other, set()),
        (who.developer, {"com.example.myplugin", "com.example.draft"}),
        (who.admin, {"com.example.myplugin", "com.example.draft"}),
    ]:
        found = data(caller.get(PLUGINS))
        assert {row["plugin_name"] for row in found["plugins"]} == names
        assert found["pagination"]["total"] == len(names)
        for query in ("status=pending", "status=draft", "search=插件", "sort=rating"):
            found = data(caller.get(f"{PLUGINS}?{query}"))["plugins"]
            assert {row["plugin_name"] for row in found} <= names


def test_nobody_reviews_what_is_their_own(app: Flask, who: People) -> None:
    plugin = created(who.admin)
    review = review_of(who.reviewer, plugin["id"])["id"]
    path = f"{V1}/admin/reviews/{review}"
    assert who.admin.post(f"{path}/start").status_code == 403
    assert who.reviewer.post(f"{path}/assign", {"reviewer_id": account_id(who.admin)}).status_code == 403
    [result] = data(
        who.admin.post(f"{V1}/admin/reviews/batch", {"review_ids": [review], "action": "approve", "notes": ""})
    )["results"]
    assert (result["success"], result["error"]["code"]) == (False, 403)
    assert decide(who.reviewer, plugin["id"])["status"] == "approved"


def test_nobody_hears_an_appeal_against_their_own_decision(who: People, rejected_plugin: dict[str, Any]) -> None:
    appeal = appealed(who.developer, rejected_plugin["id"])
    path = f"{V1}/admin/appeals/{appeal['id']}/process"
    assert who.reviewer.post(path, {"decision": "rejected", "response": "不"}).status_code == 403
    assert who.admin.post(path, {"decision": "rejected", "response": "不"}).status_code == 200


def test_nobody_lists_the_appeals_or_reads_the_notices_of_others(who: People, rejected_plugin: dict[str, Any]) -> None:
    appealed(who.developer, rejected_plugin["id"])
    assert data(who.other.get(f"{V1}/developers/appeals")) == []
    assert data(who.other.get(f"{V1}/notifications"))["notifications"] == []
    ids = [item["id"] for item in data(who.developer.get(f"{V1}/notifications"))["notifications"]]
    assert data(who.other.post(f"{V1}/notifications/read", {"ids": ids}))["marked"] == 0
    assert data(who.developer.get(f"{V1}/notifications"))["unread_count"] == len(ids)


def test_an_address_is_shown_to_its_owner_and_administrators_only(app: Flask, api: Api, who: People) -> None:
    account = {**ACCOUNT, "display_name": "新人"}
    developer_id = data(api.post(f"{V1}/developers/register", account), 201)["id"]
    own = Api(
        app, data(api.post(f"{V1}/auth/login", {k: ACCOUNT[k] for k in ("username", "password")}))["access_token"]
    )
    plugin = published(own, who.reviewer)
    seen = {
        name: (
            data(caller.get(f"{V1}/developers/{developer_id}"))["email"],
            data(caller.get(f"{PLUGINS}/{plugin['id']}"))["developer"]["email"],
        )
        for name, caller in {**vars(who), "own": own}.items()
    }
    address = ACCOUNT["email"]
    assert {name for name, addresses in seen.items() if addresses == (address, address)} == {"own", "admin"}
    assert {name for name, addresses in seen.items() if addresses == (None, None)} == set(seen) - {"own", "admin"}
    for caller in (who.nobody, who.user, who.developer, who.reviewer):
        for path in ("/marketplace/plugins", f"/marketplace/plugins/{plugin['id']}/versions"):
            assert address not in caller.get(V1 + path).text


@pytest.mark.usefixtures("waiting_plugin")
def test_a_name_belongs_to_whoever_took_it_first(who: People) -> None:
    for caller in (who.other, who.admin, who.developer):
        assert create(caller, version="2.0.0").status_code == 409
    assert who.nobody.upload(key="a-key").status_code == 403
