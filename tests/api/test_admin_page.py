"""The admin page's files: which file a path returns, its caching, and its content security policy."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from microdock_server.api.system.health import admin_page

from ..conftest import AppFactory

PAGE = b"<!doctype html><div id=app></div>"
SCRIPT = b"console.log('built')\n" * 40


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder that looks as the builder leaves it."""
    folder = tmp_path / "admin"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_bytes(PAGE)
    (folder / "assets" / "index-1a2b3c.js").write_bytes(SCRIPT)
    (folder / "assets" / "index-1a2b3c.js.gz").write_bytes(gzip.compress(SCRIPT))
    (folder / "assets" / "page-4d5e6f.css").write_bytes(b"body{}")
    (tmp_path / "secret.txt").write_bytes(b"not ours to show")
    monkeypatch.setattr(admin_page, "BUILT", folder)
    return folder


def get(app: Flask, path: str, **headers: str) -> TestResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return app.test_client().get(path, headers=named, buffered=True)


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize(
    "path", ["/admin/", "/admin/login", "/admin/plugins/com.example.hello", "/admin/reviews/1?x=y"]
)
def test_every_address_of_the_page_is_the_page_asked_for_anew(app: Flask, path: str) -> None:
    answer = get(app, path)
    assert (answer.status_code, answer.data, answer.mimetype) == (200, PAGE, "text/html")
    assert answer.headers["Cache-Control"] == "no-cache"
    again = get(app, path, If_None_Match=answer.headers["ETag"])
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.usefixtures("built")
def test_the_page_loads_from_here_and_nothing_that_stands_in_it(app: Flask) -> None:
    policy = get(app, "/admin/").headers["Content-Security-Policy"]
    allowed = dict(part.split(" ", 1) for part in policy.split("; "))
    assert allowed["default-src"] == "'none'"
    assert allowed["script-src"] == allowed["style-src"] == allowed["connect-src"] == "'self'"
    assert "unsafe" not in policy
    assert get(app, "/api/health").headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"


@pytest.mark.usefixtures("built")
def test_assets_never_change_and_are_sent_small_to_whom_takes_that(app: Flask) -> None:
    plain = get(app, "/admin/assets/index-1a2b3c.js")
    assert (plain.status_code, plain.data, plain.mimetype) == (200, SCRIPT, "text/javascript")
    assert plain.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    small = get(app, "/admin/assets/index-1a2b3c.js", Accept_Encoding="gzip, br")
    assert (small.headers["Content-Encoding"], gzip.decompress(small.data)) == ("gzip", SCRIPT)
    assert (small.mimetype, small.headers["Vary"]) == ("text/javascript", "Accept-Encoding")
    refused = get(app, "/admin/assets/index-1a2b3c.js", Accept_Encoding="gzip;q=0")
    assert refused.data == SCRIPT
    # Of this one the builder left no small copy.
    assert get(app, "/admin/assets/page-4d5e6f.css", Accept_Encoding="gzip").data == b"body{}"


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize(
    "path", ["assets/missing.js", "assets/", "assets/../../secret.txt", "assets/%2e%2e/%2e%2e/secret.txt"]
)
def test_what_is_no_built_file_is_not_there(app: Flask, path: str) -> None:
    answer = get(app, f"/admin/{path}")
    assert answer.status_code == 404
    assert b"not ours" not in answer.data


def test_without_built_files_the_address_says_how_to_build_them(
    app: Flask, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(admin_page, "BUILT", tmp_path)
    chinese, english = get(app, "/admin/"), get(app, "/admin/plugins", Accept_Language="en")
    assert (chinese.status_code, english.status_code) == (404, 404)
    assert "scripts/build-page" in english.get_data(as_text=True)
    assert "尚未构建" in chinese.get_data(as_text=True)


BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"


@pytest.mark.parametrize("accept", ["*/*", "application/json", "application/json, text/html;q=0.5", "text/html;q=0"])
def test_clients_of_the_api_get_json_at_the_root(app: Flask, accept: str) -> None:
    answer = get(app, "/", Accept=accept)
    assert answer.get_json()["data"]["health"] == "/api/health"
    assert answer.headers["Vary"] == "Accept"


def test_without_the_gallery_a_browser_lands_on_the_page(make_app: AppFactory) -> None:
    app = make_app(GALLERY="false")
    answer = get(app, "/", Accept=BROWSER)
    assert (answer.status_code, answer.headers["Location"], answer.headers["Vary"]) == (302, "/admin/", "Accept")
    assert get(app, "/admin").headers["Location"] == "/admin/"


def test_behind_a_public_address_it_lands_there(make_app: AppFactory) -> None:
    app = make_app(PUBLIC_URL="https://plugins.example.com", GALLERY="false")
    assert get(app, "/", Accept=BROWSER).headers["Location"] == "https://plugins.example.com/admin/"


def test_the_page_is_not_limited(make_app: AppFactory) -> None:
    app = make_app(RATELIMIT_ENABLED="true")
    assert {get(app, "/admin/").status_code for _ in range(300)} <= {200, 404}
