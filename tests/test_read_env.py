"""The server, and the programs that start and upgrade it, read variables in the same way."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from microdock_server import supervisor
from microdock_server.config import load_settings
from microdock_server.config.read_env import read_env

ROOT = Path(__file__).parents[1]
NAMES = ("APP_NAME", "PORT", "DATA_DIR", "HOST", "LOG_LEVEL")
FILE = """\
# A comment
APP_NAME="A name, with 'marks'"
export PORT=8001
DATA_DIR='/somewhere # here'
HOST=192.0.2.1 # the outside
LOG_LEVEL
"""


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    (tmp_path / ".env").write_text(FILE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_marks_comments_and_names_without_a_value_are_no_part_of_values() -> None:
    found = read_env()
    expected = {
        "APP_NAME": "A name, with 'marks'",
        "PORT": "8001",
        "DATA_DIR": "/somewhere # here",
        "HOST": "192.0.2.1",
    }
    assert {name: found[name] for name in NAMES if name in found} == expected
    settings = load_settings({})
    assert [settings.app_name, str(settings.port), str(settings.data_dir), settings.host] == [*expected.values()]
    assert supervisor._setting("PORT", "8000") == "8001"
    assert supervisor._setting("LOG_LEVEL", "INFO") == settings.log_level == "INFO"


def test_the_environment_wins_also_with_an_empty_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "8002")
    monkeypatch.setenv("DATA_DIR", "")
    assert (read_env()["PORT"], read_env()["DATA_DIR"]) == ("8002", "")
    assert load_settings({}).port == 8002
    # Nobody reads the file's instead, and nobody takes an empty one for the working directory.
    assert load_settings({}).data_dir == Path(supervisor._setting("DATA_DIR", "instance")).absolute()


def test_it_prints_values_to_scripts() -> None:
    command = [sys.executable, "-P", ROOT / "microdock_server/config/read_env.py", "PORT", "NOTHING", "APP_NAME"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "8001\n\nA name, with 'marks'\n"


def test_nothing_else_of_ours_reads_the_file() -> None:
    files = [*(ROOT / "microdock_server").rglob("*.py"), ROOT / "gunicorn.conf.py", *(ROOT / "deploy").rglob("*.py")]
    readers = [file.name for file in files if "dotenv" in file.read_text(encoding="utf-8")]
    assert readers == ["read_env.py"]
