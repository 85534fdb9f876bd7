"""A plugin's page: what hosts would get and why, what was checked, and what a visitor decides by."""

from __future__ import annotations

import gzip
import json
import re
import shlex
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from microdock_server.clock import utcnow
from microdock_server.database.session import db
from microdock_server.database.unit_of_work import unit_of_work
from microdock_server.messages import CATALOGUE, text
from microdock_server.models import DownloadDay, Plugin, PluginVersion, Rating, User
from microdock_server.models.columns import new_id
from microdock_server.pages import charts, writing
from microdock_server.vocabulary import DEFAULT_PERMISSIONS, STORAGE_WILDCARD

from ..market import (
    PLUGINS,
    V1,
    People,
    account_id,
    add_version,
    created,
    data,
    file,
    png,
    published,
    published_version,
    rated,
    review_of,
    suspended,
)
from ..support import Api, package
from .about_plugins import NAME, PAGE, counted_statements, get, links, markup, row, said, section, words

HERE = f"{PLUGINS}/{NAME}"
REASON = {"zh": "泄露用户数据", "en": "It sends user data away"}


def block(who: People, versions: str, severity: str) -> None:
    body = {"plugin": NAME, "versions": versions, "severity": severity, "reason": REASON}
    data(who.admin.post(f"{V1}/admin/blocks", body), 201)


def downloads_in(found: str) -> set[str]:
    """The versions that some HTML offers for download."""
    return {found for link in links(found) if (found := "".join(re.findall(r"/versions/([^/]+)/download", link)))}


# What hosts would get


def test_a_block_on_an_old_version_is_said_of_that_version_alone(who: People, published_plugin: dict[str, Any]) -> None:
    published_version(who.developer, who.reviewer, NAME, "2.0.0")
    block(who, "<2.0.0", "disable")
    found = markup(who.nobody.app, PAGE)
    assert "notice bad" not in found
    assert REASON["en"] in said(row(found, "1.0.0")) and "Blocked" in said(row(found, "1.0.0"))
    assert "blocked" not in said(row(found, "2.0.0")).lower()
    assert downloads_in(found) == {"2.0.0"}
    assert "microdock://install" in found


def test_a_block_on_every_version_leaves_nothing_to_get(who: People, published_plugin: dict[str, Any]) -> None:
    block(who, "*", "remove")
    found = markup(who.nobody.app, PAGE)
    assert "Every version is blocked" in said(found)
    assert f"1.0.0 is blocked and cannot be downloaded: {REASON['en']}" in said(found)
    assert not downloads_in(found) and "microdock://" not in found
    assert REASON["zh"] in words(who.nobody.app, PAGE, "zh")
    assert not downloads_in(markup(who.nobody.app, f"{PAGE}/1.0.0"))


def test_a_block_that_warns_takes_nothing_away(who: People, published_plugin: dict[str, Any]) -> None:
    block(who, "*", "warn")
    found = markup(who.nobody.app, PAGE)
    assert f"A warning about 1.0.0: {REASON['en']}" in said(found)
    assert downloads_in(found) == {"1.0.0"} and "microdock://install" in found
    assert downloads_in(markup(who.nobody.app, f"{PAGE}/1.0.0")) == {"1.0.0"}


def test_of_a_disabled_plugin_nothing_can_be_got(who: People, published_plugin: dict[str, Any]) -> None:
    published_version(who.developer, who.reviewer, NAME, "1.1.0")
    data(who.admin.post("/api/plugins/disable", {"name": NAME}))
    for path in (PAGE, f"{PAGE}/1.0.0", f"{PAGE}/1.1.0"):
        found = markup(who.nobody.app, path)
        assert not downloads_in(found) and "microdock://" not in found, path
        assert text("page.disabled_long", "en") in said(found)


def settle(who: People, version: str = "1.1.0", **wanted: Any) -> None:
    data(who.developer.put(f"{HERE}/versions/{version}/release", wanted))


@pytest.fixture
def rolling(who: People, published_plugin: dict[str, Any]) -> dict[str, Any]:
    """The plugin, whose second version is offered to 20 % of hosts."""
    form = {"plugin_file": file(package(version="1.1.0"), "p.zip"), "rollout": "20"}
    data(who.developer._call("POST", f"{HERE}/versions", data=form), 201)
    review = review_of(who.reviewer, NAME, "1.1.0")
    data(who.reviewer.post(f"{V1}/admin/reviews/{review['id']}/start"))
    data(who.reviewer.post(f"{V1}/admin/reviews/{review['id']}/submit", {"result": "approved", "notes": "ok"}))
    return published_plugin


def test_a_rollout_is_said_in_words_until_it_is_over(who: People, rolling: dict[str, Any]) -> None:
    app = who.nobody.app
    assert "1.1.0 is rolling out to 20 %" in words(app, PAGE)
    assert "1.1.0 正在逐步推出，目前提供给 20% 的宿主" in words(app, PAGE, "zh")
    assert "1.1.0 is rolling out to 20 %" in said(row(markup(app, PAGE), "1.1.0"))
    settle(who, paused=True)
    assert "The rollout of 1.1.0 is paused" in words(app, PAGE)
    settle(who, paused=False, rollout=100)
    found = words(app, PAGE)
    assert "rolling out" not in found and text("page.why_not_newer", "en") not in found


def test_a_yank_is_said_with_its_reason(who: People, published_plugin: dict[str, Any]) -> None:
    published_version(who.developer, who.reviewer, NAME, "1.1.0")
    data(who.developer.post(f"{HERE}/versions/1.1.0/yank", {"reason": "crashes on start"}))
    found = markup(who.nobody.app, PAGE)
    assert "1.1.0 was yanked: crashes on start" in said(found)
    # Whoever names it can have it.
    assert downloads_in(row(found, "1.1.0")) == {"1.1.0"}


def test_where_only_a_withdrawn_version_is_left_nothing_is_installed(
    who: People, published_plugin: dict[str, Any]
) -> None:
    data(who.developer.post(f"{HERE}/versions/1.0.0/yank", {"reason": "crashes on start"}))
    found = markup(who.nobody.app, PAGE)
    assert "Yanked: crashes on start" in said(found)
    assert "microdock://" not in found
    assert downloads_in(row(found, "1.0.0")) == {"1.0.0"}


def test_previews_cooldowns_and_recommendations_have_their_sentence(
    who: People, published_plugin: dict[str, Any]
) -> None:
    published_version(who.developer, who.reviewer, NAME, "1.1.0")
    published_version(who.developer, who.reviewer, NAME, "2.0.0-rc.1")
    data(who.admin.put(f"{V1}/admin/system/config", {"release_settings": {"cooldown_hours": 48}}))
    published_version(who.developer, who.reviewer, NAME, "3.0.0")
    found = words(who.nobody.app, PAGE)
    assert "2.0.0-rc.1 is a preview: only hosts that want previews get it" in found
    assert re.search(r"3\.0\.0 will be offered from \d{4}-\d\d-\d\d \d\d:\d\d UTC on", found)
    data(who.developer.put(f"{HERE}/recommended", {"version": "1.0.0", "reason": "kept among us"}))
    found = words(who.nobody.app, PAGE)
    assert "1.1.0 is not offered: 1.0.0 is recommended instead" in found
    assert "kept among us" not in found


def test_what_a_version_needs_stands_beside_it(who: People, published_plugin: dict[str, Any]) -> None:
    published_version(who.developer, who.reviewer, NAME, "2.0.0", engines={"MicroDock": ">=3.0"})
    assert "needs MicroDock >=3.0" in said(row(markup(who.nobody.app, PAGE), "2.0.0"))
    assert "needs MicroDock >=3.0" in words(who.nobody.app, f"{PAGE}/2.0.0")


def test_a_deprecation_names_a_replacement_that_everybody_can_see(
    who: People, published_plugin: dict[str, Any]
) -> None:
    other = published(who.other, who.reviewer, name="com.example.better", displayName="Better")
    body = {"deprecated": True, "reason": "No time for it", "replacement": "com.example.better"}
    data(who.developer.put(f"{HERE}/deprecation", body))
    found = markup(who.nobody.app, PAGE)
    assert "Deprecated No time for it" in said(found)
    assert any(link.startswith("/plugins/com.example.better") for link in links(found))
    suspended(who.admin, other["id"])
    assert "com.example.better" not in markup(who.nobody.app, PAGE)


# What is said to nobody


def test_nothing_of_reviews_and_acts_stands_on_a_page(who: People, published_plugin: dict[str, Any]) -> None:
    created(who.other, name="com.example.draft", form={"draft": "true"}, dependencies={NAME: "*"})
    data(add_version(who.developer, published_plugin["id"], "9.9.9"), 201)
    for path in (PAGE, f"{PAGE}/1.0.0"):
        found = markup(who.nobody.app, path)
        # The notes of whoever approved it, and a version that waits.
        assert "that is" not in found and "9.9.9" not in found
        assert "com.example.draft" not in found and "reviewer</" not in found


@pytest.mark.parametrize("path", ["", "/1.0.0"])
def test_what_is_not_public_is_answered_like_what_is_not_there(
    who: People, published_plugin: dict[str, Any], path: str
) -> None:
    created(who.other, name="com.example.draft", form={"draft": "true"})
    unknown = get(who.nobody.app, f"/plugins/com.example.nothing{path}")
    suspended(who.admin, published_plugin["id"], "malice")
    for name in (NAME, "com.example.draft"):
        answer = get(who.nobody.app, f"/plugins/{name}{path}")
        # The switch of the language leads to the same address.
        same = answer.get_data(as_text=True).replace(name, "com.example.nothing")
        assert (answer.status_code, same) == (404, unknown.get_data(as_text=True))


# Trust


def test_who_looked_is_said_and_what_nobody_looked_at(who: People, published_plugin: dict[str, Any]) -> None:
    found = said(section(markup(who.nobody.app, PAGE), "trust"))
    today = utcnow().strftime("%Y-%m-%d")
    assert f"Approved by a reviewer on {today}" in found
    assert text("page.scan_not_run", "en") in found
    assert text("page.trust_no_developer", "en") in found
    assert "Not scanned for viruses" in words(who.nobody.app, PAGE)


def test_a_developer_whose_badge_was_refused_is_not_verified(who: People, published_plugin: dict[str, Any]) -> None:
    person = account_id(who.developer)
    for verified, shown in ((False, False), (True, True)):
        body = {"verified": verified, "notes": "private"}
        data(who.admin.post(f"{V1}/admin/developers/{person}/verify", body))
        found = words(who.nobody.app, PAGE)
        assert ("The developer was verified on" in found) is shown
        assert "private" not in found


def test_what_was_uploaded_by_key_has_no_developer(app: Flask) -> None:
    assert Api(app).upload().status_code == 200
    found = markup(app, PAGE)
    assert text("page.by_key", "en") in said(found)
    assert text("page.trust_unreviewed", "en") in said(found)
    assert not any(link.startswith("/developers/") for link in links(found))


def test_the_command_to_verify_verifies(who: People, published_plugin: dict[str, Any], tmp_path: Path) -> None:
    found = section(markup(who.nobody.app, PAGE), "trust")
    command = said(found.split('aria-label="sha256sum">')[1].split("</pre>")[0])
    name = re.findall(r"  ?([^ ]+@1\.0\.0\.zip)", command)[0]
    # One line of HTML: two spaces stand between hash and name.
    command = command.replace(f" {name}", f"  {name}")
    (tmp_path / name).write_bytes(who.nobody.get(f"{HERE}/versions/1.0.0/download").data)
    assert subprocess.run(command, shell=True, cwd=tmp_path, check=False).returncode == 0
    (tmp_path / name).write_bytes(b"something else")
    assert subprocess.run(command, shell=True, cwd=tmp_path, check=False, capture_output=True).returncode


# What it may do


def test_every_permission_has_a_sentence_about_its_risk(who: People, published_plugin: dict[str, Any]) -> None:
    every = [*DEFAULT_PERMISSIONS, STORAGE_WILDCARD]
    published_version(who.developer, who.reviewer, NAME, "1.1.0", permissions=[*every, "magic:wand"])
    for language in ("en", "zh"):
        found = said(section(markup(who.nobody.app, PAGE, language), "permissions"))
        place = 0 if language == "zh" else 1
        for name in every:
            assert CATALOGUE[f"page.permission.{name}"][place] in found, name
        assert CATALOGUE["page.permission.unknown"][place] in found
        # What nobody knows first, then the gravest.
        assert found.index("magic:wand") < found.index("http:external") < found.index("storage:local")


def test_none_declared_is_not_none_needed(who: People, published_plugin: dict[str, Any]) -> None:
    assert text("page.permissions_unstated", "en") in words(who.nobody.app, PAGE)
    published_version(who.developer, who.reviewer, NAME, "1.1.0", permissions=[])
    assert text("page.permissions_none", "en") in words(who.nobody.app, PAGE)


# Numbers


def test_downloads_are_drawn_and_stand_in_a_table(who: People, published_plugin: dict[str, Any]) -> None:
    app, today = who.nobody.app, utcnow().date()
    with app.app_context(), unit_of_work():
        for ago, count in ((0, 3), (1, 7), (89, 5), (90, 1000)):
            day = (today - timedelta(days=ago)).isoformat()
            db.session.merge(DownloadDay(plugin_name=NAME, day=day, count=count))
    found = section(markup(app, PAGE), "downloads")
    picture = re.findall(r"<svg.*?</svg>", found, re.DOTALL)[0]
    assert picture.count("v-") == 3 and "style" not in found
    assert "<title" in picture and "<desc" in picture
    rows = re.findall(r'<th scope="row">([\d-]+)</th><td>(\d+)</td>', found)
    assert len(rows) == charts.DAYS and rows[0] == (today.isoformat(), "3") and rows[1][1] == "7"
    assert sum(int(count) for _, count in rows) == 15
    assert "15 of them in the last 90 days" in said(found)


@pytest.mark.parametrize(("highest", "top"), [(0, 2), (1, 2), (3, 4), (5, 10), (11, 20), (21, 40), (999, 1000)])
def test_an_axis_ends_at_a_number_whose_half_is_whole(highest: int, top: int) -> None:
    drawn = charts.of({"2026-03-01": highest}, utcnow().date().replace(2026, 3, 1))
    assert drawn.top == top and drawn.top % 2 == 0
    assert all(int(tall) <= charts.HEIGHT for tall in re.findall(r"v-(\d+)", drawn.bars))


# Others


def test_what_it_needs_and_what_needs_it_as_far_as_everybody_may_know(
    who: People, published_plugin: dict[str, Any]
) -> None:
    app = who.nobody.app
    needs = {NAME: "^1.0.0", "com.example.nowhere": ">=2"}
    one = published(who.other, who.reviewer, name="com.example.needing", displayName="Needing", dependencies=needs)
    found = section(markup(app, "/plugins/com.example.needing"), "needs")
    assert any(link.startswith(PAGE) for link in links(found))
    assert "com.example.nowhere not in this catalogue >=2" in said(found)
    assert "Plugins that need it: 1 Needing" in words(app, PAGE)
    # A version that needs it no more, and then one that does again.
    published_version(who.other, who.reviewer, one["id"], "1.1.0", name="com.example.needing", dependencies={})
    assert "Plugins that need it" not in words(app, PAGE)
    needing = {"name": "com.example.needing", "dependencies": {NAME.upper(): "*"}}
    published_version(who.other, who.reviewer, one["id"], "1.2.0", **needing)
    assert "Plugins that need it: 1" in words(app, PAGE)
    suspended(who.admin, one["id"])
    assert "Plugins that need it" not in words(app, PAGE)


def test_a_deleted_plugin_needs_nothing_any_more(who: People, published_plugin: dict[str, Any]) -> None:
    one = published(who.other, who.reviewer, name="com.example.needing", dependencies={NAME: "*"})
    assert "Plugins that need it: 1" in words(who.nobody.app, PAGE)
    data(who.other.delete(f"{PLUGINS}/{one['id']}"))
    assert "Plugins that need it" not in words(who.nobody.app, PAGE)


def test_links_of_its_makers_are_no_word_of_ours(who: People, documented_plugin: dict[str, Any]) -> None:
    found = markup(who.nobody.app, PAGE)
    assert '<a href="https://github.com/dev/plugin" rel="nofollow noopener noreferrer">Repository</a>' in found
    assert '<a href="https://plugin.com" rel="nofollow noopener noreferrer">Homepage</a>' in found


# Ratings


def rate_as_many(app: Flask, count: int, since: int = 0) -> None:
    with app.app_context(), unit_of_work():
        plugin = db.session.get_one(Plugin, NAME)
        plugin.rating_count += count
        plugin.rating_sum += 3 * count
        for number in range(since, since + count):
            name, email = f"rater{number}", f"r{number}@x.example"
            keys = {"username_key": name, "email_key": email}
            user = User(username=name, email=email, password_hash="", role="user", **keys)
            db.session.add(user)
            db.session.flush()
            at = utcnow() - timedelta(days=1, minutes=number)
            db.session.add(
                Rating(
                    **{"id": new_id(), "plugin_name": NAME, "user_id": user.id, "version": "1.0.0", "rating": 3},
                    **{"title": f"Title {number}", "content": "x", "created_at": at},
                )
            )


def test_ratings_come_ten_at_a_time(who: People, documented_plugin: dict[str, Any]) -> None:
    app = who.nobody.app
    rate_as_many(app, 14)
    # What was added behind the program's back is seen with the next change.
    rated(who.other, NAME, 5, title="The newest")
    first = section(markup(app, PAGE), "ratings")
    assert first.count('<article class="rating">') == 10 and "The newest" in first
    [onward] = {link for link in links(first) if "ratings=2" in link}
    second = section(markup(app, onward.partition("#")[0]), "ratings")
    assert second.count('<article class="rating">') == 6 and "Title 13" in second
    assert not any("ratings=" in link for link in links(second))
    assert get(app, f"{PAGE}?ratings=3").status_code == 404


def test_a_rating_has_its_author_its_version_and_the_answer(who: People, documented_plugin: dict[str, Any]) -> None:
    app = who.nobody.app
    [rating] = data(who.nobody.get(f"{HERE}/reviews"))["reviews"]
    data(who.developer.post(f"{HERE}/reviews/{rating['id']}/reply", {"content": "Thank you"}))
    rated(who.other, NAME, 1)
    found = said(section(markup(app, PAGE), "ratings"))
    assert "4 of 5 评价 user · Version 1.0.0 ·" in found
    assert "The developer answers" in found and "Thank you" in found
    data(who.admin.post(f"{V1}/admin/ratings/{rating['id']}/hide", {"hidden": True, "reason": "spam"}))
    found = said(section(markup(app, PAGE), "ratings"))
    assert "评价 user" not in found and "spam" not in found and "Thank you" not in found


# Pictures and texts


def test_pictures_have_their_sizes_and_lead_to_themselves(who: People) -> None:
    screenshots = [file(png(320, 200), "1.png"), file(png(64, 48), "2.png")]
    published(who.developer, who.reviewer, {"screenshots": screenshots})
    found = markup(who.nobody.app, PAGE)
    pictures = re.findall(r'<a href="([^"]+)"><img src="([^"]+)" alt="([^"]+)" width="(\d+)" height="(\d+)"', found)
    assert [(width, height) for *_, width, height in pictures] == [("320", "200"), ("64", "48")]
    assert all(link == source for link, source, *_ in pictures)
    assert who.nobody.get(pictures[0][0]).mimetype.startswith("image/")
    assert "2 screenshots" in said(found)


def test_without_pictures_nothing_speaks_of_them(who: People, published_plugin: dict[str, Any]) -> None:
    found = markup(who.nobody.app, PAGE)
    assert "creenshot" not in found and 'class="icon large" aria-hidden="true"' in found


def test_pictures_of_other_hosts_become_links(who: People, published_plugin: dict[str, Any]) -> None:
    written = "# Title\n\n![a <b> chart](https://pictures.example/a.png)\n\n[![badge](https://b.example/b.svg)](https://c.example/)"
    data(who.developer.put(HERE, {"long_description": written}))
    found = markup(who.nobody.app, PAGE)
    prose = found.split('<div class="prose">')[1].split("</section>")[0]
    assert "<img" not in prose and "<h3>Title</h3>" in prose
    assert '<a href="https://pictures.example/a.png"' in prose and "a &lt;b&gt; chart</a>" in prose
    assert "badge</a>" in prose and "b.example" not in prose


def test_a_long_description_is_short_at_the_head_and_whole_below(who: People, published_plugin: dict[str, Any]) -> None:
    written = "Words " * 300 + "the end"
    data(who.developer.put(HERE, {"description": written}))
    found = markup(who.nobody.app, PAGE)
    assert len(re.findall(r'<meta name="description" content="([^"]*)"', found)[0]) <= 280
    assert found.count("the end") == 1


# For hosts


def test_the_two_calls_of_a_host_are_ready_to_paste(who: People, published_plugin: dict[str, Any]) -> None:
    found = markup(who.nobody.app, PAGE)
    ask, load = (
        shlex.split(said(call).replace(" \\ ", " "))
        for call in re.findall(r"<pre[^>]*>(curl.*?)</pre>", found, re.DOTALL)
    )
    body = json.loads(ask[ask.index("-d") + 1])
    path = next(word for word in ask if word.startswith("http")).partition("//")[2].partition("/")[2]
    assert data(who.nobody.post(f"/{path}", body))["updates"][0]["action"] == "none"
    path = load[-1].partition("//")[2].partition("/")[2]
    assert who.nobody.get(f"/{path}").status_code == 200
    assert load[load.index("-o") + 1] == "myplugin@1.0.0.zip"


# What it costs


def many_versions(app: Flask, count: int, since: int = 0) -> None:
    with app.app_context(), unit_of_work():
        first = db.session.get_one(PluginVersion, (NAME, "1.0.0"))
        columns = {column.key: getattr(first, column.key) for column in PluginVersion.__mapper__.column_attrs}
        for number in range(since + 1, since + count):
            version = f"0.{number}.0"
            changed = {"version": version, "precedence": f"0{number:04}", "storage_key": f"none/{number}"}
            changelog = {"changelog": f"- Change {number}\n- Another **one** of {number}\n" * 8}
            db.session.add(PluginVersion(**{**columns, **changed, **changelog}))


def test_the_largest_page_to_be_expected_is_small(who: People) -> None:
    app = who.nobody.app
    screenshots = [file(png(32, 20 + number), f"{number}.png") for number in range(8)]
    story = "\n\n".join(f"## Part {number}\n\n{f'A sentence about part {number}. ' * 12}" for number in range(40))
    form = {"screenshots": screenshots, "long_description": story}
    published(who.developer, who.reviewer, form, permissions=list(DEFAULT_PERMISSIONS))
    many_versions(app, 50)
    rate_as_many(app, 30)
    rated(who.user, NAME, 5)
    size = len(gzip.compress(markup(app, PAGE).encode())) + len(writing.STYLE.document.packed)
    assert size <= 60 * 1024


def test_a_page_costs_as_many_statements_for_many_versions_as_for_few(
    who: People, published_plugin: dict[str, Any]
) -> None:
    app, counts = who.nobody.app, []
    for versions, ratings, rater in ((3, 2, who.user), (40, 8, who.other)):
        many_versions(app, versions, since=len(counts) * 3)
        rate_as_many(app, ratings, since=len(counts) * 3)
        rated(rater, NAME)
        # Once, so that the HTML of changelogs is stored.
        markup(app, PAGE)
        data(who.developer.put(HERE, {"description": f"Changed {versions} times, so that the page is made anew"}))
        with counted_statements(app) as seen:
            markup(app, PAGE)
        counts.append(sum(statement != "BEGIN" for statement in seen))
    assert counts[0] == counts[1] <= 30
