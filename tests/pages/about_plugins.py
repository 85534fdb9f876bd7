"""Pages of one plugin, as tests read them."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from sqlalchemy import event
from werkzeug.test import TestResponse

from microdock_server.database.session import db

NAME = "com.example.myplugin"
PAGE = f"/plugins/{NAME}"
_TAG = re.compile(r"<[^>]*>")
_UNSEEN = re.compile(r"<(script|head|title)\b.*?</\1>", re.DOTALL)


def get(app: Flask, path: str, language: str = "en") -> TestResponse:
    """The answer to a browser that prefers a language."""
    return app.test_client().get(path, headers={"Accept": "text/html", "Accept-Language": language})


def markup(app: Flask, path: str, language: str = "en") -> str:
    """The HTML of a page that is there."""
    answer = get(app, path, language)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.get_data(as_text=True)


def words(app: Flask, path: str, language: str = "en") -> str:
    """What a page that is there says, in one line."""
    return said(markup(app, path, language))


def said(text: str) -> str:
    """What some HTML says, in one line."""
    return " ".join(html.unescape(_TAG.sub(" ", _UNSEEN.sub(" ", text))).split())


def section(text: str, heading: str) -> str:
    """The HTML of the section whose heading has this id."""
    return re.split(rf'id="{heading}"', text)[1].split("</section>")[0]


def row(text: str, version: str) -> str:
    """The HTML about one of the versions on a plugin's page."""
    [found] = [part for part in text.split('<details class="release"')[1:] if f"<strong>{version}</strong>" in part]
    return found.split("</details>")[0]


def links(text: str) -> set[str]:
    """Where the links of some HTML lead."""
    return {html.unescape(found) for found in re.findall(r'href="([^"]*)"', text)}


@contextmanager
def counted_statements(app: Flask) -> Iterator[list[str]]:
    """The statements that the application runs meanwhile."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    with app.app_context():
        engines = [db.engine, app.extensions["microdock"].autocommit]
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", note)
