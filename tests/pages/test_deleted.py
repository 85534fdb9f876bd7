"""What is left to see of a deleted plugin: that it was there, where everybody knew it."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from microdock_server.clock import utcnow

from ..market import PLUGINS, People, create, created, data, decide, published, suspended
from ..support import Api
from .about_plugins import NAME, PAGE, get, markup, said

EVERYWHERE = [PAGE, f"{PAGE}/1.0.0", f"{PAGE}/7.7.7", f"/compare/{NAME}", f"/compare/{NAME}/1.0.0...2.0.0"]


def deleted(who: People, plugin: dict[str, Any]) -> Flask:
    data(who.developer.delete(f"{PLUGINS}/{plugin['id']}"))
    return who.nobody.app


@pytest.mark.parametrize("path", EVERYWHERE)
def test_what_everybody_knew_is_gone_and_says_so(who: People, published_plugin: dict[str, Any], path: str) -> None:
    app = deleted(who, published_plugin)
    answer = get(app, path)
    found = said(answer.get_data(as_text=True))
    assert answer.status_code == 410
    assert f"{NAME} was deleted on {utcnow():%Y-%m-%d}" in found
    # Nothing else of it.
    assert published_plugin["name"] not in found and published_plugin["description"] not in found


def test_another_spelling_leads_to_the_name_as_it_was(who: People, published_plugin: dict[str, Any]) -> None:
    answer = get(deleted(who, published_plugin), PAGE.upper().replace("/PLUGINS", "/plugins"))
    assert (answer.status_code, answer.headers["Location"]) == (301, PAGE)


@pytest.mark.parametrize("state", ["draft", "pending", "suspended"])
def test_what_nobody_saw_leaves_nothing(who: People, state: str) -> None:
    if state == "suspended":
        plugin = published(who.developer, who.reviewer)
        suspended(who.admin, plugin["id"])
    else:
        plugin = created(who.developer, {"draft": "true"} if state == "draft" else None)
    assert get(deleted(who, plugin), PAGE).status_code == 404


def test_a_name_that_is_free_again_is_not_gone(app: Flask, root: Api) -> None:
    assert Api(app).upload().status_code == 200
    assert root.post("/api/plugins/delete", {"name": NAME, "release_name": True}).status_code == 200
    assert get(app, PAGE).status_code in (404, 410)


def test_it_is_there_again_where_its_owner_publishes_it_anew(who: People, published_plugin: dict[str, Any]) -> None:
    app = deleted(who, published_plugin)
    again = data(create(who.developer, version="2.0.0"), 201)
    # Still gone as far as everybody knows.
    assert get(app, PAGE).status_code == 410
    decide(who.reviewer, again["id"])
    assert markup(app, PAGE)
    suspended(who.admin, again["id"])
    assert get(app, PAGE).status_code == 404
