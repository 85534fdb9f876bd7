"""Permissions of the server's files, whatever the umask: its user, and its group for what a proxy sends."""

from __future__ import annotations

import logging
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask

from microdock_server import file_modes
from microdock_server.file_modes import Layout
from microdock_server.observability.log_rotation import SharedRotatingHandler

from . import forkserver
from .conftest import AppFactory
from .live import prepared_server
from .support import Api, package

ROOT = Path(__file__).parent.parent


@contextmanager
def umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def open_to_others(root: Path, *shared: Path) -> dict[str, str]:
    """What has another mode than it should; what is `shared`, and below it, is the group's to read."""
    wrong = {}
    for path in (root, *root.rglob("*")):
        is_shared = any(path.is_relative_to(area) for area in shared)
        expected = (0o750 if is_shared else 0o700) if path.is_dir() else (0o640 if is_shared else 0o600)
        if shared and path == root:
            # The group passes; that it lists as well is the administrator's choice.
            expected = mode(path) & 0o040 | 0o710
        if mode(path) != expected:
            wrong[str(path.relative_to(root))] = oct(mode(path))
    return wrong


def command(data: Path, *words: str) -> None:
    environment = {
        **os.environ,
        "DATA_DIR": str(data),
        "DEBUG": "true",
        "FLASK_APP": "microdock_server:create_app",
        "LOG_LEVEL": "WARNING",
    }
    done = forkserver.run([sys.executable, "-m", "flask", *words], cwd=ROOT, env=environment, timeout=120)
    assert done.returncode == 0, done.stderr


@pytest.mark.live
@pytest.mark.sqlite
@pytest.mark.parametrize(("mask", "prefix"), [(0, ""), (0o022, "/internal")])
def test_everything_of_a_servers_life_is_its_own(prepared_data: Path, tmp_path: Path, mask: int, prefix: str) -> None:
    (tmp_path / "site").mkdir()
    data, out = tmp_path / "site/data", tmp_path / "site/snapshots"
    with umask(mask):
        server = prepared_server(prepared_data, data, **({"X_ACCEL_PREFIX": prefix} if prefix else {}))
        for path in (data, *data.rglob("*")):
            path.chmod(0o777 if path.is_dir() else 0o666)
        server.start()
        try:
            assert server.client.upload(package()).status_code == 200
            assert server.client.back_up(b"mine").status_code == 200
            assert server.client.download().status_code == 200
            assert server.client.log_in().get("/api/v1/admin/system/resources").status_code == 200
            areas = [data / "uploads", data / "backups"]
            assert any(path.is_file() for path in areas[0].rglob("*"))
            assert {"microdock.db", "microdock.db-wal", "jwt-secret", "logs", "metrics"} <= {
                path.name for path in data.iterdir()
            }
            assert open_to_others(data, *(areas if prefix else [])) == {}
            command(data, "backup", "create", "--out", str(out))
            assert server.stop() == 0
        finally:
            server.kill()
        assert open_to_others(out) == {}
        [archive] = [path for path in out.iterdir() if path.stat().st_size]
        command(tmp_path / "other", "backup", "restore", str(archive), "--data-dir", str(data))
        assert open_to_others(data) == {}


@pytest.mark.sqlite
def test_what_a_request_writes_does_not_depend_on_the_umask(make_app: AppFactory) -> None:
    for settings in ({"RATELIMIT_ENABLED": "true"}, {"X_ACCEL_PREFIX": "/internal", "RATELIMIT_ENABLED": "true"}):
        app = make_app(**settings)
        data = app.extensions["microdock"].settings.data_dir
        data.chmod(0o710 if "X_ACCEL_PREFIX" in settings else 0o700)
        (data / "microdock.db").chmod(0o600)
        with umask(0):
            assert Api(app).upload().status_code == 200
            assert Api(app).back_up().status_code == 200
        areas = [data / "uploads", data / "backups"]
        made = {path: mode(path) for area in areas for path in (area, *area.rglob("*"))}
        is_shared = "X_ACCEL_PREFIX" in settings
        for path, found in made.items():
            assert found == ((0o750 if is_shared else 0o700) if path.is_dir() else (0o640 if is_shared else 0o600))
        assert mode(data / "ratelimits.db") == 0o600
        assert mode(app.extensions["microdock"].settings.temp_dir) == 0o700


def test_rotated_logs_are_as_private(tmp_path: Path) -> None:
    with umask(0):
        handler = SharedRotatingHandler(str(tmp_path / "a.log"), max_bytes=10, keep=2)
        for _ in range(5):
            handler.emit(logging.LogRecord("x", logging.INFO, "x", 1, "a line of text", (), None))
        handler.close()
    found = {path.name: mode(path) for path in tmp_path.iterdir()}
    assert {"a.log", "a.log.1", "a.log.2"} <= found.keys()
    assert set(found.values()) == {0o600}


class TestTightening:
    @pytest.fixture
    def data(self, tmp_path: Path) -> Path:
        data = tmp_path / "data"
        for path in ("uploads/ab/blob", "logs/app.log", "logs/app.log.1", "metrics/1/x.db", "m.db", "elsewhere/script"):
            (data / path).parent.mkdir(parents=True, exist_ok=True)
            (data / path).touch()
        for path in (data, *data.rglob("*")):
            path.chmod(0o777 if path.is_dir() else 0o666)
        return data

    def layout(self, data: Path, *, is_shared: bool = False) -> Layout:
        return Layout(data, [data / "uploads", data / "backups"], [data / "logs", data / "metrics"], [], is_shared)

    def test_takes_what_is_ours_and_says_so_once(self, data: Path, caplog: pytest.LogCaptureFixture) -> None:
        assert file_modes.tighten(self.layout(data)) == 11
        assert [record.levelname for record in caplog.records] == ["WARNING"]
        (data / "elsewhere/script").chmod(0o600)
        (data / "elsewhere").chmod(0o700)
        assert open_to_others(data) == {}
        assert file_modes.tighten(self.layout(data)) == 0
        assert len(caplog.records) == 1

    def test_leaves_what_it_does_not_know(self, data: Path) -> None:
        (data / "leads-away").symlink_to(data / "elsewhere/script")
        (data / "logs").chmod(0o1777)
        file_modes.tighten(self.layout(data))
        assert mode(data / "elsewhere/script") == 0o666
        assert mode(data / "elsewhere") == 0o777
        assert mode(data / "logs") == 0o1777

    def test_opens_to_the_group_what_a_proxy_sends_and_closes_it_again(self, data: Path) -> None:
        file_modes.tighten(self.layout(data))
        file_modes.tighten(self.layout(data, is_shared=True))
        found = [mode(path) for path in (data, data / "uploads", data / "uploads/ab", data / "uploads/ab/blob")]
        assert found == [0o710, 0o750, 0o750, 0o640]
        assert [mode(data / name) for name in ("m.db", "logs", "logs/app.log")] == [0o600, 0o700, 0o600]
        data.chmod(0o2750)
        assert file_modes.tighten(self.layout(data, is_shared=True)) == 0
        file_modes.tighten(self.layout(data))
        assert [mode(path) for path in (data, data / "uploads", data / "uploads/ab/blob")] == [0o2700, 0o700, 0o600]

    def test_a_refusal_keeps_nobody_from_starting(self, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def refused(*_: object, **__: object) -> None:
            raise PermissionError("not yours")

        monkeypatch.setattr(Path, "chmod", refused)
        assert file_modes.tighten(self.layout(data)) == 0

    def test_what_belongs_to_another_stays(self, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(os, "geteuid", lambda: 4711)
        assert file_modes.tighten(self.layout(data)) == 0
        assert mode(data / "m.db") == 0o666


def test_a_document_for_others_is_theirs_to_read(app: Flask, tmp_path: Path) -> None:
    with umask(0o077):
        done = app.test_cli_runner().invoke(args=["openapi", str(tmp_path / "openapi.json")])
    assert done.exit_code == 0
    assert mode(tmp_path / "openapi.json") == 0o644
