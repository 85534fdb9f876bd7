"""Warnings about accepted packages: in dry runs and uploads, and the package is served unchanged."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest

from ..market import PLUGINS, People, data, file
from ..support import Api, manifest, multipart, package

NAME = "com.example.myplugin"
FILE = 'Content-Disposition: form-data; name="file"; filename="p.zip"'


def lenient(**changes: Any) -> bytes:
    """With backslashes, names without the flag, comments and trailing commas."""
    text = json.dumps(manifest(**changes), ensure_ascii=False).removesuffix("}") + ",} // the end"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("plugin.json", text)
        archive.writestr("MyPlugin.dll", b"MZ not really an assembly")
        archive.writestr("lib|xx.txt", b"x")
    # zipfile would mark the name, and write a slash.
    return buffer.getvalue().replace(b"lib|xx.txt", b"lib\\\xc3\xa9.txt")


RULES = ["name-unflagged", "name-separator", "manifest-comments", "manifest-trailing-commas"]


def rules(warnings: list[dict[str, str]]) -> list[str]:
    assert all(set(warning) == {"rule", "field", "entry", "name", "message", "help_url"} for warning in warnings)
    assert all(warning["message"] for warning in warnings)
    return [warning["rule"] for warning in warnings]


def test_the_dry_run_lists_them(api: Api) -> None:
    told = data(api.post("/api/plugins/validate", **multipart((FILE, lenient()))))
    assert rules(told["warnings"]) == RULES
    [first, *_] = told["warnings"]
    assert (first["entry"], "UTF-8" in first["message"]) == ("lib\\é.txt", True)
    sent = multipart((FILE, lenient()))
    sent["headers"]["Accept-Language"] = "en"
    english = api.post("/api/plugins/validate", **sent)
    assert "not marked as UTF-8" in data(english)["warnings"][0]["message"]


def test_an_upload_lists_them_and_is_served_byte_for_byte(api: Api) -> None:
    sent = lenient()
    answer = data(api.upload(sent))
    assert rules(answer["warnings"]) == RULES
    assert api.post("/api/plugins/download", {"name": NAME}).get_data() == sent
    assert api.get(f"{PLUGINS}/{NAME}/download").get_data() == sent


def test_the_marketplace_lists_them_where_a_plugin_or_version_is_made(who: People) -> None:
    made = who.developer.post(PLUGINS, data={"plugin_file": file(lenient(), "p.zip")})
    assert rules(data(made, 201)["warnings"]) == RULES
    more = lenient(version="1.1.0")
    added = who.developer.post(f"{PLUGINS}/{NAME}/versions", data={"plugin_file": file(more, "p.zip")})
    assert rules(data(added, 201)["warnings"]) == RULES
    assert "warnings" not in data(who.developer.get(f"{PLUGINS}/{NAME}"))
    assert who.developer.get(f"{PLUGINS}/{NAME}/versions/1.1.0/download").get_data() == more


@pytest.mark.parametrize("name", ["com.example.con", "nul.example.plugin", "com.COM1.plugin"])
def test_a_plugin_named_like_a_device_is_400(api: Api, name: str) -> None:
    answer = api.upload(lenient(name=name))
    assert answer.status_code == 400
    assert [(one["field"], one["rule"]) for one in answer.get_json()["details"]] == [("name", "field-device-name")]


def test_what_the_host_takes_otherwise_is_accepted_and_told(api: Api) -> None:
    buffer = io.BytesIO(package(dependencies={"com.other.plugin": "^1", "com.fine.plugin": "^1.0.0"}))
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr("Data/settings.json", "{}")
    for path in ("/api/plugins/validate", "/api/plugins/upload"):
        sent = {"file": file(buffer.getvalue(), "p.zip"), "plugin_key": "upload-key"}
        warnings = data(api.post(path, data=sent if path.endswith("upload") else {"file": sent["file"]}))["warnings"]
        assert rules(warnings) == ["data-folder", "dependency-range"]
        assert [(one["entry"], one["field"]) for one in warnings] == [
            ("Data/settings.json", ""),
            ("", "dependencies.com.other.plugin"),
        ]
