"""Accounts on the marketplace surface (its document's section 2, as the contract completes it), at both prefixes."""

from __future__ import annotations

import re
from typing import Any

import pytest

from ..support import Api, add_user

PREFIXES = ["/api/v1/auth", "/v1/auth"]
ADA = {"username": "ada", "email": "Ada@Example.com", "password": "correct horse"}

RATINGS = ["rating.create", "rating.update"]


@pytest.fixture(params=PREFIXES)
def prefix(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def answered(response: Any, message: str, status: int = 200) -> Any:
    """The data of a success in the marketplace's envelope, which holds nothing beside it."""
    body = response.get_json()
    assert response.status_code == status, body
    assert (body["success"], body["code"], body["message"]) == (True, status, message)
    assert set(body) == {"success", "code", "message", "data", "timestamp", "request_id"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", body["timestamp"])
    assert body["request_id"] == response.headers["X-Request-ID"]
    return body["data"]


def refused(response: Any, status: int, kind: str, message: str) -> dict[str, str]:
    """Field → text of a refusal in the marketplace's envelope."""
    body = response.get_json()
    assert response.status_code == status, body
    assert (body["success"], body["code"], body["message"]) == (False, status, message)
    assert set(body) >= {"success", "code", "message", "error", "timestamp", "request_id"}
    assert body["error"]["type"] == kind
    return {detail["field"]: detail["message"] for detail in body["error"]["details"]}


def test_the_whole_life_of_an_account(api: Api, prefix: str) -> None:
    registered = answered(api.post(f"{prefix}/register", ADA), "注册成功", 201)
    assert registered == {
        "id": registered["id"],
        "username": "ada",
        "email": "Ada@Example.com",
        "role": "user",
        "permissions": ["rating.create", "rating.update"],
    }
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", registered["id"])

    credentials = {"username": "ada", "password": ADA["password"], "remember_me": True}
    session = answered(api.post(f"{prefix}/login", credentials), "登录成功")
    assert set(session) == {"access_token", "refresh_token", "token_type", "expires_in", "user"}
    assert (session["token_type"], session["expires_in"]) == ("bearer", 3600)
    assert session["user"] == registered

    ada = Api(api.app, session["access_token"])
    assert answered(ada.get(f"{prefix}/me"), "success") == registered

    renewed = answered(Api(api.app, session["refresh_token"]).post(f"{prefix}/refresh"), "令牌刷新成功")
    assert renewed["user"] == registered
    assert renewed["access_token"] != session["access_token"]
    assert renewed["refresh_token"] != session["refresh_token"]

    change = {"old_password": ADA["password"], "new_password": "battery staple"}
    ada = Api(api.app, renewed["access_token"])
    assert answered(ada.post(f"{prefix}/password", change), "密码修改成功，请重新登录") is None
    refused(ada.get(f"{prefix}/me"), 401, "AuthenticationError", "令牌无效或已过期")

    credentials = {"username": "ada@example.COM", "password": "battery staple"}
    session = answered(api.post(f"{prefix}/login", credentials), "登录成功")
    ada = Api(api.app, session["access_token"])
    assert answered(ada.post(f"{prefix}/logout"), "登出成功") is None
    refused(ada.get(f"{prefix}/me"), 401, "AuthenticationError", "令牌无效或已过期")
    refused(
        Api(api.app, session["refresh_token"]).post(f"{prefix}/refresh"),
        401,
        "AuthenticationError",
        "令牌无效或已过期",
    )


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "me"), ("POST", "logout"), ("POST", "password"), ("POST", "refresh")]
)
def test_without_a_token_is_401(api: Api, prefix: str, method: str, path: str) -> None:
    answer = api._call(method, f"{prefix}/{path}")
    refused(answer, 401, "AuthenticationError", "请先登录")


def test_wrong_credentials_are_401(api: Api, prefix: str) -> None:
    answer = api.post(f"{prefix}/login", {"username": "admin", "password": "not that one"})
    refused(answer, 401, "AuthenticationError", "用户名或密码错误")


@pytest.mark.parametrize(
    ("path", "fields"),
    [("register", {"username", "email", "password"}), ("login", {"username", "password"})],
)
def test_missing_fields_are_422_each_with_its_text(api: Api, prefix: str, path: str, fields: set[str]) -> None:
    details = refused(api.post(f"{prefix}/{path}", {}), 422, "ValidationError", "参数验证失败")
    assert details == dict.fromkeys(fields, "此字段必填")


def test_unknown_fields_are_422(api: Api, prefix: str) -> None:
    answer = api.post(f"{prefix}/register", {**ADA, "role": "admin"})
    assert refused(answer, 422, "ValidationError", "参数验证失败") == {"role": "未知字段"}


def test_a_taken_name_and_a_taken_address_are_409(api: Api, prefix: str) -> None:
    api.post(f"{prefix}/register", ADA)
    again = api.post(f"{prefix}/register", {**ADA, "username": "ADA", "email": "other@example.com"})
    refused(again, 409, "ConflictError", "用户名已被使用")
    again = api.post(f"{prefix}/register", {**ADA, "username": "ada2", "email": "ADA@example.com"})
    refused(again, 409, "ConflictError", "邮箱已被使用")


def test_a_wrong_old_password_changes_nothing(user: Api, prefix: str) -> None:
    change = {"old_password": "never was", "new_password": "battery staple"}
    refused(user.post(f"{prefix}/password", change), 403, "PermissionError", "原密码错误")
    assert user.get(f"{prefix}/me").status_code == 200


@pytest.mark.parametrize(
    ("role", "permissions"),
    [
        ("user", RATINGS),
        (
            "developer",
            ["plugin.create", "plugin.update", "plugin.delete", "plugin.view_own", *RATINGS],
        ),
        (
            "reviewer",
            ["plugin.view_all", "review.create", "review.update", "review.view", *RATINGS],
        ),
        ("admin", ["plugin.*", "review.*", "user.*", "system.*", "rating.*"]),
    ],
)
def test_me_shows_what_a_role_may_do(api: Api, prefix: str, role: Any, permissions: list[str]) -> None:
    data = answered(add_user(api.app, f"a-{role}", role).get(f"{prefix}/me"), "success")
    assert (data["role"], sorted(data["permissions"])) == (role, sorted(permissions))
    assert data["email"] is None
