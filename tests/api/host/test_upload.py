"""Uploading a package: the order of checks, keys, and that a refused upload leaves nothing behind."""

from __future__ import annotations

import io
import zipfile
from threading import Thread
from typing import Any

import pytest
from flask import Flask

from microdock_server.database.unit_of_work import Unit

from ...conftest import AppFactory
from ...support import Api, multipart, package, stored_files, stored_rows

NAME = "com.example.myplugin"
FILE = 'Content-Disposition: form-data; name="file"; filename="p.zip"'
KEY = 'Content-Disposition: form-data; name="plugin_key"'
SECRET = 'Content-Disposition: form-data; name="upload_secret"'
TOO_LARGE = b"x" * ((1 << 20) + 1)


@pytest.fixture
def strict(make_app: AppFactory) -> Flask:
    """A server with an upload secret that takes files of one MiB, and has one plugin."""
    app = make_app(UPLOAD_SECRET_KEY="open sesame", MAX_UPLOAD_SIZE=str(1 << 20))
    assert Api(app).upload(upload_secret="open sesame").status_code == 200
    return app


def form(data: bytes, key: str, secret: str) -> dict[str, Any]:
    return multipart((KEY, key.encode()), (SECRET, secret.encode()), (FILE, data))


@pytest.mark.parametrize(
    ("data", "key", "secret", "status", "slug"),
    [
        # Each row mends the fault that the row before was refused for; all later faults are still there.
        (TOO_LARGE, "wrong", "wrong", 413, "file_too_large"),
        (b"no archive", "wrong", "wrong", 403, "wrong_upload_secret"),
        (b"no archive", "wrong", "open sesame", 400, "bad_package"),
        (package(), "wrong", "open sesame", 403, "wrong_plugin_key"),
        (package(), "upload-key", "open sesame", 409, "version_exists"),
        (package(version="1.0.1"), "upload-key", "open sesame", 200, None),
    ],
)
def test_size_secret_package_key_and_version_are_checked_in_this_order(
    strict: Flask, data: bytes, key: str, secret: str, status: int, slug: str | None
) -> None:
    answer = Api(strict).post("/api/plugins/upload", **form(data, key, secret))
    assert (answer.status_code, answer.get_json().get("error")) == (status, slug)


@pytest.mark.parametrize(
    ("data", "key", "secret", "status"),
    [
        (TOO_LARGE, "upload-key", "open sesame", 413),
        (package(version="2.0.0"), "upload-key", "wrong", 403),
        (b"no archive", "upload-key", "open sesame", 400),
        (package(version="2.0.0", entryClass=None), "upload-key", "open sesame", 400),
        (package(version="2.0.0"), "wrong", "open sesame", 403),
        (package(), "upload-key", "open sesame", 409),
        (package(name="com.example.other"), "not a key!", "open sesame", 422),
    ],
    ids=["size", "secret", "archive", "manifest", "key", "version", "key's spelling"],
)
def test_a_refused_upload_leaves_nothing_behind(strict: Flask, data: bytes, key: str, secret: str, status: int) -> None:
    rows, files = stored_rows(strict), stored_files(strict)
    answer = Api(strict).post("/api/plugins/upload", **form(data, key, secret))
    assert answer.status_code == status
    assert (stored_rows(strict), stored_files(strict)) == (rows, files)


@pytest.mark.parametrize("secret", [None, "", "open sesam", "open sesame ", "打开"])
def test_an_upload_secret_that_does_not_match_is_403(strict: Flask, secret: str | None) -> None:
    parts = [] if secret is None else [(SECRET, secret.encode())]
    sent = multipart((KEY, b"upload-key"), *parts, (FILE, package(version="2.0.0")))
    answer = Api(strict).post("/api/plugins/upload", **sent)
    assert (answer.status_code, answer.get_json()["message"]) == (403, "上传口令错误")


def test_an_upload_secret_is_ignored_where_the_server_has_none(api: Api) -> None:
    assert api.upload(upload_secret="anything").status_code == 200


def test_another_key_is_403_and_the_first_one_stays_good(api: Api) -> None:
    api.upload(key="first-key")
    answer = api.upload(package(version="1.0.1"), key="second-key")
    assert (answer.status_code, answer.get_json()["message"]) == (403, "插件上传密钥错误")
    assert api.upload(package(version="1.0.1"), key="first-key").status_code == 200


@pytest.mark.parametrize("key", ["12345678", "A-Z_a-z_0-9", "x" * 256])
def test_a_key_of_letters_digits_underscores_and_hyphens_is_taken(api: Api, key: str) -> None:
    assert api.upload(key=key).status_code == 200


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 257, "密钥", "key\n", "a.b", "a\0b"])
def test_any_other_key_is_422(api: Api, key: str) -> None:
    answer = api.post("/api/plugins/upload", **multipart((KEY, key.encode()), (FILE, package())))
    assert answer.status_code == 422
    assert [detail["field"] for detail in answer.get_json()["details"]] == ["plugin_key"]


@pytest.mark.parametrize(
    ("parts", "fields"),
    [
        ([], {"file", "plugin_key"}),
        ([(KEY, b"upload-key")], {"file"}),
        ([(FILE, package())], {"plugin_key"}),
        ([(KEY, b"upload-key"), ('Content-Disposition: form-data; name="file"', b"no file")], {"file"}),
        ([(KEY, b"upload-key"), ('Content-Disposition: form-data; name="other"; filename="p.zip"', b"x")], {"file"}),
    ],
)
def test_missing_fields_are_422_and_named(api: Api, parts: Any, fields: set[str]) -> None:
    answer = api.post("/api/plugins/upload", **multipart(*parts))
    assert answer.status_code == 422
    assert {detail["field"] for detail in answer.get_json()["details"]} == fields


def test_two_files_are_422(app: Flask, api: Api) -> None:
    answer = api.post(
        "/api/plugins/upload", **multipart((KEY, b"upload-key"), (FILE, package()), (FILE, package(version="2.0.0")))
    )
    assert answer.status_code == 422
    assert stored_files(app) == []


@pytest.mark.parametrize("name", ["p.rar", "p", "p.zip.exe", "zip"])
def test_another_extension_is_400(api: Api, name: str) -> None:
    answer = api.upload(name=name)
    assert (answer.status_code, answer.get_json()["error"]) == (400, "unsupported_file_type")


@pytest.mark.parametrize("path", ["/api/plugins/upload", "/api/plugins/validate", "/api/backups/upload"])
@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b"{}"),
        ("application/x-www-form-urlencoded", b"plugin_key=upload-key"),
        ("multipart/form-data", b"--x--\r\n"),
        ("multipart/form-data; boundary=x", b"no multipart at all"),
        ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\ncut'),
        ("multipart/form-data; boundary=x", b"--x\r\nno header\r\n\r\nv\r\n--x--\r\n"),
        (None, b""),
    ],
)
def test_a_body_that_is_no_form_is_400(app: Flask, api: Api, path: str, content_type: str | None, body: bytes) -> None:
    headers = {"Content-Type": content_type} if content_type else {}
    answer = api.post(path, data=body, headers=headers)
    assert answer.status_code == 400
    assert stored_files(app) == []


def test_a_body_that_breaks_off_within_the_file_is_400_and_leaves_nothing(app: Flask, api: Api) -> None:
    whole = multipart((KEY, b"upload-key"), (FILE, package()))
    answer = api.post("/api/plugins/upload", data=whole["data"][:-60], headers=whole["headers"])
    assert answer.status_code == 400
    assert stored_files(app) == []
    assert "plugins" not in stored_rows(app)


def test_all_faults_of_a_package_are_told_at_once(api: Api) -> None:
    answer = api.upload(package(version="1.0", name="myplugin", entryClass=None, homepage="ftp://x"))
    fields = {detail["field"] for detail in answer.get_json()["details"]}
    assert answer.status_code == 400
    assert fields == {"version", "name", "entryClass", "homepage"}
    assert all(detail["message"] and detail["rule"] for detail in answer.get_json()["details"])


def test_a_missing_main_dll_is_400(api: Api) -> None:
    buffer = io.BytesIO(package())
    with zipfile.ZipFile(buffer) as archive:
        text = archive.read("plugin.json")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("plugin.json", text)
    details = api.upload(buffer.getvalue()).get_json()["details"]
    assert [(detail["field"], detail["rule"]) for detail in details] == [("main", "main-missing")]


def test_names_are_unique_ignoring_case_and_stored_as_first_given(api: Api) -> None:
    api.upload(package(name="Com.Example.MyPlugin"))
    answer = api.upload(package(name="com.EXAMPLE.myplugin"))
    assert (answer.status_code, answer.get_json()["error"]) == (409, "version_exists")
    assert api.upload(package(name="com.example.myplugin", version="1.1.0")).status_code == 200
    assert api.upload(package(name="com.example.MYPLUGIN", version="1.2.0"), key="other-key").status_code == 403
    names = [plugin["name"] for plugin in api.get("/api/plugins/list").get_json()["data"]]
    assert names == ["Com.Example.MyPlugin"]


def test_a_plugin_that_is_deleted_right_after_its_upload_was_uploaded(
    api: Api, root: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert api.upload().status_code == 200
    deleted = []

    def committed(_unit: Unit) -> None:
        monkeypatch.undo()
        # Another thread, as another request is: in this one the unit is still open.
        thread = Thread(target=lambda: deleted.append(root.post("/api/plugins/delete", {"name": NAME}).status_code))
        thread.start()
        thread.join()

    monkeypatch.setattr(Unit, "committed", committed)
    answer = api.upload(package(version="1.1.0"))
    assert deleted == [200]
    assert answer.status_code == 200
    assert answer.get_json()["data"]["current_version"] == "1.1.0"


class TestManifests:
    def version_of(self, api: Api, **changes: Any) -> dict[str, Any]:
        answer = api.upload(package(**changes))
        assert answer.status_code == 200, answer.get_json()
        [version] = api.post("/api/plugins/versions", {"name": NAME}).get_json()["data"]
        return dict(version)

    @pytest.mark.parametrize("value", [None, "", {}])
    def test_absent_and_empty_requirements_come_back_as_objects(self, api: Api, value: Any) -> None:
        version = self.version_of(api, engines=value, dependencies=value)
        assert (version["engines"], version["dependencies"]) == ({}, {})

    @pytest.mark.parametrize("wanted", [">=0.0.3.0", ">=1.0.0.0 <2.0.0.0", "^0.0.3", "*", "1.x || 2.0.0.1"])
    def test_four_part_engine_versions_are_kept_as_given(self, api: Api, wanted: str) -> None:
        version = self.version_of(api, engines={"MicroDock": wanted, ".NET": ">=6.0.0"})
        assert version["engines"] == {"MicroDock": wanted, ".NET": ">=6.0.0"}

    def test_a_byte_order_mark_before_the_manifest_is_tolerated(self, api: Api) -> None:
        buffer = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(package())) as old, zipfile.ZipFile(buffer, "w") as new:
            new.writestr("plugin.json", b"\xef\xbb\xbf" + old.read("plugin.json"))
            new.writestr("MyPlugin.dll", b"MZ")
        assert api.upload(buffer.getvalue()).status_code == 200

    def test_optional_fields_may_be_absent(self, api: Api) -> None:
        optional = ("displayName", "description", "author", "license", "homepage", "changelog")
        api.upload(package(**dict.fromkeys(optional)))
        [plugin] = api.get("/api/plugins/list").get_json()["data"]
        assert plugin["display_name"] == NAME
        assert [plugin[name] for name in ("description", "author", "license", "homepage")] == [""] * 4

    def test_unknown_fields_are_ignored(self, api: Api) -> None:
        assert api.upload(package(somethingElse={"a": [1]})).status_code == 200


class TestValidate:
    def test_it_reports_and_keeps_nothing(self, app: Flask, api: Api) -> None:
        before = stored_rows(app)
        data = package()
        answer = api.post("/api/plugins/validate", **multipart((FILE, data)))
        body = answer.get_json()
        assert (answer.status_code, body["message"]) == (200, "插件包校验通过")
        assert (body["data"]["name"], body["data"]["version"]) == (NAME, "1.0.0")
        assert body["data"]["file_size"] == len(data)
        assert body["data"]["manifest"]["engines"] == {"MicroDock": ">=2.0.0"}
        assert (stored_rows(app), stored_files(app)) == (before, [])

    def test_it_refuses_what_an_upload_refuses(self, app: Flask, api: Api) -> None:
        bad = package(version="one")
        told = api.post("/api/plugins/validate", **multipart((FILE, bad))).get_json()
        refused = api.upload(bad).get_json()
        assert told == refused
        assert stored_files(app) == []

    def test_it_needs_a_file(self, api: Api) -> None:
        answer = api.post("/api/plugins/validate", **multipart())
        assert answer.status_code == 422
