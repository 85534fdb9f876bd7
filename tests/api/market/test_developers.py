"""Developers: registration, visibility of profiles, the verified badge, statistics, and the revenue ledger."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from microdock_server.api.market import people as people_api
from microdock_server.database.session import db
from microdock_server.database.unit_of_work import unit_of_work
from microdock_server.models import Developer

from ...market import (
    MOMENT,
    PLUGINS,
    V1,
    People,
    account_id,
    audited,
    created,
    data,
    details,
    published,
    rated,
    rejected,
    shown,
    slug,
    suspended,
)
from ...rows import add_plugin, move_downloads
from ...support import Api, add_user, signed_in, stored_rows

REGISTER = f"{V1}/developers/register"
DEVELOPERS = f"{V1}/admin/developers"
UNKNOWN = "00000000-0000-4000-8000-000000000000"
DOCUMENT = {"type": "identity", "file_url": "https://cdn.example.com/docs/id.pdf"}
REGISTRATION = {
    "username": "ada",
    "email": "Ada@Example.com",
    "password": "password123",
    "display_name": "艾达",
    "company": "公司名称",
    "website": "https://developer.com",
    "bio": "开发者\n简介",
    "verification_documents": [DOCUMENT],
}
NOW = datetime(2026, 3, 15, 12, 0, tzinfo=UTC)


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """Statistics and the ledger believe that it is the middle of March."""
    monkeypatch.setattr(people_api, "utcnow", lambda: NOW)
    return NOW


def register(app: Flask, **fields: Any) -> Any:
    body = {**REGISTRATION, **fields}
    return Api(app).post(REGISTER, {name: value for name, value in body.items() if value is not None})


def registered(app: Flask, **fields: Any) -> Api:
    """A developer with a profile."""
    return signed_in(app, data(register(app, **fields), 201)["username"])


def profile_path(api: Api) -> str:
    return f"{V1}/developers/{account_id(api)}"


def profile(of: Api, viewer: Api) -> dict[str, Any]:
    return dict(data(viewer.get(profile_path(of))))


def change(of: Api, by: Api, **fields: Any) -> Any:
    return by.put(profile_path(of), fields)


def verify(of: Api, by: Api, verified: bool = True, **fields: Any) -> Any:
    return by.post(f"{DEVELOPERS}/{account_id(of)}/verify", {"verified": verified, **fields})


def listed(api: Api, query: str = "") -> list[str]:
    return [row["username"] for row in data(api.get(f"{DEVELOPERS}?{query}"))["developers"]]


def stats(of: Api, viewer: Api | None = None) -> dict[str, Any]:
    return dict(data((viewer or of).get(f"{profile_path(of)}/stats")))


def days(downloads: dict[str, Any]) -> list[tuple[str, int]]:
    """Days with downloads, in their order."""
    return [(day, count) for day, count in downloads["by_day"].items() if count]


def earn(of: Api, by: Api, amount: Any, **fields: Any) -> Any:
    return by.post(f"{DEVELOPERS}/{account_id(of)}/revenue", {"amount": amount, **fields})


def download(app: Flask, plugin_id: str, number: int, day: date) -> None:
    """Downloads of a published plugin through the API, which happened on that day."""
    api = Api(app)
    for _ in range(number):
        assert api.get(f"{PLUGINS}/{plugin_id}/download").status_code == 200
    move_downloads(app, shown(api, plugin_id)["plugin_name"].removeprefix("com.example."), day, number)


# Registration


def test_a_registration_makes_an_account_and_a_profile(app: Flask) -> None:
    found = data(register(app), 201)
    assert MOMENT.fullmatch(found.pop("created_at"))
    developer_id = found.pop("id")
    assert found == {
        "username": "ada",
        "display_name": "艾达",
        "email": "Ada@Example.com",
        "company": "公司名称",
        "website": "https://developer.com",
        "bio": "开发者\n简介",
        "verified": False,
        "verification_status": "pending",
        "verification_documents": [DOCUMENT],
        "verification_notes": "",
        "revision": found["revision"],
    }
    session = data(Api(app).post(f"{V1}/auth/login", {"username": "ada@example.com", "password": "password123"}))
    assert (session["user"]["id"], session["user"]["role"]) == (developer_id, "developer")
    assert created(Api(app, session["access_token"]))["status"] == "pending"


def test_only_name_address_and_password_must_be_given(app: Flask) -> None:
    body = {name: REGISTRATION[name] for name in ("username", "email", "password")}
    found = data(Api(app).post(REGISTER, body), 201)
    assert (found["display_name"], found["company"], found["website"], found["bio"]) == ("ada", "", "", "")
    assert found["verification_documents"] == []


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"email": "other@example.com"}, "username_taken"),
        ({"username": "ADA", "email": "other@example.com"}, "username_taken"),
        ({"username": "grace"}, "email_taken"),
        ({"username": "grace", "email": "ADA@example.COM"}, "email_taken"),
    ],
)
def test_a_name_and_an_address_register_once(app: Flask, fields: dict[str, Any], reason: str) -> None:
    data(register(app), 201)
    before = stored_rows(app)
    assert slug(register(app, **fields)) == reason
    assert stored_rows(app) == before


def test_the_name_of_a_plain_user_is_taken_too(app: Flask) -> None:
    add_user(app, "Ada")
    assert slug(register(app)) == "username_taken"
    assert "developers" not in stored_rows(app)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"username": "a"}, "username"),
        ({"username": "a b"}, "username"),
        ({"email": "nowhere"}, "email"),
        ({"password": "short"}, "password"),
        ({"display_name": ""}, "display_name"),
        ({"display_name": "x" * 201}, "display_name"),
        ({"display_name": "a\u0000b"}, "display_name"),
        ({"company": "x" * 201}, "company"),
        ({"website": "javascript:alert(1)"}, "website"),
        ({"website": "developer.com"}, "website"),
        ({"bio": "x" * 5001}, "bio"),
        ({"role": "admin"}, "role"),
        ({"verified": True}, "verified"),
        ({"verification_documents": DOCUMENT}, "verification_documents"),
        ({"verification_documents": [DOCUMENT] * 11}, "verification_documents"),
        ({"verification_documents": [{"type": "identity"}]}, "verification_documents.0.file_url"),
        ({"verification_documents": [DOCUMENT, {**DOCUMENT, "type": ""}]}, "verification_documents.1.type"),
        ({"verification_documents": [{**DOCUMENT, "file": "JVBERi0="}]}, "verification_documents.0.file"),
    ],
)
def test_a_registration_that_cannot_be_understood_makes_nothing(app: Flask, fields: dict[str, Any], field: str) -> None:
    before = stored_rows(app)
    assert list(details(register(app, **fields))) == [field]
    assert stored_rows(app) == before


@pytest.mark.parametrize(
    "address",
    [
        "",
        "id.pdf",
        "/docs/id.pdf",
        "//cdn.example.com/id.pdf",
        "file:///etc/passwd",
        "ftp://cdn.example.com/id.pdf",
        "data:application/pdf;base64,JVBERi0=",
        "javascript:alert(1)",
        "https://",
        "https://cdn.example.com/" + "x" * 2048,
    ],
)
def test_a_document_is_a_reference_to_the_web(app: Flask, address: str) -> None:
    answer = register(app, verification_documents=[{**DOCUMENT, "file_url": address}])
    assert list(details(answer)) == ["verification_documents.0.file_url"]
    assert "developers" not in stored_rows(app)


def test_a_document_may_be_anywhere_on_the_web_and_is_never_fetched(app: Flask) -> None:
    documents = [
        {"type": "identity", "file_url": "http://127.0.0.1:1/nobody-listens"},
        {"type": "licence", "file_url": "https://例子.example/文件.pdf?a=1#2"},
    ]
    api = registered(app, verification_documents=documents)
    assert profile(api, api)["verification_documents"] == documents


# Profiles


def test_what_is_private_is_shown_to_themselves_and_administrators(app: Flask, who: People) -> None:
    ada = registered(app)
    data(verify(ada, who.admin, notes="核实无误"))
    for api in (ada, who.admin):
        found = profile(ada, api)
        assert found["email"] == "Ada@Example.com"
        assert found["verification_documents"] == [DOCUMENT]
        assert found["verification_notes"] == "核实无误"
    for api in (who.nobody, who.user, who.developer, who.reviewer):
        found = profile(ada, api)
        assert (found["username"], found["display_name"], found["verified"]) == ("ada", "艾达", True)
        assert (found["company"], found["website"]) == ("公司名称", "https://developer.com")
        private = ("email", "verification_documents", "verification_notes")
        assert [found[name] for name in private] == [None, None, None]


def test_a_plugin_names_its_developer_without_their_address(app: Flask, who: People) -> None:
    ada = registered(app)
    plugin_id = published(ada, who.reviewer)["id"]
    for api, email in (
        (who.nobody, None),
        (who.reviewer, None),
        (ada, "Ada@Example.com"),
        (who.admin, "Ada@Example.com"),
    ):
        assert shown(api, plugin_id)["developer"] == {
            "id": account_id(ada),
            "username": "ada",
            "display_name": "艾达",
            "website": "https://developer.com",
            "email": email,
        }


def test_whoever_publishes_has_a_profile_and_others_have_none(app: Flask, who: People) -> None:
    found = profile(who.developer, who.nobody)
    assert (found["display_name"], found["verification_status"], found["bio"]) == ("developer", "pending", "")
    for api in (who.user, who.reviewer, who.admin):
        assert slug(who.nobody.get(profile_path(api)), 404) == "developer_not_found"
    assert slug(who.nobody.get(f"{V1}/developers/{UNKNOWN}"), 404) == "developer_not_found"
    add_plugin(app, "a", owner="user")
    assert profile(who.user, who.nobody)["display_name"] == "user"


def test_a_developer_changes_their_own_profile(app: Flask) -> None:
    ada = registered(app)
    before = profile(ada, ada)
    changes = {"display_name": "新的显示名称", "bio": "更新的\n简介", "website": ""}
    after = data(change(ada, ada, **changes))
    assert after == {**before, **changes, "revision": after["revision"]}
    assert profile(ada, ada) == after
    assert data(change(ada, ada, company="新公司"))["company"] == "新公司"
    found = profile(ada, ada)
    assert found == {**after, "company": "新公司", "revision": found["revision"]}
    assert len({row["revision"] for row in (before, after, found)}) == 3


def test_a_developer_without_a_profile_gets_one_with_the_first_change(who: People) -> None:
    data(change(who.developer, who.developer, bio="简介"))
    found = profile(who.developer, who.nobody)
    assert (found["display_name"], found["bio"], found["verified"]) == ("developer", "简介", False)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"display_name": ""}, "display_name"),
        ({"display_name": None}, "display_name"),
        ({"display_name": "a\nb"}, "display_name"),
        ({"website": "javascript:alert(1)"}, "website"),
        ({"website": "ftp://example.com"}, "website"),
        ({"bio": 5}, "bio"),
        ({"company": "x" * 201}, "company"),
        ({"email": "new@example.com"}, "email"),
        ({"verified": True}, "verified"),
        ({"verification_status": "verified"}, "verification_status"),
        ({"verification_documents": []}, "verification_documents"),
    ],
)
def test_a_change_that_cannot_be_understood_changes_nothing(app: Flask, fields: dict[str, Any], field: str) -> None:
    ada = registered(app)
    before = profile(ada, ada)
    assert list(details(change(ada, ada, **{"bio": "x", **fields}))) == [field]
    assert profile(ada, ada) == before


def test_nobody_but_themselves_and_administrators_changes_a_profile(app: Flask, who: People) -> None:
    ada = registered(app)
    for api in (who.user, who.developer, who.reviewer):
        assert change(ada, api, bio="x").status_code == 403
    assert change(ada, who.nobody, bio="x").status_code == 401
    assert profile(ada, ada)["bio"] == REGISTRATION["bio"]
    assert who.admin.put(f"{V1}/developers/{UNKNOWN}", {"bio": "x"}).status_code == 404
    assert audited(who.admin, "developer.") == []
    data(change(ada, who.admin, bio="x", company="y"))
    assert (profile(ada, ada)["bio"], profile(ada, ada)["company"]) == ("x", "y")
    [entry] = audited(who.admin, "developer.")
    assert (entry["action"], entry["actor"]["username"]) == ("developer.updated", "admin")
    assert entry["target"] == {"type": "developer", "id": account_id(ada)}
    assert entry["details"] == {
        "fields": ["bio", "company"],
        "changes": {
            "bio": {"from": REGISTRATION["bio"], "to": "x"},
            "company": {"from": REGISTRATION["company"], "to": "y"},
        },
    }


def test_ones_own_change_is_nobodys_act(app: Flask, who: People) -> None:
    data(change(who.developer, who.developer, bio="x"))
    assert audited(who.admin, "developer.") == []


def test_a_changed_display_name_is_found_and_shown_everywhere(app: Flask, who: People) -> None:
    ada = registered(app, display_name="旧名字")
    public = published(ada, who.reviewer)["id"]
    waiting = created(ada, name="com.example.waiting")["id"]

    def found(api: Api, words: str) -> set[str]:
        rows = data(api.get(PLUGINS, query_string={"search": words}))["plugins"]
        assert all(row["developer"]["display_name"] in words for row in rows)
        return {row["id"] for row in rows}

    assert (found(who.nobody, "旧名字"), found(ada, "旧名字")) == ({public}, {public, waiting})
    data(change(ada, ada, display_name="Lovelace"))
    assert (found(who.nobody, "Lovelace"), found(ada, "Lovelace")) == ({public}, {public, waiting})
    assert found(ada, "旧名字") == set()
    assert shown(who.nobody, public)["developer"]["display_name"] == "Lovelace"


@pytest.mark.usefixtures("published_plugin")
def test_a_name_that_an_administrator_changed_is_found_too(app: Flask, who: People) -> None:
    data(change(who.developer, who.admin, display_name="Hopper"))
    rows = data(who.nobody.get(PLUGINS, query_string={"search": "hopper"}))["plugins"]
    assert [row["developer"]["display_name"] for row in rows] == ["Hopper"]


# The badge


def test_an_administrator_gives_the_badge_and_takes_it(app: Flask, who: People) -> None:
    ada = registered(app)
    found = data(verify(ada, who.admin, notes="核实无误"))
    assert (found["verified"], found["verification_status"], found["verification_notes"]) == (
        True,
        "verified",
        "核实无误",
    )
    assert profile(ada, who.nobody)["verified"] is True
    data(verify(ada, who.admin, verified=False, notes="文件过期"))
    assert (profile(ada, ada)["verified"], profile(ada, ada)["verification_status"]) == (False, "rejected")
    assert profile(ada, ada)["verification_notes"] == "文件过期"
    assert [(row["target"]["id"], row["details"]) for row in audited(who.admin, "developer.verified")] == [
        (account_id(ada), {"verified": False, "notes": "文件过期"}),
        (account_id(ada), {"verified": True, "notes": "核实无误"}),
    ]


def test_a_developer_without_a_profile_can_have_the_badge(who: People) -> None:
    data(verify(who.developer, who.admin))
    found = profile(who.developer, who.nobody)
    assert (found["verified"], found["display_name"]) == (True, "developer")


def test_only_administrators_give_the_badge(app: Flask, who: People) -> None:
    ada = registered(app)
    for api in (ada, who.user, who.developer, who.reviewer):
        assert verify(ada, api).status_code == 403
        assert api.get(DEVELOPERS).status_code == 403
    assert verify(ada, who.nobody).status_code == 401
    assert who.nobody.get(DEVELOPERS).status_code == 401
    assert profile(ada, ada)["verification_status"] == "pending"
    assert slug(verify(who.user, who.admin), 404) == "developer_not_found"
    assert who.admin.post(f"{DEVELOPERS}/{UNKNOWN}/verify", {"verified": True}).status_code == 404
    assert list(details(who.admin.post(f"{DEVELOPERS}/{account_id(ada)}/verify", {"verified": "yes"}))) == ["verified"]
    assert list(details(who.admin.post(f"{DEVELOPERS}/{account_id(ada)}/verify", {"notes": ""}))) == ["verified"]


def test_the_list_holds_developers_only_newest_first(app: Flask, who: People) -> None:
    registered(app)
    assert listed(who.admin) == ["ada", "other", "developer"]
    found = data(who.admin.get(f"{DEVELOPERS}?limit=2&page=2"))
    assert [row["username"] for row in found["developers"]] == ["developer"]
    assert found["pagination"] == {"page": 2, "limit": 2, "total": 3, "pages": 2}
    [row] = data(who.admin.get(f"{DEVELOPERS}?search=ada"))["developers"]
    assert (row["email"], row["verification_documents"]) == ("Ada@Example.com", [DOCUMENT])


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("ADA", ["ada"]),
        ("艾达", ["ada"]),
        ("example.com", ["ada"]),
        ("公司", ["ada"]),
        ("e", ["ada", "other", "developer"]),
        ("%", []),
        ("_", []),
        ("简介", []),
    ],
)
def test_the_list_is_searched_by_name_address_and_company(
    app: Flask, who: People, words: str, names: list[str]
) -> None:
    registered(app)
    found = data(who.admin.get(DEVELOPERS, query_string={"search": words}))
    assert [row["username"] for row in found["developers"]] == names
    assert found["pagination"]["total"] == len(names)


def test_the_list_is_filtered_by_the_badge(app: Flask, who: People) -> None:
    data(verify(registered(app), who.admin))
    data(verify(who.other, who.admin, verified=False))
    assert listed(who.admin, "verification=verified") == ["ada"]
    assert listed(who.admin, "verification=rejected") == ["other"]
    assert listed(who.admin, "verification=pending") == ["developer"]
    assert list(details(who.admin.get(f"{DEVELOPERS}?verification=maybe"))) == ["verification"]


def test_a_developer_who_became_something_else_keeps_the_profile(app: Flask, who: People) -> None:
    ada = registered(app)
    data(who.admin.put(f"{V1}/admin/users/{account_id(ada)}", {"role": "reviewer"}))
    developer_id = data(who.admin.get(f"{DEVELOPERS}?search=ada"))["developers"][0]["id"]
    assert data(who.nobody.get(f"{V1}/developers/{developer_id}"))["display_name"] == "艾达"


# Statistics


def test_where_there_is_nothing_statistics_say_so(who: People) -> None:
    assert stats(who.developer) == {
        "plugins": {
            "total": 0,
            "pending": 0,
            "draft": 0,
            "published": 0,
            "rejected": 0,
            "needs_changes": 0,
            "suspended": 0,
        },
        "downloads": {"total": 0, "this_month": 0, "last_month": 0, "growth_rate": None, "by_day": {}},
        "ratings": {"average": None, "total_reviews": 0, "distribution": dict.fromkeys("54321", 0)},
        "actives": {"total": 0, "by_plugin": {}},
        "revenue": {"total": 0.0, "this_month": 0.0, "currency": "USD", "by_currency": []},
    }


@pytest.mark.usefixtures("published_plugin")
def test_plugins_are_counted_by_where_they_stand(who: People) -> None:
    suspended(who.admin, published(who.developer, who.reviewer, name="com.example.b")["id"])
    rejected(who.developer, who.reviewer, name="com.example.c")
    created(who.developer, name="com.example.d")
    created(who.developer, name="com.example.e")
    created(who.developer, {"draft": "true"}, name="com.example.f")
    created(who.other, name="com.example.g")
    assert stats(who.developer)["plugins"] == {
        "total": 6,
        "published": 1,
        "suspended": 1,
        "rejected": 1,
        "pending": 2,
        "draft": 1,
        "needs_changes": 0,
    }


def test_downloads_add_up_by_day_and_month(
    app: Flask, who: People, published_plugin: dict[str, Any], now: datetime
) -> None:
    first = published_plugin["id"]
    second = published(who.developer, who.reviewer, name="com.example.second")["id"]
    strangers = published(who.other, who.reviewer, name="com.example.strangers")["id"]
    today = now.date()
    oldest_shown = today - timedelta(days=29)
    for plugin_id, number, day in (
        (first, 1, today),
        (first, 2, date(2026, 3, 1)),
        (first, 1, date(2026, 2, 28)),
        (first, 3, oldest_shown),
        (first, 1, oldest_shown - timedelta(days=1)),
        (first, 2, date(2026, 1, 31)),
        (first, 1, date(2025, 3, 15)),
        (second, 4, today),
        (second, 1, date(2026, 2, 28)),
        (strangers, 5, today),
    ):
        download(app, plugin_id, number, day)
    downloads = stats(who.developer)["downloads"]
    assert (downloads["total"], downloads["this_month"], downloads["last_month"]) == (16, 7, 6)
    assert downloads["growth_rate"] == 16.7
    assert days(downloads) == [("2026-02-14", 3), ("2026-02-28", 2), ("2026-03-01", 2), ("2026-03-15", 5)]
    downloads = stats(who.other)["downloads"]
    assert (downloads["total"], downloads["growth_rate"], days(downloads)) == (5, None, [("2026-03-15", 5)])


@pytest.mark.parametrize(("before", "after", "growth"), [(2, 3, 50.0), (3, 0, -100.0), (0, 3, None), (2, 2, 0.0)])
@pytest.mark.parametrize("moment", [datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 3, 31, 23, 59, 59, tzinfo=UTC)])
def test_growth_is_of_the_month_before(
    app: Flask,
    who: People,
    monkeypatch: pytest.MonkeyPatch,
    before: int,
    after: int,
    growth: float | None,
    moment: datetime,
) -> None:
    monkeypatch.setattr(people_api, "utcnow", lambda: moment)
    plugin_id = published(who.developer, who.reviewer)["id"]
    month = moment.date().replace(day=1)
    download(app, plugin_id, before, month - timedelta(days=1))
    download(app, plugin_id, after, month)
    found = stats(who.developer)["downloads"]
    assert (found["last_month"], found["this_month"], found["growth_rate"]) == (before, after, growth)


def test_a_download_counts_where_it_is_told_at_once(app: Flask, who: People, published_plugin: dict[str, Any]) -> None:
    plugin_id = published_plugin["id"]
    for number in (1, 2):
        assert who.nobody.get(f"{PLUGINS}/{plugin_id}/download").status_code == 200
        found = stats(who.developer)["downloads"]
        assert (found["total"], found["this_month"], list(found["by_day"].values())) == (number, number, [number])
        assert shown(who.nobody, plugin_id)["stats"]["downloads"] == number


def test_ratings_of_all_plugins_add_up_without_the_hidden(
    app: Flask, who: People, published_plugin: dict[str, Any]
) -> None:
    first = published_plugin["id"]
    second = published(who.developer, who.reviewer, name="com.example.second")["id"]
    raters = [add_user(app, f"rater{place}") for place in range(3)]
    for api, stars in zip(raters, (5, 5, 2), strict=True):
        rated(api, first, stars)
    rated(raters[0], second, 1)
    hidden = rated(raters[1], second, 1)
    data(who.reviewer.post(f"{V1}/admin/ratings/{hidden['id']}/hide", {"hidden": True}))
    rated(raters[0], published(who.other, who.reviewer, name="com.example.strangers")["id"], 4)
    assert stats(who.developer)["ratings"] == {
        "average": 3.25,
        "total_reviews": 4,
        "distribution": {"5": 2, "4": 0, "3": 0, "2": 1, "1": 1},
    }


def test_what_was_deleted_counts_no_more(app: Flask, who: People, published_plugin: dict[str, Any]) -> None:
    first = published_plugin["id"]
    rated(who.user, first, 5)
    assert who.nobody.get(f"{PLUGINS}/{first}/download").status_code == 200
    data(who.developer.delete(f"{PLUGINS}/{first}"))
    found = stats(who.developer)
    assert (found["plugins"]["total"], found["downloads"]["total"], found["downloads"]["by_day"]) == (0, 0, {})
    assert found["ratings"]["total_reviews"] == 0


def test_statistics_are_for_themselves_and_administrators(app: Flask, who: People) -> None:
    data(earn(who.developer, who.admin, "1.50"))
    for api in (who.developer, who.admin):
        assert stats(who.developer, api)["revenue"]["total"] == 1.5
    for api in (who.user, who.other, who.reviewer):
        assert api.get(f"{profile_path(who.developer)}/stats").status_code == 403
    assert who.nobody.get(f"{profile_path(who.developer)}/stats").status_code == 401
    assert slug(who.admin.get(f"{V1}/developers/{UNKNOWN}/stats"), 404) == "developer_not_found"


# Revenue


def test_entries_add_up_exactly(who: People, now: datetime) -> None:
    for amount in [0.1] * 10 + [0.2, "0.30", 19.99, 1, "-5.25", "1234567.89", -0.01]:
        data(earn(who.developer, who.admin, amount))
    answer = who.developer.get(f"{profile_path(who.developer)}/stats")
    assert data(answer)["revenue"]["total"] == 1234585.12
    assert '"total":1234585.12,' in answer.get_data(as_text=True)


def test_an_entry_is_answered_as_it_was_recorded(who: People, published_plugin: dict[str, Any], now: datetime) -> None:
    found = data(earn(who.developer, who.admin, 12.34, plugin_id=published_plugin["id"], note="三月\n分成"))
    assert found.pop("id") > 0
    assert found == {
        "amount": 12.34,
        "currency": "USD",
        "plugin_name": "com.example.myplugin",
        "occurred_at": "2026-03-15T12:00:00Z",
        "note": "三月\n分成",
    }
    [entry] = audited(who.admin, "developer.revenue_recorded")
    assert entry["target"] == {"type": "developer", "id": account_id(who.developer)}
    assert (entry["details"]["amount"], entry["details"]["currency"]) == (1234, "USD")
    assert entry["details"]["plugin"] == "com.example.myplugin"


def test_a_negative_entry_takes_back(who: People, now: datetime) -> None:
    data(earn(who.developer, who.admin, "10.00"))
    assert data(earn(who.developer, who.admin, "-10.01"))["amount"] == -10.01
    assert stats(who.developer)["revenue"]["total"] == -0.01


@pytest.mark.parametrize(
    "amount",
    [
        None,
        True,
        "",
        "abc",
        "1,00",
        " 1",
        "1 ",
        "+1",
        "1.",
        ".5",
        "1.234",
        0.001,
        -0.005,
        "1e3",
        1e17,
        "NaN",
        "Infinity",
        "1" * 13,
        "١",
        [1],
        {"amount": 1},
    ],
)
def test_what_is_no_amount_is_not_recorded(who: People, amount: Any) -> None:
    assert list(details(earn(who.developer, who.admin, amount))) == ["amount"]
    assert stats(who.developer)["revenue"] == {"total": 0.0, "this_month": 0.0, "currency": "USD", "by_currency": []}
    assert audited(who.admin, "developer.") == []


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"currency": "usd"}, "currency"),
        ({"currency": "EURO"}, "currency"),
        ({"currency": ""}, "currency"),
        ({"occurred_at": "2026-03-15"}, "occurred_at"),
        ({"occurred_at": "2026-03-15T12:00:00"}, "occurred_at"),
        ({"occurred_at": "yesterday"}, "occurred_at"),
        ({"note": "x" * 2001}, "note"),
        ({"recorded_by": UNKNOWN}, "recorded_by"),
    ],
)
def test_an_entry_that_cannot_be_understood_is_not_recorded(who: People, fields: dict[str, Any], field: str) -> None:
    assert list(details(earn(who.developer, who.admin, 1, **fields))) == [field]
    assert stats(who.developer)["revenue"]["by_currency"] == []


def test_an_entry_without_an_amount_is_none(who: People) -> None:
    answer = who.admin.post(f"{DEVELOPERS}/{account_id(who.developer)}/revenue", {"note": "x"})
    assert list(details(answer)) == ["amount"]


def test_this_month_is_what_occurred_in_it(who: People, now: datetime) -> None:
    for amount, moment in (
        (1, "2026-02-28T23:59:59Z"),
        (2, "2026-03-01T00:00:00Z"),
        (4, "2026-03-01T07:59:59+08:00"),
        (8, "2026-03-01T08:00:00+08:00"),
        (16, "2025-03-15T00:00:00Z"),
    ):
        data(earn(who.developer, who.admin, amount, occurred_at=moment))
    data(earn(who.developer, who.admin, 32))
    revenue = stats(who.developer)["revenue"]
    assert (revenue["total"], revenue["this_month"]) == (63.0, 42.0)


def test_currencies_are_never_added_to_each_other(who: People, now: datetime) -> None:
    data(earn(who.developer, who.admin, 100, currency="USD"))
    for amount in ("1.10", "2.20"):
        data(earn(who.developer, who.admin, amount, currency="EUR", occurred_at="2026-01-01T00:00:00Z"))
    revenue = stats(who.developer)["revenue"]
    euros = {"total": 3.3, "this_month": 0.0, "currency": "EUR"}
    dollars = {"total": 100.0, "this_month": 100.0, "currency": "USD"}
    assert revenue == {**euros, "by_currency": [euros, dollars]}


def test_the_ledger_is_one_developers_and_outlives_the_plugin(who: People, published_plugin: dict[str, Any]) -> None:
    plugin_id = published_plugin["id"]
    data(earn(who.developer, who.admin, 5, plugin_id=plugin_id))
    data(who.developer.delete(f"{PLUGINS}/{plugin_id}"))
    assert stats(who.developer)["revenue"]["total"] == 5.0
    assert stats(who.other)["revenue"]["total"] == 0.0
    assert slug(earn(who.developer, who.admin, 1, plugin_id=plugin_id), 404) == "plugin_not_found"
    assert slug(earn(who.user, who.admin, 1), 404) == "developer_not_found"
    assert stats(who.developer)["revenue"]["total"] == 5.0


def test_only_administrators_write_into_the_ledger(app: Flask, who: People) -> None:
    for api in (who.user, who.developer, who.other, who.reviewer):
        assert earn(who.developer, api, 1).status_code == 403
    assert earn(who.developer, who.nobody, 1).status_code == 401
    assert "revenue_entries" not in stored_rows(app)


def test_what_is_no_json_is_refused_before_the_amount_is_read(who: People) -> None:
    path = f"{DEVELOPERS}/{account_id(who.developer)}/revenue"
    answer = who.admin.post(path, data=b'{"amount": NaN}', headers={"Content-Type": "application/json"})
    assert slug(answer, 400) == "malformed_body"
    answer = who.admin.post(path, data=json.dumps({"amount": "1"}), headers={"Content-Type": "application/json"})
    assert data(answer)["amount"] == 1.0


def test_a_profile_with_an_old_text_that_is_refused_today_can_be_changed(app: Flask, who: People) -> None:
    path = f"{V1}/developers/{account_id(who.developer)}"
    data(who.developer.put(path, {"bio": "plain"}))
    with app.app_context(), unit_of_work():
        db.session.execute(update(Developer).values(bio="exe\u202egnp"))
    assert data(who.developer.put(path, {"company": "Example"}))["company"] == "Example"
    assert set(details(who.developer.put(path, {"bio": "exe\u202egnp"}))) == {"bio"}
