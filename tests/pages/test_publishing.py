"""The page that says how to publish: whoever does what it says has published a plugin."""

from __future__ import annotations

import html
import json
import re
import shlex
from typing import Any

import pytest
from flask import Flask

from microdock_server.messages import text

from ..conftest import AppFactory
from ..market import PLUGINS, People, data, decide, file
from ..support import package
from .about_plugins import markup, said
from .reading import ORIGIN

PAGE = "/help/publishing"
NAME = "com.example.hello"
FILES = {"hello.zip": package(name=NAME), "hello-2.zip": package(name=NAME, version="1.1.0")}


def commands(page: str) -> list[str]:
    """The calls that the page shows."""
    found = [html.unescape(one) for one in re.findall(r"<pre[^>]*>(.*?)</pre>", page, re.DOTALL)]
    return [one for one in found if one.startswith("curl ")]


def run(app: Flask, command: str, **blanks: str) -> Any:
    """What the server answers to a command of curl."""
    for blank, value in blanks.items():
        command = command.replace(blank, value)
    _, address, *options = shlex.split(command.replace("\\\n", " "))
    headers: dict[str, str] = {}
    form: dict[str, Any] = {}
    body = None
    for option, value in zip(options[::2], options[1::2], strict=True):
        name, _, rest = value.partition(": " if option == "-H" else "=")
        if option == "-H":
            headers[name] = rest
        elif option == "-d":
            body = json.loads(value)
        else:
            form[name] = file(FILES[rest[1:]], rest[1:]) if rest.startswith("@") else rest
    assert address.startswith(f"{ORIGIN}/")
    sent = {"json": body} if body else {"data": form}
    return app.test_client().post(address.removeprefix(ORIGIN), headers=headers, **sent)


def test_whoever_does_what_the_page_says_has_published(who: People) -> None:
    app = who.nobody.app
    page = markup(app, PAGE)
    *_, register, log_in, submit, next_version = commands(page)
    assert run(app, register).status_code == 201
    token = data(run(app, log_in))["access_token"]
    assert run(app, submit, TOKEN=token).status_code == 201
    decide(who.reviewer, NAME)
    assert run(app, next_version, TOKEN=token).status_code == 201
    assert data(who.nobody.get(f"{PLUGINS}/{NAME}"))["version"] == "1.0.0"
    decide(who.reviewer, NAME)
    assert data(who.nobody.get(f"{PLUGINS}/{NAME}"))["version"] == "1.1.0"
    [key_call] = re.findall(r"<code>POST (\S+/upload-key)</code>", page)
    made = app.test_client().post(key_call, json={}, headers={"Authorization": f"Bearer {token}"})
    assert made.status_code in (200, 201)


def test_no_document_is_named_that_a_reader_of_the_page_does_not_have(app: Flask) -> None:
    for language in ("zh", "en"):
        assert ".md" not in markup(app, PAGE, language)


@pytest.mark.parametrize("path", ["/", PAGE])
def test_where_uploads_need_a_secret_the_command_has_a_place_for_it(make_app: AppFactory, path: str) -> None:
    secret = "known-to-the-operator"
    app = make_app(UPLOAD_SECRET_KEY=secret)
    page = markup(app, path)
    assert text("page.start.secret", "en") in said(page) and secret not in page
    validate, upload = commands(page)[:2]
    assert run(app, validate).status_code == 200
    assert [run(app, upload).status_code, run(app, upload, **{"the-upload-secret": secret}).status_code] == [403, 200]


def test_elsewhere_it_has_none(app: Flask) -> None:
    page = markup(app, PAGE)
    assert "upload_secret" not in page and text("page.start.secret", "en") not in said(page)
    assert run(app, commands(page)[1]).status_code == 200
