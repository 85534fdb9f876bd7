"""Rows and files: are both there, and what is removed when one is not?"""

from __future__ import annotations

import os
import re
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask

from microdock_server.services import files
from microdock_server.services.files import Verification, new_key

from ..support import Api, stored_files

HOUR = 3600


@pytest.fixture
def blob(app: Flask, api: Api) -> Path:
    """The file of the one plugin that there is; beside it, one backup."""
    assert api.upload().status_code == 200
    assert api.back_up().status_code == 200
    return Path(next(path for path in stored_files(app) if "/uploads/" in path))


def run(app: Flask, *command: str) -> Result:
    return app.test_cli_runner().invoke(args=["storage", *command])


def verified(app: Flask) -> Verification:
    with app.app_context():
        return files.verify(app.extensions["microdock"].storage)


def orphan(app: Flask, area: str = "uploads", age: float = 2 * HOUR) -> Path:
    """A blob that no row names."""
    settings: Any = app.extensions["microdock"].settings
    directory = settings.upload_dir if area == "uploads" else settings.backup_dir
    path: Path = directory / new_key(area).partition("/")[2]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"orphan")
    moment = time.time() - age
    os.utime(path, (moment, moment))
    return path


class TestVerify:
    def test_says_that_all_is_well(self, app: Flask, blob: Path) -> None:
        assert verified(app) == Verification(checked=2, missing=[], changed=[], orphaned=[])
        result = run(app, "verify")
        assert result.exit_code == 0
        assert result.stdout == "2 checked, 0 missing, 0 changed, 0 orphaned\n"

    def test_finds_a_file_that_is_missing(self, app: Flask, blob: Path) -> None:
        blob.unlink()
        found = verified(app)
        assert (found.missing, found.is_sound) == ([f"uploads/{blob.parent.name}/{blob.name}"], False)
        result = run(app, "verify")
        assert result.exit_code == 1
        assert result.stdout.startswith(f"missing  uploads/{blob.parent.name}/{blob.name}\n")

    @pytest.mark.parametrize("change", ["a byte", "shorter", "longer", "empty"])
    def test_finds_a_file_that_changed(self, app: Flask, blob: Path, change: str) -> None:
        data = blob.read_bytes()
        blob.write_bytes(
            {"a byte": data[:-1] + bytes([data[-1] ^ 1]), "shorter": data[:-1], "longer": data + b"x", "empty": b""}[
                change
            ]
        )
        found = verified(app)
        assert (found.changed, found.is_sound) == ([f"uploads/{blob.parent.name}/{blob.name}"], False)
        assert run(app, "verify").exit_code == 1

    def test_lists_orphans_which_do_no_harm(self, app: Flask, blob: Path) -> None:
        path = orphan(app, "backups")
        assert verified(app).orphaned == [f"backups/{path.parent.name}/{path.name}"]
        result = run(app, "verify")
        assert result.exit_code == 0
        assert f"orphaned  backups/{path.parent.name}/{path.name}\n" in result.output

    def test_of_nothing_at_all(self, app: Flask) -> None:
        assert run(app, "verify").stdout == "0 checked, 0 missing, 0 changed, 0 orphaned\n"


class TestCollectGarbage:
    @pytest.mark.parametrize("area", ["uploads", "backups"])
    def test_removes_old_orphans_alone(self, app: Flask, blob: Path, area: str) -> None:
        old, fresh = orphan(app, area), orphan(app, area, age=HOUR / 2)
        for path in stored_files(app):
            if path != str(fresh):
                os.utime(path, (0, 0))
        result = run(app, "gc")
        assert result.exit_code == 0
        assert result.stdout == f"removed  {area}/{old.parent.name}/{old.name}\n1 removed\n"
        assert (old.exists(), fresh.exists(), blob.exists()) == (False, True, True)
        assert run(app, "verify").exit_code == 0

    def test_removes_what_killed_uploads_left(self, app: Flask, blob: Path) -> None:
        temp: Path = app.extensions["microdock"].settings.temp_dir
        leftovers = [temp / "body-killed", blob.with_name(".partial-killed")]
        for path in leftovers:
            path.write_bytes(b"half")
        assert run(app, "gc").stdout == "0 removed\n"
        for path in leftovers:
            os.utime(path, (0, 0))
        assert run(app, "gc").output.endswith("2 removed\n")
        assert not any(path.exists() for path in leftovers)

    def test_of_nothing_at_all(self, app: Flask) -> None:
        assert run(app, "gc").stdout == "0 removed\n"


def test_keys_hold_nothing_that_a_client_chose_and_never_repeat() -> None:
    made = [new_key("uploads") for _ in range(1000)]
    assert len(set(made)) == 1000
    for key in made:
        area, fan, name = key.split("/")
        assert (area, fan) == ("uploads", name[:2])
        assert re.fullmatch(r"[0-9a-f]{32}", name)
