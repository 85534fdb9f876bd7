"""The page of one version, and what changed between two."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import delete

from microdock_server.database.session import db
from microdock_server.database.unit_of_work import unit_of_work
from microdock_server.errors import FileMissing
from microdock_server.messages import text
from microdock_server.models import VersionInventory
from microdock_server.pages import version_facts
from microdock_server.pages.releases import Offers
from microdock_server.services.plugins import inventories

from ..market import PLUGINS, People, add_version, data, published_version
from .about_plugins import NAME, PAGE, get, links, markup, said, section, words

COMPARE = f"/compare/{NAME}"


@pytest.fixture
def versions(who: People, published_plugin: dict[str, Any]) -> People:
    """The plugin with three published versions, and one that waits."""
    long = {"description": "A very long description. " * 40, "permissions": ["http:external"]}
    published_version(who.developer, who.reviewer, NAME, "1.1.0", **long)
    published_version(who.developer, who.reviewer, NAME, "2.0.0", main="Other.dll", permissions=[])
    data(add_version(who.developer, published_plugin["id"], "3.0.0"), 201)
    return who


def test_a_version_has_all_that_one_asks_of_it(versions: People) -> None:
    app = versions.nobody.app
    found = markup(app, f"{PAGE}/1.1.0")
    row = data(versions.nobody.get(f"{PLUGINS}/{NAME}/versions/1.1.0"))
    assert row["file_hash"] in section(found, "trust")
    assert "http:external" in section(found, "permissions")
    assert {"plugin.json", "MyPlugin.dll"} <= set(re.findall(r'<th scope="row"><bdi>([^<]*)', section(found, "files")))
    assert {f"{PAGE}/1.0.0", f"{PAGE}/2.0.0", f"{COMPARE}/1.0.0...1.1.0", PAGE} <= links(found)
    assert f"{PAGE}/3.0.0" not in links(markup(app, f"{PAGE}/2.0.0"))


@pytest.mark.parametrize("version", ["3.0.0", "9.0.0", "nonsense", "1.0"])
def test_a_version_that_is_not_public_is_not_there(versions: People, version: str) -> None:
    assert get(versions.nobody.app, f"{PAGE}/{version}").status_code == 404


def test_one_that_is_withdrawn_while_its_page_is_made_is_not_there(
    versions: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What is decided about versions is read from what the process keeps of them, which another request renewed.
    monkeypatch.setattr(Offers, "numbers", ["2.0.0", "1.0.0"])
    assert get(versions.nobody.app, f"{PAGE}/1.1.0").status_code == 404
    assert get(versions.nobody.app, f"{PAGE}/1.0.0").status_code == 200


def test_names_in_another_spelling_are_led_to_the_stored_one(versions: People) -> None:
    app, other = versions.nobody.app, NAME.upper()
    for path, right in (
        (f"/plugins/{other}?lang=zh", f"{PAGE}?lang=zh"),
        (f"/plugins/{other}/1.1.0+build", f"{PAGE}/1.1.0"),
        (f"/compare/{other}", COMPARE),
        (f"/compare/{other}/1.0.0...1.1.0+build", f"{COMPARE}/1.0.0...1.1.0"),
    ):
        answer = get(app, path)
        assert (answer.status_code, answer.headers["Location"]) == (301, right)


def test_two_versions_are_compared_both_ways(versions: People) -> None:
    app = versions.nobody.app
    onward = words(app, f"{COMPARE}/1.1.0...2.0.0")
    assert "Permissions Removed 1 http:external" in onward
    assert "Added 1 Other.dll" in onward and "Removed 1 MyPlugin.dll" in onward
    assert "main MyPlugin.dll Other.dll" in onward
    back = words(app, f"{COMPARE}/2.0.0...1.1.0")
    assert "Permissions Added 1 http:external" in back
    assert "main Other.dll MyPlugin.dll" in back


def test_a_comparison_is_made_once(versions: People, monkeypatch: pytest.MonkeyPatch) -> None:
    app = versions.nobody.app
    first = get(app, f"{COMPARE}/1.0.0...2.0.0")
    monkeypatch.setattr(version_facts, "compare", None)
    assert get(app, f"{COMPARE}/1.0.0...2.0.0").headers["ETag"] == first.headers["ETag"]


def test_a_package_that_cannot_be_read_is_compared_with_nothing(
    versions: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = versions.nobody.app
    with app.app_context(), unit_of_work():
        db.session.execute(delete(VersionInventory))

    def missing(*_: object) -> None:
        raise FileMissing()

    monkeypatch.setattr(inventories, "entries", missing)
    for path in (f"{COMPARE}/1.0.0...2.0.0", f"{PAGE}/1.0.0"):
        assert text("page.files_unknown", "en") in words(app, path)


def test_a_long_value_can_be_scrolled_by_keyboard(versions: People) -> None:
    found = markup(versions.nobody.app, f"{COMPARE}/1.0.0...1.1.0")
    assert '<div class="clip" tabindex="0" role="group" aria-label="description"><bdi>A very long' in found


@pytest.mark.parametrize(
    "range", ["1.0.0...1.0.0", "1.0.0...1.0.0+b", "1.0.0...3.0.0", "3.0.0...1.0.0", "1.0.0", "1..2"]
)
def test_nothing_is_compared_with_itself_or_with_what_is_not_public(versions: People, range: str) -> None:
    assert get(versions.nobody.app, f"{COMPARE}/{range}").status_code == 404


def test_two_versions_are_chosen_by_a_form(versions: People) -> None:
    app = versions.nobody.app
    for path in (PAGE, f"{PAGE}/1.1.0", COMPARE, f"{COMPARE}/1.0.0...1.1.0"):
        form = re.findall(r'<form class="choose" action="([^"]*)" method="get">(.*?)</form>', markup(app, path), re.S)
        assert [action for action, _ in form] == [COMPARE], path
        assert re.findall(r"<option[^>]*>([^<]*)", form[0][1]) == ["2.0.0", "1.1.0", "1.0.0"] * 2
    answer = get(app, f"{COMPARE}?lang=zh&from=1.0.0&to=2.0.0")
    assert (answer.status_code, answer.headers["Location"]) == (302, f"{COMPARE}/1.0.0...2.0.0?lang=zh")
    assert text("page.compare_same", "en") in words(app, f"{COMPARE}?from=1.0.0&to=1.0.0")
    assert get(app, f"{COMPARE}?from=1.0.0&to=3.0.0").status_code == 200


def test_one_version_alone_is_compared_with_nothing(who: People, published_plugin: dict[str, Any]) -> None:
    assert "<select" not in markup(who.nobody.app, PAGE)
    assert text("page.compare_one", "en") in said(markup(who.nobody.app, COMPARE))
