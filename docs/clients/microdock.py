"""A client of the host API, for Python 3.8 and newer; it needs requests. Copy it into your project.

client = MicroDock("http://127.0.0.1:8000")
client.upload_plugin("myplugin.zip", plugin_key="a-key-of-your-own")
client.download_plugin("com.example.myplugin", "myplugin.zip")
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import requests

CHUNK = 1 << 20


class ApiError(Exception):
    """What the server refused: `status`, `error` (a word that never changes) and the message for people."""

    def __init__(self, status: int, error: str, message: str, details: list[dict[str, Any]]) -> None:
        super().__init__(f"{message} ({status}, {error})")
        self.status, self.error, self.message, self.details = status, error, message, details


class Damaged(Exception):
    """A download whose bytes are not those that the server has; nothing of it is kept."""


class MicroDock:
    """Calls to one server. `language` is that of its messages: `zh` or `en`; `timeout` is in seconds."""

    def __init__(self, base_url: str, *, language: str = "en", timeout: float = 60) -> None:
        self.base_url, self.timeout = base_url.rstrip("/"), timeout
        # No Content-Type here: requests sets the right one for each call, and a form's holds its boundary.
        self.session = requests.Session()
        self.session.headers["Accept-Language"] = language

    def login(self, username: str, password: str) -> None:
        """Log in; later calls carry the token."""
        data = self._post("/api/auth/login", {"username": username, "password": password})
        self.session.headers["Authorization"] = f"Bearer {data['token']}"

    def logout(self) -> None:
        """Revoke the token."""
        self._post("/api/auth/logout", {})
        self.session.headers.pop("Authorization", None)

    def me(self) -> dict[str, Any]:
        """Who am I: `is_logged_in`, `username`, `is_admin`."""
        return self._data(self._send("GET", "/api/auth/me"))

    def plugins(self) -> list[dict[str, Any]]:
        """All plugins by name, disabled ones too."""
        return self._data(self._send("GET", "/api/plugins/list"))

    def plugin(self, name: str) -> dict[str, Any]:
        """A plugin with its versions, highest first."""
        return self._post("/api/plugins/detail", {"name": name})

    def versions(self, name: str) -> list[dict[str, Any]]:
        """A plugin's versions, highest first."""
        return self._post("/api/plugins/versions", {"name": name})

    def version(self, name: str, version: str) -> dict[str, Any]:
        """One version."""
        return self._post("/api/plugins/version/detail", {"name": name, "version": version})

    def upload_plugin(self, package: str | os.PathLike[str], plugin_key: str, **fields: str) -> dict[str, Any]:
        """Publish a package. The first key of a name is the one that later versions need."""
        return self._upload("/api/plugins/upload", package, {"plugin_key": plugin_key, **fields})

    def download_plugin(self, name: str, target: str | os.PathLike[str], version: str | None = None) -> str:
        """Save the current version's package (or one version's) at `target`; its SHA-256. Raises Damaged."""
        if version is None:
            return self._download("/api/plugins/download", {"name": name}, target)
        return self._download("/api/plugins/version/download", {"name": name, "version": version}, target)

    def enable(self, name: str) -> None:
        """Let hosts download it again. Administrators only, as the next four."""
        self._post("/api/plugins/enable", {"name": name})

    def disable(self, name: str) -> None:
        """Downloads of it are refused."""
        self._post("/api/plugins/disable", {"name": name})

    def deprecate(self, name: str, version: str | None = None) -> None:
        """Mark a plugin, or one version of it, as out of date."""
        if version is None:
            self._post("/api/plugins/deprecate", {"name": name})
        else:
            self._post("/api/plugins/version/deprecate", {"name": name, "version": version})

    def delete(self, name: str) -> None:
        """Delete a plugin with all versions."""
        self._post("/api/plugins/delete", {"name": name})

    def back_up(
        self, file: str | os.PathLike[str], user_key: str, backup_type: str = "program", **fields: str
    ) -> dict[str, Any]:
        """Keep a backup, of the `program` or of a `plugin` (then with `plugin_name`)."""
        return self._upload("/api/backups/upload", file, {"user_key": user_key, "backup_type": backup_type, **fields})

    def backups(self, user_key: str) -> list[dict[str, Any]]:
        """The backups of a user key, newest first."""
        return self._post("/api/backups/list", {"user_key": user_key})["backups"]

    def download_backup(self, user_key: str, backup_id: int, target: str | os.PathLike[str]) -> str:
        """Save a backup at `target`; its SHA-256. Raises Damaged."""
        return self._download("/api/backups/download", {"user_key": user_key, "id": backup_id}, target)

    def _post(self, path: str, body: dict[str, Any]) -> Any:
        return self._data(self._send("POST", path, json=body))

    def _upload(self, path: str, file: str | os.PathLike[str], fields: dict[str, str]) -> Any:
        with Path(file).open("rb") as content:
            files = {"file": (Path(file).name, content)}
            return self._data(self._send("POST", path, data=fields, files=files))

    def _download(self, path: str, body: dict[str, Any], target: str | os.PathLike[str]) -> str:
        """Written beside the target and moved there once it is whole: nobody ever loads half a package."""
        part = Path(f"{os.fspath(target)}.part")
        try:
            with self._send("POST", path, json=body, stream=True) as answer, part.open("wb") as out:
                hashed = hashlib.sha256()
                for chunk in answer.iter_content(CHUNK):
                    hashed.update(chunk)
                    out.write(chunk)
                if hashed.hexdigest() != answer.headers["ETag"].strip('"'):
                    raise Damaged(f"{target}: the bytes that came are not those that the server has")
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
        return hashed.hexdigest()

    def _send(self, method: str, path: str, **options: Any) -> requests.Response:
        answer = self.session.request(method, self.base_url + path, timeout=self.timeout, **options)
        if answer.ok:
            return answer
        try:
            said = answer.json()
        except ValueError:
            said = {}
        error, message = said.get("error", "unknown"), said.get("message", answer.reason)
        raise ApiError(answer.status_code, error, message, said.get("details", []))

    @staticmethod
    def _data(answer: requests.Response) -> Any:
        return answer.json()["data"]
