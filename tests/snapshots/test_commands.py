"""`flask backup …` from an operator's view."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from click.testing import Result
from flask import Flask

from microdock_server.cli.backup import shown
from microdock_server.snapshots import archive_files, read_manifest

from ..conftest import AppFactory
from ..live import ROOT
from ..support import settings_for
from .helpers import data_of, publish, rows

# Of an archive of SQLite's; test_postgresql.py has PostgreSQL's.
pytestmark = pytest.mark.sqlite


def run(app: Flask, *words: object) -> Result:
    return app.test_cli_runner().invoke(args=["backup", *map(str, words)])


def created(app: Flask, *words: object) -> Path:
    done = run(app, "create", *words)
    assert done.exit_code == 0, done.output
    return Path(done.stdout.splitlines()[-1])


def test_create_verify_restore_and_undo(app: Flask, tmp_path: Path) -> None:
    publish(app, 1)
    made = created(app, "--out", tmp_path / "out")
    [head] = ScriptDirectory(str(ROOT / "migrations")).get_heads()
    assert run(app, "verify", made).output.startswith(f"sound: sqlite at migration {head}")
    target = tmp_path / "restored"
    assert f"{target} is the server of" in run(app, "restore", made, "--data-dir", target).output
    assert "to go back" in run(app, "restore", made, "--data-dir", target).output
    assert "is as it was" in run(app, "restore", "--undo", "--data-dir", target).output
    assert len(rows(target)["plugins"]) == 1


def test_incremental_begins_with_a_full_one_and_keep_keeps_it(app: Flask, tmp_path: Path) -> None:
    publish(app, 1)
    out = tmp_path / "out"
    full = created(app, "--out", out, "--incremental")
    assert "-full." in full.name
    for number in (2, 3):
        publish(app, number)
        newest = created(app, "--out", out, "--incremental", "--keep", 1)
    assert set(archive_files.archives(out)) == {full, newest}
    chosen = created(app, "--out", out, "--base", newest)
    assert len(read_manifest(chosen).manifest.archives) == 3
    assert json.loads((data_of(app) / "last-backup.json").read_bytes())["kind"] == "incremental"


def test_a_passphrase_comes_from_the_environment_or_a_file(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SNAPSHOT_PASSPHRASE", "words")
    made = created(app, "--out", tmp_path / "out")
    assert made.name.endswith(".age")
    monkeypatch.delenv("SNAPSHOT_PASSPHRASE")
    assert "set SNAPSHOT_PASSPHRASE" in run(app, "verify", made).output
    (tmp_path / "words").write_text("words\n")
    assert run(app, "verify", made, "--passphrase-file", tmp_path / "words").exit_code == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("verify", "{junk}"), "the archive is damaged"),
        (("verify", "{tmp}/missing"), "does not exist"),
        (("restore", "{junk}", "--data-dir", "{tmp}/data"), "the archive is damaged"),
        (("restore", "--data-dir", "{tmp}/data"), "either an archive or --undo"),
        (("restore", "--undo", "--data-dir", "{tmp}/data"), "nothing to go back to"),
        (("create", "--out", "/proc/nowhere"), "/proc/nowhere"),
        (("create", "--out", "{tmp}/out", "--recipient", "me"), "must begin with age1"),
        (("create", "--out", "{tmp}/out", "--base", "{junk}"), "must be in"),
        (("create", "--out", "{tmp}", "--base", "{junk}"), "is cut off"),
        (("create", "--out", "{tmp}/out", "--keep", "0"), "0 is not in the range"),
    ],
)
def test_mistakes_are_told_in_a_line(app: Flask, tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    junk = tmp_path / "junk.tar.zst"
    junk.write_bytes(b"junk")
    done = run(app, *(word.format(junk=junk, tmp=tmp_path) for word in words))
    assert done.exit_code != 0
    assert said in done.output.splitlines()[-1]


def test_no_secret_and_no_credential_is_in_the_manifest(make_app: AppFactory, tmp_path: Path) -> None:
    app = make_app(
        JWT_SECRET_KEY="j" * 40, ADMIN_PASSWORD="adminadmin", UPLOAD_SECRET_KEY="u" * 20, PUBLIC_URL="https://a.example"
    )
    text = repr(read_manifest(created(app, "--out", tmp_path / "out")).manifest)
    assert "https://a.example" in text
    assert not any(secret in text for secret in ("j" * 40, "adminadmin", "u" * 20))
    settings = settings_for(tmp_path, DATABASE_URL="postgresql://me:hidden@db.example:5432/x?password=hidden")
    assert shown(settings)["database_url"] == "postgresql+psycopg://db.example:5432/x"


def test_a_lost_file_stops_the_backup_and_is_named(app: Flask, tmp_path: Path) -> None:
    publish(app, 1)
    [blob] = [path for path in (data_of(app) / "uploads").rglob("*") if path.is_file()]
    content = blob.read_bytes()
    for spoil in (blob.unlink, lambda: blob.write_bytes(content + b"x"), lambda: blob.write_bytes(content[::-1])):
        spoil()
        done = run(app, "create", "--out", tmp_path / "out")
        assert done.exit_code == 1
        assert f"uploads/{blob.parent.name}/{blob.name}" in done.output
        assert "flask storage verify" in done.output
    assert archive_files.archives(tmp_path / "out") == []
