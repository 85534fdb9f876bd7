"""Ratings: one per user, never one's own plugin, exact averages, and moderation."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from microdock_server.database.session import db
from microdock_server.database.unit_of_work import unit_of_work
from microdock_server.models import RatingRevision

from ...market import (
    PLUGINS,
    V1,
    People,
    account_id,
    audited,
    created,
    data,
    details,
    published,
    published_version,
    rate,
    rated,
    restored,
    shown,
    slug,
    suspended,
)
from ...support import Api, add_user, package

MODERATION = f"{V1}/admin/ratings"
UNKNOWN = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def plugin_id(published_plugin: dict[str, Any]) -> str:
    """A published plugin of the developer's."""
    return str(published_plugin["id"])


def raters(app: Flask, number: int) -> list[Api]:
    return [add_user(app, f"rater{place}") for place in range(number)]


def listed(api: Api, plugin_id: str, query: str = "") -> dict[str, Any]:
    return dict(data(api.get(f"{PLUGINS}/{plugin_id}/reviews?{query}")))


def summary(api: Api, plugin_id: str) -> dict[str, Any]:
    return dict(listed(api, plugin_id)["summary"])


def assert_summary(api: Api, plugin_id: str, *stars: int) -> None:
    """Everywhere the same: the list's summary, the detail, the row in the catalogue."""
    average = round(sum(stars) / len(stars), 2) if stars else None
    found = summary(api, plugin_id)
    assert (found["average"], found["total"]) == (average, len(stars))
    assert found["distribution"] == {str(n): stars.count(n) for n in range(5, 0, -1)}
    stats = shown(api, plugin_id)["stats"]
    assert (stats["rating"], stats["reviews_count"]) == (average, len(stars))
    [row] = data(api.get(PLUGINS))["plugins"]
    assert (row["rating"], row["reviews_count"]) == (average, len(stars))


def edit(api: Api, plugin_id: str, rating_id: str, **fields: Any) -> Any:
    return api.put(f"{PLUGINS}/{plugin_id}/reviews/{rating_id}", fields)


def hide(api: Api, rating_id: str, hidden: bool = True, **fields: Any) -> Any:
    return api.post(f"{MODERATION}/{rating_id}/hide", {"hidden": hidden, **fields})


def report(api: Api, plugin_id: str, rating_id: str, reason: str = "辱骂") -> Any:
    return api.post(f"{PLUGINS}/{plugin_id}/reviews/{rating_id}/report", {"reason": reason})


def reply(api: Api, plugin_id: str, rating_id: str, content: str = "谢谢") -> Any:
    return api.post(f"{PLUGINS}/{plugin_id}/reviews/{rating_id}/reply", {"content": content})


# Rating


def test_a_rating_is_shown_as_it_was_given(who: People, plugin_id: str) -> None:
    found = rated(
        who.user, plugin_id, 5, title="评价标题", content="评价\n内容", pros=["优点1", "优点2"], cons=["缺点1"]
    )
    assert (found["rating"], found["title"], found["content"]) == (5, "评价标题", "评价\n内容")
    assert (found["pros"], found["cons"], found["version"]) == (["优点1", "优点2"], ["缺点1"], "1.0.0")
    assert found["user"] == {"id": account_id(who.user), "username": "user"}
    assert (found["edited"], found["reply"], found["is_hidden"]) == (False, None, False)
    assert listed(who.nobody, plugin_id)["reviews"] == [found]
    assert_summary(who.nobody, plugin_id, 5)


def test_only_the_stars_must_be_given(who: People, plugin_id: str) -> None:
    found = data(who.user.post(f"{PLUGINS}/{plugin_id}/reviews", {"rating": 1}), 201)
    assert (found["title"], found["content"], found["pros"], found["cons"]) == ("", "", [], [])


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"rating": 0}, "rating"),
        ({"rating": 6}, "rating"),
        ({"rating": 4.5}, "rating"),
        ({"rating": True}, "rating"),
        ({"rating": None}, "rating"),
        ({"title": "x" * 201}, "title"),
        ({"content": "x" * 5001}, "content"),
        ({"pros": ["x"] * 11}, "pros"),
        ({"cons": [""]}, "cons.0"),
        ({"stars": 5}, "stars"),
    ],
)
def test_a_rating_that_cannot_be_understood_does_not_count(
    who: People, plugin_id: str, fields: dict[str, Any], field: str
) -> None:
    body = {"rating": 5, **fields}
    assert list(details(who.user.post(f"{PLUGINS}/{plugin_id}/reviews", body))) == [field]
    assert_summary(who.nobody, plugin_id)


def test_one_user_rates_a_plugin_once(who: People, plugin_id: str) -> None:
    rated(who.user, plugin_id, 5)
    assert slug(rate(who.user, plugin_id, 1)) == "rating_exists"
    assert slug(rate(who.user, "com.example.myplugin", 1)) == "rating_exists"
    assert_summary(who.nobody, plugin_id, 5)


def test_everybody_but_the_owner_rates(who: People, plugin_id: str) -> None:
    refused = rate(who.developer, plugin_id)
    assert slug(refused, 403) == "own_rating"
    assert rate(who.nobody, plugin_id).status_code == 401
    for api, stars in ((who.user, 1), (who.other, 2), (who.reviewer, 4), (who.admin, 5)):
        rated(api, plugin_id, stars)
    assert_summary(who.nobody, plugin_id, 1, 2, 4, 5)


def test_ones_own_plugin_is_not_rated_while_it_waits_either(who: People) -> None:
    refused = rate(who.developer, created(who.developer, name="com.example.waiting")["id"])
    assert slug(refused, 403) == "own_rating"


def test_who_becomes_the_owner_does_not_change_their_rating_of_it(who: People) -> None:
    data(who.nobody.upload(package(name="com.example.keyed"), "upload-key"))
    rating = rated(who.developer, "com.example.keyed", 4)
    data(who.developer.post(f"{PLUGINS}/com.example.keyed/claim", {"plugin_key": "upload-key"}))
    refused = who.developer.put(f"{PLUGINS}/com.example.keyed/reviews/{rating['id']}", {"rating": 5})
    assert slug(refused, 403) == "own_rating"
    assert_summary(who.nobody, "com.example.keyed", 4)


def test_only_what_is_published_is_rated(who: People, plugin_id: str) -> None:
    waiting = created(who.other, name="com.example.waiting")
    for api in (who.user, who.reviewer, who.admin):
        assert slug(rate(api, waiting["id"]), 404) == "plugin_not_found"
    suspended(who.admin, plugin_id)
    for api in (who.user, who.reviewer):
        assert slug(rate(api, plugin_id), 404) == "plugin_not_found"
    restored(who.admin, plugin_id)
    rated(who.user, plugin_id)


def test_a_rating_remembers_the_version_it_is_about(who: People, plugin_id: str) -> None:
    rated(who.user, plugin_id)
    published_version(who.developer, who.reviewer, plugin_id, "2.0.0")
    assert rated(who.other, plugin_id)["version"] == "2.0.0"
    assert {row["version"] for row in listed(who.nobody, plugin_id)["reviews"]} == {"1.0.0", "2.0.0"}


def test_ratings_are_sorted_and_paged(app: Flask, who: People, plugin_id: str) -> None:
    for api, stars in zip(raters(app, 5), (3, 1, 5, 2, 4), strict=True):
        rated(api, plugin_id, stars)
    found = listed(who.nobody, plugin_id, "sort=rating&order=asc&limit=2&page=2")
    assert [row["rating"] for row in found["reviews"]] == [3, 4]
    assert found["pagination"] == {"page": 2, "limit": 2, "total": 5, "pages": 3}
    assert [row["rating"] for row in listed(who.nobody, plugin_id, "sort=rating")["reviews"]] == [5, 4, 3, 2, 1]
    assert list(details(who.nobody.get(f"{PLUGINS}/{plugin_id}/reviews?sort=stars"))) == ["sort"]


def test_an_average_is_exact_however_many_rate(app: Flask, who: People, plugin_id: str) -> None:
    given = []
    for place, api in enumerate(raters(app, 13)):
        given.append(place % 5 + 1)
        rated(api, plugin_id, given[-1])
    assert_summary(who.nobody, plugin_id, *given)


# Editing


def test_an_edit_changes_the_average_and_keeps_what_was_said(app: Flask, who: People, plugin_id: str) -> None:
    rated(who.other, plugin_id, 2)
    first = rated(who.user, plugin_id, 5, title="好", pros=["快"])
    found = data(edit(who.user, plugin_id, first["id"], rating=4, content="更新的评价内容"))
    assert (found["rating"], found["content"], found["title"], found["pros"]) == (4, "更新的评价内容", "好", ["快"])
    assert found["edited"] is True
    assert found["created_at"] == first["created_at"]
    assert_summary(who.nobody, plugin_id, 2, 4)
    data(edit(who.user, plugin_id, first["id"], rating=1, pros=[]))
    assert_summary(who.nobody, plugin_id, 2, 1)
    with app.app_context(), unit_of_work(writing=False):
        kept = db.session.scalars(select(RatingRevision).order_by(RatingRevision.id)).all()
        assert [(row.rating_id, row.rating, row.content, row.pros) for row in kept] == [
            (first["id"], 5, "内容", ["快"]),
            (first["id"], 4, "更新的评价内容", ["快"]),
        ]


def test_an_edit_of_words_alone_leaves_the_average(who: People, plugin_id: str) -> None:
    first = rated(who.user, plugin_id, 3)
    data(edit(who.user, plugin_id, first["id"], title="新标题"))
    assert_summary(who.nobody, plugin_id, 3)


def test_only_who_wrote_a_rating_edits_it(who: People, plugin_id: str) -> None:
    first = rated(who.user, plugin_id, 3)
    for api in (who.other, who.developer, who.reviewer, who.admin):
        assert edit(api, plugin_id, first["id"], rating=1).status_code == 403
    assert edit(who.nobody, plugin_id, first["id"], rating=1).status_code == 401
    assert slug(edit(who.user, plugin_id, UNKNOWN, rating=1), 404) == "rating_not_found"
    assert details(edit(who.user, plugin_id, first["id"])) != {}
    assert list(details(edit(who.user, plugin_id, first["id"], rating=9))) == ["rating"]
    assert_summary(who.nobody, plugin_id, 3)


def test_a_rating_belongs_to_its_plugin(who: People, plugin_id: str) -> None:
    first = rated(who.user, plugin_id, 3)
    another = published(who.other, who.reviewer, name="com.example.another")["id"]
    assert edit(who.user, another, first["id"], rating=1).status_code == 404
    assert report(who.user, another, first["id"]).status_code == 404
    assert reply(who.other, another, first["id"]).status_code == 404


# Replies


def test_the_owner_answers_and_a_later_answer_replaces_it(who: People, plugin_id: str) -> None:
    first = rated(who.user, plugin_id, 3)
    assert data(reply(who.developer, plugin_id, first["id"], "谢谢"))["reply"]["content"] == "谢谢"
    data(reply(who.developer, plugin_id, first["id"], "已修复\n请更新"))
    [row] = listed(who.nobody, plugin_id)["reviews"]
    assert row["reply"]["content"] == "已修复\n请更新"
    assert row["edited"] is False
    assert list(details(reply(who.developer, plugin_id, first["id"], ""))) == ["content"]


def test_nobody_but_the_owner_and_administrators_answers(who: People, plugin_id: str) -> None:
    first = rated(who.user, plugin_id, 3)
    for api in (who.user, who.other, who.reviewer):
        assert reply(api, plugin_id, first["id"]).status_code == 403
    assert listed(who.nobody, plugin_id)["reviews"][0]["reply"] is None
    data(reply(who.admin, plugin_id, first["id"]))
    [entry] = audited(who.admin, "rating.replied")
    assert entry["target"] == {"type": "rating", "id": first["id"]}


# Reports and hiding


def test_a_user_reports_a_rating_once_and_may_change_the_reason(app: Flask, who: People, plugin_id: str) -> None:
    bad = rated(who.user, plugin_id, 1)
    rated(who.other, plugin_id, 5)
    for reason in ("广告", "辱骂"):
        data(report(who.developer, plugin_id, bad["id"], reason))
    [row] = data(who.reviewer.get(f"{MODERATION}?reported=true"))["ratings"]
    assert (row["id"], row["report_count"], row["reports"]) == (bad["id"], 1, ["辱骂"])
    for api in raters(app, 3):
        data(report(api, plugin_id, bad["id"], "虚假"))
    [row] = data(who.reviewer.get(f"{MODERATION}?reported=true"))["ratings"]
    assert (row["report_count"], sorted(row["reports"])) == (4, sorted(["辱骂", "虚假", "虚假", "虚假"]))
    # A report alone hides nothing.
    assert_summary(who.nobody, plugin_id, 1, 5)
    assert report(who.nobody, plugin_id, bad["id"]).status_code == 401
    assert list(details(report(who.other, plugin_id, bad["id"], ""))) == ["reason"]


def test_a_hidden_rating_is_out_of_sight_and_out_of_the_average(who: People, plugin_id: str) -> None:
    bad = rated(who.user, plugin_id, 1)
    rated(who.other, plugin_id, 4)
    found = data(hide(who.reviewer, bad["id"], reason="spam"))
    assert (found["is_hidden"], found["hidden_reason"]) == (True, "spam")
    for api in (who.nobody, who.other, who.developer):
        assert [row["rating"] for row in listed(api, plugin_id)["reviews"]] == [4]
        assert_summary(api, plugin_id, 4)
    assert len(listed(who.reviewer, plugin_id)["reviews"]) == 2
    assert summary(who.reviewer, plugin_id)["total"] == 1
    assert [row["id"] for row in data(who.reviewer.get(f"{MODERATION}?hidden=true"))["ratings"]] == [bad["id"]]
    assert len(data(who.reviewer.get(f"{MODERATION}?hidden=false"))["ratings"]) == 1
    # Said twice, it counts once.
    data(hide(who.reviewer, bad["id"], reason="spam"))
    assert_summary(who.nobody, plugin_id, 4)
    data(hide(who.reviewer, bad["id"], hidden=False))
    assert_summary(who.nobody, plugin_id, 1, 4)
    data(hide(who.reviewer, bad["id"], hidden=False))
    assert_summary(who.nobody, plugin_id, 1, 4)
    assert data(who.reviewer.get(f"{MODERATION}?hidden=true"))["ratings"] == []


def test_a_hidden_rating_that_is_edited_counts_as_edited_once_it_is_shown(who: People, plugin_id: str) -> None:
    bad = rated(who.user, plugin_id, 1)
    rated(who.other, plugin_id, 4)
    data(hide(who.reviewer, bad["id"]))
    data(edit(who.user, plugin_id, bad["id"], rating=5))
    assert_summary(who.nobody, plugin_id, 4)
    data(hide(who.reviewer, bad["id"], hidden=False))
    assert_summary(who.nobody, plugin_id, 5, 4)


def test_where_all_are_hidden_there_is_no_average(who: People, plugin_id: str) -> None:
    only = rated(who.user, plugin_id, 5)
    data(hide(who.reviewer, only["id"]))
    assert_summary(who.nobody, plugin_id)
    # It is still theirs: they cannot rate again.
    assert slug(rate(who.user, plugin_id, 5)) == "rating_exists"
    data(hide(who.reviewer, only["id"], hidden=False))
    assert_summary(who.nobody, plugin_id, 5)


def test_a_hidden_rating_does_not_exist_for_others(who: People, plugin_id: str) -> None:
    bad = rated(who.user, plugin_id, 1)
    data(hide(who.reviewer, bad["id"]))
    assert report(who.other, plugin_id, bad["id"]).status_code == 404


def test_hiding_is_for_moderators_and_in_the_audit_log(who: People, plugin_id: str) -> None:
    bad = rated(who.user, plugin_id, 1)
    for api in (who.user, who.other, who.developer):
        assert hide(api, bad["id"]).status_code == 403
        assert api.get(MODERATION).status_code == 403
    assert slug(hide(who.reviewer, UNKNOWN), 404) == "rating_not_found"
    assert list(details(who.reviewer.post(f"{MODERATION}/{bad['id']}/hide", {"reason": "x"}))) == ["hidden"]
    assert audited(who.admin, "rating.") == []
    data(hide(who.reviewer, bad["id"], reason="spam"))
    data(hide(who.admin, bad["id"], hidden=False, reason="误判"))
    entries = audited(who.admin, "rating.")
    assert [(row["action"], row["actor"]["username"], row["details"]["reason"]) for row in entries] == [
        ("rating.shown", "admin", "误判"),
        ("rating.hidden", "reviewer", "spam"),
    ]
    assert {row["target"]["id"] for row in entries} == {bad["id"]}


def test_ratings_go_with_their_plugin(app: Flask, who: People, plugin_id: str) -> None:
    bad = rated(who.user, plugin_id, 1)
    data(edit(who.user, plugin_id, bad["id"], rating=2))
    data(report(who.other, plugin_id, bad["id"]))
    data(who.developer.delete(f"{PLUGINS}/{plugin_id}"))
    assert data(who.reviewer.get(MODERATION))["ratings"] == []
    assert slug(hide(who.reviewer, bad["id"]), 404) == "rating_not_found"
    again = published(who.developer, who.reviewer, version="1.1.0")["id"]
    assert_summary(who.nobody, again)
    rated(who.user, again)
