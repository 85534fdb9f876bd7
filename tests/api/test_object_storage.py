"""The API with a bucket: clients see no difference, except for who sends the bytes."""

from __future__ import annotations

import hashlib
import os
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from flask import Flask

from ..conftest import AppFactory
from ..market import PLUGINS
from ..peers.s3 import S3Server
from ..support import Api, multipart, package, signed_in, stored_files

NAME = "com.example.myplugin"
PACKAGE = package()


@pytest.fixture
def bucket(s3: S3Server) -> str:
    return s3.make_bucket()


@pytest.fixture
def app(make_app: AppFactory, s3: S3Server, bucket: str) -> Flask:
    """An application that redirects downloads to the bucket."""
    return make_app(**s3.settings(bucket))


@pytest.fixture
def proxying(make_app: AppFactory, s3: S3Server, bucket: str) -> Flask:
    """An application that sends what is in the bucket itself."""
    return make_app(**s3.settings(bucket, STORAGE_DOWNLOADS="proxy"))


def downloads(api: Api) -> int:
    detail = api.post("/api/plugins/detail", {"name": NAME}).get_json()["data"]
    return sum(row["download_count"] for row in detail["versions"])


def back_up(api: Api, data: bytes) -> None:
    """Upload a large backup; the test client would leave its own temporary file of a form open."""
    form = multipart(
        ('Content-Disposition: form-data; name="user_key"', b"user123abc"),
        ('Content-Disposition: form-data; name="backup_type"', b"program"),
        ('Content-Disposition: form-data; name="file"; filename="b.zip"', data),
    )
    answer = api.post("/api/backups/upload", **form)
    assert answer.status_code == 200, answer.get_data(as_text=True)


def address(api: Api) -> str:
    """Where the marketplace hands the plugin's package out."""
    [plugin] = api.get(PLUGINS).get_json()["data"]["plugins"]
    return f"{PLUGINS}/{plugin['id']}/download"


class TestUploads:
    def test_are_kept_in_the_bucket_and_nowhere_else(self, app: Flask, api: Api, s3: S3Server, bucket: str) -> None:
        assert api.upload(PACKAGE).status_code == 200
        assert api.back_up(b"a backup").status_code == 200
        held = s3.stored(bucket)
        assert sorted(held.objects.values()) == sorted([len(PACKAGE), 8])
        assert all(key.startswith(("some/prefix/uploads/", "some/prefix/backups/")) for key in held.objects)
        assert (held.unfinished, stored_files(app)) == ([], [])

    def test_of_many_parts_are_whole(self, app: Flask, api: Api, s3: S3Server, bucket: str) -> None:
        data = os.urandom(20_000_003)
        back_up(api, data)
        assert list(s3.stored(bucket).objects.values()) == [len(data)]
        answer = api.post("/api/backups/download", {"user_key": "user123abc", "id": 1})
        got = requests.get(answer.headers["Location"], timeout=60)
        assert hashlib.sha256(got.content).digest() == hashlib.sha256(data).digest()

    def test_that_are_refused_leave_nothing(self, app: Flask, api: Api, s3: S3Server, bucket: str) -> None:
        assert api.upload(PACKAGE).status_code == 200
        assert api.upload(PACKAGE).status_code == 409
        assert len(s3.stored(bucket).objects) == 1

    def test_that_are_deleted_are_gone(self, app: Flask, s3: S3Server, bucket: str) -> None:
        root = signed_in(app)
        assert root.upload(PACKAGE).status_code == 200
        assert root.post("/api/plugins/delete", {"name": NAME}).status_code == 200
        assert s3.stored(bucket).objects == {}


class TestRedirects:
    def test_lead_to_the_package_under_its_name(self, app: Flask, api: Api) -> None:
        assert api.upload(PACKAGE).status_code == 200
        answer = api.post("/api/plugins/download", {"name": NAME})
        assert (answer.status_code, answer.headers["Cache-Control"]) == (303, "no-store")
        got = requests.get(answer.headers["Location"], timeout=60)
        assert (got.status_code, got.content) == (200, PACKAGE)
        assert got.headers["Content-Disposition"] == 'attachment; filename="myplugin@1.0.0.zip"'
        assert got.headers["Content-Type"] == "application/zip"

    def test_name_a_backup_in_its_own_words(self, app: Flask, api: Api) -> None:
        assert api.back_up(b"a backup", name="备份.zip").status_code == 200
        answer = api.post("/api/backups/download", {"user_key": "user123abc", "id": 1})
        got = requests.get(answer.headers["Location"], timeout=60)
        assert got.content == b"a backup"
        assert got.headers["Content-Disposition"].startswith('attachment; filename="backup_program_')

    def test_are_good_for_as_long_as_the_setting_says(self, make_app: AppFactory, s3: S3Server, bucket: str) -> None:
        api = Api(make_app(**s3.settings(bucket, STORAGE_LINK_SECONDS="77")))
        assert api.upload(PACKAGE).status_code == 200
        query = parse_qs(urlsplit(api.post("/api/plugins/download", {"name": NAME}).headers["Location"]).query)
        assert query["X-Amz-Expires"] == ["77"]

    def test_lead_to_where_clients_reach_the_bucket(self, make_app: AppFactory, s3: S3Server, bucket: str) -> None:
        url = f"{s3.address(bucket)}&public_endpoint=https://files.example.com"
        api = Api(make_app(**s3.settings(bucket, STORAGE_URL=url)))
        assert api.upload(PACKAGE).status_code == 200
        where = api.post("/api/plugins/download", {"name": NAME}).headers["Location"]
        assert where.startswith(f"https://files.example.com/{bucket}/some/prefix/uploads/")

    def test_are_counted_each(self, app: Flask, api: Api) -> None:
        assert api.upload(PACKAGE).status_code == 200
        for _ in range(3):
            assert api.post("/api/plugins/download", {"name": NAME}).status_code == 303
        assert downloads(api) == 3

    def test_of_a_get_keep_its_range_and_its_conditions(self, app: Flask, api: Api) -> None:
        assert api.upload(PACKAGE).status_code == 200
        path = address(api)
        digest = hashlib.sha256(PACKAGE).hexdigest()
        head = api._call("HEAD", path)
        assert (head.status_code, head.content_length) == (200, len(PACKAGE))
        assert api.get(path, headers={"If-None-Match": f'"{digest}"'}).status_code == 304
        assert downloads(api) == 0
        part = api.get(path, headers={"Range": "bytes=10-19"})
        got = requests.get(part.headers["Location"], headers={"Range": "bytes=10-19"}, timeout=60)
        assert (part.status_code, got.status_code, got.content) == (303, 206, PACKAGE[10:20])
        assert downloads(api) == 0
        assert api.get(path).status_code == 303
        assert downloads(api) == 1
        assert api.get(path, headers={"Range": f"bytes={len(PACKAGE)}-"}).status_code == 416

    def test_are_not_for_conditions_that_the_bucket_would_judge_otherwise(self, app: Flask, api: Api) -> None:
        assert api.upload(PACKAGE).status_code == 200
        path, etag = address(api), f'"{hashlib.sha256(PACKAGE).hexdigest()}"'
        # The bucket has an entity tag of its own: it would refuse ours.
        for conditions in ({"If-Match": etag}, {"If-Range": etag}):
            part = api.get(path, headers={"Range": "bytes=10-19", **conditions})
            assert (part.status_code, part.data, downloads(api)) == (206, PACKAGE[10:20], 0)
        assert api.get(path, headers={"Range": "bytes=10-19", "If-Match": '"another"'}).status_code == 412
        whole = api.get(path, headers={"Range": "bytes=10-19", "If-Range": '"another"'})
        assert (whole.status_code, whole.data, downloads(api)) == (200, PACKAGE, 1)

    def test_are_in_no_log(self, make_app: AppFactory, s3: S3Server, bucket: str) -> None:
        app = make_app(**s3.settings(bucket, LOG_LEVEL="DEBUG"))
        api = Api(app)
        assert api.upload(PACKAGE).status_code == 200
        where = api.post("/api/plugins/download", {"name": NAME}).headers["Location"]
        signature = parse_qs(urlsplit(where).query)["X-Amz-Signature"][0]
        logs = list(app.extensions["microdock"].settings.log_dir.glob("*"))
        text = "".join(path.read_text(errors="replace") for path in logs)
        assert "plugins/download" in text
        assert signature not in text
        assert "X-Amz-" not in text


class TestProxying:
    def test_sends_what_the_local_disk_would(self, proxying: Flask) -> None:
        api = Api(proxying)
        assert api.upload(PACKAGE).status_code == 200
        answer = api.post("/api/plugins/download", {"name": NAME})
        assert (answer.status_code, answer.data) == (200, PACKAGE)
        assert answer.headers["ETag"] == f'"{hashlib.sha256(PACKAGE).hexdigest()}"'
        assert answer.headers["Content-Disposition"] == 'attachment; filename="myplugin@1.0.0.zip"'
        assert downloads(api) == 1

    def test_sends_ranges(self, proxying: Flask) -> None:
        api = Api(proxying)
        assert api.upload(PACKAGE).status_code == 200
        part = api.get(address(api), headers={"Range": "bytes=10-19"})
        assert (part.status_code, part.data) == (206, PACKAGE[10:20])
        assert downloads(api) == 0

    def test_of_a_large_file_is_whole(self, proxying: Flask) -> None:
        api, data = Api(proxying), os.urandom(9_000_001)
        back_up(api, data)
        assert api.post("/api/backups/download", {"user_key": "user123abc", "id": 1}).data == data
