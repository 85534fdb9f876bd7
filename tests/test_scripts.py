"""The shell scripts: they can be run, and a shell understands them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCED = {"environment"}
SCRIPTS = sorted(
    path
    for path in [*(ROOT / "scripts").iterdir(), ROOT / ".ci" / "run", ROOT / "deploy/nginx/render"]
    if path.is_file()
)


def first_line(path: Path) -> str:
    return path.read_text(encoding="utf-8").partition("\n")[0]


def test_there_are_scripts() -> None:
    assert {"serve", "test", "check"} <= {path.name for path in SCRIPTS}


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
class TestEveryScript:
    def test_is_understood_by_its_shell(self, path: Path) -> None:
        if "python" in first_line(path):
            compile(path.read_bytes(), path, "exec")
            return
        done = subprocess.run(["bash", "-n", path], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")

    def test_can_be_run_unless_it_is_sourced(self, path: Path) -> None:
        assert os.access(path, os.X_OK) == (path.name not in SOURCED)
        assert first_line(path).startswith("#!") == (path.name not in SOURCED)

    def test_stops_at_the_first_failure(self, path: Path) -> None:
        if path.name in SOURCED or "bash" not in first_line(path):
            return
        assert "set -euo pipefail" in path.read_text(encoding="utf-8")

    def test_is_readable_at_a_glance(self, path: Path) -> None:
        text = path.read_text(encoding="utf-8")
        assert "\r" not in text
        assert text.endswith("\n")
        assert len(text.splitlines()) <= 60
