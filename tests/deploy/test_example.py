""".env.example is what the code does, in both directions."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from microdock_server.config import load_settings

from ..test_docs import settings_read

ROOT = Path(__file__).parents[2]
EXAMPLE = (ROOT / ".env.example").read_text(encoding="utf-8")
# Lines of the server's settings, and those that only nginx and compose read.
OURS = re.findall(r"^([A-Z_0-9]+)=", EXAMPLE, re.MULTILINE)
THEIRS = re.findall(r"^#([A-Z_0-9]+)=", EXAMPLE, re.MULTILINE)


def test_copied_as_it_is_it_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in settings_read():
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    defaults = load_settings({})
    (tmp_path / ".env").write_text(EXAMPLE, encoding="utf-8")
    assert load_settings({}) == defaults
    # and a line that is changed does
    (tmp_path / ".env").write_text(EXAMPLE.replace("PORT=8000", "PORT=8001"), encoding="utf-8")
    assert load_settings({}) != defaults


def test_no_line_stands_twice() -> None:
    assert len(OURS) == len(set(OURS))
    assert len(THEIRS) == len(set(THEIRS))


def test_the_rest_is_what_nginx_and_compose_read() -> None:
    compose = set(re.findall(r"\$\{(\w+)", (ROOT / "compose.yaml").read_text(encoding="utf-8")))
    render = (ROOT / "deploy/nginx/render").read_text(encoding="utf-8")
    names = re.search(r'names="([^"]+)"', render)
    assert names
    assert set(THEIRS) == (compose | set(names[1].split())) - set(settings_read())


def test_the_examples_show_what_nginx_does_without_them() -> None:
    script = (ROOT / "deploy/nginx/settings.envsh").read_text(encoding="utf-8")
    defaults = dict(re.findall(r'^(NGINX_\w+)="\$\{\1:-([^}]*)\}"$', script, re.MULTILINE))
    shown = dict(re.findall(r"^#(NGINX_\w+)=(.*)$", EXAMPLE, re.MULTILINE))
    assert len(defaults) >= 5
    assert defaults.items() <= shown.items()
