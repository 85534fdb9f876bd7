"""Every example of the marketplace's document, chapters 2 to 10, and every path that the contract adds to it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from ..market import (
    MOMENT,
    People,
    account_id,
    add_version,
    answered,
    appealed,
    category,
    create,
    created,
    data,
    decide,
    file,
    invalid,
    people,
    png,
    refused,
    rejected,
    review_of,
    run_jobs,
    suspended,
)
from ..support import Api, package, stored_rows

PREFIXES = ["/api/v1", "/v1"]
NOBODY = "00000000-0000-4000-8000-000000000000"
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

LISTED_PLUGIN = {
    "id": "uuid",
    "name": "插件名称",
    "description": "插件描述",
    "version": "1.0.0",
    "status": "published",
    "category": {"id": "uuid", "name": "工具类"},
    "developer": {"id": "uuid", "username": "developer", "display_name": "开发者名称"},
    "downloads": 1000,
    "rating": 4.5,
    "created_at": "2024-01-01T00:00:00Z",
    "updated_at": "2024-01-01T00:00:00Z",
}
PAGINATION = {"page": 1, "limit": 20, "total": 100, "pages": 5}
PLUGIN: dict[str, Any] = {
    "id": "uuid",
    "name": "插件名称",
    "description": "详细描述",
    "long_description": "长描述支持Markdown",
    "version": "1.0.0",
    "status": "published",
    "category": {"id": "uuid", "name": "工具类", "description": "分类描述"},
    "developer": {
        "id": "uuid",
        "username": "developer",
        "display_name": "开发者名称",
        "email": "developer@example.com",
        "website": "https://developer.com",
    },
    "metadata": {
        "tags": ["tool", "productivity"],
        "homepage": "https://plugin.com",
        "repository": "https://github.com/dev/plugin",
        "license": "MIT",
        "min_version": "1.0.0",
        "max_version": "2.0.0",
    },
    "files": {
        "icon": "https://cdn.example.com/icons/plugin.png",
        "screenshots": ["https://cdn.example.com/screenshots/1.png"],
        "download_url": "https://cdn.example.com/plugins/plugin-1.0.0.zip",
    },
    "stats": {"downloads": 1000, "rating": 4.5, "reviews_count": 50, "size": 1024000},
    "created_at": "2024-01-01T00:00:00Z",
    "updated_at": "2024-01-01T00:00:00Z",
}
VERSION = {
    "version": "1.1.0",
    "changelog": "版本更新说明",
    "status": "pending",
    "size": 1024,
    "downloads": 0,
    "download_url": "https://cdn.example.com/plugins/plugin-1.0.0.zip",
    "created_at": "2024-01-01T00:00:00Z",
}
REVIEW = {
    "id": "uuid",
    "plugin": {"id": "uuid", "name": "插件名称", "version": "1.0.0", "developer": "开发者名称"},
    "status": "pending",
    "priority": "high",
    "submitted_at": "2024-01-01T00:00:00Z",
    "assigned_reviewer": None,
    "auto_review_result": {"status": "passed", "score": 85, "issues": []},
}
QUEUE_STATS = {"total_pending": 50, "high_priority": 10, "medium_priority": 30, "low_priority": 10}
AUTO_REVIEW = {
    "status": "completed",
    "overall_score": 85,
    "checks": {
        "security": {
            "score": 90,
            "status": "pass",
            "details": {
                "malware_scan": "clean",
                "vulnerability_scan": "no_issues",
                "permission_check": "appropriate",
            },
        },
        "quality": {
            "score": 80,
            "status": "pass",
            "details": {"code_complexity": "acceptable", "test_coverage": "good", "documentation": "complete"},
        },
        "performance": {
            "score": 85,
            "status": "pass",
            "details": {"startup_time": "2.1s", "memory_usage": "45MB", "cpu_usage": "low"},
        },
    },
    "issues": [{"type": "warning", "category": "performance", "message": "启动时间略长", "severity": "low"}],
    "recommendations": ["考虑使用懒加载优化启动性能"],
}
REGISTRATION: dict[str, Any] = {
    "username": "newcomer",
    "email": "developer@example.com",
    "password": "password123",
    "display_name": "开发者名称",
    "company": "公司名称",
    "website": "https://developer.com",
    "bio": "开发者简介",
    "verification_documents": [{"type": "identity", "file_url": "https://cdn.example.com/docs/id.pdf"}],
}
DEVELOPER_STATS = {
    "plugins": {"total": 10, "published": 8, "pending": 1, "rejected": 1},
    "downloads": {"total": 10000, "this_month": 1500, "growth_rate": 15.5},
    "ratings": {
        "average": 4.2,
        "total_reviews": 150,
        "distribution": {"5": 60, "4": 45, "3": 30, "2": 10, "1": 5},
    },
    "revenue": {"total": 5000.00, "this_month": 800.00, "currency": "USD"},
}
CATEGORY = {
    "name": "分类名称",
    "description": "分类描述",
    "parent_id": "uuid",
    "icon": "category-icon",
    "sort_order": 1,
}
RATING = {
    "rating": 5,
    "title": "评价标题",
    "content": "评价内容",
    "pros": ["优点1", "优点2"],
    "cons": ["缺点1"],
}
APPEAL = {
    "type": "review_decision",
    "reason": "申诉原因",
    "description": "详细说明",
    "evidence": [{"type": "document", "url": "https://cdn.example.com/evidence.pdf", "description": "证据说明"}],
}
CONFIG = {
    "review_settings": {"auto_review_enabled": True, "manual_review_required": True, "max_review_time": 5},
    "upload_settings": {
        "max_file_size": 104857600,
        "allowed_extensions": [".zip"],
        "virus_scan_enabled": True,
    },
}
SYSTEM_STATS = {
    "plugins": {"total": 1000, "published": 800, "pending_review": 50, "rejected": 150},
    "reviews": {"completed": 950, "pending": 50, "average_time": 2.5, "approval_rate": 0.85},
    "developers": {"total": 200, "active": 150, "new_this_month": 20},
    "downloads": {
        "total": 100000,
        "this_month": 15000,
        "top_plugins": [{"plugin_id": "uuid", "name": "热门插件", "downloads": 5000}],
    },
}
CHECKLIST = {
    "security": {"malware_scan": "pass", "vulnerability_check": "pass", "permission_review": "pass"},
    "quality": {"code_quality": "pass", "performance": "pass", "documentation": "pass"},
    "compliance": {"content_policy": "pass", "legal_compliance": "pass"},
}
DECISION = {
    "result": "approved",
    "notes": "审核通过，插件质量良好",
    "checklist": CHECKLIST,
    "recommendations": ["建议优化启动性能", "建议完善错误处理"],
}


def assert_like(found: Any, documented: Any, place: str = "data", nullable: tuple[str, ...] = ()) -> None:
    """Every documented field is there and has the documented type; only those named may be null."""
    if documented is None or (found is None and place in nullable):
        return
    if isinstance(documented, dict):
        assert isinstance(found, dict), place
        missing = sorted(set(documented) - set(found))
        assert not missing, f"{place} lacks {missing}"
        for name, value in documented.items():
            assert_like(found[name], value, f"{place}.{name}", nullable)
    elif isinstance(documented, list):
        assert isinstance(found, list), place
        for item in found if documented else ():
            assert_like(item, documented[0], f"{place}[]", nullable)
    elif isinstance(documented, bool):
        assert isinstance(found, bool), place
    elif isinstance(documented, int | float):
        allowed = int if isinstance(documented, int) else (int, float)
        assert isinstance(found, allowed) and not isinstance(found, bool), f"{place} is {found!r}"
    else:
        assert isinstance(found, str), f"{place} is {found!r}"
        if documented == "uuid":
            assert UUID.fullmatch(found), f"{place} is {found!r}"
        if MOMENT.fullmatch(documented):
            assert MOMENT.fullmatch(found), f"{place} is {found!r}"


@pytest.fixture(params=PREFIXES)
def v1(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def plugin(documented_plugin: dict[str, Any]) -> dict[str, Any]:
    return documented_plugin


# Chapter 2: logging in (the rest is in test_market_accounts_document.py).


def test_a_registered_developer_logs_in_with_the_address(api: Api, v1: str) -> None:
    answered(api.post(f"{v1}/developers/register", REGISTRATION), 201)
    credentials = {"username": "developer@example.com", "password": "password123", "remember_me": True}
    session = answered(api.post(f"{v1}/auth/login", credentials))
    assert session["expires_in"] == 3600
    assert session["user"]["role"] == "developer"
    assert {"plugin.create", "plugin.update", "plugin.delete", "plugin.view_own"} <= set(session["user"]["permissions"])
    assert data(Api(api.app, session["refresh_token"])._call("POST", f"{v1}/auth/refresh"))["access_token"]
    answered(Api(api.app, session["access_token"])._call("POST", f"{v1}/auth/logout"))


# Chapter 3: plugins and versions.


def test_the_list_of_plugins(who: People, plugin: dict[str, Any], v1: str) -> None:
    query = f"page=1&limit=20&category={plugin['category']['id']}&status=published&search=插件"
    for caller in (who.nobody, who.user):
        found = answered(caller.get(f"{v1}/marketplace/plugins?{query}"))
        assert_like(found, {"plugins": [LISTED_PLUGIN], "pagination": PAGINATION})
        assert [row["id"] for row in found["plugins"]] == [plugin["id"]]
        assert found["pagination"] == {"page": 1, "limit": 20, "total": 1, "pages": 1}
        assert found["plugins"][0]["rating"] == 4


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("sort", ["created_at", "updated_at", "downloads", "rating"])
def test_the_list_is_sorted_by_everything_documented(
    who: People, plugin: dict[str, Any], sort: str, order: str
) -> None:
    found = answered(who.nobody.get(f"/api/v1/marketplace/plugins?sort={sort}&order={order}"))
    assert [row["id"] for row in found["plugins"]] == [plugin["id"]]


def test_one_plugin_by_id_and_by_name(who: People, plugin: dict[str, Any], v1: str) -> None:
    for reference in (plugin["id"], plugin["plugin_name"]):
        found = answered(who.nobody.get(f"{v1}/marketplace/plugins/{reference}"))
        # The address is for the developer and administrators only.
        assert_like(found, PLUGIN, nullable=("data.developer.email",))
        assert found["developer"]["email"] is None
        assert found["metadata"] == {**PLUGIN["metadata"], "min_version": "1.0.0", "max_version": "2.0.0"}
        assert (found["stats"]["rating"], found["stats"]["reviews_count"]) == (4, 1)


def test_the_addresses_of_a_plugin_lead_to_its_files(who: People, plugin: dict[str, Any]) -> None:
    for address, kind in [
        (plugin["files"]["icon"], "image/"),
        (plugin["files"]["screenshots"][0], "image/"),
        (plugin["files"]["download_url"], "application/zip"),
    ]:
        answer = who.nobody.get(address)
        assert answer.status_code == 200
        assert answer.headers["Content-Type"].startswith(kind)
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["ETag"].startswith('"')
        assert int(answer.headers["Content-Length"]) == len(answer.data)


@pytest.mark.own_settings
def test_addresses_are_absolute_where_the_server_knows_its_own(make_app: Callable[..., Flask]) -> None:
    who = people(make_app(PUBLIC_URL="https://plugins.example.com"))
    found = created(who.developer, {"icon": file(png(), "i.png"), "screenshots": [file(png(), "1.png")]})["files"]
    for address in (found["icon"], found["screenshots"][0], found["download_url"]):
        assert address.startswith("https://plugins.example.com/api/v1/marketplace/plugins/")


def test_a_plugin_is_created_as_documented(who: People, v1: str) -> None:
    form = {
        "name": "插件名称",
        "description": "插件描述",
        "category_id": category(who.admin)["id"],
        "version": "1.0.0",
        "metadata": {"tags": ["tool"], "license": "MIT"},
        "icon": file(png(), "icon.png"),
        "screenshots": [file(png(), "1.png"), file(png(), "2.png")],
    }
    found = answered(create(who.developer, form, v1), 201)
    assert_like(
        found,
        PLUGIN,
        nullable=(
            "data.developer.email",
            "data.metadata.min_version",
            "data.metadata.max_version",
            "data.stats.rating",
        ),
    )
    assert (found["name"], found["description"], found["version"]) == ("插件名称", "插件描述", "1.0.0")
    assert (found["status"], found["metadata"]["tags"]) == ("pending", ["tool"])
    assert len(found["files"]["screenshots"]) == 2
    assert found == answered(who.developer.get(f"{v1}/marketplace/plugins/{found['id']}"))


def test_what_the_owner_says_wins_over_later_manifests(who: People, plugin: dict[str, Any]) -> None:
    path = f"/api/v1/marketplace/plugins/{plugin['id']}"
    data(who.developer.put(path, {"name": "我的名字"}))
    data(add_version(who.developer, plugin["id"], "1.1.0", displayName="Manifest", author="Somebody Else"), 201)
    data(who.reviewer.post("/api/v1/admin/reviews/batch", _batch(review_of(who.reviewer, plugin["id"])["id"])))
    found = answered(who.nobody.get(path))
    assert (found["version"], found["name"], found["author"]) == ("1.1.0", "我的名字", "Somebody Else")
    assert found["description"] == "详细描述"


def test_a_plugin_is_changed_as_documented(who: People, plugin: dict[str, Any], v1: str) -> None:
    path = f"{v1}/marketplace/plugins/{plugin['id']}"
    found = answered(who.developer.put(path, {"description": "更新的描述", "metadata": {"tags": ["tool", "updated"]}}))
    assert found == answered(who.developer.get(path))
    assert found["description"] == "更新的描述"
    assert found["metadata"] == {**plugin["metadata"], "tags": ["tool", "updated"]}
    assert found["files"] == plugin["files"]


def test_pictures_are_changed_by_a_form(who: People, plugin: dict[str, Any], v1: str) -> None:
    path = f"{v1}/marketplace/plugins/{plugin['id']}"
    form = {
        "description": "更新的描述",
        "metadata": json.dumps({"tags": ["new"]}),
        "icon": file(png(colour=(1, 2, 3)), "new.png"),
        "screenshots": [file(png(32, 32), "1.png"), file(png(48, 48), "2.png")],
    }
    found = answered(who.developer._call("PUT", path, data=form))
    assert found == answered(who.developer.get(path))
    assert found["files"]["icon"] != plugin["files"]["icon"]
    assert len(found["files"]["screenshots"]) == 2
    assert (found["description"], found["metadata"]["tags"]) == ("更新的描述", ["new"])
    assert who.nobody.get(plugin["files"]["icon"]).status_code == 404


def test_what_get_shows_can_be_sent_back_by_put(who: People, plugin: dict[str, Any]) -> None:
    path = f"/api/v1/marketplace/plugins/{plugin['id']}"
    own = answered(who.developer.get(path))
    answered(who.developer.put(path, {"metadata": own["metadata"], "category_id": own["category"]["id"]}))
    assert invalid(who.developer.put(path, {"metadata": {"min_version": "9.0.0"}})) == {"metadata.min_version"}


def test_a_plugin_is_deleted(who: People, plugin: dict[str, Any], v1: str) -> None:
    path = f"{v1}/marketplace/plugins/{plugin['id']}"
    assert answered(who.developer.delete(path)) is None
    refused(who.developer.get(path), 404, "NotFoundError")


def test_a_version_is_published_as_documented(who: People, plugin: dict[str, Any], v1: str) -> None:
    path = f"{v1}/marketplace/plugins/{plugin['id']}/versions"
    form = {
        "version": "1.1.0",
        "changelog": "版本更新说明",
        "plugin_file": file(package(version="1.1.0"), "plugin.zip"),
    }
    found = answered(who.developer._call("POST", path, data=form), 201)
    assert_like(found, VERSION)
    assert (found["version"], found["changelog"], found["status"]) == ("1.1.0", "版本更新说明", "pending")
    assert who.nobody.get(path + "/1.1.0").status_code == 404

    shown = answered(who.developer.get(path + "/1.1.0"))
    assert {name: shown[name] for name in found} == found
    assert [row["version"] for row in answered(who.developer.get(path))] == ["1.1.0", "1.0.0"]


def test_the_list_of_versions_and_one_of_them(who: People, plugin: dict[str, Any], v1: str) -> None:
    path = f"{v1}/marketplace/plugins/{plugin['id']}/versions"
    [row] = answered(who.nobody.get(path))
    assert_like(row, VERSION)
    shown = answered(who.nobody.get(path + "/1.0.0"))
    assert_like(shown, VERSION)
    assert who.nobody.get(row["download_url"]).data == who.nobody.get(f"{path}/1.0.0/download").data


def test_a_package_by_get(who: People, plugin: dict[str, Any], v1: str) -> None:
    for path in ("download", "versions/1.0.0/download"):
        answer = who.nobody.get(f"{v1}/marketplace/plugins/{plugin['id']}/{path}")
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == "application/zip"
        assert "myplugin@1.0.0.zip" in answer.headers["Content-Disposition"]
        assert "Repr-Digest" in answer.headers
        assert "Cache-Control" in answer.headers
    assert answered(who.nobody.get(f"{v1}/marketplace/plugins/{plugin['id']}"))["stats"]["downloads"] == 2


# Chapter 4: reviews.


@pytest.mark.usefixtures("waiting_plugin")
def test_the_queue(app: Flask, who: People, v1: str) -> None:
    assert run_jobs(app) == 1
    found = answered(who.reviewer.get(f"{v1}/admin/reviews/queue"))
    assert_like(found, {"reviews": [REVIEW], "stats": QUEUE_STATS, "pagination": PAGINATION})
    assert len(found["reviews"]) == 1
    assert found["stats"]["total_pending"] == 1


def test_the_queue_shows_times_as_numbers_once_there_is_something_to_measure(
    who: People, waiting_plugin: dict[str, Any]
) -> None:
    for place in (review_of(who.reviewer, waiting_plugin["id"]), waiting_plugin["review"]):
        assert place["estimated_time"] == "not_measured"
    decide(who.reviewer, waiting_plugin["id"])
    second = created(who.developer, name="com.example.other")
    for place in (review_of(who.reviewer, second["id"]), second["review"]):
        assert isinstance(place["estimated_time"], int)


def test_the_queue_is_filtered_as_documented(who: People, waiting_plugin: dict[str, Any], v1: str) -> None:
    created(who.developer, name="com.example.other")
    reviewer_id = account_id(who.reviewer)
    review = review_of(who.reviewer, waiting_plugin["id"])
    assignment = {"reviewer_id": reviewer_id, "priority": "high", "notes": "需要重点关注安全性"}
    answered(who.reviewer.post(f"{v1}/admin/reviews/{review['id']}/assign", assignment))
    query = f"status=pending&priority=high&reviewer={reviewer_id}"
    found = answered(who.reviewer.get(f"{v1}/admin/reviews/queue?{query}"))
    assert [row["id"] for row in found["reviews"]] == [review["id"]]
    assert found["stats"] == {"total_pending": 2, "high_priority": 1, "medium_priority": 1, "low_priority": 0}


def test_a_review_is_assigned_started_and_decided(who: People, waiting_plugin: dict[str, Any], v1: str) -> None:
    review = review_of(who.reviewer, waiting_plugin["id"])
    path = f"{v1}/admin/reviews/{review['id']}"
    reviewer_id = account_id(who.reviewer)

    assignment = {"reviewer_id": reviewer_id, "priority": "high", "notes": "需要重点关注安全性"}
    found = answered(who.admin.post(f"{path}/assign", assignment))
    assert (found["assigned_reviewer"]["id"], found["priority"]) == (reviewer_id, "high")

    assert answered(who.reviewer._call("POST", f"{path}/start"))["status"] == "in_review"
    assert answered(who.developer.get(f"{v1}/marketplace/plugins/{waiting_plugin['id']}"))["status"] == "in_review"

    found = answered(who.reviewer.post(f"{path}/submit", DECISION))
    assert (found["status"], found["result"]) == ("approved", "approved")
    assert {name: found[name] for name in ("notes", "checklist", "recommendations")} == {
        name: DECISION[name] for name in ("notes", "checklist", "recommendations")
    }
    assert answered(who.nobody.get(f"{v1}/marketplace/plugins/{waiting_plugin['id']}"))["status"] == "published"


def test_one_review_with_its_diff_and_findings(
    app: Flask, who: People, waiting_plugin: dict[str, Any], v1: str
) -> None:
    run_jobs(app)
    review = review_of(who.reviewer, waiting_plugin["id"])
    found = answered(who.reviewer.get(f"{v1}/admin/reviews/{review['id']}"))
    assert_like(found, REVIEW)
    assert found["diff"]["files"]["added"] == ["MyPlugin.dll", "plugin.json"]
    assert found["auto_review"]["status"] == "completed"
    assert found["manifest"]["name"] == "com.example.myplugin"
    assert who.reviewer.get(found["download_url"]).status_code == 200


@pytest.mark.parametrize(
    ("action", "status"), [("approve", "approved"), ("reject", "rejected"), ("needs_changes", "needs_changes")]
)
def test_a_batch_of_reviews(who: People, v1: str, action: str, status: str) -> None:
    ids = [
        review_of(who.reviewer, created(who.developer, name=name)["id"])["id"]
        for name in ("com.example.one", "com.example.two")
    ]
    body = {"review_ids": ids, "action": action, "notes": "批量审核通过"}
    found = answered(who.reviewer.post(f"{v1}/admin/reviews/batch", body))
    assert [(item["review_id"], item["success"], item["status"]) for item in found["results"]] == [
        (review_id, True, status) for review_id in ids
    ]
    assert (found["succeeded"], found["failed"]) == (2, 0)


def test_an_automatic_review_is_started_and_its_result_is_shown(app: Flask, who: People, v1: str) -> None:
    plugin = created(who.developer, description="短")
    path = f"{v1}/admin/plugins/{plugin['id']}/auto-review"
    assert answered(who.reviewer._call("POST", path))["status"] in ("pending", "running", "completed")
    assert answered(who.reviewer.get(f"{path}/result"))["status"] == "pending"
    run_jobs(app)
    found = answered(who.reviewer.get(f"{path}/result"))
    # Nothing of it can be measured here: it is said to be so, and no number is made up.
    assert found["checks"]["performance"].pop("score") == "not_measured"
    expected = {**AUTO_REVIEW, "checks": {**AUTO_REVIEW["checks"]}}
    expected["checks"]["performance"] = {
        name: value for name, value in AUTO_REVIEW["checks"]["performance"].items() if name != "score"
    }
    assert_like(found, expected)
    assert found["status"] == "completed"
    assert found["issues"] and found["recommendations"]
    assert {issue["severity"] for issue in found["issues"]} <= {"low", "medium", "high"}


# Chapter 5: developers.


def test_a_developer_registers_is_shown_and_changes_the_profile(api: Api, root: Api, v1: str) -> None:
    found = answered(api.post(f"{v1}/developers/register", REGISTRATION), 201)
    sent = {name: value for name, value in REGISTRATION.items() if name != "password"}
    assert {name: found[name] for name in sent} == sent
    assert "password" not in found
    path = f"{v1}/developers/{found['id']}"

    credentials = {"username": REGISTRATION["username"], "password": REGISTRATION["password"]}
    own = Api(api.app, answered(api.post(f"{v1}/auth/login", credentials))["access_token"])
    assert answered(own.get(path)) == found
    assert answered(root.get(path)) == found

    public = answered(api.get(path))
    assert (public["email"], public["verification_documents"]) == (None, None)
    assert {name: public[name] for name in ("display_name", "company", "website", "bio")} == {
        name: REGISTRATION[name] for name in ("display_name", "company", "website", "bio")
    }

    change = {"display_name": "新的显示名称", "bio": "更新的简介", "website": "https://newwebsite.com"}
    changed = answered(own.put(path, change))
    assert changed == {**found, **change, "revision": changed["revision"]} == answered(own.get(path))

    verified = answered(root.post(f"{v1}/admin/developers/{found['id']}/verify", {"verified": True, "notes": "已核实"}))
    assert (verified["verified"], verified["verification_status"]) == (True, "verified")
    assert answered(api.get(path))["verified"] is True


def test_statistics_of_a_developer(who: People, plugin: dict[str, Any], v1: str) -> None:
    who.nobody.get(plugin["files"]["download_url"])
    rejected(who.developer, who.reviewer, name="com.example.no")
    created(who.developer, name="com.example.later")
    found = answered(who.developer.get(f"{v1}/developers/{plugin['developer']['id']}/stats"))
    # There is no growth where there was nothing the month before.
    assert_like(found, DEVELOPER_STATS, nullable=("data.downloads.growth_rate",))
    assert {name: found["plugins"][name] for name in ("total", "published", "pending", "rejected")} == {
        "total": 3,
        "published": 1,
        "pending": 1,
        "rejected": 1,
    }
    assert (found["downloads"]["total"], found["downloads"]["this_month"]) == (1, 1)
    assert found["ratings"]["average"] == 4
    assert found["ratings"]["distribution"] == {"5": 0, "4": 1, "3": 0, "2": 0, "1": 0}


def test_revenue_is_recorded_and_counted(who: People, plugin: dict[str, Any], v1: str) -> None:
    developer_id = plugin["developer"]["id"]
    entry = {
        "amount": 800.50,
        "currency": "USD",
        "plugin_id": plugin["id"],
        "occurred_at": "2024-01-01T00:00:00Z",
        "note": "一月",
    }
    response = who.admin.post(f"{v1}/admin/developers/{developer_id}/revenue", entry)
    assert response.get_json()["data"]["amount"] == 800.5
    found = answered(who.developer.get(f"{v1}/developers/{developer_id}/stats"))["revenue"]
    assert (found["total"], found["this_month"], found["currency"]) == (800.5, 0, "USD")


def test_only_the_posts_that_the_contract_lists_answer_201(who: People, plugin: dict[str, Any]) -> None:
    entry = {"amount": 1, "currency": "USD", "occurred_at": "2024-01-01T00:00:00Z", "note": ""}
    answered(who.admin.post(f"/api/v1/admin/developers/{plugin['developer']['id']}/revenue", entry), 200)


# Chapter 6: categories.


def test_categories_are_made_listed_changed_and_deleted(who: People, v1: str) -> None:
    parent = answered(who.admin.post(f"{v1}/admin/categories", {"name": "工具类"}), 201)
    found = answered(who.admin.post(f"{v1}/admin/categories", {**CATEGORY, "parent_id": parent["id"]}), 201)
    assert_like(found, {"id": "uuid", **CATEGORY})
    assert {name: found[name] for name in CATEGORY} == {**CATEGORY, "parent_id": parent["id"]}

    path = f"{v1}/admin/categories/{found['id']}"
    changed = answered(who.admin.put(path, {"name": "更新的分类名称", "description": "更新的描述"}))
    assert changed == {
        **found,
        "name": "更新的分类名称",
        "description": "更新的描述",
        "updated_at": changed["updated_at"],
        "revision": changed["revision"],
    }
    assert changed["revision"] != found["revision"]
    rows = answered(who.nobody.get(f"{v1}/marketplace/categories"))
    assert {row["id"]: row for row in rows} == {parent["id"]: parent, found["id"]: changed}

    assert answered(who.admin.delete(path)) is None
    assert [row["id"] for row in answered(who.nobody.get(f"{v1}/marketplace/categories"))] == [parent["id"]]


# Chapter 7: ratings.


def test_ratings_are_given_listed_and_changed(who: People, published_plugin: dict[str, Any], v1: str) -> None:
    path = f"{v1}/marketplace/plugins/{published_plugin['id']}/reviews"
    found = answered(who.user.post(path, RATING), 201)
    assert_like(found, {"id": "uuid", **RATING, "created_at": "2024-01-01T00:00:00Z"})
    assert {name: found[name] for name in RATING} == RATING

    listed = answered(who.nobody.get(f"{path}?page=1&limit=20&sort=created_at"))
    assert_like(listed["pagination"], PAGINATION)
    assert listed["reviews"] == [found]

    changed = answered(who.user.put(f"{path}/{found['id']}", {"rating": 4, "content": "更新的评价内容"}))
    assert (changed["rating"], changed["content"], changed["title"]) == (4, "更新的评价内容", "评价标题")
    assert answered(who.nobody.get(path))["reviews"] == [changed]


def test_ratings_are_replied_to_reported_and_hidden(who: People, plugin: dict[str, Any], v1: str) -> None:
    path = f"{v1}/marketplace/plugins/{plugin['id']}/reviews"
    [rating] = answered(who.nobody.get(path))["reviews"]

    assert (
        answered(who.developer.post(f"{path}/{rating['id']}/reply", {"content": "谢谢"}))["reply"]["content"] == "谢谢"
    )
    assert answered(who.other.post(f"{path}/{rating['id']}/report", {"reason": "广告"})) is None

    moderated = answered(who.reviewer.get(f"{v1}/admin/ratings?reported=true"))
    assert_like(moderated["pagination"], PAGINATION)
    assert [row["id"] for row in moderated["ratings"]] == [rating["id"]]

    hidden = answered(who.reviewer.post(f"{v1}/admin/ratings/{rating['id']}/hide", {"hidden": True, "reason": "广告"}))
    assert hidden["is_hidden"] is True
    assert answered(who.nobody.get(path))["reviews"] == []
    answered(who.reviewer.post(f"{v1}/admin/ratings/{rating['id']}/hide", {"hidden": False, "reason": ""}))
    assert len(answered(who.nobody.get(path))["reviews"]) == 1


# Chapter 8: appeals.


def test_an_appeal_is_submitted_listed_and_granted(who: People, rejected_plugin: dict[str, Any], v1: str) -> None:
    found = answered(
        who.developer.post(f"{v1}/developers/appeals", {"plugin_id": rejected_plugin["id"], **APPEAL}), 201
    )
    assert_like(found, {"id": "uuid", **APPEAL, "status": "pending", "created_at": "2024-01-01T00:00:00Z"})
    assert {name: found[name] for name in APPEAL} == APPEAL

    own = answered(who.developer.get(f"{v1}/developers/appeals?status=pending&plugin_id={rejected_plugin['id']}"))
    assert own == [found]
    (heard,) = answered(who.reviewer.get(f"{v1}/admin/appeals?status=pending"))
    # Whether one may process it is another answer for everybody; here the reviewer decided before.
    theirs = {"may_process": False, "may_not_because": heard["may_not_because"], "may_override": heard["may_override"]}
    assert heard == {**found, **theirs}
    assert answered(who.developer.get(f"{v1}/developers/appeals?status=rejected")) == []

    judgement = {
        "decision": "approved",
        "response": "申诉处理结果说明",
        "actions": [{"type": "update_plugin_status", "plugin_id": rejected_plugin["id"], "new_status": "approved"}],
    }
    heard = answered(who.admin.post(f"{v1}/admin/appeals/{found['id']}/process", judgement))
    assert (heard["status"], heard["response"]) == ("approved", "申诉处理结果说明")
    assert answered(who.nobody.get(f"{v1}/marketplace/plugins/{rejected_plugin['id']}"))["status"] == "published"


def test_an_appeal_without_actions_leads_to_another_review(who: People, rejected_plugin: dict[str, Any]) -> None:
    appeal = appealed(who.developer, rejected_plugin["id"])
    answered(
        who.admin.post(f"/api/v1/admin/appeals/{appeal['id']}/process", {"decision": "approved", "response": "好"})
    )
    assert answered(who.developer.get(f"/api/v1/marketplace/plugins/{rejected_plugin['id']}"))["status"] == "pending"
    assert review_of(who.reviewer, rejected_plugin["id"])["priority"] == "high"


# Chapter 9: the system.


def test_the_configuration_is_shown_and_changed(who: People, v1: str) -> None:
    path = f"{v1}/admin/system/config"
    before = answered(who.admin.get(path))
    assert_like(before, CONFIG)
    assert before["upload_settings"]["allowed_extensions"] == [".zip"]
    changed = answered(who.admin.put(path, {**CONFIG, "review_settings": {"max_review_time": 7}}))
    assert changed == answered(who.admin.get(path))
    assert changed["review_settings"] == {**before["review_settings"], "max_review_time": 7}


def test_only_zip_packages_exist(who: People, v1: str) -> None:
    change = {"upload_settings": {"allowed_extensions": [".zip", ".tar.gz"]}}
    fields = invalid(who.admin.put(f"{v1}/admin/system/config", change))
    assert all(field.startswith("upload_settings.allowed_extensions") for field in fields)


@pytest.mark.parametrize("query", ["", "?period=7d", "?period=30d", "?period=90d"])
def test_statistics_of_the_system(who: People, plugin: dict[str, Any], v1: str, query: str) -> None:
    who.nobody.get(plugin["files"]["download_url"])
    found = answered(who.admin.get(f"{v1}/admin/system/stats{query}"))
    assert_like(found, SYSTEM_STATS)
    assert (found["plugins"]["total"], found["plugins"]["published"]) == (1, 1)
    assert (found["reviews"]["completed"], found["reviews"]["approval_rate"]) == (1, 1)
    assert found["downloads"]["top_plugins"][0]["plugin_id"] == plugin["id"]


def test_statistics_count_everybody_who_is_a_developer(who: People, plugin: dict[str, Any]) -> None:
    found = answered(who.admin.get("/api/v1/admin/system/stats"))["developers"]
    assert (found["total"], found["new_this_month"], found["active"]) == (2, 2, 1)


def test_statistics_of_a_server_that_did_nothing(root: Api, v1: str) -> None:
    found = answered(root.get(f"{v1}/admin/system/stats?period=30d"))
    assert_like(found, SYSTEM_STATS, nullable=("data.reviews.average_time", "data.reviews.approval_rate"))


def test_resources(who: People, v1: str) -> None:
    found = answered(who.admin.get(f"{v1}/admin/system/resources"))
    assert {"cpu", "memory", "disk"} <= set(found)


def test_maintenance_is_announced_to_everybody(who: People, v1: str) -> None:
    notice = {"message": "升级", "starts_at": "2030-01-01T00:00:00Z", "ends_at": "2030-01-01T01:00:00Z"}
    assert answered(who.admin.post(f"{v1}/admin/system/maintenance", notice)) == notice
    for caller in (who.user, who.developer, who.reviewer, who.admin):
        [found] = answered(caller.get(f"{v1}/notifications"))["notifications"]
        assert found["event"] == "system_maintenance"


def test_the_audit_log(who: People, v1: str) -> None:
    category(who.admin)
    found = answered(who.admin.get(f"{v1}/admin/audit"))
    assert_like(found["pagination"], PAGINATION)
    entry = {
        "id": 1,
        "at": "2024-01-01T00:00:00Z",
        "action": "x",
        "actor": {"id": "uuid", "username": "admin"},
        "target": {"type": "category", "id": "uuid"},
    }
    assert_like(found["entries"], [entry])
    assert found["entries"][0]["target"]["type"] == "category"


# Chapter 10: notifications, as they are listed.


def test_notifications_are_listed_and_read(who: People, published_plugin: dict[str, Any], v1: str) -> None:
    found = answered(who.developer.get(f"{v1}/notifications"))
    notice = {"event": "x", "data": {"plugin_id": "uuid"}, "message": "x", "created_at": "2024-01-01T00:00:00Z"}
    assert_like(found, {"notifications": [notice], "pagination": PAGINATION})
    completed = [item for item in found["notifications"] if item["event"] == "plugin_review_completed"]
    assert [item["data"]["review_result"] for item in completed] == ["approved"]
    assert completed[0]["data"]["plugin_id"] == published_plugin["id"]

    first, *others = [item["id"] for item in found["notifications"]]
    answered(who.developer.post(f"{v1}/notifications/read", {"ids": [first]}))
    unread = answered(who.developer.get(f"{v1}/notifications?unread=true"))
    assert [item["id"] for item in unread["notifications"]] == others
    answered(who.developer.post(f"{v1}/notifications/read", {"all": True}))
    assert answered(who.developer.get(f"{v1}/notifications?unread=true"))["notifications"] == []


def test_every_event_that_the_document_names_is_sent(who: People) -> None:
    plugin = rejected(who.developer, who.reviewer)
    appeal = appealed(who.developer, plugin["id"])
    granted = {"decision": "approved", "response": "好"}
    answered(who.admin.post(f"/api/v1/admin/appeals/{appeal['id']}/process", granted))
    review = review_of(who.admin, plugin["id"])
    answered(who.admin.post(f"/api/v1/admin/reviews/{review['id']}/assign", {"reviewer_id": account_id(who.reviewer)}))
    found = {item["event"] for item in answered(who.developer.get("/api/v1/notifications"))["notifications"]}
    assert {"plugin_review_completed", "plugin_status_changed", "appeal_processed"} <= found
    [assigned] = answered(who.reviewer.get("/api/v1/notifications"))["notifications"]
    assert assigned["event"] == "new_review_assigned"


# What the contract adds.


def test_a_refused_plugin_is_submitted_again(who: People, rejected_plugin: dict[str, Any], v1: str) -> None:
    path = f"{v1}/marketplace/plugins/{rejected_plugin['id']}"
    found = answered(who.developer._call("POST", f"{path}/submit"))
    assert found["status"] == "pending"
    assert found == answered(who.developer.get(path))
    refused(who.developer._call("POST", f"{path}/submit"), 409, "ConflictError")


def test_a_plugin_is_suspended_and_restored(who: People, plugin: dict[str, Any], v1: str) -> None:
    path = f"{v1}/admin/plugins/{plugin['id']}/status"
    assert answered(who.admin.post(path, {"status": "suspended", "reason": "违规"}))["status"] == "suspended"
    refused(who.nobody.get(f"{v1}/marketplace/plugins/{plugin['id']}"), 404, "NotFoundError")
    refused(who.admin.post(path, {"status": "suspended", "reason": "再次"}), 409, "ConflictError")
    assert answered(who.admin.post(path, {"status": "published", "reason": "已整改"}))["status"] == "published"
    answered(who.nobody.get(f"{v1}/marketplace/plugins/{plugin['id']}"))


def test_an_upload_key_is_shown_once_and_works(who: People, plugin: dict[str, Any], v1: str) -> None:
    found = answered(who.developer._call("POST", f"{v1}/marketplace/plugins/{plugin['id']}/upload-key"))
    assert who.nobody.upload(package(version="2.0.0"), "some-other-key").status_code == 403
    assert who.nobody.upload(package(version="2.0.0"), found["upload_key"]).status_code == 200


def test_a_plugin_uploaded_by_key_is_claimed(who: People, v1: str) -> None:
    assert who.nobody.upload(key="their-key").status_code == 200
    path = f"{v1}/marketplace/plugins/com.example.myplugin"
    assert answered(who.nobody.get(path))["developer"] is None
    refused(who.developer.post(f"{path}/claim", {"plugin_key": "wrong"}), 403, "PermissionError")
    found = answered(who.developer.post(f"{path}/claim", {"plugin_key": "their-key"}))
    assert found["developer"]["username"] == "developer"
    assert found == answered(who.developer.get(path))
    refused(who.other.post(f"{path}/claim", {"plugin_key": "their-key"}), 409, "ConflictError")


def test_users_are_listed_shown_and_changed(who: People, v1: str) -> None:
    found = answered(who.admin.get(f"{v1}/admin/users?search=dev&role=developer&page=1&limit=10"))
    assert_like(found, {"users": [{"id": "uuid", "username": "x", "role": "developer"}], "pagination": PAGINATION})
    [row] = found["users"]
    assert answered(who.admin.get(f"{v1}/admin/users/{row['id']}")) == row
    changed = answered(who.admin.put(f"{v1}/admin/users/{row['id']}", {"role": "reviewer", "is_active": False}))
    assert changed == {**row, "role": "reviewer", "is_active": False, "revision": changed["revision"]}


def test_permissions_of_installed_plugins(who: People, v1: str) -> None:
    answered(who.user.get(f"{v1}/plugins/permissions"))


def test_an_upload_is_tried_out_on_the_host_surface(who: People) -> None:
    answer = who.nobody._call("POST", "/api/plugins/validate", data={"file": file(package(), "p.zip")})
    assert answer.status_code == 200, answer.text
    assert "plugins" not in stored_rows(who.nobody.app)


def test_a_suspended_plugin_is_gone_on_every_surface(who: People, plugin: dict[str, Any]) -> None:
    suspended(who.admin, plugin["id"])
    for path in ("", "/versions", "/download", "/versions/1.0.0/download", "/reviews"):
        answer = who.nobody.get(f"/api/v1/marketplace/plugins/{plugin['id']}{path}")
        refused(answer, 404, "NotFoundError")
    assert answered(who.nobody.get("/api/v1/marketplace/plugins"))["plugins"] == []
    assert who.nobody.get("/api/plugins/list").get_json()["data"] == []
    assert who.nobody.get(plugin["files"]["icon"]).status_code == 404


def _batch(*review_ids: str) -> dict[str, Any]:
    return {"review_ids": list(review_ids), "action": "approve", "notes": ""}
