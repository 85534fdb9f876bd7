"""The first start, later starts, and refusals to start."""

from __future__ import annotations

import logging
import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from traceback import format_exception

import pytest
from flask import Flask
from flask_migrate import upgrade

from microdock_server import create_app
from microdock_server.bootstrap import prepare
from microdock_server.config import ConfigurationError, load_settings
from microdock_server.serving import late_modules

from . import forkserver
from .conftest import AppFactory, release
from .live import free_port
from .peers import postgresql
from .support import Api, database_for, settings_for

ROOT = Path(__file__).parent.parent
SECRET = "a secret of more than thirty-two bytes, made for this test"
SAFE = {"DEBUG": "false", "ADMIN_PASSWORD": "a long password", "JWT_SECRET_KEY": SECRET}


@pytest.mark.parametrize(
    ("changes", "variable"),
    [
        ({"ADMIN_PASSWORD": "admin"}, "ADMIN_PASSWORD"),
        ({"ADMIN_PASSWORD": "short"}, "ADMIN_PASSWORD"),
        ({"JWT_SECRET_KEY": ""}, "JWT_SECRET_KEY"),
        ({"JWT_SECRET_KEY": "too short"}, "JWT_SECRET_KEY"),
        ({"JWT_SECRET_KEY": "your-very-secure-jwt-secret-key-minimum-32-characters"}, "JWT_SECRET_KEY"),
        ({"DEBUG": "true", "ADMIN_PASSWORD": "admin", "HOST": "0.0.0.0"}, "ADMIN_PASSWORD"),
        ({"REDIS_URL": "localhost:6379"}, "REDIS_URL"),
        ({"REDIS_URL": "redis://:se/cret@localhost"}, "REDIS_URL"),
        ({"REDIS_URL": "redis://localhost/0?socket_timeout=60"}, "REDIS_URL"),
        ({"STORAGE_URL": "s3://bucket"}, "AWS_ACCESS_KEY_ID"),
        ({"STORAGE_URL": "s3://bucket", "AWS_ACCESS_KEY_ID": "id"}, "AWS_SECRET_ACCESS_KEY"),
    ],
    ids=str,
)
def test_unsafe_settings_are_refused_by_name(tmp_path: Path, changes: dict[str, str], variable: str) -> None:
    with pytest.raises(ConfigurationError, match=variable):
        create_app(settings_for(tmp_path, **{**SAFE, **changes}))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "0"),
        ("PORT", "x"),
        ("JWT_ALGORITHM", "none"),
        ("LOG_LEVEL", "LOUD"),
        ("MAX_UPLOAD_SIZE", "-1"),
        ("DATABASE_URL", "mysql://x"),
        ("DATABASE_URL", "sqlite:///:memory:"),
        ("PUBLIC_URL", "ftp://x"),
        ("X_ACCEL_PREFIX", "internal"),
        ("STORAGE_URL", "bucket"),
        ("STORAGE_URL", "s3://"),
        ("STORAGE_URL", "s3://Bucket"),
        ("STORAGE_URL", "s3://bucket/../other"),
        ("STORAGE_URL", "s3://bucket?endpoint=ftp://x"),
        ("STORAGE_URL", "s3://bucket?endpoint=http://x:port"),
        ("STORAGE_URL", "s3://bucket?region="),
        ("STORAGE_URL", "s3://bucket?colour=red"),
        ("STORAGE_DOWNLOADS", "maybe"),
        ("STORAGE_LINK_SECONDS", "5"),
        ("INSTALL_PERMISSIONS", "a=huge"),
        ("TRUSTED_PROXIES", "-1"),
    ],
)
def test_a_value_out_of_range_is_refused_by_name(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(ConfigurationError, match=name):
        settings_for(tmp_path, **{name: value})


@pytest.mark.parametrize(
    "url",
    [
        "s3://key:hush-hush@bucket",
        "s3://bucket?endpoint=http://key:hush-hush@127.0.0.1:9000",
        "s3://bucket?secret_access_key=hush-hush",
        "s3://bucket?hush-hush",
    ],
)
def test_credentials_in_the_address_of_a_bucket_are_refused_and_not_repeated(tmp_path: Path, url: str) -> None:
    with pytest.raises(ConfigurationError, match="STORAGE_URL") as refused:
        settings_for(tmp_path, STORAGE_URL=url)
    assert "credentials" in str(refused.value)
    assert "hush" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "postgresql://user:hush@hush@host/database"),
        ("DATABASE_URL", "postgresql://user@host:hush/database"),
        ("DATABASE_URL", "postgresql://user:hu@sh/hush@host/database"),
        ("STORAGE_URL", "s3://key:hush\u2100@bucket"),
        ("STORAGE_URL", "s3://bucket?endpoint=http://key:hush\u2100@host"),
        ("STORAGE_URL", "s3://bucket?endpoint=http://host:hush"),
        ("CLAMAV_URL", "tcp://user:hush\u2100@host:3310"),
        ("CLAMAV_URL", "tcp://host:hush"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://user:hush\u2100@host"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://user:hush@host"),
        ("PUBLIC_URL", "http://user:hush\u2100@host"),
        ("PUBLIC_URL", "http://host:hush"),
        ("REDIS_URL", "redis://:hush\u2100@host"),
    ],
)
def test_what_a_wrong_address_holds_is_not_repeated(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(ConfigurationError, match=name) as refused:
        settings_for(tmp_path, **{name: value})
    assert "hush" not in "".join(format_exception(refused.value))


def test_settings_do_not_show_their_secrets(tmp_path: Path) -> None:
    secrets = {
        "DATABASE_URL": "postgresql://user:hush@host/database",
        "REDIS_URL": "redis://:hush@host",
        **dict.fromkeys(("ADMIN_PASSWORD", "JWT_SECRET_KEY", "UPLOAD_SECRET_KEY"), "hush"),
        **dict.fromkeys(("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"), "hush"),
    }
    settings = settings_for(tmp_path, **secrets)
    assert "hush" in settings.database_url
    assert "hush" not in repr(settings)


@pytest.mark.parametrize(
    "command",
    [("flask", "db", "upgrade"), ("flask", "db", "copy", "--from", "sqlite:///old.db"), ("gunicorn", "wsgi:app")],
    ids=" ".join,
)
def test_what_an_unreachable_database_leaves_on_the_console_has_no_password(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    settings = {
        "DATA_DIR": str(tmp_path),
        "DATABASE_URL": f"postgresql://user:hush@127.0.0.1:{free_port()}/database",
        "REDIS_URL": f"redis://user:hush@127.0.0.1:{free_port()}",
        "AUTO_MIGRATE": "true",
        "FLASK_APP": "wsgi",
        "PORT": str(free_port()),
    }
    program = [sys.executable, "-P", "-m", *command]
    done = forkserver.run(program, cwd=ROOT, env={**os.environ, **settings}, text=True, timeout=60)
    assert done.returncode != 0
    told = done.stdout + done.stderr + "".join(path.read_text() for path in (tmp_path / "logs").iterdir())
    assert "database cannot be opened: connection failed" in told and "refused" in told
    assert "hush" not in told


def test_safe_settings_are_served(tmp_path: Path) -> None:
    app = create_app(settings_for(tmp_path, **SAFE, HOST="0.0.0.0"))
    with app.app_context():
        upgrade()
    prepare(app)
    Api(app).log_in("admin", "a long password")
    release(app)


def test_the_spellings_of_the_document_are_understood(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path(".env").write_text("JWT_EXPIRE_MINUTES=480  # 8 hours\nALLOWED_EXTENSIONS={'.zip', '.bak'}\n")
    monkeypatch.setenv("DATABASE_URL", "sqlite+aiosqlite:///./data/plugins.db")
    monkeypatch.setenv("CORS_ORIGINS", '["https://a.example", "https://b.example/"]')
    settings = load_settings({})
    assert settings.jwt_expire_minutes == 480
    assert settings.allowed_extensions == (".zip", ".bak")
    assert settings.sqlite_path == tmp_path / "data" / "plugins.db"
    assert settings.cors_origins == ("https://a.example", "https://b.example")


@pytest.mark.sqlite
def test_a_missing_secret_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    first = settings_for(tmp_path).jwt_secret_key
    assert len(first) >= 32
    assert settings_for(tmp_path).jwt_secret_key == first
    assert stat.S_IMODE((tmp_path / "jwt-secret").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["jwt-secret"]


def test_a_changed_password_variable_warns_and_changes_nothing(
    make_app: AppFactory, caplog: pytest.LogCaptureFixture
) -> None:
    app = make_app(ADMIN_PASSWORD="another password")
    logging.getLogger().addHandler(caplog.handler)
    prepare(app)
    logging.getLogger().removeHandler(caplog.handler)
    assert "ADMIN_PASSWORD changed since the first start" in caplog.text
    assert "another password" not in caplog.text
    Api(app).log_in("admin", "admin")


def test_a_stored_default_password_is_not_served_to_others(make_app: AppFactory) -> None:
    app = make_app(**SAFE)
    with pytest.raises(ConfigurationError, match="set-password"):
        prepare(app)
    changed = app.test_cli_runner().invoke(args=["users", "set-password", "admin", "--password", "a new password"])
    assert changed.exit_code == 0, changed.output
    prepare(app)


def test_a_start_says_in_one_line_that_the_documented_password_is_in_use(
    app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    prepare(app)
    [line] = [record.getMessage() for record in caplog.records if "documented password" in record.getMessage()]
    assert "'admin'" in line and "set-password admin" in line and "\n" not in line
    changed = app.test_cli_runner().invoke(args=["users", "set-password", "admin", "--password", "a new password"])
    assert changed.exit_code == 0
    caplog.clear()
    prepare(app)
    assert "documented password" not in caplog.text


def test_a_server_that_starts_loads_nothing_that_few_requests_need(prepared_data: Path, tmp_path: Path) -> None:
    """Each of these takes tens of milliseconds of every start, and memory of every worker."""
    heavy = ("alembic", "flask_migrate", "mako", "pygments", "psutil", "zstandard")
    converting = ("PIL", "markdown_it", "nh3", "wsproto")
    ours = ("cli.sections", "jobs.worker", "snapshots")
    unwanted = {*heavy, *converting, *(f"microdock_server.{name}" for name in ours), *late_modules.MODULES}
    data = Path(shutil.copytree(prepared_data, tmp_path / "data"))
    # What the arbiter loads, in a process that has loaded nothing yet.
    code = "import sys, wsgi; from microdock_server.serving import late_modules, worker; print(*sys.modules);"
    code += "late_modules.load(); print(*sys.modules)"
    safe = {"DATA_DIR": str(data), "LOG_LEVEL": "ERROR", "DEBUG": "true", "HOST": "127.0.0.1", **database_for(data)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env={**os.environ, **safe}, capture_output=True, text=True, check=False
    )
    postgresql.forget(data)
    assert done.returncode == 0, done.stderr
    at_start, later = (set(line.split()) for line in done.stdout.splitlines())
    assert "microdock_server.services.plugins.images" in at_start
    assert at_start.isdisjoint(unwanted), sorted(at_start.intersection(unwanted))
    assert later >= {*converting, *late_modules.MODULES}


def test_what_requests_import_inside_functions_is_loaded_soon_after_the_start() -> None:
    package = ROOT / "microdock_server"
    found = set()
    for path in (file for part in ("api", "services", "media", "storage") for file in (package / part).rglob("*.py")):
        for line in path.read_text(encoding="utf-8").splitlines():
            if match := re.match(r"\s+(?:from (\S+) )?import (\w+).*PLC0415", line):
                found.add((match[1] or match[2]).rpartition(".")[2])
    assert found == {name.rpartition(".")[2] for name in late_modules.MODULES}


@pytest.mark.parametrize(("name", "value"), [("ADMIN_USERNAME", "admin@example.com"), ("ADMIN_EMAIL", "nonsense")])
def test_a_bad_administrator_is_refused_by_name(tmp_path: Path, name: str, value: str) -> None:
    app = create_app(settings_for(tmp_path, AUTO_MIGRATE="true", **{name: value}))
    with pytest.raises(ConfigurationError, match=name):
        prepare(app)
    release(app)


def test_the_documented_password_opens_from_this_machine_alone(api: Api) -> None:
    credentials = {"username": "admin", "password": "admin"}
    assert api.post("/api/auth/login", credentials, environ_base={"REMOTE_ADDR": "10.0.0.9"}).status_code == 401
    assert api.post("/api/auth/login", credentials, environ_base={"REMOTE_ADDR": "127.0.0.1"}).status_code == 200


@pytest.mark.sqlite
def test_a_file_that_is_no_database_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "microdock.db").write_bytes(b"this is no database at all" * 100)
    app = create_app(settings_for(tmp_path))
    with pytest.raises(ConfigurationError) as refused:
        prepare(app)
    release(app)
    assert str(refused.value) == "DATABASE_URL: the database cannot be opened: file is not a database"


def test_a_server_that_is_not_there_is_said_in_one_line(tmp_path: Path) -> None:
    address = f"postgresql://user:hush@127.0.0.1:{free_port()}/database"
    app = create_app(settings_for(tmp_path, DATABASE_URL=address))
    with pytest.raises(ConfigurationError) as refused:
        prepare(app)
    release(app)
    assert len(str(refused.value).splitlines()) == 1 and "refused" in str(refused.value)
