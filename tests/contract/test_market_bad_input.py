"""What the marketplace refuses: wrong fields, unreadable bodies, missing objects; each in its envelope."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from ..market import (
    People,
    add_version,
    answered,
    appealed,
    category,
    create,
    created,
    file,
    invalid,
    published,
    rated,
    refused,
    rejected,
    review_of,
)
from ..support import Api, multipart, package, stored_rows

NOBODY = "00000000-0000-4000-8000-000000000000"
REGISTRATION = {"username": "newcomer", "email": "developer@example.com", "password": "password123"}
RATING = {"rating": 5, "title": "评价标题", "content": "评价内容", "pros": ["优点1"], "cons": ["缺点1"]}
APPEAL = {"type": "review_decision", "reason": "申诉原因"}
DECISION = {"result": "approved", "notes": "审核通过"}
CONFIG = {"review_settings": {"max_review_time": 5}, "upload_settings": {"virus_scan_enabled": True}}


@pytest.fixture
def plugin(published_plugin: dict[str, Any]) -> dict[str, Any]:
    """A published plugin."""
    return published_plugin


@pytest.fixture(params=["/api/v1", "/v1"])
def v1(request: pytest.FixtureRequest) -> str:
    return str(request.param)


LISTS = {
    "/marketplace/plugins": "admin",
    "/marketplace/plugins/{plugin}/reviews": "admin",
    "/admin/reviews/queue": "admin",
    "/admin/users": "admin",
    "/admin/developers": "admin",
    "/admin/ratings": "admin",
    "/admin/audit": "admin",
    "/admin/appeals": "admin",
    "/developers/appeals": "admin",
    "/notifications": "admin",
}


def test_pages_and_limits_out_of_range_are_422_in_every_list(who: People, plugin: dict[str, Any], v1: str) -> None:
    for path in LISTS:
        there = v1 + path.format(plugin=plugin["id"])
        for query, field in [
            ("page=0", "page"),
            ("page=-1", "page"),
            ("page=x", "page"),
            ("page=1.5", "page"),
            ("limit=0", "limit"),
            ("limit=101", "limit"),
            ("limit=", "limit"),
            ("page=99999999999999999999", "page"),
        ]:
            assert invalid(who.admin.get(f"{there}?{query}")) == {field}, (path, query)
        answered(who.admin.get(f"{there}?page=1&limit=100"))


def test_every_paged_list_says_where_it_is(who: People, plugin: dict[str, Any]) -> None:
    for path in LISTS:
        found = answered(who.admin.get(f"/api/v1{path.format(plugin=plugin['id'])}?page=7&limit=3"))
        if isinstance(found, dict):
            assert (found["pagination"]["page"], found["pagination"]["limit"]) == (7, 3)
            assert [value for value in found.values() if isinstance(value, list)] == [[]]
            total, pages = found["pagination"]["total"], found["pagination"]["pages"]
            assert pages == -(-total // 3)
        else:
            assert found == []


@pytest.mark.parametrize(
    ("path", "query", "field"),
    [
        ("/marketplace/plugins", "status=approved", "status"),
        ("/marketplace/plugins", "status=", "status"),
        ("/marketplace/plugins", "sort=name", "sort"),
        ("/marketplace/plugins", "order=up", "order"),
        ("/marketplace/plugins", "order=ASC", "order"),
        ("/marketplace/plugins", f"search={'x' * 201}", "search"),
        ("/admin/reviews/queue", "status=open", "status"),
        ("/admin/reviews/queue", "priority=urgent", "priority"),
        ("/admin/reviews/queue", "reviewer=somebody", "reviewer"),
        ("/developers/appeals", "status=open", "status"),
        ("/admin/appeals", "status=open", "status"),
        ("/admin/system/stats", "period=30", "period"),
        ("/admin/system/stats", "period=1y", "period"),
        ("/admin/users", "role=owner", "role"),
        ("/admin/ratings", "reported=maybe", "reported"),
        ("/notifications", "unread=maybe", "unread"),
        ("/admin/audit", "since=yesterday", "since"),
    ],
)
def test_values_outside_the_documented_ones_are_422(root: Api, path: str, query: str, field: str) -> None:
    assert invalid(root.get(f"/api/v1{path}?{query}")) == {field}


Body = dict[str, Any]
# Method, path, a good body, bad ones with the field that is wrong.
BODIES: list[tuple[str, str, Body, list[tuple[Body, str]]]] = [
    (
        "PUT",
        "/marketplace/plugins/{plugin}",
        {"description": "x"},
        [
            ({"description": 1}, "description"),
            ({"name": ""}, "name"),
            ({"metadata": []}, "metadata"),
            ({"metadata": {"tags": "tool"}}, "metadata.tags"),
            ({"metadata": {"colour": "red"}}, "metadata.colour"),
            ({"category_id": "tools"}, "category_id"),
            ({"metadata": {"homepage": "javascript:alert(1)"}}, "metadata.homepage"),
        ],
    ),
    (
        "POST",
        "/marketplace/plugins/{plugin}/claim",
        {"plugin_key": "k"},
        [({}, "plugin_key"), ({"plugin_key": "a b"}, "plugin_key")],
    ),
    ("POST", "/marketplace/plugins/{plugin}/report", {"reason": "x"}, [({}, "reason"), ({"reason": ""}, "reason")]),
    (
        "POST",
        "/admin/plugins/{plugin}/status",
        {"status": "suspended", "reason": "x"},
        [
            ({}, "status"),
            ({"status": "rejected"}, "status"),
            ({"status": "gone"}, "status"),
            ({"status": None}, "status"),
        ],
    ),
    (
        "POST",
        "/admin/reviews/{review}/assign",
        {"reviewer_id": NOBODY},
        [
            ({}, "reviewer_id"),
            ({"reviewer_id": "x"}, "reviewer_id"),
            ({"reviewer_id": NOBODY}, "reviewer_id"),
        ],
    ),
    (
        "POST",
        "/admin/reviews/{review}/submit",
        DECISION,
        [
            ({}, "result"),
            ({"result": "approve"}, "result"),
            ({"result": "published"}, "result"),
            ({**DECISION, "checklist": []}, "checklist"),
            ({**DECISION, "recommendations": "x"}, "recommendations"),
        ],
    ),
    (
        "POST",
        "/admin/reviews/batch",
        {"review_ids": [NOBODY], "action": "approve"},
        [
            ({"action": "approve"}, "review_ids"),
            ({"review_ids": [], "action": "approve"}, "review_ids"),
            ({"review_ids": [NOBODY]}, "action"),
            ({"review_ids": [NOBODY], "action": "approved"}, "action"),
        ],
    ),
    (
        "PUT",
        "/developers/{developer}",
        {"bio": "x"},
        [({"website": "nowhere"}, "website"), ({"display_name": ""}, "display_name")],
    ),
    (
        "POST",
        "/admin/developers/{developer}/verify",
        {"verified": True, "notes": ""},
        [
            ({}, "verified"),
            ({"verified": "yes"}, "verified"),
            ({"verified": 1}, "verified"),
        ],
    ),
    (
        "POST",
        "/admin/developers/{developer}/revenue",
        {"amount": 1, "currency": "USD"},
        [
            ({}, "amount"),
            ({"amount": "lots"}, "amount"),
            ({"amount": 0.001}, "amount"),
            ({"amount": 1, "currency": "dollars"}, "currency"),
            ({"amount": 1, "occurred_at": "2024-01-01"}, "occurred_at"),
        ],
    ),
    (
        "POST",
        "/admin/categories",
        {"name": "x"},
        [
            ({}, "name"),
            ({"name": ""}, "name"),
            ({"name": "x" * 101}, "name"),
            ({"name": "x", "parent_id": "tools"}, "parent_id"),
            ({"name": "x", "sort_order": "1"}, "sort_order"),
        ],
    ),
    (
        "PUT",
        "/admin/categories/{category}",
        {"name": "x"},
        [({"name": 1}, "name"), ({"sort_order": 1.5}, "sort_order")],
    ),
    (
        "POST",
        "/marketplace/plugins/{plugin}/reviews",
        RATING,
        [
            ({}, "rating"),
            ({"rating": 0}, "rating"),
            ({"rating": 6}, "rating"),
            ({"rating": 4.5}, "rating"),
            ({"rating": "5"}, "rating"),
            ({"rating": True}, "rating"),
            ({"rating": 5, "pros": "good"}, "pros"),
            ({"rating": 5, "title": "x" * 201}, "title"),
        ],
    ),
    (
        "PUT",
        "/marketplace/plugins/{plugin}/reviews/{rating}",
        {"rating": 4},
        [({"rating": 6}, "rating"), ({"cons": [1]}, "cons.0")],
    ),
    (
        "POST",
        "/marketplace/plugins/{plugin}/reviews/{rating}/reply",
        {"content": "x"},
        [({}, "content"), ({"content": ""}, "content")],
    ),
    ("POST", "/marketplace/plugins/{plugin}/reviews/{rating}/report", {"reason": "x"}, [({}, "reason")]),
    ("POST", "/admin/ratings/{rating}/hide", {"hidden": True}, [({}, "hidden"), ({"hidden": "true"}, "hidden")]),
    (
        "POST",
        "/developers/appeals",
        {"plugin_id": "com.example.no", **APPEAL},
        [
            (APPEAL, "plugin_id"),
            ({"plugin_id": "com.example.no"}, "reason"),
            ({"plugin_id": "com.example.no", **APPEAL, "type": "complaint"}, "type"),
            ({"plugin_id": "com.example.no", **APPEAL, "evidence": [{"type": "document"}]}, "evidence.0.url"),
        ],
    ),
    (
        "POST",
        "/admin/appeals/{appeal}/process",
        {"decision": "rejected", "response": "x"},
        [
            ({}, "decision"),
            ({"decision": "pending"}, "decision"),
            ({"decision": "granted"}, "decision"),
            (
                {"decision": "approved", "actions": [{"type": "pay", "plugin_id": "x", "new_status": "approved"}]},
                "actions.0.type",
            ),
            (
                {
                    "decision": "approved",
                    "actions": [
                        {"type": "update_plugin_status", "plugin_id": "x", "new_status": "suspended"},
                    ],
                },
                "actions.0.new_status",
            ),
        ],
    ),
    (
        "PUT",
        "/admin/system/config",
        CONFIG,
        [
            ({"review_settings": {"max_review_time": 0}}, "review_settings.max_review_time"),
            ({"review_settings": {"auto_review_enabled": "yes"}}, "review_settings.auto_review_enabled"),
            ({"review_settings": {"speed": 1}}, "review_settings.speed"),
            ({"upload_settings": {"max_file_size": -1}}, "upload_settings.max_file_size"),
            ({"review_settings": []}, "review_settings"),
        ],
    ),
    (
        "POST",
        "/admin/system/maintenance",
        {
            "message": "m",
            "starts_at": "2030-01-01T00:00:00Z",
            "ends_at": "2030-01-01T01:00:00Z",
        },
        [
            ({"starts_at": "2030-01-01T00:00:00Z", "ends_at": "2030-01-01T01:00:00Z"}, "message"),
            ({"message": "m", "starts_at": "soon", "ends_at": "2030-01-01T01:00:00Z"}, "starts_at"),
            ({"message": "m", "starts_at": "2030-01-01T01:00:00Z", "ends_at": "2030-01-01T01:00:00Z"}, "ends_at"),
        ],
    ),
    (
        "PUT",
        "/admin/users/{developer}",
        {"role": "developer"},
        [
            ({}, "role"),
            ({"role": "owner"}, "role"),
            ({"role": None}, "role"),
            ({"is_active": "no"}, "is_active"),
        ],
    ),
    ("POST", "/notifications/read", {"all": True}, [({}, "ids"), ({"ids": []}, "ids"), ({"ids": ["x"]}, "ids.0")]),
]
Place = Callable[[str], str]


@pytest.fixture
def place(who: People) -> Place:
    """Paths with the ids of things that are there."""
    plugin = created(who.other, name="com.example.waits")
    refused_one = rejected(who.developer, who.reviewer, name="com.example.refused")
    shown = published(who.developer, who.reviewer)
    ids = {
        "plugin": shown["id"],
        "developer": shown["developer"]["id"],
        "rating": rated(who.admin, shown["id"])["id"],
        "review": review_of(who.reviewer, plugin["id"])["id"],
        "appeal": appealed(who.developer, refused_one["id"])["id"],
        "category": category(who.admin)["id"],
    }
    return lambda path: "/api/v1" + path.format(**ids)


def test_every_wrong_field_is_422_and_named(who: People, place: Place) -> None:
    wrong = []
    for method, path, _, bad in BODIES:
        for body, field in bad:
            answer = who.admin._call(method, place(path), json=body)
            found = answer.get_json()
            fields = {item["field"] for item in found.get("error", {}).get("details", [])}
            if (answer.status_code, fields) != (422, {field}):
                wrong.append((method, path, body, answer.status_code, fields))
    assert wrong == []


def test_an_unknown_field_is_422(who: People, place: Place) -> None:
    for method, path, body, _ in BODIES:
        answer = who.admin._call(method, place(path), json={**body, "surprise": 1})
        assert invalid(answer) == {"surprise"}, (method, path)


def test_what_is_no_json_object_is_400_or_422(who: People, place: Place) -> None:
    wrong = []
    for method, path, _, _ in BODIES:
        there = place(path)
        for content, kind, status in [
            (b"{", "application/json", 400),
            (b"", "application/json", 400),
            (b"\xff\xfe", "application/json", 400),
            (b'{"a": NaN}', "application/json", 400),
            (b"a=b", "application/x-www-form-urlencoded", 400),
            (b"{}", "text/plain", 400),
            (b"[]", "application/json", 422),
        ]:
            answer = who.admin._call(method, there, data=content, headers={"Content-Type": kind})
            # A body that is no object could not be parsed as one: both statuses say so.
            allowed = {400, 422} if status == 422 else {400}
            if answer.status_code not in allowed or answer.get_json()["error"]["type"] not in (
                "BadRequestError",
                "ValidationError",
            ):
                wrong.append((method, path, content, kind, answer.status_code))
    assert wrong == []


@pytest.mark.parametrize("path", ["/auth/register", "/auth/login", "/developers/register"])
def test_what_is_no_json_is_400_for_those_without_an_account_too(api: Api, path: str) -> None:
    answer = api._call("POST", f"/api/v1{path}", data=b"{", headers={"Content-Type": "application/json"})
    refused(answer, 400, "BadRequestError")


def test_a_developer_who_registers_with_wrong_fields(api: Api) -> None:
    assert invalid(api.post("/api/v1/developers/register", {})) == {"username", "email", "password"}
    for field, value in [
        ("username", "a@b"),
        ("email", "nowhere"),
        ("password", "short"),
        ("password", "x" * 129),
        ("website", "javascript:alert(1)"),
        ("role", "admin"),
    ]:
        assert invalid(api.post("/api/v1/developers/register", {**REGISTRATION, field: value})) == {field}


FORMS: list[tuple[dict[str, Any], str]] = [
    ({"version": "2.0.0"}, "version"),
    ({"version": "one"}, "version"),
    ({"metadata": {"tags": "tool"}}, "metadata.tags"),
    ({"metadata": {"surprise": 1}}, "metadata.surprise"),
    ({"category_id": NOBODY}, "category_id"),
    ({"category_id": "tools"}, "category_id"),
    ({"icon": (b"not a picture", "icon.png")}, "icon"),
    ({"screenshots": (b"not a picture", "1.png")}, "screenshots.0"),
    ({"name": ""}, "name"),
    ({"surprise": "1"}, "surprise"),
]


@pytest.mark.parametrize(("form", "field"), FORMS, ids=[str(next(iter(form))) for form, _ in FORMS])
def test_a_wrong_field_of_a_form_is_422_and_leaves_nothing(
    app: Flask, who: People, form: dict[str, Any], field: str
) -> None:
    before = stored_rows(app)
    sent = {name: file(*value) if isinstance(value, tuple) else value for name, value in form.items()}
    assert invalid(create(who.developer, sent)) == {field}
    assert stored_rows(app) == before


def test_metadata_that_is_no_json_is_refused(who: People) -> None:
    form = {"plugin_file": file(package(), "p.zip"), "metadata": "{"}
    answer = who.developer._call("POST", "/api/v1/marketplace/plugins", data=form)
    assert invalid(answer) == {"metadata"}


def test_a_form_without_its_file_is_422(who: People, waiting_plugin: dict[str, Any]) -> None:
    for path in ("plugins", f"plugins/{waiting_plugin['id']}/versions"):
        form = multipart(('Content-Disposition: form-data; name="version"', b"3.0.0"))
        assert invalid(who.developer._call("POST", f"/api/v1/marketplace/{path}", **form)) == {"plugin_file"}


def test_a_picture_left_empty_in_a_browser_s_form_is_no_picture(who: People) -> None:
    """A form sends what nobody chose as a file without a name and without a byte."""
    answer = who.developer._call(
        "POST",
        "/api/v1/marketplace/plugins",
        **multipart(
            ('Content-Disposition: form-data; name="plugin_file"; filename="p.zip"', package()),
            ('Content-Disposition: form-data; name="icon"; filename=""', b""),
        ),
    )
    assert answered(answer, 201)["files"]["icon"] is None


def test_a_package_that_is_none_is_400_with_its_faults(who: People, waiting_plugin: dict[str, Any]) -> None:
    for path in ("plugins", f"plugins/{waiting_plugin['id']}/versions"):
        form = {"plugin_file": file(b"not a zip", "p.zip")}
        answer = who.developer._call("POST", f"/api/v1/marketplace/{path}", data=form)
        assert answer.status_code == 400
        [fault] = answer.get_json()["error"]["details"]
        assert fault["message"]
    answer = who.developer._call("POST", "/api/v1/marketplace/plugins", json={"name": "x"})
    refused(answer, 400, "BadRequestError")


def test_a_name_that_exists_and_a_version_that_exists_are_409(who: People, waiting_plugin: dict[str, Any]) -> None:
    for caller in (who.developer, who.other, who.admin):
        refused(create(caller), 409, "ConflictError")
    refused(create(who.other, name="COM.Example.MyPlugin"), 409, "ConflictError")
    refused(add_version(who.developer, waiting_plugin["id"], "1.0.0"), 409, "ConflictError")
    refused(add_version(who.developer, waiting_plugin["id"], "1.0.0+build"), 409, "ConflictError")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/marketplace/plugins/{id}", None),
        ("PUT", "/marketplace/plugins/{id}", {"description": "x"}),
        ("DELETE", "/marketplace/plugins/{id}", None),
        ("GET", "/marketplace/plugins/{id}/versions", None),
        ("GET", "/marketplace/plugins/{id}/versions/1.0.0", None),
        ("GET", "/marketplace/plugins/{id}/download", None),
        ("GET", "/marketplace/plugins/{id}/versions/1.0.0/download", None),
        ("GET", "/marketplace/plugins/{id}/images/{id}", None),
        ("POST", "/marketplace/plugins/{id}/submit", None),
        ("POST", "/marketplace/plugins/{id}/claim", {"plugin_key": "k"}),
        ("POST", "/marketplace/plugins/{id}/upload-key", None),
        ("POST", "/marketplace/plugins/{id}/report", {"reason": "x"}),
        ("GET", "/marketplace/plugins/{id}/reviews", None),
        ("POST", "/marketplace/plugins/{id}/reviews", RATING),
        ("PUT", "/marketplace/plugins/{id}/reviews/{id}", {"rating": 1}),
        ("POST", "/marketplace/plugins/{id}/reviews/{id}/reply", {"content": "x"}),
        ("POST", "/marketplace/plugins/{id}/reviews/{id}/report", {"reason": "x"}),
        ("POST", "/admin/plugins/{id}/status", {"status": "suspended"}),
        ("POST", "/admin/plugins/{id}/auto-review", None),
        ("GET", "/admin/plugins/{id}/auto-review/result", None),
        ("GET", "/admin/reviews/{id}", None),
        ("POST", "/admin/reviews/{id}/assign", {"reviewer_id": NOBODY}),
        ("POST", "/admin/reviews/{id}/start", None),
        ("POST", "/admin/reviews/{id}/submit", {"result": "approved"}),
        ("GET", "/developers/{id}", None),
        ("PUT", "/developers/{id}", {"bio": "x"}),
        ("GET", "/developers/{id}/stats", None),
        ("POST", "/admin/developers/{id}/verify", {"verified": True}),
        ("POST", "/admin/developers/{id}/revenue", {"amount": 1}),
        ("PUT", "/admin/categories/{id}", {"name": "x"}),
        ("DELETE", "/admin/categories/{id}", None),
        ("POST", "/admin/ratings/{id}/hide", {"hidden": True}),
        ("POST", "/developers/appeals", {"plugin_id": NOBODY, **APPEAL}),
        ("GET", "/developers/appeals?plugin_id={id}", None),
        ("GET", "/admin/appeals?plugin_id={id}", None),
        ("GET", "/admin/appeals/{id}", None),
        ("POST", "/admin/appeals/{id}/process", {"decision": "rejected"}),
        ("GET", "/admin/users/{id}", None),
        ("PUT", "/admin/users/{id}", {"role": "user"}),
        ("GET", "/no/such/path", None),
    ],
)
def test_what_is_not_there_is_404(root: Api, method: str, path: str, body: Any) -> None:
    for unknown in (NOBODY, "nothing-like-an-id", "com.example.unknown", "插件", "%00", "a" * 500):
        options = {} if body is None else {"json": body}
        answer = root._call(method, "/api/v1" + path.format(id=unknown), **options)
        if answer.status_code == 422 and "?" in path:
            continue
        refused(answer, 404, "NotFoundError")


def test_a_version_and_a_picture_that_are_not_there_are_404(who: People, plugin: dict[str, Any]) -> None:
    path = f"/api/v1/marketplace/plugins/{plugin['id']}"
    for rest in ("versions/9.9.9", "versions/x", "versions/9.9.9/download", f"images/{NOBODY}", f"reviews/{NOBODY}"):
        method = "PUT" if rest.startswith("reviews") else "GET"
        answer = who.admin._call(method, f"{path}/{rest}", **({"json": {"rating": 1}} if method == "PUT" else {}))
        refused(answer, 404, "NotFoundError")


def test_a_method_that_a_path_has_not_is_405(root: Api) -> None:
    answer = root._call("DELETE", "/api/v1/marketplace/categories")
    refused(answer, 405, "MethodNotAllowedError")


def test_without_a_token_is_401_and_without_the_permission_403(api: Api, user: Api, v1: str) -> None:
    refused(api.get(f"{v1}/admin/system/config"), 401, "AuthenticationError")
    refused(user.get(f"{v1}/admin/system/config"), 403, "PermissionError")


def test_english_is_spoken_where_it_is_asked_for(who: People, plugin: dict[str, Any], v1: str) -> None:
    english = {"Accept-Language": "en"}

    def ascii_only(body: dict[str, Any]) -> bool:
        texts = [body["message"], *(item["message"] for item in body.get("error", {}).get("details", []))]
        return all(text.isascii() for text in texts)

    path = f"{v1}/marketplace/plugins/{plugin['id']}"
    asked = [
        ("GET", path, None),
        ("PUT", path, {"description": "x"}),
        ("PUT", path, {"description": 1}),
        ("PUT", path, {"surprise": 1}),
        ("GET", f"{v1}/marketplace/plugins/{NOBODY}", None),
        ("POST", f"{path}/submit", None),
        ("POST", f"{v1}/admin/categories", {"name": "x"}),
        ("POST", f"{v1}/admin/categories", {}),
        ("GET", f"{v1}/admin/system/stats?period=x", None),
        ("POST", f"{path}/upload-key", None),
    ]
    for method, there, body in asked:
        options = {} if body is None else {"json": body}
        spoken = who.admin._call(method, there, headers=english, **options).get_json()
        assert ascii_only(spoken), spoken
        default = who.admin._call(method, there, **options).get_json()
        if spoken.get("error"):
            assert default["error"]["type"] == spoken["error"]["type"]
    found = who.developer.get(f"{v1}/notifications", headers=english).get_json()["data"]["notifications"]
    assert found and all(item["message"].isascii() for item in found)
