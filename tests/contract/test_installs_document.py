"""The seven endpoints of the installs document, at both of their prefixes."""

from __future__ import annotations

from typing import Any

import pytest

from ..support import Api

PREFIXES = ["/api/v1/plugins", "/v1/plugins"]
INSTALL = {
    "pluginId": "wk-checkin",
    "pluginName": "每日签到",
    "pluginVersion": "1.0.0",
    "grantedPermissions": ["http:api", "storage:local", "ui:notification"],
}
ENDPOINTS = [
    ("GET", "/installed", None),
    ("GET", "/enabled", None),
    ("POST", "/install", INSTALL),
    ("PUT", "/wk-checkin/status", {"enabled": False}),
    ("GET", "/wk-checkin/permissions", None),
    ("PUT", "/wk-checkin/permissions", {"permissions": ["http:api"]}),
    ("DELETE", "/wk-checkin", None),
    ("GET", "/permissions", None),
]
NAMED = [endpoint for endpoint in ENDPOINTS if endpoint[1].startswith("/wk-checkin")]


def call(caller: Api, method: str, path: str, body: Any = None) -> Any:
    return caller._call(method, path, json=body) if body is not None else caller._call(method, path)


def answered(response: Any, message: str = "success") -> Any:
    """The data of a success, whose envelope is the document's `{code, message, data}` and M's beside it."""
    body = response.get_json()
    assert response.status_code == 200, body
    assert (body["code"], body["message"], body["success"]) == (200, message, True)
    assert set(body) == {"success", "code", "message", "data", "timestamp", "request_id"}
    assert body["request_id"] == response.headers["X-Request-ID"]
    return body["data"]


@pytest.fixture(params=PREFIXES)
def prefix(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def installed(user: Api) -> Api:
    """A user who has installed one plugin."""
    assert user.post("/api/v1/plugins/install", INSTALL).status_code == 200
    return user


def test_an_install_answers_the_record(user: Api, prefix: str) -> None:
    data = answered(user.post(f"{prefix}/install", INSTALL), "安装成功")
    assert data.pop("installedAt") == data.pop("updatedAt")
    assert data == {"id": 1, "enabled": True, **INSTALL}


def test_the_list_holds_the_records(installed: Api, prefix: str) -> None:
    [data] = answered(installed.get(f"{prefix}/installed"))
    assert set(data) == {"id", "enabled", "installedAt", "updatedAt", *INSTALL}
    assert {key: data[key] for key in INSTALL} == INSTALL
    assert data["enabled"] is True


def test_the_enabled_ones_are_a_list_of_ids(installed: Api, prefix: str) -> None:
    installed.post(f"{prefix}/install", {**INSTALL, "pluginId": "wk-pure-js"})
    installed.post(f"{prefix}/install", {**INSTALL, "pluginId": "wk-off"})
    answered(installed.put(f"{prefix}/wk-off/status", {"enabled": False}), "状态更新成功")
    assert sorted(answered(installed.get(f"{prefix}/enabled"))) == ["wk-checkin", "wk-pure-js"]


def test_a_status_is_changed_and_shown(installed: Api, prefix: str) -> None:
    for enabled in (False, True):
        response = installed.put(f"{prefix}/wk-checkin/status", {"enabled": enabled})
        assert answered(response, "状态更新成功") is None
        [data] = answered(installed.get(f"{prefix}/installed"))
        assert data["enabled"] is enabled


def test_permissions_are_read_and_replaced(installed: Api, prefix: str) -> None:
    path = f"{prefix}/wk-checkin/permissions"
    assert answered(installed.get(path)) == INSTALL["grantedPermissions"]
    wanted = [*INSTALL["grantedPermissions"], "user:profile"]
    assert answered(installed.put(path, {"permissions": wanted}), "权限更新成功") is None
    assert answered(installed.get(path)) == wanted


def test_an_uninstalled_plugin_is_gone(installed: Api, prefix: str) -> None:
    assert answered(installed.delete(f"{prefix}/wk-checkin"), "卸载成功") is None
    assert answered(installed.get(f"{prefix}/installed")) == []


def test_installing_twice_is_409(installed: Api, prefix: str) -> None:
    body = installed.post(f"{prefix}/install", INSTALL).get_json()
    assert (body["code"], body["message"]) == (409, "插件已安装")


def test_the_allow_list_has_risks_and_descriptions(user: Api, prefix: str) -> None:
    listed = answered(user.get(f"{prefix}/permissions"))
    assert {entry["permission"]: entry["risk"] for entry in listed} == {
        **dict.fromkeys(("storage:local", "storage:session", "router:navigate"), "low"),
        **dict.fromkeys(("ui:modal", "ui:notification", "file:download"), "low"),
        **dict.fromkeys(("router:guard", "http:api", "user:profile"), "medium"),
        **dict.fromkeys(("file:upload", "websocket:connect"), "medium"),
        **dict.fromkeys(("http:external", "user:modify"), "high"),
    }
    assert all(entry["description"] != entry["permission"] for entry in listed)
    assert all(set(entry) == {"permission", "risk", "description"} for entry in listed)


@pytest.mark.parametrize(("method", "path", "body"), ENDPOINTS)
class TestEveryEndpoint:
    def test_is_401_without_a_token(self, api: Api, prefix: str, method: str, path: str, body: Any) -> None:
        answer = call(api, method, prefix + path, body)
        assert (answer.status_code, answer.get_json()["code"]) == (401, 401)
        assert answer.get_json()["message"] == "请先登录"

    def test_is_401_with_a_bad_token(self, api: Api, prefix: str, method: str, path: str, body: Any) -> None:
        answer = call(Api(api.app, "rubbish"), method, prefix + path, body)
        assert (answer.status_code, answer.get_json()["code"]) == (401, 401)
        assert answer.get_json()["message"] == "令牌无效或已过期"


@pytest.mark.parametrize(("method", "path", "body"), NAMED)
def test_what_is_not_installed_is_404(user: Api, prefix: str, method: str, path: str, body: Any) -> None:
    answer = call(user, method, prefix + path, body)
    assert answer.status_code == 404
    assert (answer.get_json()["code"], answer.get_json()["message"]) == (404, "插件未安装")
