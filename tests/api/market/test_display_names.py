"""Where administrators read of a plugin, its display name stands beside its package's."""

from __future__ import annotations

import pytest

from ...market import PLUGINS, V1, People, data, published, rated, shown, suspended
from ...support import Api

NAME = "com.example.weather"
TITLE = "天气 Pro"
GONE = "com.example.never.here"


@pytest.fixture
def plugin(who: People) -> str:
    """The id of a published plugin."""
    return str(published(who.developer, who.reviewer, name=NAME, displayName=TITLE)["id"])


def block(root: Api, name: str) -> dict[str, object]:
    body = {"plugin": name, "versions": "*", "severity": "warn", "reason": {"zh": "旧", "en": "old"}}
    return dict(data(root.post(f"{V1}/admin/blocks", body), 201))


def test_of_a_rating(who: People, plugin: str) -> None:
    rating = rated(who.user, plugin)
    [row] = data(who.reviewer.get(f"{V1}/admin/ratings"))["ratings"]
    assert (row["plugin_name"], row["plugin_display_name"]) == (NAME, TITLE)
    hidden = data(who.reviewer.post(f"{V1}/admin/ratings/{rating['id']}/hide", {"hidden": True, "reason": "x"}))
    assert hidden["plugin_display_name"] == TITLE


@pytest.mark.usefixtures("plugin")
def test_of_a_block_if_the_plugin_is_in_the_catalogue(who: People) -> None:
    assert block(who.admin, NAME)["plugin_display_name"] == TITLE
    assert block(who.admin, GONE)["plugin_display_name"] is None
    rows = data(who.admin.get(f"{V1}/admin/blocks"))["blocks"]
    assert {row["plugin"]: row["plugin_display_name"] for row in rows} == {NAME: TITLE, GONE: None}


def test_of_what_replaces_a_plugin(who: People, plugin: str) -> None:
    old = published(who.developer, who.reviewer, name="com.example.old")
    assert shown(who.nobody, old["id"])["replacement_display_name"] is None
    said = {"deprecated": True, "reason": "旧", "replacement": NAME}
    data(who.developer.put(f"{PLUGINS}/{old['id']}/deprecation", said))
    assert shown(who.nobody, old["id"])["replacement_display_name"] == TITLE
    suspended(who.admin, plugin)
    assert shown(who.nobody, old["id"])["replacement_display_name"] is None


def test_a_description_for_a_page_begins_below_its_heading_and_links_pictures_of_others(who: People) -> None:
    created = published(who.developer, who.reviewer, name=NAME)
    values = {"long_description": "# One\n\n![chart](https://pictures.example/a.png)"}
    data(who.developer.put(f"{PLUGINS}/{created['id']}", values))
    found = shown(who.nobody, NAME)
    assert "<h1>One</h1>" in found["long_description_html"]
    assert "<img" in found["long_description_html"]
    html = found["long_description_in_page"]
    assert "<h3>One</h3>" in html and "<img" not in html
    assert '<a href="https://pictures.example/a.png" rel="noopener noreferrer nofollow">chart</a>' in html
