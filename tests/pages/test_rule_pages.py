"""The help pages, and their addresses beside every rule in answers and reports."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from markupsafe import escape

from microdock_server.messages import Language, text
from microdock_server.messages.rule_help import HELP, PARTS

from ..conftest import AppFactory
from ..market import PLUGINS, V1, People, create, created, data, run_jobs
from ..support import Api, multipart, package

FILE = 'Content-Disposition: form-data; name="file"; filename="p.zip"'
KEY = 'Content-Disposition: form-data; name="plugin_key"'


def refusal(api: Api, content: bytes) -> dict[str, Any]:
    answer = api.post("/api/plugins/upload", **multipart((KEY, b"upload-key"), (FILE, content)))
    assert answer.status_code == 400
    return dict(answer.get_json())


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_rule_has_a_page(app: Flask, language: Language) -> None:
    for rule in HELP:
        answer = app.test_client().get(f"/help/rules/{rule}?lang={language}")
        html = answer.get_data(as_text=True)
        assert (answer.status_code, answer.mimetype) == (200, "text/html"), rule
        for part in PARTS:
            assert str(escape(text(f"help.{rule}.{part}", language))) in html


def test_the_index_leads_to_every_rule(app: Flask) -> None:
    html = app.test_client().get("/help/rules?lang=en").get_data(as_text=True)
    assert set(re.findall(r'href="/help/rules/([a-z0-9_-]+)\?lang=en"', html)) == set(HELP)


def test_the_header_says_the_language(app: Flask) -> None:
    answer = app.test_client().get("/help/rules/encrypted", headers={"Accept-Language": "en"})
    assert text("help.encrypted.cause", "en") in answer.get_data(as_text=True)
    assert answer.headers["Content-Language"] == "en"


@pytest.mark.parametrize("rule", ["no-such-rule", "Encrypted", "help", "__class__"])
def test_an_unknown_rule_is_a_page_that_says_so(app: Flask, rule: str) -> None:
    answer = app.test_client().get(f"/help/rules/{rule}?lang=en")
    assert (answer.status_code, answer.mimetype) == (404, "text/html")
    assert text("page.not_found", "en") in answer.get_data(as_text=True)


def test_a_refused_upload_says_where_its_rules_are_explained(app: Flask) -> None:
    [detail] = refusal(Api(app), b"no archive")["details"]
    assert (detail["rule"], detail["help_url"]) == ("not-a-zip", "/help/rules/not-a-zip")
    assert app.test_client().get(detail["help_url"]).status_code == 200


def test_the_address_is_absolute_where_the_server_knows_its_own(make_app: AppFactory) -> None:
    app = make_app(PUBLIC_URL="https://plugins.example.org")
    [detail] = refusal(Api(app), b"no archive")["details"]
    assert detail["help_url"] == "https://plugins.example.org/help/rules/not-a-zip"


def test_a_detail_without_a_rule_has_none(app: Flask) -> None:
    [detail] = Api(app).upload(key="short").get_json()["details"]
    assert (detail["field"], detail["rule"], detail["help_url"]) == ("plugin_key", None, None)


def test_the_dry_run_says_it_beside_warnings(app: Flask) -> None:
    content = package(dependencies={"com.other": "1.x"})
    report = Api(app).post("/api/plugins/validate", **multipart((FILE, content))).get_json()
    [warning] = report["data"]["warnings"]
    assert (warning["rule"], warning["help_url"]) == ("dependency-range", "/help/rules/dependency-range")


def test_the_marketplace_says_it_beside_faults_of_packages_and_of_fields(app: Flask, who: People) -> None:
    of_package = create(who.developer, main="../x.dll").get_json()["error"]["details"]
    assert {one["rule"] for one in of_package} == {"path-escapes", "field-main"}
    assert all(one["help_url"] == f"/help/rules/{one['rule']}" for one in of_package)
    [of_field] = who.developer.get(f"{PLUGINS}?limit=many").get_json()["error"]["details"]
    assert of_field["help_url"] == f"/help/rules/{of_field['rule']}"


def test_an_automatic_review_says_it_beside_its_findings(app: Flask, who: People) -> None:
    plugin_id = created(who.developer, dependencies={"com.other": "1.x"})["id"]
    run_jobs(app)
    issues = data(who.reviewer.get(f"{V1}/admin/plugins/{plugin_id}/auto-review/result"))["issues"]
    assert {issue["rule"] for issue in issues} >= {"assembly_unreadable", "no_readme"}
    # One of them reports a warning of the inspector: its page is about that.
    pages = {issue["rule"]: issue["help_url"] for issue in issues}
    assert pages.pop("package_warning") == "/help/rules/dependency-range"
    assert pages == {rule: f"/help/rules/{rule}" for rule in pages}


def test_help_is_there_without_the_gallery(make_app: AppFactory) -> None:
    app = make_app(GALLERY="false")
    client = app.test_client()
    answer = client.get("/help/rules/encrypted?lang=en")
    html = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert 'action="/plugins"' not in html and 'href="/plugins' not in html
    style = re.search(r'rel="stylesheet" href="([^"]+)"', html)
    assert style and client.get(urlsplit(style[1]).path).status_code == 200
    assert client.get("/plugins").status_code == 404
    assert refusal(Api(app), b"no archive")["details"][0]["help_url"] == "/help/rules/not-a-zip"
