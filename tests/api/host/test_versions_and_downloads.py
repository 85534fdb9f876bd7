"""The current version, headers and counts of downloads, and what deleting frees."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

import pytest
from flask import Flask

from ...conftest import AppFactory
from ...support import Api, package, signed_in, stored_files, stored_rows

NAME = "com.example.myplugin"


def publish(api: Api, *versions: str) -> None:
    for version in versions:
        assert api.upload(package(version=version, description=version)).status_code == 200


def current(api: Api) -> str:
    plugin = api.post("/api/plugins/detail", {"name": NAME}).get_json()["data"]["plugin"]
    # What is shown is the current version's manifest.
    assert plugin["description"] == plugin["current_version"]
    return str(plugin["current_version"])


def listed(api: Api) -> list[str]:
    return [v["version"] for v in api.post("/api/plugins/versions", {"name": NAME}).get_json()["data"]]


def counts(api: Api) -> dict[str, int]:
    found = api.post("/api/plugins/versions", {"name": NAME}).get_json()["data"]
    return {version["version"]: version["download_count"] for version in found}


@pytest.mark.parametrize(
    ("uploaded", "deprecated", "expected"),
    [
        (["1.0.0", "0.9.1"], [], "1.0.0"),
        (["1.0.0", "1.0.1"], [], "1.0.1"),
        (["1.9.0", "1.10.0"], [], "1.10.0"),
        (["1.0.0", "2.0.0-rc.1"], [], "1.0.0"),
        (["2.0.0-alpha.1", "2.0.0-alpha.2"], [], "2.0.0-alpha.2"),
        (["2.0.0-rc.1", "1.0.0", "2.0.0"], [], "2.0.0"),
        (["1.0.0", "1.1.0"], ["1.1.0"], "1.1.0"),
        (["1.0.0", "2.0.0-rc.1"], ["1.0.0"], "1.0.0"),
        (["1.0.0", "1.1.0"], ["1.0.0", "1.1.0"], "1.1.0"),
    ],
)
def test_the_current_version_is_the_highest_whether_deprecated_or_not(
    api: Api, root: Api, uploaded: list[str], deprecated: list[str], expected: str
) -> None:
    publish(api, *uploaded)
    for version in deprecated:
        body = {"name": NAME, "version": version}
        assert root.post("/api/plugins/version/deprecate", body).status_code == 200
    assert current(api) == expected
    file_name = api.post("/api/plugins/download", {"name": NAME}).headers["Content-Disposition"]
    assert file_name == f'attachment; filename="myplugin@{expected}.zip"'


def test_versions_are_listed_highest_first(api: Api) -> None:
    publish(api, "1.0.0", "1.10.0", "1.2.0", "1.10.0-rc.1", "0.9.0")
    assert listed(api) == ["1.10.0", "1.10.0-rc.1", "1.2.0", "1.0.0", "0.9.0"]


def test_versions_that_differ_in_build_metadata_only_are_one(api: Api) -> None:
    publish(api, "1.0.0+1")
    assert api.upload(package(version="1.0.0+2")).status_code == 409
    assert api.upload(package(version="1.0.0")).status_code == 409
    assert listed(api) == ["1.0.0+1"]
    assert api.post("/api/plugins/version/detail", {"name": NAME, "version": "1.0.0"}).status_code == 200


def test_a_download_can_be_verified_by_its_headers(api: Api) -> None:
    data = package()
    api.upload(data)
    answer = api.post("/api/plugins/download", {"name": NAME})
    digest = hashlib.sha256(data)
    assert answer.data == data
    assert answer.headers["ETag"] == f'"{digest.hexdigest()}"'
    assert answer.headers["Repr-Digest"] == f"sha-256=:{base64.b64encode(digest.digest()).decode()}:"
    assert answer.headers["Content-Length"] == str(len(data))
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "Deprecation" not in answer.headers


def test_downloads_are_counted_exactly_and_per_version(api: Api) -> None:
    publish(api, "1.0.0", "1.1.0")
    for _ in range(3):
        api.post("/api/plugins/download", {"name": NAME})
    for _ in range(2):
        api.post("/api/plugins/version/download", {"name": NAME, "version": "1.0.0"})
    api.post("/api/plugins/version/download", {"name": NAME, "version": "7.0.0"})
    assert counts(api) == {"1.1.0": 3, "1.0.0": 2}
    plugin = api.post("/api/plugins/detail", {"name": NAME}).get_json()["data"]["plugin"]
    assert plugin["total_download_count"] == 5


def test_a_disabled_plugin_is_listed_but_not_downloaded_or_counted(api: Api, root: Api) -> None:
    publish(api, "1.0.0")
    root.post("/api/plugins/disable", {"name": NAME})
    for path in ("download", "version/download"):
        answer = api.post(f"/api/plugins/{path}", {"name": NAME, "version": "1.0.0"})
        assert (answer.status_code, answer.get_json()["error"]) == (403, "plugin_disabled")
    assert counts(api) == {"1.0.0": 0}
    [plugin] = api.get("/api/plugins/list").get_json()["data"]
    assert plugin["is_enabled"] is False
    root.post("/api/plugins/enable", {"name": NAME})
    assert api.post("/api/plugins/download", {"name": NAME}).status_code == 200


@pytest.mark.parametrize("path", ["/api/plugins/deprecate", "/api/plugins/version/deprecate"])
def test_what_is_deprecated_downloads_with_a_header(api: Api, root: Api, path: str) -> None:
    publish(api, "1.0.0")
    root.post(path, {"name": NAME, "version": "1.0.0"})
    answer = api.post("/api/plugins/version/download", {"name": NAME, "version": "1.0.0"})
    assert answer.status_code == 200
    assert "Deprecation" in answer.headers


def test_deleting_frees_name_key_versions_and_files(app: Flask, api: Api, root: Api) -> None:
    before = stored_rows(app)
    publish(api, "1.0.0", "1.1.0")
    api.post("/api/plugins/download", {"name": NAME})
    assert root.post("/api/plugins/delete", {"name": NAME}).status_code == 200
    # Two uploads and the act are written down for good, and the day it was downloaded on had one download less.
    kept = {"audit_log": 3, "download_totals": 1}
    assert (stored_rows(app), stored_files(app)) == (before | kept, [])
    assert api.upload(package(version="1.0.0", author="somebody else"), key="another-key").status_code == 200
    assert counts(api) == {"1.0.0": 0}


class TestImmutableVersions:
    @pytest.fixture
    def deleted(self, make_app: AppFactory) -> Flask:
        app = make_app(IMMUTABLE_VERSIONS="true")
        publish(Api(app), "1.0.0")
        assert signed_in(app).post("/api/plugins/delete", {"name": NAME}).status_code == 200
        assert stored_files(app) == []
        return app

    def test_other_bytes_under_an_old_number_are_409(self, deleted: Flask) -> None:
        answer = Api(deleted).upload(package(author="somebody else"))
        assert (answer.status_code, answer.get_json()["error"]) == (409, "version_retired")
        assert stored_files(deleted) == []

    def test_build_metadata_does_not_get_around_it(self, deleted: Flask) -> None:
        assert Api(deleted).upload(package(version="1.0.0+2")).status_code == 409

    def test_the_same_bytes_are_taken_again(self, make_app: AppFactory) -> None:
        app = make_app(IMMUTABLE_VERSIONS="true")
        data = package()
        Api(app).upload(data)
        signed_in(app).post("/api/plugins/delete", {"name": NAME})
        assert Api(app).upload(data).status_code == 200

    def test_another_key_is_still_403(self, deleted: Flask) -> None:
        assert Api(deleted).upload(package(version="2.0.0"), key="another-key").status_code == 403

    def test_a_new_number_is_taken(self, deleted: Flask) -> None:
        assert Api(deleted).upload(package(version="2.0.0")).status_code == 200


def test_what_cannot_be_opened_is_not_counted(app: Flask, api: Api) -> None:
    publish(api, "1.0.0")
    plugin_id = api.get(f"/api/v1/marketplace/plugins/{NAME}").get_json()["data"]["id"]
    for file in stored_files(app):
        Path(file).unlink()
    bodies = [("download", {"name": NAME}), ("version/download", {"name": NAME, "version": "1.0.0"})]
    for path, body in bodies:
        assert api.post(f"/api/plugins/{path}", body).status_code == 404
    for path in (NAME, plugin_id, f"{NAME}/versions/1.0.0"):
        answer = api.get(f"/api/v1/marketplace/plugins/{path}/download")
        assert answer.get_json()["error"]["slug"] == "file_missing"
    assert counts(api) == {"1.0.0": 0}


def test_every_way_to_download_counts_the_version_that_it_sends(api: Api, root: Api) -> None:
    publish(api, "1.0.0", "2.0.0")
    place = f"/api/v1/marketplace/plugins/{NAME}"
    place_by_id = place.replace(NAME, api.get(place).get_json()["data"]["id"])
    for form in (str, str.upper):
        assert api.post("/api/plugins/download", {"name": form(NAME)}).status_code == 200
        assert api.post("/api/plugins/version/download", {"name": form(NAME), "version": "1.0.0"}).status_code == 200
    for base in (place, place_by_id):
        for path in ("download", "versions/2.0.0/download", "versions/1.0.0%2Bbuild/download"):
            answer = api.get(f"{base}/{path}")
            assert (answer.status_code, answer.headers["Accept-Ranges"]) == (200, "bytes")
            assert api._call("HEAD", f"{base}/{path}").status_code == 200
            assert api.get(f"{base}/{path}", headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
    assert counts(api) == {"1.0.0": 2 + 2, "2.0.0": 2 + 4}
    assert root.post("/api/plugins/version/deprecate", {"name": NAME, "version": "1.0.0"}).status_code == 200
    assert re.fullmatch(r"@\d{10}", api.get(f"{place}/versions/1.0.0/download").headers["Deprecation"])
    assert "Deprecation" not in api.get(f"{place}/download").headers
