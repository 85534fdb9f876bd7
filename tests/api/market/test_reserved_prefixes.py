"""Names below a reserved prefix, and names that look like a popular plugin's."""

from __future__ import annotations

from typing import Any

import pytest

from ...market import PLUGINS, V1, People, account_id, audited, create, data, details, slug
from ...support import Api, package

CONFIG = f"{V1}/admin/system/config"
KEY = "upload-key"


def reserve(who: People, prefix: str = "com.microdock", *owners: Api) -> Any:
    item = {"prefix": prefix, "owner_ids": [account_id(owner) for owner in owners]}
    return data(who.admin.put(CONFIG, {"reserved_prefixes": [item]}))["reserved_prefixes"]


def test_nothing_is_reserved_by_default_and_changes_are_shown_and_audited(who: People) -> None:
    assert data(who.admin.get(CONFIG))["reserved_prefixes"] == []
    owner = account_id(who.developer)
    wanted = [{"prefix": "com.microdock", "owner_ids": [owner]}]
    assert reserve(who, "com.microdock", who.developer) == wanted
    assert data(who.admin.get(CONFIG))["reserved_prefixes"] == wanted
    [entry] = audited(who.admin, "system.config_changed")
    assert entry["details"]["changes"] == {"reserved_prefixes": {"from": [], "to": wanted}}
    # Other sections leave it alone.
    data(who.admin.put(CONFIG, {"review_settings": {"max_open_reviews": 11}}))
    assert data(who.admin.get(CONFIG))["reserved_prefixes"] == wanted
    data(who.admin.put(CONFIG, {"reserved_prefixes": []}))
    assert who.nobody.upload(package(name="com.microdock.tools")).status_code == 200


@pytest.mark.parametrize(
    ("item", "field"),
    [
        ({"prefix": "com.", "owner_ids": []}, "prefix"),
        ({"prefix": "", "owner_ids": []}, "prefix"),
        ({"prefix": "com.x*", "owner_ids": []}, "prefix"),
        ({"owner_ids": []}, "prefix"),
        ({"prefix": "com.x", "owner_ids": ["nobody"]}, "owner_ids.0"),
        ({"prefix": "com.x", "owner_ids": ["00000000-0000-4000-8000-000000000000"]}, "owner_ids"),
    ],
)
def test_a_wrong_reservation_says_where_it_is_wrong(who: People, item: dict[str, Any], field: str) -> None:
    found = details(who.admin.put(CONFIG, {"reserved_prefixes": [item]}))
    assert list(found) == [f"reserved_prefixes.0.{field}"]


@pytest.mark.parametrize(
    ("name", "free"),
    [
        ("com.microdock.tools", False),
        ("COM.Microdock.tools", False),
        ("com.microdock", False),
        ("com.microdockx.tools", True),
        ("com.other.microdock", True),
    ],
)
def test_a_prefix_covers_whole_segments_ignoring_case(who: People, name: str, free: bool) -> None:
    reserve(who)
    answer = who.nobody.upload(package(name=name))
    assert answer.status_code == (200 if free else 403)
    if not free:
        assert answer.get_json()["error"] == "name_reserved"


def test_the_owner_of_a_prefix_may_create_below_it_and_others_may_not(who: People) -> None:
    reserve(who, "com.microdock", who.developer)
    assert slug(create(who.other, name="com.microdock.tools"), 403) == "name_reserved"
    assert slug(create(who.admin, name="com.microdock.tools"), 403) == "name_reserved"
    data(create(who.developer, name="com.microdock.tools"), 201)


def test_what_is_there_already_goes_on_and_is_claimed_by_the_owner_alone(who: People) -> None:
    data(who.nobody.upload(package(name="com.microdock.tools"), KEY))
    reserve(who, "com.microdock", who.developer)
    data(who.nobody.upload(package(name="com.microdock.tools", version="1.1.0"), KEY))
    claim = f"{PLUGINS}/com.microdock.tools/claim"
    assert slug(who.other.post(claim, {"plugin_key": KEY}), 403) == "name_reserved"
    data(who.developer.post(claim, {"plugin_key": KEY}))


def test_the_older_plugin_is_never_warned_about_the_one_that_passes_for_it(who: People) -> None:
    assert "warnings" not in data(who.nobody.upload(package(name="com.example.weather")))
    [warning] = data(who.nobody.upload(package(name="com.evil.weathre"), "another-key"))["warnings"]
    assert (warning["rule"], warning["field"], warning["name"]) == ("lookalike", "name", "com.example.weather")
    assert warning["message"] == "名称与现有插件 com.example.weather 过于相似（只差几个字符）"
    assert "warnings" not in data(who.nobody.upload(package(name="com.example.weather", version="1.1.0")))
    assert "warnings" not in data(who.nobody.upload(package(name="com.evil.calendar")))


def test_where_key_uploads_are_reviewed_the_likeness_is_a_reason_in_the_queue(who: People) -> None:
    data(who.nobody.upload(package(name="com.example.weather")))
    data(who.admin.put(CONFIG, {"review_settings": {"review_key_uploads": True}}))
    data(who.nobody.upload(package(name="com.evil.weathre"), "another-key"))
    data(who.nobody.upload(package(name="com.evil.calendar"), "another-key"))
    queue = data(who.admin.get(f"{V1}/admin/reviews/queue?reason=lookalike"))["reviews"]
    assert [(row["plugin"]["plugin_name"], row["reasons"]) for row in queue] == [
        ("com.evil.weathre", ["key_upload", "lookalike"])
    ]
