"""The 22 endpoints of the host document (its appendix A), with its examples' fields, messages and headers."""

from __future__ import annotations

import hashlib
import re
from typing import Any

import pytest
from flask import Flask

from ..support import Api, add_user, multipart, package

NAME = "com.example.myplugin"
KEY = "user123abc"
FILE = 'Content-Disposition: form-data; name="file"; filename="p.zip"'
TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")

# 4.2.1, where the package is the one that support.py makes.
PLUGIN = {
    "name": NAME,
    "display_name": "我的插件",
    "description": "这是一个示例插件",
    "author": "开发者姓名",
    "license": "MIT",
    "homepage": "https://example.com/myplugin",
    "main_dll": "MyPlugin.dll",
    "entry_class": "MyPlugin.PluginEntry",
    "current_version": "1.0.0",
    "is_enabled": True,
    "is_deprecated": False,
    "replacement": None,
    "recommended_version": None,
    "total_download_count": 0,
}
VERSION = {
    "plugin_name": NAME,
    "version": "1.0.0",
    "file_name": "myplugin@1.0.0.zip",
    "file_path": "uploads/com.example.myplugin/myplugin@1.0.0.zip",
    "changelog": "修复了一些bug，添加了新功能",
    "dependencies": {"com.other.plugin": ">=1.0.0"},
    "engines": {"MicroDock": ">=2.0.0"},
    "permissions": None,
    "replaces": [],
    "is_deprecated": False,
    "channel": "stable",
    "rollout": 100,
    "is_yanked": False,
    "yank_reason": "",
    "download_count": 0,
}

PUBLIC = [
    ("GET", "/api/auth/me", None),
    ("GET", "/api/plugins/list", None),
    ("POST", "/api/plugins/detail", {"name": NAME}),
    ("POST", "/api/plugins/download", {"name": NAME}),
    ("POST", "/api/plugins/versions", {"name": NAME}),
    ("POST", "/api/plugins/version/detail", {"name": NAME, "version": "1.0.0"}),
    ("POST", "/api/plugins/version/download", {"name": NAME, "version": "1.0.0"}),
    ("POST", "/api/backups/list", {"user_key": KEY}),
    ("POST", "/api/backups/download", {"user_key": KEY, "id": 1}),
    ("GET", "/api/health", None),
    ("GET", "/", None),
]
ADMINISTRATORS = [
    ("POST", "/api/plugins/enable", {"name": NAME}),
    ("POST", "/api/plugins/disable", {"name": NAME}),
    ("POST", "/api/plugins/deprecate", {"name": NAME}),
    ("POST", "/api/plugins/version/deprecate", {"name": NAME, "version": "1.0.0"}),
    ("GET", "/api/backups/list-all", None),
    ("POST", "/api/backups/search", {"key_part": KEY[:3]}),
    ("POST", "/api/backups/totals", {}),
    ("POST", "/api/backups/delete", {"user_key": KEY, "id": 1}),
    ("POST", "/api/plugins/delete", {"name": NAME}),
]


def call(caller: Api, method: str, path: str, body: Any = None, **options: Any) -> Any:
    return caller.get(path, **options) if method == "GET" else caller.post(path, body, **options)


def without_times(data: dict[str, Any]) -> dict[str, Any]:
    """The rest of an object whose times are of the one format; null is only when something has not happened."""
    times = {key: value for key, value in data.items() if key.endswith("_at")}
    assert times and all(TIME.fullmatch(value) for value in times.values() if value), times
    assert {key for key, value in times.items() if value is None} <= {"deprecated_at"}
    return {key: value for key, value in data.items() if key not in times}


def answered(response: Any, message: str) -> Any:
    """The data of a success in the host's envelope, which holds nothing beside it."""
    body = response.get_json()
    assert response.status_code == 200, body
    assert response.mimetype == "application/json"
    assert {key: body[key] for key in body if key != "data"} == {"success": True, "message": message}
    return body["data"]


def refused(response: Any, status: int, slug: str, message: str) -> list[Any]:
    """The details of a refusal in the host's envelope."""
    body = response.get_json()
    assert response.status_code == status, body
    details = body.pop("details")
    assert body == {
        "success": False,
        "message": message,
        "data": None,
        "status": status,
        "error": slug,
    }
    for detail in details:
        assert set(detail) == {"field", "entry", "rule", "message", "help_url"}
    return list(details)


@pytest.fixture
def stocked(app: Flask, api: Api) -> Flask:
    """An application with one plugin and one backup."""
    assert api.upload().status_code == 200
    assert api.back_up(description="程序配置备份").status_code == 200
    return app


class TestAccounts:
    # With the documented password, which no server behind a proxy has.
    @pytest.mark.own_settings
    def test_login_answers_the_token_at_the_top_and_under_data(self, api: Api) -> None:
        body = api.post("/api/auth/login", {"username": "admin", "password": "admin"}).get_json()
        data = body.pop("data")
        assert body == {"success": True, "message": "登录成功", **data}
        assert set(data) == {"token", "token_type", "expires_in"}
        assert (data["token_type"], data["expires_in"]) == ("bearer", 86400)
        assert Api(api.app, data["token"]).get("/api/auth/me").get_json()["data"]["is_logged_in"] is True

    def test_me_is_the_administrator(self, root: Api) -> None:
        data = answered(root.get("/api/auth/me"), "认证状态获取成功")
        assert data == {"is_logged_in": True, "username": "admin", "is_admin": True, "role": "admin"}

    def test_me_is_nobody_without_a_token(self, api: Api) -> None:
        data = answered(api.get("/api/auth/me"), "认证状态获取成功")
        assert data == {"is_logged_in": False, "username": None, "is_admin": False, "role": None}

    def test_me_is_no_administrator_for_a_plain_user(self, user: Api) -> None:
        data = answered(user.get("/api/auth/me"), "认证状态获取成功")
        assert data == {"is_logged_in": True, "username": "somebody", "is_admin": False, "role": "user"}

    def test_logout_ends_the_token(self, root: Api) -> None:
        assert answered(root.post("/api/auth/logout"), "登出成功") is None
        assert root.get("/api/auth/me").get_json()["data"]["is_logged_in"] is False
        refused(root.post("/api/auth/logout"), 401, "invalid_token", "令牌无效或已过期")

    def test_a_wrong_password_is_401(self, api: Api) -> None:
        response = api.post("/api/auth/login", {"username": "admin", "password": "wrong"})
        assert refused(response, 401, "wrong_credentials", "用户名或密码错误") == []

    def test_a_login_without_fields_is_422_and_names_them(self, api: Api) -> None:
        details = refused(api.post("/api/auth/login", {}), 422, "validation_error", "参数验证失败")
        assert {detail["field"]: detail["message"] for detail in details} == {
            "username": "此字段必填",
            "password": "此字段必填",
        }


class TestPlugins:
    def test_an_upload_answers_the_plugin(self, api: Api) -> None:
        data = answered(api.upload(), "插件上传成功")
        assert set(data) - set(PLUGIN) == {"created_at", "updated_at", "deprecated_at"}
        assert without_times(data) == PLUGIN

    def test_the_list_is_an_array_of_plugins(self, stocked: Flask, api: Api) -> None:
        [data] = answered(api.get("/api/plugins/list"), "插件列表获取成功")
        assert without_times(data) == PLUGIN

    def test_the_detail_holds_the_plugin_and_its_versions(self, stocked: Flask, api: Api) -> None:
        data = answered(api.post("/api/plugins/detail", {"name": NAME}), "插件详情获取成功")
        assert set(data) == {"plugin", "versions"}
        assert without_times(data["plugin"]) == PLUGIN
        assert [version["version"] for version in data["versions"]] == ["1.0.0"]

    @pytest.mark.parametrize(
        ("act", "message", "changes"),
        [
            ("enable", "插件启用成功", {}),
            ("disable", "插件禁用成功", {"is_enabled": False}),
            ("deprecate", "插件标记过时成功", {"is_deprecated": True}),
        ],
    )
    def test_an_administrator_changes_its_state(
        self, stocked: Flask, root: Api, act: str, message: str, changes: dict[str, bool]
    ) -> None:
        data = answered(root.post(f"/api/plugins/{act}", {"name": NAME}), message)
        assert without_times(data) == {**PLUGIN, **changes}

    def test_an_administrator_deletes_it(self, stocked: Flask, root: Api) -> None:
        assert answered(root.post("/api/plugins/delete", {"name": NAME}), "插件删除成功") is None
        response = root.post("/api/plugins/detail", {"name": NAME})
        assert refused(response, 404, "plugin_not_found", "插件不存在") == []

    @pytest.mark.parametrize("version", [None, "1.0.0"])
    def test_a_download_is_the_file_itself(self, stocked: Flask, api: Api, version: str | None) -> None:
        path = "/api/plugins/version/download" if version else "/api/plugins/download"
        body = {"name": NAME, "version": version} if version else {"name": NAME}
        response = api.post(path, body)
        assert response.status_code == 200
        assert response.headers["Content-Type"] == "application/zip"
        assert response.headers["Content-Disposition"] == 'attachment; filename="myplugin@1.0.0.zip"'
        assert response.headers["Content-Length"] == str(len(response.data))
        assert response.data[:4] == b"PK\x03\x04"

    def test_a_used_version_number_is_409(self, stocked: Flask, api: Api) -> None:
        response = api.upload(package(description="另一个"))
        assert refused(response, 409, "version_exists", "插件版本 1.0.0 已存在") == []

    def test_a_package_without_plugin_json_is_400_and_says_so(self, api: Api) -> None:
        response = api.upload(b"no archive at all")
        details = refused(
            response,
            400,
            "bad_package",
            "文件验证失败：上传的文件不是 ZIP 压缩包，请上传 .zip 格式的插件包",
        )
        assert [detail["rule"] for detail in details] == ["not-a-zip"]

    def test_a_package_with_a_bad_manifest_names_plugin_json(self, api: Api) -> None:
        body = api.upload(package(version="one")).get_json()
        assert body["message"].startswith("文件验证失败：plugin.json 缺失或格式错误")
        assert [detail["field"] for detail in body["details"]] == ["version"]

    @pytest.mark.own_settings
    def test_a_file_that_is_too_large_is_413(self, make_app: Any) -> None:
        api = Api(make_app(MAX_UPLOAD_SIZE=str(1 << 20)))
        response = api.post("/api/plugins/upload", **multipart((FILE, b"x" * ((1 << 20) + 1))))
        assert refused(response, 413, "file_too_large", "文件大小超过 1MB 限制") == []


class TestVersions:
    def test_the_list_is_an_array_of_versions(self, stocked: Flask, api: Api) -> None:
        [version] = answered(api.post("/api/plugins/versions", {"name": NAME}), "版本列表获取成功")
        assert version.pop("file_size") > 0
        assert re.fullmatch(r"[0-9a-f]{64}", version.pop("file_hash"))
        assert without_times(version) == VERSION

    def test_the_detail_is_one_version(self, api: Api) -> None:
        data = package()
        api.upload(data)
        response = api.post("/api/plugins/version/detail", {"name": NAME, "version": "1.0.0"})
        version = without_times(answered(response, "版本详情获取成功"))
        assert version == {
            **VERSION,
            "file_size": len(data),
            "file_hash": hashlib.sha256(data).hexdigest(),
        }

    def test_an_administrator_deprecates_one(self, stocked: Flask, root: Api) -> None:
        response = root.post("/api/plugins/version/deprecate", {"name": NAME, "version": "1.0.0"})
        version = answered(response, "版本标记过时成功")
        assert (version["version"], version["is_deprecated"]) == ("1.0.0", True)

    @pytest.mark.parametrize("act", ["detail", "deprecate", "download"])
    def test_a_missing_version_is_404(self, stocked: Flask, root: Api, act: str) -> None:
        response = root.post(f"/api/plugins/version/{act}", {"name": NAME, "version": "9.9.9"})
        assert refused(response, 404, "version_not_found", "插件版本不存在") == []


class TestBackups:
    def test_an_upload_answers_the_backup(self, api: Api) -> None:
        data = answered(api.back_up(b"bytes", "backup.zip", description="程序配置备份"), "备份文件上传成功")
        path = data.pop("file_path")
        assert without_times(data) == {
            "id": 1,
            "user_key": KEY,
            "backup_type": "program",
            "plugin_name": "",
            "file_name": "backup.zip",
            "file_size": 5,
            "file_hash": hashlib.sha256(b"bytes").hexdigest(),
            "description": "程序配置备份",
        }
        assert re.fullmatch(rf"backups/{KEY}/program/[0-9]{{10}}_backup\.zip", path)

    def test_the_list_of_a_key_counts_and_shows_its_backups(self, stocked: Flask, api: Api) -> None:
        api.back_up(user_key="user456def")
        data = answered(api.post("/api/backups/list", {"user_key": KEY}), "备份列表获取成功")
        assert set(data) == {"total", "backups"}
        assert data["total"] == 1
        assert [backup["user_key"] for backup in data["backups"]] == [KEY]

    def test_the_list_of_all_is_an_administrators(self, stocked: Flask, root: Api) -> None:
        root.back_up(user_key="user456def", backup_type="plugin")
        data = answered(root.get("/api/backups/list-all"), "备份列表获取成功")
        assert data["total"] == 2
        assert [(found["user_key"], found["backup_type"]) for found in data["backups"]] == [
            ("user456def", "plugin"),
            (KEY, "program"),
        ]

    def test_a_download_is_the_file_itself_under_a_name_of_its_own(self, api: Api) -> None:
        backup = api.back_up(b"anything", "备份 1.zip").get_json()["data"]
        response = api.post("/api/backups/download", {"user_key": KEY, "id": backup["id"]})
        moment = re.sub(r"[-:Z]", "", backup["created_at"]).replace("T", "_")
        assert response.data == b"anything"
        assert response.headers["Content-Type"] == "application/octet-stream"
        assert response.headers["Content-Length"] == "8"
        assert response.headers["Content-Disposition"] == f'attachment; filename="backup_program_{moment}.zip"'

    def test_an_administrator_deletes_one(self, stocked: Flask, root: Api) -> None:
        assert answered(root.post("/api/backups/delete", {"user_key": KEY, "id": 1}), "备份文件删除成功") is None
        response = root.post("/api/backups/download", {"user_key": KEY, "id": 1})
        assert refused(response, 404, "backup_not_found", "备份不存在") == []


class TestSystem:
    def test_health(self, api: Api) -> None:
        data = answered(api.get("/api/health"), "服务器运行正常")
        assert data == {
            "status": "healthy",
            "version": "2.0.0",
            "database": "connected",
            "name": "MicroDock Plugin Server",
        }

    def test_root(self, api: Api) -> None:
        data = answered(api.get("/"), "API服务运行中")
        assert data == {
            "message": "MicroDock PluginServer API",
            "version": "2.0.0",
            "docs": "/docs",
            "health": "/api/health",
            "name": "MicroDock Plugin Server",
        }

    @pytest.mark.own_settings
    def test_name_and_version_come_from_the_settings(self, make_app: Any) -> None:
        api = Api(make_app(APP_NAME="Plugins of ours", APP_VERSION="3.1"))
        for path in ("/", "/api/health"):
            data = api.get(path).get_json()["data"]
            assert (data["name"], data["version"]) == ("Plugins of ours", "3.1")
        document = api.get("/openapi.json").get_json()
        assert (document["info"]["title"], document["info"]["version"]) == ("Plugins of ours", "3.1")


@pytest.mark.parametrize(("method", "path", "body"), PUBLIC)
def test_a_public_endpoint_asks_for_no_token(stocked: Flask, api: Api, method: str, path: str, body: Any) -> None:
    assert call(api, method, path, body).status_code == 200


@pytest.mark.parametrize(("method", "path", "body"), PUBLIC)
def test_a_public_endpoint_does_not_mind_a_bad_token(stocked: Flask, method: str, path: str, body: Any) -> None:
    assert call(Api(stocked, "rubbish"), method, path, body).status_code == 200


@pytest.mark.parametrize(("method", "path", "body"), ADMINISTRATORS)
class TestAdministratorsEndpoints:
    def test_lets_the_administrator_in(self, stocked: Flask, root: Api, method: str, path: str, body: Any) -> None:
        assert call(root, method, path, body).status_code == 200

    def test_is_401_without_a_token(self, stocked: Flask, api: Api, method: str, path: str, body: Any) -> None:
        response = call(api, method, path, body)
        refused(response, 401, "unauthenticated", "请先登录")
        assert response.headers["WWW-Authenticate"].startswith("Bearer")

    def test_is_401_with_a_bad_token(self, stocked: Flask, method: str, path: str, body: Any) -> None:
        refused(call(Api(stocked, "rubbish"), method, path, body), 401, "invalid_token", "令牌无效或已过期")

    @pytest.mark.parametrize("role", ["user", "developer", "reviewer"])
    def test_is_403_for_everybody_else(self, stocked: Flask, method: str, path: str, body: Any, role: Any) -> None:
        caller = add_user(stocked, f"some-{role}", role)
        refused(call(caller, method, path, body), 403, "admin_required", "需要管理员权限")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [entry for entry in PUBLIC + ADMINISTRATORS if entry[2] and "name" in entry[2]],
)
class TestEndpointsThatNameAPlugin:
    def test_are_404_for_one_that_does_not_exist(self, root: Api, method: str, path: str, body: Any) -> None:
        response = call(root, method, path, {**body, "name": "com.example.nothing"})
        assert refused(response, 404, "plugin_not_found", "插件不存在") == []

    def test_are_422_without_a_name(self, root: Api, method: str, path: str, body: Any) -> None:
        [detail] = refused(call(root, method, path, {**body, "name": None}), 422, "validation_error", "参数验证失败")
        assert detail["field"] == "name"

    def test_find_it_ignoring_case(self, stocked: Flask, root: Api, method: str, path: str, body: Any) -> None:
        assert call(root, method, path, {**body, "name": NAME.upper()}).status_code == 200
