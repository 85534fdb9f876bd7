"""The configuration: every field is checked, every change is recorded, and all workers use it at once."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from copy import deepcopy
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from microdock_server import create_app
from microdock_server.clock import utcnow
from microdock_server.database.session import db
from microdock_server.database.unit_of_work import unit_of_work
from microdock_server.models import Review, Setting
from microdock_server.services.autoreview import facts
from microdock_server.services.autoreview.scanning import Scan
from microdock_server.services.configuration import HOST_KEY, KEY, ReviewSettings
from microdock_server.vocabulary import Role

from ...bundle.packages import plugin_dll
from ...conftest import AppFactory, release
from ...market import (
    MOMENT,
    V1,
    People,
    account_id,
    add_version,
    answered,
    audited,
    create,
    created,
    data,
    decide,
    details,
    file,
    invalid,
    people,
    refused,
    review_of,
    run_jobs,
    shown,
    slug,
)
from ...support import Api, add_user, manifest, package, settings_for

CONFIG = f"{V1}/admin/system/config"
DEFAULTS = {
    "review_settings": {
        "auto_review_enabled": True,
        "manual_review_required": True,
        "auto_approve_threshold": 90,
        "review_key_uploads": False,
        "max_review_time": 5,
        "max_open_reviews": 10,
        "host_interface": "MicroDock.Plugin.IMicroDockPlugin",
        "host_interface_assembly": "MicroDock.Plugin",
        "host_assemblies": list(ReviewSettings().host_assemblies),
        "host_frameworks": [],
        "host_architectures": [],
    },
    "upload_settings": {
        "max_file_size": 104_857_600,
        "allowed_extensions": [".zip"],
        "virus_scan_enabled": True,
    },
    "release_settings": {
        "cooldown_hours": 0,
        "gate_on_findings": False,
        "blocks_need_two": True,
        "preview_needs_review": True,
    },
}
# Every value another than the default.
OTHERS: dict[str, dict[str, Any]] = {
    "review_settings": {
        "auto_review_enabled": False,
        "manual_review_required": False,
        "auto_approve_threshold": 75,
        "review_key_uploads": True,
        "max_review_time": 7,
        "max_open_reviews": 3,
        "host_interface": "Other.IPlugin",
        "host_interface_assembly": "",
        "host_assemblies": ["Other", "Other-Lib"],
        "host_frameworks": ["net8.0-windows", "netcoreapp3.1", "net48"],
        "host_architectures": ["x64", "arm64"],
    },
    "upload_settings": {"max_file_size": 2048, "virus_scan_enabled": False},
    "release_settings": {
        "cooldown_hours": 48,
        "gate_on_findings": True,
        "blocks_need_two": False,
        "preview_needs_review": False,
    },
}
SINGLES = [(section, name, value) for section, values in OTHERS.items() for name, value in values.items()]


@pytest.fixture
def beside(app: Flask) -> Iterator[Flask]:
    """Another application on the same data, as another worker is, which has looked at the configuration before."""
    made = create_app(settings_for(data_directory(app)))
    yield made
    release(made)


@pytest.fixture
def there(beside: Flask, who: People) -> People:
    """The same people, at the other application."""
    found = people_at(beside, who)
    data(found.admin.get(CONFIG))
    return found


def data_directory(app: Flask) -> Path:
    return Path(app.extensions["microdock"].settings.data_dir)


def people_at(app: Flask, who: People) -> People:
    names = ("nobody", "user", "developer", "other", "reviewer", "admin")
    return People(**{name: Api(app, getattr(who, name).token) for name in names})


def values(api: Api) -> dict[str, Any]:
    """The sections alone."""
    found = data(api.get(CONFIG))
    return {name: found[name] for name in DEFAULTS}


def change(api: Api, section: str, **settings: Any) -> Any:
    return api.put(CONFIG, {section: settings})


def review_settings(api: Api, **settings: Any) -> None:
    data(change(api, "review_settings", **settings))


def upload_settings(api: Api, **settings: Any) -> None:
    data(change(api, "upload_settings", **settings))


def submitted(api: Api, **changes: Any) -> str:
    """A plugin in which no rule finds anything grave: it has a real DLL."""
    entry = {"entryClass": "Clock.Plugin", "dependencies": {}, **changes}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("plugin.json", json.dumps(manifest(**entry)))
        archive.writestr("MyPlugin.dll", plugin_dll())
    form = {"plugin_file": file(buffer.getvalue(), "p.zip")}
    return str(data(create(api, form, **changes), 201)["id"])


def auto_reviewed(api: Api, plugin_id: str) -> Any:
    return api.get(f"{V1}/admin/plugins/{plugin_id}/auto-review/result")


# What it holds


def test_a_new_server_starts_from_the_documents_values(root: Api) -> None:
    found = answered(root.get(CONFIG))
    assert found == {
        **DEFAULTS,
        "reserved_prefixes": [],
        "effective_max_file_size": 104_857_600,
        "has_scanner": False,
        "defaults": DEFAULTS,
        "revision": found["revision"],
        "updated_at": None,
        "updated_by": None,
    }


@pytest.mark.parametrize(("url", "has_scanner"), [("", False), ("tcp://127.0.0.1:3310", True)])
def test_whether_there_is_a_scanner_is_told_beside_the_switch(
    make_app: AppFactory, url: str, has_scanner: bool
) -> None:
    found = data(people(make_app(CLAMAV_URL=url)).admin.get(CONFIG))
    assert (found["upload_settings"]["virus_scan_enabled"], found["has_scanner"]) == (True, has_scanner)


def test_the_values_of_a_new_server_are_told_whatever_they_are_now(root: Api) -> None:
    changed = data(change(root, "review_settings", max_review_time=77))
    assert (changed["review_settings"]["max_review_time"], changed["defaults"]) == (77, DEFAULTS)


@pytest.mark.parametrize(("configured", "server", "effective"), [(4096, "2048", 2048), (2048, "4096", 2048)])
def test_of_the_administrators_and_the_servers_limit_the_lower_holds(
    make_app: AppFactory, configured: int, server: str, effective: int
) -> None:
    who = people(make_app(MAX_UPLOAD_SIZE=server))
    found = data(change(who.admin, "upload_settings", max_file_size=configured))
    assert (found["upload_settings"]["max_file_size"], found["effective_max_file_size"]) == (configured, effective)
    too_large = {"plugin_file": file(b"x" * (effective + 1), "p.zip")}
    assert slug(create(who.developer, too_large), 413) == "file_too_large"
    # As many bytes as are allowed are looked at: they are no package.
    assert create(who.developer, {"plugin_file": file(b"x" * effective, "p.zip")}).status_code == 400


def test_only_administrators_see_and_change_it(who: People) -> None:
    for api in (who.user, who.developer, who.reviewer):
        refused(api.get(CONFIG), 403, "PermissionError")
        refused(change(api, "review_settings", max_review_time=7), 403, "PermissionError")
    refused(who.nobody.get(CONFIG), 401, "AuthenticationError")
    refused(change(who.nobody, "review_settings", max_review_time=7), 401, "AuthenticationError")
    assert values(who.admin) == DEFAULTS


# Changes


@pytest.mark.parametrize(("section", "name", "value"), SINGLES)
def test_one_value_is_changed_and_the_others_stay(root: Api, section: str, name: str, value: Any) -> None:
    expected = deepcopy(DEFAULTS)
    expected[section][name] = value  # type: ignore[index]
    found = answered(root.put(CONFIG, {section: {name: value}}))
    assert {section: found[section] for section in DEFAULTS} == expected
    assert found == data(root.get(CONFIG))
    # Another change leaves this one as it is.
    review_settings(root, max_review_time=9)
    expected["review_settings"]["max_review_time"] = 9  # type: ignore[index]
    assert values(root) == expected


def test_all_values_are_changed_at_once_as_the_document_does(root: Api) -> None:
    data(root.put(CONFIG, {**OTHERS, "upload_settings": {**OTHERS["upload_settings"], "allowed_extensions": [".zip"]}}))
    found = data(root.get(CONFIG))
    assert found["review_settings"] == OTHERS["review_settings"]
    assert found["upload_settings"] == {**OTHERS["upload_settings"], "allowed_extensions": [".zip"]}
    assert found["release_settings"] == OTHERS["release_settings"]
    assert found["effective_max_file_size"] == 2048
    [entry] = audited(root, "system.config_changed")
    assert set(entry["details"]["changes"]) == {f"{section}.{name}" for section, name, _ in SINGLES}


def test_the_ends_of_a_cooldown_are_in_its_range(root: Api) -> None:
    for value in (8760, 0):
        data(change(root, "release_settings", cooldown_hours=value))
        assert values(root)["release_settings"]["cooldown_hours"] == value


@pytest.mark.parametrize("name", ["auto_approve_threshold", "max_review_time", "max_open_reviews"])
def test_the_ends_of_a_range_are_in_it(root: Api, name: str) -> None:
    ends = {"auto_approve_threshold": (0, 100), "max_review_time": (1, 365), "max_open_reviews": (1, 1000)}[name]
    for value in ends:
        review_settings(root, **{name: value})
        assert values(root)["review_settings"][name] == value


NO_FLAGS: list[Any] = ["true", 1, 0, None, [], {}]
NO_EXTENSIONS: list[Any] = [
    [],
    ".zip",
    None,
    {},
    [".zip", ".tar.gz"],
    [".tar.gz"],
    [".ZIP"],
    [".zip"] * 2,
    [".zip"] * 11,
]
WRONG_VALUES: dict[tuple[str, str], list[Any]] = {
    ("review_settings", "host_interface"): [None, 1, "a b", "IPlugin, Assembly", "A..B", "x" * 501],
    ("review_settings", "host_interface_assembly"): [None, 1, "a b", "A.", "x" * 201],
    ("review_settings", "host_assemblies"): [None, "MicroDock", ["x"] * 501],
    ("review_settings", "host_frameworks"): [None, "net8.0", ["net8.0"] * 21],
    ("review_settings", "host_architectures"): [None, "x64", ["x64"] * 5],
    ("review_settings", "auto_review_enabled"): NO_FLAGS,
    ("review_settings", "manual_review_required"): NO_FLAGS,
    ("review_settings", "review_key_uploads"): NO_FLAGS,
    ("upload_settings", "virus_scan_enabled"): NO_FLAGS,
    ("review_settings", "auto_approve_threshold"): [-1, 101, 50.0, "50", True, None],
    ("review_settings", "max_review_time"): [0, -5, 366, 2.5, "5", True, None],
    ("review_settings", "max_open_reviews"): [0, 1001, 1.5, "5", False, None],
    ("upload_settings", "max_file_size"): [0, 1023, -1, (1 << 40) + 1, 1 << 63, "2048", 2048.0, True, None],
    ("upload_settings", "allowed_extensions"): NO_EXTENSIONS,
    ("release_settings", "cooldown_hours"): [-1, 8761, 1.5, "5", True, None],
    ("release_settings", "gate_on_findings"): NO_FLAGS,
    ("release_settings", "blocks_need_two"): NO_FLAGS,
    ("release_settings", "preview_needs_review"): NO_FLAGS,
    # Fields of the other section, and of none.
    ("review_settings", "max_file_size"): [2048],
    ("upload_settings", "max_review_time"): [5],
    ("review_settings", "unknown"): [True],
}


@pytest.mark.parametrize(("section", "name"), WRONG_VALUES)
def test_a_wrong_value_is_named_and_changes_nothing(root: Api, section: str, name: str) -> None:
    # A value that is right stands beside the wrong one, in the same section and in the other.
    right: dict[str, dict[str, Any]] = {"review_settings": {"max_review_time": 9}, "upload_settings": {}}
    right["release_settings"] = {"blocks_need_two": True}
    right["upload_settings"]["max_file_size"] = 4096
    for value in WRONG_VALUES[section, name]:
        answer = root.put(CONFIG, {**right, section: {**right[section], name: value}})
        assert invalid(answer) == {f"{section}.{name}"}, value
    assert values(root) == DEFAULTS
    assert audited(root, "system.") == []


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("host_assemblies", ["", 1, "a/b"]),
        ("host_frameworks", ["", "8.0", "netstandard2.0", "net8.0 "]),
        ("host_architectures", ["", "any", "X64"]),
    ],
)
def test_what_no_host_is_like_is_named_by_its_place(root: Api, name: str, wrong: list[Any]) -> None:
    for value in wrong:
        answer = change(root, "review_settings", **{name: [value]})
        assert invalid(answer) == {f"review_settings.{name}.0"}, value
    assert values(root) == DEFAULTS


@pytest.mark.parametrize("value", [5, "."])
def test_a_wrong_item_of_a_list_is_named_by_its_place(root: Api, value: Any) -> None:
    answer = change(root, "upload_settings", allowed_extensions=[".zip", value])
    assert invalid(answer) == {"upload_settings.allowed_extensions.1"}
    assert values(root) == DEFAULTS


@pytest.mark.parametrize("section", DEFAULTS)
def test_a_section_is_an_object(root: Api, section: str) -> None:
    others: list[Any] = [None, 5, "x", [], True]
    for value in others:
        assert invalid(root.put(CONFIG, {section: value})) == {section}
    assert values(root) == DEFAULTS


@pytest.mark.parametrize("section", DEFAULTS)
def test_a_section_that_is_null_is_refused_in_words_that_fit(root: Api, section: str) -> None:
    answer = root.put(CONFIG, {section: None}, headers={"Accept-Language": "en"})
    assert details(answer) == {section: "This field must not be null"}


def test_an_unknown_section_is_refused(root: Api) -> None:
    assert invalid(root.put(CONFIG, {"mail_settings": {}})) == {"mail_settings"}
    for name in ("effective_max_file_size", "revision", "updated_at", "updated_by"):
        assert invalid(root.put(CONFIG, {**data(root.get(CONFIG)), name: 5})) >= {name}


def test_every_wrong_value_is_named_at_once(root: Api) -> None:
    body = {
        "review_settings": {"max_review_time": 0, "max_open_reviews": "x", "auto_review_enabled": False},
        "upload_settings": {"max_file_size": 1},
        "x": 1,
    }
    assert invalid(root.put(CONFIG, body)) == {
        "review_settings.max_review_time",
        "review_settings.max_open_reviews",
        "upload_settings.max_file_size",
        "x",
    }
    assert values(root) == DEFAULTS


@pytest.mark.parametrize("body", ["[]", '"text"', "5", "null"])
def test_a_body_that_is_no_object_is_wrong_in_no_field_of_another_form(root: Api, body: str) -> None:
    answer = root._call("PUT", CONFIG, data=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert "plugin_file" not in answer.get_data(as_text=True)
    assert values(root) == DEFAULTS


def test_only_zip_packages_exist_in_both_languages(root: Api) -> None:
    body = {"upload_settings": {"allowed_extensions": [".zip", ".tar.gz"]}}
    assert details(root.put(CONFIG, body)) == {"upload_settings.allowed_extensions": "仅支持 .zip 插件包"}
    english = details(root.put(CONFIG, body, headers={"Accept-Language": "en"}))
    assert english == {"upload_settings.allowed_extensions": "Only .zip packages exist"}


# Who changed what


def test_a_change_says_who_made_it_and_when(app: Flask, root: Api) -> None:
    second = add_user(app, "second", Role.ADMIN)
    earliest = utcnow() - timedelta(seconds=1)
    review_settings(root, max_review_time=7)
    assert data(root.get(CONFIG))["updated_by"] == "admin"
    answer = data(change(second, "upload_settings", virus_scan_enabled=False))
    assert answer["updated_by"] == data(root.get(CONFIG))["updated_by"] == "second"
    assert MOMENT.fullmatch(answer["updated_at"])
    assert f"{earliest:%Y-%m-%dT%H:%M:%SZ}" <= answer["updated_at"] <= f"{utcnow():%Y-%m-%dT%H:%M:%SZ}"


def test_old_and_new_values_are_in_the_audit_log(root: Api) -> None:
    review_settings(root, max_review_time=7, auto_approve_threshold=90, manual_review_required=False)
    data(root.put(CONFIG, {"review_settings": {"max_review_time": 8}, "upload_settings": {"max_file_size": 2048}}))
    later, first = audited(root, "system.config_changed")
    assert first["details"] == {
        "changes": {
            "review_settings.max_review_time": {"from": 5, "to": 7},
            "review_settings.manual_review_required": {"from": True, "to": False},
        }
    }
    assert later["details"] == {
        "changes": {
            "review_settings.max_review_time": {"from": 7, "to": 8},
            "upload_settings.max_file_size": {"from": 104_857_600, "to": 2048},
        }
    }
    for entry in (first, later):
        assert entry["actor"] == {"id": account_id(root), "username": "admin"}
        assert entry["target"] == {"type": "system", "id": "config"}


@pytest.mark.parametrize("body", [{}, {"review_settings": {}}, {"review_settings": {"max_review_time": 5}}, DEFAULTS])
def test_what_changes_nothing_is_not_written_down(root: Api, body: Any) -> None:
    assert data(root.put(CONFIG, body))["updated_by"] is None
    assert values(root) == DEFAULTS
    assert audited(root, "system.") == []


def test_looking_is_not_written_down(root: Api) -> None:
    data(root.get(CONFIG))
    assert audited(root) == []


def test_it_is_kept_across_a_restart(app: Flask, root: Api) -> None:
    data(root.put(CONFIG, OTHERS))
    before = data(root.get(CONFIG))
    release(app)
    again = create_app(settings_for(data_directory(app)))
    try:
        assert data(Api(again, root.token).get(CONFIG)) == before
    finally:
        release(again)


# In force at once, in every worker


def test_a_change_is_seen_by_every_worker(who: People, there: People) -> None:
    found = data(who.admin.put(CONFIG, OTHERS))
    assert data(there.admin.get(CONFIG)) == found
    data(there.admin.put(CONFIG, DEFAULTS))
    assert values(who.admin) == DEFAULTS


def test_the_limit_on_uploads_holds_in_every_worker_on_every_surface(who: People, there: People) -> None:
    plugin = created(there.developer)
    upload_settings(who.admin, max_file_size=1024)
    large = b"x" * 1025
    for api in (who, there):
        form = {"plugin_file": file(large, "p.zip")}
        assert slug(create(api.developer, form, name="com.example.second"), 413) == "file_too_large"
        assert api.nobody.upload(large).status_code == 413
        further = {"plugin_file": file(large, "p.zip"), "version": "1.1.0"}
        path = f"{V1}/marketplace/plugins/{plugin['id']}/versions"
        assert slug(api.developer._call("POST", path, data=further), 413) == "file_too_large"
    assert "1KB" in there.nobody.upload(large).get_json()["message"]
    upload_settings(there.admin, max_file_size=2048)
    assert who.nobody.upload(large).status_code == 400
    data(add_version(who.developer, plugin["id"], "1.1.0"), 201)


def test_key_uploads_wait_in_every_worker_once_they_are_reviewed(who: People, there: People) -> None:
    assert there.nobody.upload(package(name="com.example.before")).status_code == 200
    review_settings(who.admin, review_key_uploads=True)
    assert there.nobody.upload(package(name="com.example.after")).status_code == 200
    assert shown(there.nobody, "com.example.before")["status"] == "published"
    assert slug(there.nobody.get(f"{V1}/marketplace/plugins/com.example.after"), 404) == "plugin_not_found"
    row = review_of(who.reviewer, "com.example.after")
    assert (row["reasons"], row["priority"]) == (["key_upload"], "low")
    review_settings(there.admin, review_key_uploads=False)
    assert who.nobody.upload(package(name="com.example.last")).status_code == 200
    assert shown(who.nobody, "com.example.last")["status"] == "published"


def test_without_automatic_reviews_none_is_queued_in_any_worker(app: Flask, who: People, there: People) -> None:
    review_settings(who.admin, auto_review_enabled=False)
    plugin_id = submitted(there.developer)
    assert run_jobs(app) == 0
    assert slug(auto_reviewed(there.reviewer, plugin_id), 404) == "auto_review_not_found"
    assert shown(there.developer, plugin_id)["status"] == "pending"
    review_settings(there.admin, auto_review_enabled=True)
    second = submitted(who.developer, name="com.example.second")
    assert run_jobs(app) == 1
    assert data(auto_reviewed(who.reviewer, second))["status"] == "completed"


def test_an_automatic_review_advises_where_a_person_must_look(beside: Flask, who: People, there: People) -> None:
    review_settings(who.admin, auto_approve_threshold=0)
    plugin_id = submitted(there.developer)
    assert run_jobs(beside) == 1
    assert data(auto_reviewed(there.reviewer, plugin_id))["status"] == "completed"
    assert shown(there.developer, plugin_id)["status"] == "pending"
    decide(there.reviewer, plugin_id)
    assert shown(there.nobody, plugin_id)["status"] == "published"


def test_no_person_is_asked_once_none_must_be(who: People, there: People) -> None:
    review_settings(who.admin, auto_review_enabled=False, manual_review_required=False)
    plugin_id = submitted(there.developer)
    assert shown(there.nobody, plugin_id)["status"] == "published"
    review_settings(there.admin, manual_review_required=True)
    second = submitted(who.developer, name="com.example.second")
    assert shown(who.developer, second)["status"] == "pending"


@pytest.mark.parametrize(("more", "status"), [(0, "published"), (1, "pending")])
def test_the_threshold_is_that_of_the_moment_a_review_ends(
    beside: Flask, who: People, there: People, more: int, status: str
) -> None:
    plugin_id = submitted(there.developer)
    run_jobs(beside)
    score = data(auto_reviewed(there.reviewer, plugin_id))["overall_score"]
    data(there.reviewer.post(f"{V1}/admin/plugins/{plugin_id}/auto-review"))
    review_settings(who.admin, manual_review_required=False, auto_approve_threshold=score + more)
    assert shown(there.developer, plugin_id)["status"] == "pending"
    assert run_jobs(beside) == 1
    assert shown(there.developer, plugin_id)["status"] == status


def test_whether_packages_are_scanned_is_asked_when_a_review_begins(
    make_app: AppFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str | None] = []

    def scanned(_stream: Any, url: str | None) -> Scan:
        asked.append(url)
        return Scan("clean") if url else Scan("not_run")

    monkeypatch.setattr(facts, "scan", scanned)
    app = make_app(CLAMAV_URL="tcp://clamav:3310")
    who = people(app)
    submitted(who.developer)
    upload_settings(who.admin, virus_scan_enabled=False)
    run_jobs(app)
    upload_settings(who.admin, virus_scan_enabled=True)
    submitted(who.developer, name="com.example.second")
    run_jobs(app)
    assert asked == [None, "tcp://clamav:3310"]


def test_how_many_reviews_one_may_have_holds_in_every_worker(who: People, there: People) -> None:
    ids = [review_of(who.reviewer, created(who.developer, name=f"com.example.p{n}")["id"])["id"] for n in range(3)]
    start = f"{V1}/admin/reviews/{{}}/start"
    review_settings(who.admin, max_open_reviews=1)
    data(there.reviewer.post(start.format(ids[0])))
    assert slug(there.reviewer.post(start.format(ids[1]))) == "reviewer_busy"
    assert slug(who.reviewer.post(start.format(ids[1]))) == "reviewer_busy"
    body = {"reviewer_id": account_id(who.reviewer)}
    assert slug(there.admin.post(f"{V1}/admin/reviews/{ids[1]}/assign", body)) == "reviewer_busy"
    review_settings(there.admin, max_open_reviews=2)
    data(who.reviewer.post(start.format(ids[1])))
    assert slug(who.reviewer.post(start.format(ids[2]))) == "reviewer_busy"
    # Those that they have are left to them where less is allowed from now on.
    review_settings(who.admin, max_open_reviews=1)
    data(there.reviewer.post(f"{V1}/admin/reviews/{ids[1]}/submit", {"result": "approved"}))
    assert slug(there.reviewer.post(start.format(ids[2]))) == "reviewer_busy"


def test_what_counts_as_overdue_is_asked_for_every_answer(
    app: Flask, who: People, waiting_plugin: dict[str, Any], there: People
) -> None:
    row = review_of(who.reviewer, waiting_plugin["id"])
    with app.app_context(), unit_of_work():
        db.session.execute(update(Review).values(submitted_at=utcnow() - timedelta(days=2)))
    path = f"{V1}/admin/reviews/{row['id']}"
    assert data(there.reviewer.get(path))["is_overdue"] is False
    review_settings(who.admin, max_review_time=1)
    assert data(there.reviewer.get(path))["is_overdue"] is True
    review_settings(there.admin, max_review_time=3)
    assert data(who.reviewer.get(path))["is_overdue"] is False


def test_what_hosts_are_like_is_kept_where_the_version_before_does_not_read_it(app: Flask, root: Api) -> None:
    """A node that is not upgraded yet goes on reading the sections, and what it writes loses nothing."""
    data(change(root, "review_settings", host_frameworks=["net8.0"], max_review_time=7))
    with app.app_context(), unit_of_work():
        stored = json.loads(db.session.get_one(Setting, KEY).value)
        assert not [name for name in stored["review_settings"] if name.startswith("host_")]
        assert json.loads(db.session.get_one(Setting, HOST_KEY).value)["host_frameworks"] == ["net8.0"]
        db.session.get_one(Setting, KEY).value = json.dumps({"review_settings": {"max_review_time": 9}})
    found = values(root)["review_settings"]
    assert (found["host_frameworks"], found["max_review_time"]) == (["net8.0"], 9)
