"""Disk space: uploads are refused in their surface's envelope before the disk is full; everything else works."""

from __future__ import annotations

import io
import logging
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from microdock_server.config import ConfigurationError, ensure_safe
from microdock_server.services.files import disk_space
from microdock_server.services.files.disk_space import DiskGuard

from ..conftest import AppFactory
from ..market import png
from ..support import Api, multipart, package, settings_for, signed_in, stored_files, stored_rows

# More than any disk has.
HUGE = str(1 << 50)


@pytest.fixture
def full(make_app: AppFactory) -> Flask:
    """An application whose disk has less left than it keeps free."""
    return make_app(DISK_RESERVE=HUGE, DISK_WARNING=HUGE)


def validate(api: Api) -> TestResponse:
    return api.post("/api/plugins/validate", data={"file": (io.BytesIO(package()), "p.zip")})


def submit(api: Api) -> TestResponse:
    form = {"plugin_file": (io.BytesIO(package()), "p.zip"), "version": "1.0.0"}
    return api.post("/api/v1/marketplace/plugins", data=form)


def picture(api: Api) -> TestResponse:
    form = {"icon": (io.BytesIO(png()), "icon.png")}
    return api._call("PUT", "/api/v1/marketplace/plugins/com.example.myplugin", data=form)


class TestRefusal:
    @pytest.mark.parametrize("call", [Api.upload, Api.back_up, validate], ids=["plugin", "backup", "validate"])
    def test_on_the_host_surface(self, full: Flask, call: Any) -> None:
        before = stored_rows(full)
        answer = call(Api(full))
        assert answer.status_code == 507
        body = answer.get_json()
        assert (body["success"], body["status"], body["error"]) == (False, 507, "storage_full")
        assert body["message"] == "磁盘空间不足"
        assert stored_files(full) == []
        assert stored_rows(full) == before

    @pytest.mark.parametrize("call", [submit, picture], ids=["plugin", "picture"])
    def test_on_the_marketplace_surface(self, full: Flask, call: Any) -> None:
        answer = call(signed_in(full))
        assert answer.status_code == 507
        body = answer.get_json()
        assert (body["code"], body["error"]["slug"]) == (507, "storage_full")
        assert stored_files(full) == []

    def test_is_a_line_in_the_log(self, full: Flask, caplog: pytest.LogCaptureFixture) -> None:
        Api(full).upload()
        told = [(record.levelname, record.getMessage(), record.exc_info) for record in caplog.records]
        assert ("WARNING", "/api/plugins/upload refused: storage_full", None) in told
        assert "ERROR" not in {level for level, _, _ in told[1:]}

    def test_is_counted(self, full: Flask) -> None:
        api = Api(full)
        before = counted(api)
        api.upload()
        assert counted(api) == before + 1

    def test_reading_goes_on(self, full: Flask, root: Api) -> None:
        api = Api(full)
        assert api.get("/readyz").status_code == 200
        assert api.get("/api/plugins/list").status_code == 200
        disk = signed_in(full).get("/api/v1/admin/system/resources").get_json()["data"]["disk"]
        assert (disk["state"], disk["reserve"]) == ("full", 1 << 50)


def counted(api: Api) -> float:
    lines = api.get("/metrics").text.splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith("microdock_refused_for_space_total "))


def test_a_warning_below_the_reserve_is_a_wrong_setting(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="DISK_WARNING"):
        ensure_safe(settings_for(tmp_path, DISK_RESERVE="10", DISK_WARNING="9"))


class TestGuard:
    @pytest.fixture
    def small(self, tmp_path: Path) -> Iterator[Path]:
        """A filesystem of 4 MiB."""
        place = tmp_path / "small"
        place.mkdir()
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(place)], check=False)
        if done.returncode != 0:
            pytest.skip("no filesystem can be mounted here")
        yield place
        subprocess.run(["umount", str(place)], check=True)

    @pytest.fixture(autouse=True)
    def fresh(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(disk_space, "KEPT_SECONDS", 0.0)

    def test_warns_once_for_every_crossing(self, small: Path, caplog: pytest.LogCaptureFixture) -> None:
        guard = DiskGuard({"data": small}, 1 << 20, 2 << 20)
        caplog.set_level(logging.INFO)
        seen = []
        for size in (0, 5 << 19, 6 << 19, 7 << 19, 7 << 19, 0):
            fill(small / "file", size)
            seen.append(guard.state())
        assert seen == ["ok", "low", "low", "full", "full", "ok"]
        levels = [record.levelname for record in caplog.records if "disk space" in record.message]
        assert levels == ["WARNING", "ERROR", "INFO"]

    def test_keeps_the_reserve_free(self, small: Path) -> None:
        guard = DiskGuard({"data": small}, 1 << 20, 1 << 20)
        assert guard.has_room(3 << 20)
        assert not guard.has_room((3 << 20) + 1)

    def test_looks_at_every_filesystem(self, small: Path, tmp_path: Path) -> None:
        assert DiskGuard({"data": tmp_path}, 0, 0).has_room(5 << 20)
        assert not DiskGuard({"data": tmp_path, "temp": small / "not" / "yet"}, 0, 0).has_room(5 << 20)

    def test_asks_the_disk_once_a_second(self, small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(disk_space, "KEPT_SECONDS", 3600.0)
        guard = DiskGuard({"data": small}, 0, 0)
        before = guard.spaces()
        fill(small / "file", 1 << 20)
        assert guard.spaces() == before

    def test_only_what_would_not_fit_is_refused(self, make_app: AppFactory, small: Path) -> None:
        reserve = str((4 << 20) - (600 << 10))
        app = make_app(DISK_RESERVE=reserve, DISK_WARNING=reserve, BACKUP_DIR=str(small / "backups"))
        api, data = Api(app), os.urandom(400 << 10)
        assert api.back_up(data).status_code == 200
        refused = api.back_up(data)
        assert (refused.status_code, refused.get_json()["error"]) == (507, "storage_full")
        assert api.back_up(b"small").status_code == 200

    def test_a_body_that_does_not_tell_its_length_is_refused_while_it_arrives(
        self, make_app: AppFactory, small: Path
    ) -> None:
        reserve = str((4 << 20) - (300 << 10))
        app = make_app(DISK_RESERVE=reserve, DISK_WARNING=reserve, TEMP_DIR=str(small / "temp"))
        for size, status in ((400 << 10, 507), (100 << 10, 200)):
            answer = Api(app).post("/api/backups/upload", **chunked(os.urandom(size)))
            assert answer.status_code == status
            assert list((small / "temp").iterdir()) == []


def chunked(data: bytes) -> dict[str, Any]:
    """Options of an upload whose length nobody told."""
    whole = multipart(
        ('Content-Disposition: form-data; name="user_key"', b"user123abc"),
        ('Content-Disposition: form-data; name="backup_type"', b"program"),
        ('Content-Disposition: form-data; name="file"; filename="b.zip"', data),
    )
    return {
        "input_stream": io.BytesIO(whole["data"]),
        "headers": {**whole["headers"], "Transfer-Encoding": "chunked"},
        "environ_overrides": {"wsgi.input_terminated": True},
    }


def fill(path: Path, size: int) -> None:
    path.write_bytes(os.urandom(size))
