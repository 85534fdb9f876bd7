"""Concurrent edits: saving over somebody else's unseen change is refused, and nothing is lost."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask

from microdock_server.services import revisions
from microdock_server.services.plugins import images

from ...conftest import AppFactory
from ...market import PLUGINS, V1, People, account_id, category, created, data, file, png, published, rated
from ...market import review_of as waiting
from ...support import Api, add_user

CONFIG = f"{V1}/admin/system/config"
WRITERS = 6


@dataclass(frozen=True)
class Saved:
    """Something that is edited through a form: where it is read, how it is saved, twice differently, and by whom."""

    path: str
    by: Api
    mine: dict[str, Any]
    theirs: dict[str, Any]
    # Where it is not read at its own address: one of a list.
    found: Callable[[], dict[str, Any]] | None = None
    saved_at: str = ""
    method: str = "PUT"

    def shown(self) -> dict[str, Any]:
        return self.found() if self.found else dict(data(self.by.get(self.path)))

    def save(self, body: dict[str, Any], if_match: str | None = None) -> Any:
        headers = {} if if_match is None else {"If-Match": if_match}
        return self.by._call(self.method, self.saved_at or self.path, json=body, headers=headers)


def configuration(who: People) -> Saved:
    mine, theirs = ({"review_settings": {"max_review_time": days}} for days in (7, 9))
    return Saved(CONFIG, who.admin, mine, theirs)


def reserved(who: People) -> Saved:
    mine, theirs = ({"reserved_prefixes": [{"prefix": name, "owner_ids": []}]} for name in ("com.one", "com.two"))
    return Saved(CONFIG, who.admin, mine, theirs)


def a_category(who: People) -> Saved:
    path = f"{V1}/admin/categories/{category(who.admin)['id']}"
    return Saved(path, who.admin, {"description": "我的"}, {"name": "别的"})


def a_plugin(who: People) -> Saved:
    plugin = created(who.developer)
    return Saved(f"{PLUGINS}/{plugin['id']}", who.developer, {"description": "我的"}, {"metadata": {"tags": ["别的"]}})


def an_account(who: People) -> Saved:
    return Saved(f"{V1}/admin/users/{account_id(who.user)}", who.admin, {"role": "reviewer"}, {"is_active": False})


def a_profile(who: People) -> Saved:
    path = f"{V1}/developers/{account_id(who.developer)}"
    return Saved(path, who.developer, {"bio": "我的"}, {"company": "别的"})


def a_badge(who: People) -> Saved:
    number = account_id(who.developer)
    mine, theirs = ({"verified": True, "notes": notes} for notes in ("我的", "别的"))
    path = f"{V1}/admin/developers/{number}/verify"
    return Saved(f"{V1}/developers/{number}", who.admin, mine, theirs, saved_at=path, method="POST")


def _of_rating(who: People, plugin: dict[str, Any], number: str) -> Callable[[], dict[str, Any]]:
    def found() -> dict[str, Any]:
        rows = data(who.reviewer.get(f"{PLUGINS}/{plugin['id']}/reviews"))["reviews"]
        return next(row for row in rows if row["id"] == number)

    return found


def a_rating(who: People) -> Saved:
    plugin = published(who.developer, who.reviewer)
    number = rated(who.user, plugin["id"])["id"]
    path = f"{PLUGINS}/{plugin['id']}/reviews/{number}"
    return Saved(path, who.user, {"content": "我的"}, {"rating": 1}, _of_rating(who, plugin, number))


def a_reply(who: People) -> Saved:
    plugin = published(who.developer, who.reviewer)
    number = rated(who.user, plugin["id"])["id"]
    path = f"{PLUGINS}/{plugin['id']}/reviews/{number}"
    found = _of_rating(who, plugin, number)
    mine, theirs = {"content": "我的"}, {"content": "别的"}
    return Saved(path, who.developer, mine, theirs, found, saved_at=f"{path}/reply", method="POST")


def a_hidden_rating(who: People) -> Saved:
    plugin = published(who.developer, who.reviewer)
    number = rated(who.user, plugin["id"])["id"]
    mine, theirs = {"hidden": True, "reason": "我的"}, {"hidden": True, "reason": "别的"}
    path = f"{V1}/admin/ratings/{number}/hide"
    return Saved(path, who.reviewer, mine, theirs, _of_rating(who, plugin, number), method="POST")


def an_assignment(who: People) -> Saved:
    path = f"{V1}/admin/reviews/{waiting(who.reviewer, created(who.developer)['id'])['id']}"
    number = account_id(who.reviewer)
    mine, theirs = ({"reviewer_id": number, "notes": notes} for notes in ("我的", "别的"))
    return Saved(path, who.admin, mine, theirs, saved_at=f"{path}/assign", method="POST")


KINDS = (
    *(configuration, reserved, a_category, a_plugin, an_account, a_profile, a_badge, a_rating, a_reply),
    *(a_hidden_rating, an_assignment),
)


@pytest.mark.parametrize("kind", KINDS)
def test_who_saves_over_what_another_tab_saved_is_refused_and_told(who: People, kind: Callable[..., Saved]) -> None:
    saved = kind(who)
    seen = saved.shown()
    first = saved.save(saved.theirs, f'"{seen["revision"]}"')
    now = data(first)["revision"]
    assert now != seen["revision"]
    assert first.headers["ETag"] == f'"{now}"'
    before = saved.shown()
    second = saved.save(saved.mine, f'"{seen["revision"]}"')
    body = second.get_json()
    assert (second.status_code, body["code"], body["success"]) == (412, 412, False)
    assert (body["error"]["type"], body["error"]["slug"]) == ("PreconditionFailedError", "changed_meanwhile")
    [detail] = body["error"]["details"]
    assert (detail["field"], detail["rule"], detail["entry"]) == ("If-Match", "current_revision", now)
    assert second.headers["ETag"] == f'"{now}"'
    assert saved.shown() == before
    # Whoever has looked saves over it knowingly.
    assert saved.save(saved.mine, f'"{now}"').status_code == 200


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("if_match", [None, "*", " * "])
def test_who_says_nothing_of_what_they_saw_saves_as_ever(
    who: People, kind: Callable[..., Saved], if_match: str | None
) -> None:
    saved = kind(who)
    for body in (saved.theirs, saved.mine):
        assert saved.save(body, if_match).status_code == 200


@pytest.mark.parametrize(
    "path", ["config", "category", "plugin", "user", "developer", "review"], ids=lambda name: f"of-a-{name}"
)
def test_what_can_be_saved_has_a_strong_tag_that_says_its_revision(
    who: People, waiting_plugin: dict[str, Any], path: str
) -> None:
    paths = {
        "config": CONFIG,
        "category": f"{V1}/admin/categories/{category(who.admin)['id']}",
        "plugin": f"{PLUGINS}/{waiting_plugin['id']}",
        "user": f"{V1}/admin/users/{account_id(who.user)}",
        "developer": f"{V1}/developers/{account_id(who.developer)}",
        "review": f"{V1}/admin/reviews/{waiting(who.reviewer, waiting_plugin['id'])['id']}",
    }
    answers = [who.admin.get(paths[path], headers={"Accept-Language": word}) for word in ("zh", "en")]
    [tag] = {answer.headers["ETag"] for answer in answers}
    assert tag == f'"{data(answers[0])["revision"]}"'
    assert len(tag) == revisions.LENGTH + 2


@pytest.mark.parametrize(
    "if_match",
    ["", "   ", ",", "abc", '"abc', 'abc"', '"a" "b"', '"a"; "b"', "*, *", '*, "a"', 'w/"a"', "W/abc", '"a\tb"', "''"],
)
def test_an_if_match_that_is_none_is_refused_whatever_is_there(who: People, if_match: str) -> None:
    saved = a_category(who)
    answer = saved.save(saved.mine, if_match)
    assert (answer.status_code, answer.get_json()["error"]["slug"]) == (400, "malformed_if_match")
    assert saved.shown()["description"] == ""


def test_a_bare_revision_is_no_tag(who: People) -> None:
    saved = a_category(who)
    assert saved.save(saved.mine, saved.shown()["revision"]).status_code == 400


def test_several_tags_fit_where_one_does_and_weak_ones_never(who: People) -> None:
    saved = a_category(who)
    revision = saved.shown()["revision"]
    assert saved.save(saved.mine, f'W/"{revision}"').status_code == 412
    assert saved.save(saved.mine, f'"other", W/"{revision}"').status_code == 412
    assert saved.save(saved.mine, f',"oth,er" , "{revision}",').status_code == 200


def test_the_refusal_is_told_in_both_languages(who: People) -> None:
    saved = a_category(who)
    told = [
        who.admin.put(saved.path, saved.mine, headers={"If-Match": '"old"', "Accept-Language": word}).get_json()
        for word in ("zh", "en")
    ]
    assert "先保存" in told[0]["message"]
    assert "saved this meanwhile" in told[1]["message"]
    revision = saved.shown()["revision"]
    assert all(revision in body["error"]["details"][0]["message"] for body in told)


def test_who_may_not_change_it_or_sends_nonsense_hears_that_first(who: People) -> None:
    saved = a_category(who)
    stale = {"If-Match": '"old"'}
    assert who.user.put(saved.path, saved.mine, headers=stale).status_code == 403
    assert who.nobody.put(saved.path, saved.mine, headers=stale).status_code == 401
    assert who.admin.put(saved.path, {"name": 1}, headers=stale).status_code == 422
    assert who.admin.put(f"{V1}/admin/categories/none", saved.mine, headers=stale).status_code == 404
    plugin = created(who.developer)
    assert who.other.put(f"{PLUGINS}/{plugin['id']}", {"name": "x"}, headers=stale).status_code in (403, 404)


def test_what_happens_to_a_plugin_beside_its_texts_is_no_change_of_them(
    who: People, published_plugin: dict[str, Any]
) -> None:
    path = f"{PLUGINS}/{published_plugin['id']}"
    tag = who.developer.get(path).headers["ETag"]
    assert who.nobody.get(f"{path}/download").status_code == 200
    rated(who.user, published_plugin["id"])
    assert who.nobody.get(path).headers["ETag"] == tag
    assert who.developer.put(path, {"description": "新的"}, headers={"If-Match": tag}).status_code == 200


def test_pictures_are_part_of_what_is_saved_and_none_is_left_of_a_refused_form(
    who: People, waiting_plugin: dict[str, Any]
) -> None:
    path = f"{PLUGINS}/{waiting_plugin['id']}"
    tag = who.developer.get(path).headers["ETag"]

    def with_icon(colour: tuple[int, int, int]) -> Any:
        form = {"icon": file(png(colour=colour), "icon.png")}
        return who.developer.put(path, data=form, headers={"If-Match": tag})

    assert with_icon((1, 2, 3)).status_code == 200
    shown = data(who.developer.get(path))
    assert with_icon((3, 2, 1)).status_code == 412
    assert data(who.developer.get(path)) == shown


def test_a_form_under_an_if_match_that_is_none_is_refused(who: People, waiting_plugin: dict[str, Any]) -> None:
    path = f"{PLUGINS}/{waiting_plugin['id']}"
    form = {"icon": file(png(), "icon.png")}
    assert who.developer.put(path, data=form, headers={"If-Match": "x"}).status_code == 400


def test_what_somebody_edited_meanwhile_is_not_deleted_unseen(who: People) -> None:
    saved = a_category(who)
    tag = who.admin.get(saved.path).headers["ETag"]
    saved.save(saved.theirs)
    assert who.admin.delete(saved.path, headers={"If-Match": tag}).status_code == 412
    plugin = a_plugin(who)
    tag = who.developer.get(plugin.path).headers["ETag"]
    plugin.save(plugin.theirs)
    assert who.developer.delete(plugin.path, headers={"If-Match": tag}).status_code == 412
    for path, by in ((saved.path, who.admin), (plugin.path, who.developer)):
        tag = by.get(path).headers["ETag"]
        assert by.delete(path, headers={"If-Match": tag}).status_code == 200


def test_a_review_that_was_given_to_another_meanwhile_is_not_decided_unseen(
    app: Flask, who: People, waiting_plugin: dict[str, Any]
) -> None:
    add_user(app, "second-admin")
    review = waiting(who.reviewer, waiting_plugin["id"])
    path = f"{V1}/admin/reviews/{review['id']}"
    data(who.reviewer.post(f"{path}/start"))
    tag = who.admin.get(path).headers["ETag"]
    data(who.admin.post(f"{path}/assign", {"reviewer_id": account_id(who.reviewer), "priority": "high"}))
    body = {"result": "approved", "notes": "好"}
    assert who.admin._call("POST", f"{path}/submit", json=body, headers={"If-Match": tag}).status_code == 412
    assert data(who.admin.get(path))["status"] == "in_review"


def test_notes_on_a_badge_cannot_be_guessed_from_the_revision_that_everybody_sees(who: People) -> None:
    saved = a_badge(who)

    def seen(by: Api) -> str:
        return str(data(by.get(saved.path))["revision"])

    data(saved.save(saved.mine))
    before = {name: seen(getattr(who, name)) for name in ("nobody", "other", "developer", "admin")}
    data(saved.save({**saved.mine, "notes": "秘密"}))
    after = {name: seen(getattr(who, name)) for name in ("nobody", "other", "developer", "admin")}
    assert {name for name in before if before[name] != after[name]} == {"developer", "admin"}


@pytest.mark.parametrize("kind", [configuration, a_category, a_plugin, an_account, a_profile])
def test_of_several_that_save_at_once_what_they_saw_exactly_one_does(
    who: People, monkeypatch: pytest.MonkeyPatch, kind: Callable[..., Saved]
) -> None:
    """All of them have read the revision, and are let go together: the units that write decide, not the reading."""
    saved = kind(who)
    tag = f'"{saved.shown()["revision"]}"'
    together = threading.Barrier(WRITERS)

    def save(number: int) -> int:
        together.wait()
        return int(saved.save(saved.mine if number % 2 else saved.theirs, tag).status_code)

    with ThreadPoolExecutor(WRITERS) as pool:
        answers = sorted(pool.map(save, range(WRITERS)))
    assert answers == [200] + [412] * (WRITERS - 1)


def test_what_is_saved_between_the_look_and_the_writing_is_not_overwritten(
    who: People, waiting_plugin: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one save that takes pictures looks before it makes them: what another saves meanwhile counts all the same."""
    path = f"{PLUGINS}/{waiting_plugin['id']}"
    tag = who.developer.get(path).headers["ETag"]
    prepare, answers = images.prepare, []

    def interrupted(*args: Any, **options: Any) -> Any:
        if not answers:
            answers.append(who.developer.put(path, {"description": "别的"}))
        return prepare(*args, **options)

    monkeypatch.setattr(images, "prepare", interrupted)
    form = {"description": "我的", "icon": file(png(), "icon.png")}
    refused = who.developer.put(path, data=form, headers={"If-Match": tag})
    assert [answers[0].status_code, refused.status_code] == [200, 412]
    shown = data(who.developer.get(path))
    assert (shown["description"], shown["files"]["icon"]) == ("别的", None)


def test_pages_of_other_origins_may_read_the_tag_and_send_it_back(make_app: AppFactory) -> None:
    app = make_app(CORS_ORIGINS="https://page.example")
    asked = {
        "Origin": "https://page.example",
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "authorization,content-type,if-match",
    }
    client = app.test_client()
    answer = client.open(CONFIG, method="OPTIONS", headers=asked)
    assert "if-match" in answer.headers["Access-Control-Allow-Headers"].lower()
    read = client.get(f"{V1}/marketplace/categories", headers={"Origin": "https://page.example"})
    assert "ETag" in read.headers["Access-Control-Expose-Headers"]
