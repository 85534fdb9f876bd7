"""Preconditions and ranges of files in the order of RFC 9110, for every kind of file."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from microdock_server.api.core import preconditions
from microdock_server.api.system.health import admin_page
from microdock_server.errors import PreconditionFailed, RangeNotSatisfiable

from ..conftest import AppFactory
from ..market import png
from ..support import Api, package

ETAG = '"abc"'
SIZE = 100
CONTENT = package()
TAG = f'"{hashlib.sha256(CONTENT).hexdigest()}"'
PATHS = [
    "/api/v1/marketplace/plugins/com.example.myplugin/download",
    "/v1/marketplace/plugins/com.example.myplugin/versions/1.0.0/download",
]


def asked(method: str = "GET", **headers: str) -> dict[str, Any]:
    return {"REQUEST_METHOD": method, **{f"HTTP_{name.upper()}": value for name, value in headers.items()}}


class TestTags:
    @pytest.mark.parametrize("header", [ETAG, "*", ' "x" , "abc"', '"x,y", "abc"', ',,  "abc"', "abc"])
    def test_the_right_one_is_found(self, header: str) -> None:
        assert preconditions.is_known(asked(if_match=header), ETAG) is False
        assert preconditions.is_known(asked(if_none_match=header), ETAG) is True

    @pytest.mark.parametrize("header", ['"x"', '"ABC"', '"a", "bc"', '"*"', '*, "x"', "", '"abc, "', 'W/"x"'])
    def test_another_one_is_not(self, header: str) -> None:
        with pytest.raises(PreconditionFailed):
            preconditions.is_known(asked(if_match=header), ETAG)
        assert preconditions.is_known(asked(if_none_match=header), ETAG) is False

    def test_weak_ones_suffice_for_what_is_known_and_never_for_what_is_wanted(self) -> None:
        assert preconditions.is_known(asked(if_none_match='W/"abc"'), ETAG) is True
        with pytest.raises(PreconditionFailed):
            preconditions.is_known(asked(if_match='W/"abc"'), ETAG)

    def test_what_is_wanted_is_decided_before_what_is_known(self) -> None:
        with pytest.raises(PreconditionFailed):
            preconditions.is_known(asked(if_match='"x"', if_none_match=ETAG), ETAG)
        assert preconditions.is_known(asked(if_match=ETAG, if_none_match=ETAG), ETAG) is True


class TestRanges:
    @pytest.mark.parametrize(
        ("header", "expected"),
        [
            ("bytes=0-9", (0, 10)),
            ("Bytes=0-9", (0, 10)),
            ("bytes=5-", (5, 100)),
            ("bytes=99-99", (99, 100)),
            ("bytes=0-" + "9" * 5000, (0, 100)),
            ("bytes=" + "0" * 5000 + "7-8", (7, 9)),
            ("bytes=-7", (93, 100)),
            ("bytes=-100", (0, 100)),
            ("bytes=-" + "9" * 5000, (0, 100)),
            ("bytes=,0-9, ", (0, 10)),
        ],
    )
    def test_are_cut_to_the_file(self, header: str, expected: tuple[int, int]) -> None:
        assert preconditions.part(asked(range=header), ETAG, SIZE) == expected

    @pytest.mark.parametrize(
        "header",
        [
            *("bytes=5-2", "bytes=", "bytes=-", "bytes", "5-9", "bytes=a-b", "bytes=1-2-3", "bytes=+1-2", "bytes=١-٢"),
            *("items=0-9", "bytes=0-4,10-14", "bytes=0-4,x", "", "bytes 0-4/100"),
        ],
    )
    def test_that_are_none_or_several_are_ignored(self, header: str) -> None:
        assert preconditions.part(asked(range=header), ETAG, SIZE) is None

    @pytest.mark.parametrize("header", ["bytes=100-", "bytes=100-200", "bytes=-0", "bytes=" + "9" * 5000 + "-"])
    def test_behind_the_end_are_refused(self, header: str) -> None:
        with pytest.raises(RangeNotSatisfiable):
            preconditions.part(asked(range=header), ETAG, SIZE)

    def test_of_nothing(self) -> None:
        assert preconditions.part(asked(range="bytes=-5"), ETAG, 0) is None
        with pytest.raises(RangeNotSatisfiable):
            preconditions.part(asked(range="bytes=0-"), ETAG, 0)

    @pytest.mark.parametrize("method", ["HEAD", "POST"])
    @pytest.mark.parametrize("header", ["bytes=0-9", "bytes=100-"])
    def test_are_for_get_alone(self, method: str, header: str) -> None:
        assert preconditions.part(asked(method, range=header), ETAG, SIZE) is None

    @pytest.mark.parametrize("guard", ['"x"', 'W/"abc"', "abc", "*", "Sat, 01 Jan 2050 00:00:00 GMT", ""])
    def test_of_bytes_that_are_others_are_ignored(self, guard: str) -> None:
        assert preconditions.part(asked(range="bytes=0-9", if_range=guard), ETAG, SIZE) is None
        assert preconditions.part(asked(range="bytes=100-", if_range=guard), ETAG, SIZE) is None

    def test_of_the_same_bytes_are_given(self) -> None:
        assert preconditions.part(asked(range="bytes=0-9", if_range=ETAG), ETAG, SIZE) == (0, 10)


@pytest.mark.parametrize(
    ("environ", "proxy", "bucket"),
    [
        (asked(), True, True),
        (asked("POST"), True, True),
        (asked(if_none_match='"x"'), True, True),
        (asked("POST", if_none_match="*"), False, False),
        (asked(if_match=ETAG), False, False),
        (asked(if_unmodified_since="Sat, 01 Jan 2050 00:00:00 GMT"), False, False),
        (asked(if_modified_since="Sat, 01 Jan 2050 00:00:00 GMT"), False, False),
        (asked(range="bytes=5-9"), True, True),
        (asked(range="bytes=-9"), True, True),
        (asked(range="bytes=5-9", if_range=ETAG), True, False),
        (asked(range="bytes=5-9", if_range='"x"'), False, False),
        (asked(range="bytes=0-4,10-14"), False, False),
        (asked(range="bytes=0-" + "9" * 30), False, False),
        (asked(range="items=0-9"), False, False),
        (asked("POST", range="bytes=5-9"), False, False),
    ],
)
def test_others_send_a_file_only_where_they_would_decide_as_we_do(
    environ: dict[str, Any], proxy: bool, bucket: bool
) -> None:
    wanted = preconditions.part(environ, ETAG, SIZE)
    assert preconditions.is_plain(environ, wanted, knows_etag=True) is proxy
    assert preconditions.is_plain(environ, wanted, knows_etag=False) is bucket


def fetch(api: Api, path: str, method: str = "GET", **headers: str) -> TestResponse:
    return api._call(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})


def count(api: Api) -> int:
    found = api.post("/api/plugins/versions", {"name": "com.example.myplugin"}).get_json()["data"]
    return sum(version["download_count"] for version in found)


class TestPackages:
    def test_keep_the_order(self, app: Flask) -> None:
        api = Api(app)
        assert api.upload(CONTENT).status_code == 200
        for path in PATHS:
            for headers in ({}, {"Range": "bytes=5-9"}, {"If-None-Match": TAG}, {"If-Range": TAG}):
                for method in ("GET", "HEAD"):
                    refused = fetch(api, path, method, If_Match='"another"', **headers)
                    assert (refused.status_code, refused.headers["ETag"]) == (412, TAG)
            body = fetch(api, path, If_Match=f"W/{TAG}").get_json()
            assert (body["code"], body["error"]["slug"]) == (412, "precondition_failed")
            assert fetch(api, path, If_Match=TAG, If_None_Match=TAG, Range="bytes=9999999-").status_code == 304
            part = fetch(api, path, If_Match=f'"another", {TAG}', Range="bytes=5-9")
            assert (part.status_code, part.data) == (206, CONTENT[5:10])
            head = fetch(api, path, "HEAD", Range="bytes=5-9")
            assert (head.status_code, head.content_length) == (200, len(CONTENT))
            assert "Content-Range" not in head.headers
            assert fetch(api, path, "HEAD", Range="bytes=9999999-").status_code == 200
        assert count(api) == 0
        whole = fetch(api, PATHS[0], If_Match="*", If_Modified_Since="Sat, 01 Jan 2050 00:00:00 GMT")
        assert (whole.status_code, whole.data, count(api)) == (200, CONTENT, 1)

    def test_by_post_are_whole(self, app: Flask) -> None:
        api = Api(app)
        assert api.upload(CONTENT).status_code == 200
        asked = {"Range": "bytes=5-9", "If-Match": '"another"', "If-None-Match": "*"}
        answer = api.post("/api/plugins/download", {"name": "com.example.myplugin"}, headers=asked)
        assert (answer.status_code, answer.data, count(api)) == (200, CONTENT, 1)

    def test_are_handed_to_a_proxy_that_answers_as_we_would(self, make_app: AppFactory) -> None:
        api = Api(make_app(X_ACCEL_PREFIX="/files"))
        assert api.upload(CONTENT).status_code == 200
        for headers in ({}, {"Range": "bytes=5-9"}, {"Range": "bytes=5-9", "If-Range": TAG}):
            assert "X-Accel-Redirect" in fetch(api, PATHS[0], **headers).headers
        sent = fetch(api, PATHS[0], Range="bytes=5-9", If_Match=TAG)
        assert (sent.status_code, sent.data, "X-Accel-Redirect" in sent.headers) == (206, CONTENT[5:10], False)
        sent = fetch(api, PATHS[0], Range="bytes=5-9", If_Range='"another"')
        assert (sent.status_code, sent.data, "X-Accel-Redirect" in sent.headers) == (200, CONTENT, False)
        assert fetch(api, PATHS[0], If_Match='"another"').status_code == 412
        # Of these, one began with the first byte and was sent, and one was handed over whole.
        assert count(api) == 2


def test_pictures_and_the_list_and_the_pages_files_keep_the_order(
    app: Flask, admin: Api, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert admin.upload(CONTENT).status_code == 200
    form = {"icon": (io.BytesIO(png(64, 64)), "icon.png")}
    changed = admin._call("PUT", "/api/v1/marketplace/plugins/com.example.myplugin", data=form)
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets/a.js").write_bytes(b"0123456789")
    monkeypatch.setattr(admin_page, "BUILT", tmp_path)
    paths = ["/admin/assets/a.js", "/docs/swagger-ui.css", "/api/plugins/list"]
    for path in [*paths, changed.get_json()["data"]["files"]["icon"]]:
        first = fetch(admin, path)
        etag = first.headers["ETag"]
        assert "Last-Modified" not in first.headers
        assert fetch(admin, path, If_None_Match=f"W/{etag}").status_code == 304
        assert fetch(admin, path, If_Match=etag, If_None_Match='"another"').data == first.data
        for method in ("GET", "HEAD"):
            refused = fetch(admin, path, method, If_Match='"another"', Range="bytes=1-2")
            assert (refused.status_code, refused.headers["ETag"]) == (412, etag)
        head = fetch(admin, path, "HEAD", Range="bytes=1-2")
        assert (head.status_code, head.content_length) == (200, len(first.data))
        if path != "/api/plugins/list":
            part = fetch(admin, path, Range="bytes=1-2", If_Match=etag, If_Range=etag)
            assert (part.status_code, part.data) == (206, first.data[1:3])
            assert fetch(admin, path, Range="bytes=99999999-").status_code == 416
            assert fetch(admin, path, Range="bytes=2-1").data == first.data


def test_a_browsers_page_and_a_plain_client_hear_the_same_of_a_list_that_changed(app: Flask) -> None:
    api = Api(app)
    for headers in ({"If-Match": '"x"'}, {"If-Match": '"x"', "Authorization": "Bearer x"}):
        refused = api.get("/api/plugins/list", headers=headers)
        assert (refused.status_code, refused.get_json()["error"]) == (412, "precondition_failed")
