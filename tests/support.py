"""Helpers that make tests read as sentences."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any, Self

from flask import Flask
from werkzeug.test import TestResponse

from microdock_server.config import Settings, load_settings


def settings_for(directory: Path, **overrides: str) -> Settings:
    """Settings for one test: everything below `directory`, no rate limits, quiet logs."""
    base = {"DATA_DIR": str(directory), "RATELIMIT_ENABLED": "false", "LOG_LEVEL": "WARNING", "DEBUG": "true"}
    return load_settings({**base, **overrides})


def manifest(**changes: Any) -> dict[str, Any]:
    """A valid plugin.json."""
    base = {
        "name": "com.example.myplugin",
        "version": "1.0.0",
        "main": "MyPlugin.dll",
        "entryClass": "MyPlugin.PluginEntry",
        "displayName": "我的插件",
        "description": "这是一个示例插件",
        "author": "开发者姓名",
        "license": "MIT",
        "homepage": "https://example.com/myplugin",
        "changelog": "修复了一些bug，添加了新功能",
        "dependencies": {"com.other.plugin": ">=1.0.0"},
        "engines": {"MicroDock": ">=2.0.0"},
    }
    return {key: value for key, value in {**base, **changes}.items() if value is not None}


def package(**changes: Any) -> bytes:
    """A valid package; `changes` go into its plugin.json."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("plugin.json", json.dumps(manifest(**changes), ensure_ascii=False))
        archive.writestr(changes.get("main", "MyPlugin.dll"), b"MZ not really an assembly")
    return buffer.getvalue()


class Api:
    """Calls on one application, as one caller. `token` is sent where there is one."""

    def __init__(self, app: Flask, token: str | None = None) -> None:
        self.app, self.token = app, token

    def log_in(self, username: str, password: str) -> Self:
        """The same application, as this user (through the host surface)."""
        answer = self.post("/api/auth/login", {"username": username, "password": password})
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return type(self)(self.app, answer.get_json()["token"])

    def get(self, path: str, **options: Any) -> TestResponse:
        return self._call("GET", path, **options)

    def post(self, path: str, body: Any = None, **options: Any) -> TestResponse:
        if body is not None:
            options["json"] = body
        return self._call("POST", path, **options)

    def put(self, path: str, body: Any = None, **options: Any) -> TestResponse:
        return self._call("PUT", path, json=body, **options)

    def delete(self, path: str, **options: Any) -> TestResponse:
        return self._call("DELETE", path, **options)

    def upload(self, data: bytes | None = None, key: str = "key", name: str = "p.zip", **fields: str) -> TestResponse:
        """Upload a plugin package (a valid one unless `data` says otherwise)."""
        form: dict[str, Any] = {"file": (io.BytesIO(package() if data is None else data), name), "plugin_key": key}
        return self._call("POST", "/api/plugins/upload", data={**form, **fields})

    def back_up(self, data: bytes = b"bytes", name: str = "backup.zip", **fields: str) -> TestResponse:
        """Upload a backup."""
        form: dict[str, Any] = {"user_key": "user123abc", "backup_type": "program", **fields}
        return self._call("POST", "/api/backups/upload", data={**form, "file": (io.BytesIO(data), name)})

    def _call(self, method: str, path: str, **options: Any) -> TestResponse:
        headers = dict(options.pop("headers", {}))
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        return self.app.test_client().open(path, method=method, headers=headers, buffered=True, **options)
