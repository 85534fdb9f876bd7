"""Plans and lockfiles: what a host is told to install, update, keep and remove, and why there is no plan."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import orjson
import pytest
from flask import Flask
from sqlalchemy import select

from microdock_server.clock import utcnow
from microdock_server.database.session import db
from microdock_server.database.unit_of_work import unit_of_work
from microdock_server.models import Block, Plugin, PluginVersion
from microdock_server.services import catalog
from microdock_server.services.releases import plans
from microdock_server.services.releases.search import Steps

from ...support import Api, package

A, B, C, D = "com.example.a", "com.example.b", "com.example.c", "com.example.D"
UNKNOWN = "com.example.unknown"
ENGINES = {"MicroDock": "2.5.0"}


def publish(api: Api, name: str, version: str, /, engine: str = "", **needs: str) -> bytes:
    """`b="^1.0.0"`: needs com.example.b."""
    dependencies = {f"com.example.{other}": wanted for other, wanted in needs.items()}
    data = package(name=name, version=version, dependencies=dependencies, engines={"MicroDock": engine})
    answer = api.upload(data)
    assert answer.status_code == 200, answer.get_json()
    return data


def have(*plugins: str) -> list[dict[str, str]]:
    """`com.example.a 1.0.0`, or with a pin behind that."""
    found = []
    for text in plugins:
        name, version, *pin = text.split(" ", 2)
        found.append({"name": name, "version": version} | ({"pin": pin[0]} if pin else {}))
    return found


def want(*plugins: str) -> list[dict[str, str]]:
    """`com.example.a`, or with a range behind it."""
    return [dict(zip(("name", "range"), text.split(" ", 1), strict=False)) for text in plugins]


def ask(api: Api, install: list[Any], installed: list[Any] | None = None, **more: Any) -> Any:
    body = {"engines": ENGINES, "install": install, "installed": installed or [], **more}
    return api.post("/api/plugins/resolve", body, headers={"Accept-Language": "en"})


def plan(api: Api, install: list[Any], installed: list[Any] | None = None, **more: Any) -> list[str]:
    """The steps, as `install com.example.a 1.0.0`."""
    answer = ask(api, install, installed, **more)
    assert answer.status_code == 200, answer.get_json()
    return [f"{one['action']} {one['name']} {one['version']}" for one in answer.get_json()["data"]["plan"]]


def refused(api: Api, install: list[Any], installed: list[Any] | None = None, **more: Any) -> Any:
    answer = ask(api, install, installed, **more)
    assert answer.status_code == 409, answer.get_json()
    return answer.get_json()


def facts(refusal: Any) -> list[tuple[str, str | None, list[str], list[str]]]:
    return [(one["name"], one["range"], one["required_by"], one["candidates"]) for one in refusal["details"]]


def change(app: Flask, name: str, version: str | None = None, /, **columns: Any) -> None:
    """Set columns of a plugin, or of one of its versions."""
    with app.app_context(), unit_of_work():
        plugin = db.session.scalars(select(Plugin).where(Plugin.name == name)).one()
        row: Any = plugin if version is None else db.session.get_one(PluginVersion, (name, version))
        for column, value in columns.items():
            setattr(row, column, value)
        catalog.touch(plugin)


def block(app: Flask, name: str, versions: str, severity: str = "disable") -> None:
    with app.app_context(), unit_of_work():
        db.session.add(
            Block(
                plugin=name,
                plugin_key=name.lower(),
                versions=versions,
                severity=severity,
                status="active",
                reason={"zh": "窃取密码", "en": "It steals passwords"},
                created_by="",
                proposed_at=utcnow(),
                proposed_by="",
            )
        )
        catalog.touch(db.session.scalars(select(Plugin).where(Plugin.name == name)).one())


def test_a_plan_installs_what_is_needed_before_what_needs_it(api: Api) -> None:
    publish(api, A, "1.0.0", b="^1.0.0")
    publish(api, B, "1.0.0", c="*")
    publish(api, B, "2.0.0")
    data = publish(api, C, "3.1.0")
    answer = ask(api, want(A)).get_json()
    assert answer["success"] and answer["message"] == "Here is the plan"
    steps = answer["data"]["plan"]
    assert [(one["name"], one["version"], one["action"], one["required_by"]) for one in steps] == [
        (C, "3.1.0", "install", [B]),
        (B, "1.0.0", "install", [A]),
        (A, "1.0.0", "install", []),
    ]
    assert steps[0]["file_hash"] == hashlib.sha256(data).hexdigest()
    assert steps[0]["file_size"] == len(data)
    assert api.get(steps[0]["download_url"]).data == data
    assert answer["data"]["problems"] == []


def test_download_urls_are_absolute_where_the_server_knows_its_own(make_app: Any) -> None:
    api = Api(make_app(PUBLIC_URL="https://plugins.example.com"))
    publish(api, A, "1.0.0+5")
    (step,) = ask(api, want(A)).get_json()["data"]["plan"]
    url = "https://plugins.example.com/api/v1/marketplace/plugins/com.example.a/versions/1.0.0%2B5/download"
    assert step["download_url"] == url
    assert api.get(url.removeprefix("https://plugins.example.com")).status_code == 200


def test_what_is_installed_is_kept_and_of_the_rest_the_highest_is_taken(api: Api) -> None:
    for version in ("1.0.0", "1.1.0", "1.2.0"):
        publish(api, A, version, b="^1.0.0")
        publish(api, B, version)
    assert plan(api, want(A), have(f"{B} 1.1.0")) == [f"keep {B} 1.1.0", f"install {A} 1.2.0"]
    # Asking for what is there changes nothing, unless a range does.
    assert plan(api, want(A), have(f"{A} 1.0.0", f"{B} 1.0.0")) == [f"keep {B} 1.0.0", f"keep {A} 1.0.0"]
    assert plan(api, want(f"{B} >1.0.0"), have(f"{B} 1.0.0")) == [f"update {B} 1.2.0"]
    assert plan(api, want(f"{B} <1.2.0"), have(f"{B} 1.2.0")) == [f"downgrade {B} 1.1.0"]


def test_another_plugin_may_need_more(api: Api) -> None:
    publish(api, A, "1.0.0", b="^2.0.0")
    publish(api, B, "1.0.0")
    publish(api, B, "2.0.0")
    assert plan(api, want(A), have(f"{B} 1.0.0")) == [f"update {B} 2.0.0", f"install {A} 1.0.0"]


def test_installed_plugins_hold_what_they_need(api: Api) -> None:
    publish(api, A, "1.0.0", b="^1.0.0")
    publish(api, A, "2.0.0", b="^2.0.0")
    publish(api, B, "1.0.0")
    publish(api, B, "2.0.0")
    publish(api, C, "1.0.0", b="^1.0.0")
    assert plan(api, want(A), have(f"{C} 1.0.0", f"{B} 1.0.0")) == [
        f"keep {B} 1.0.0",
        f"install {A} 1.0.0",
        f"keep {C} 1.0.0",
    ]


def test_no_plan_says_which_needs_conflict(api: Api) -> None:
    publish(api, A, "2.0.0", b="^1.0.0")
    publish(api, C, "3.1.0", b="^2.0.0")
    publish(api, B, "1.0.0")
    publish(api, B, "2.0.0")
    publish(api, D, "1.0.0")
    refusal = refused(api, want(A, C, D))
    assert refusal["error"] == "unresolvable" and refusal["status"] == 409 and refusal["data"] is None
    assert refusal["message"] == f"{A} 2.0.0 needs {B} ^1.0.0, but {C} 3.1.0 needs {B} ^2.0.0"
    assert facts(refusal) == [
        (B, "^1.0.0", [A], ["2.0.0", "1.0.0"]),
        (B, "^2.0.0", [C], ["2.0.0", "1.0.0"]),
    ]
    one = refusal["details"][0]
    assert (one["field"], one["entry"], one["rule"]) == (None, None, "dependency")
    assert one["message"] == f"{A} 2.0.0 needs {B} ^1.0.0"
    body = {"engines": ENGINES, "install": want(A, C), "installed": []}
    chinese = api.post("/api/plugins/resolve", body).get_json()["message"]
    assert chinese == f"{A} 2.0.0 需要 {B} ^1.0.0，但 {C} 3.1.0 需要 {B} ^2.0.0"


def test_a_chain_to_the_conflict_is_told(api: Api) -> None:
    publish(api, A, "1.0.0", b="*")
    publish(api, B, "1.0.0", c="^1.0.0")
    publish(api, C, "1.0.0")
    publish(api, C, "2.0.0")
    refusal = refused(api, want(A, f"{C} ^2.0.0"))
    assert refusal["message"] == (f"{A} 1.0.0 needs {B}. {B} 1.0.0 needs {C} ^1.0.0, but {C} ^2.0.0 is to be installed")
    assert [one["rule"] for one in refusal["details"]] == ["dependency", "dependency", "install"]


@pytest.mark.parametrize(
    ("needed", "said"),
    [
        ("^5.0.0", f"{A} 1.0.0 needs {B} ^5.0.0, but of {B} this host can only have 1.0.0"),
        ("*", f"{B} is disabled"),
    ],
)
def test_what_nothing_satisfies_is_said(api: Api, app: Flask, needed: str, said: str) -> None:
    publish(api, A, "1.0.0", b=needed)
    publish(api, B, "1.0.0")
    if needed == "*":
        change(app, B, is_enabled=False)
    assert said in refused(api, want(A))["message"]


def test_a_dependency_that_the_catalogue_does_not_have(api: Api) -> None:
    publish(api, A, "1.0.0", unknown="^1.0.0")
    refusal = refused(api, want(A))
    assert refusal["error"] == "unresolvable"
    assert refusal["message"] == f"{A} 1.0.0 needs {UNKNOWN} ^1.0.0, but {UNKNOWN} is not in the catalogue"
    assert facts(refusal) == [(UNKNOWN, "^1.0.0", [A], [])]


def test_an_unknown_name_is_said_to_be_unknown(api: Api, app: Flask) -> None:
    publish(api, A, "1.0.0")
    refusal = refused(api, [*want(A, UNKNOWN), {"name": "odd name"}])
    assert refusal["error"] == "unknown_plugin"
    assert [one["name"] for one in refusal["details"]] == [UNKNOWN, "odd name"]
    change(app, A, status="suspended")
    assert refused(api, want(A))["error"] == "unknown_plugin"


def test_installed_plugins_that_no_catalogue_knows_are_kept_and_satisfy_nothing(api: Api) -> None:
    publish(api, A, "1.0.0")
    publish(api, B, "1.0.0", unknown="*")
    answer = ask(api, want(A), have(f"{UNKNOWN} 1.0.0", "odd not-a-version")).get_json()["data"]
    assert [(one["action"], one["name"], one["version"], one["file_hash"]) for one in answer["plan"]][1:] == [
        ("keep", UNKNOWN, "1.0.0", None),
        ("keep", "odd", "not-a-version", None),
    ]
    assert answer["plan"][1]["download_url"] is None and answer["plan"][1]["file_size"] is None
    assert list(answer["lock"]["plugins"]) == [A]
    assert facts(refused(api, want(B), have(f"{UNKNOWN} 1.0.0"))) == [(UNKNOWN, "*", [B], ["1.0.0"])]


def test_what_does_not_hold_today_stands_in_nobodys_way(api: Api) -> None:
    publish(api, A, "1.0.0")
    publish(api, B, "1.0.0", unknown="*")
    publish(api, C, "1.0.0", a="^1.0.0")
    assert plan(api, want(A), have(f"{B} 1.0.0")) == [f"install {A} 1.0.0", f"keep {B} 1.0.0"]
    # Where it can be repaired, it is.
    assert plan(api, [], have(f"{C} 1.0.0")) == [f"install {A} 1.0.0", f"keep {C} 1.0.0"]


def test_a_version_that_the_catalogue_does_not_have_is_kept(api: Api) -> None:
    publish(api, A, "1.0.0", b=">=1.0.0")
    publish(api, B, "1.0.0")
    assert plan(api, want(A), have(f"{B} 1.5.0")) == [f"keep {B} 1.5.0", f"install {A} 1.0.0"]
    assert plan(api, want(f"{B} 1.0.0"), have(f"{B} 1.5.0")) == [f"downgrade {B} 1.0.0"]
    assert plan(api, want(f"{B} 1.0.0"), have(f"{B} v1")) == [f"update {B} 1.0.0"]


def test_what_concerns_too_many_plugins_is_refused(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(api, A, "1.0.0", b="*")
    publish(api, B, "1.0.0", c="*")
    publish(api, C, "1.0.0")
    monkeypatch.setattr(plans, "MAX_PLUGINS", 2)
    refusal = refused(api, want(A))
    assert refusal["error"] == "too_complex" and refusal["details"] == []
    assert "more than 5000 steps or concerns more than 2 plugins" in refusal["message"]
    monkeypatch.setattr(plans, "MAX_PLUGINS", 3)
    assert len(plan(api, want(A))) == 3


def test_a_search_that_takes_too_many_steps_is_refused(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(api, A, "1.0.0", b="*")
    publish(api, B, "1.0.0")
    monkeypatch.setattr(plans, "Steps", lambda: Steps(1))
    assert refused(api, want(A))["error"] == "too_complex"


def test_cycles(api: Api) -> None:
    publish(api, A, "1.0.0", b="^1.0.0")
    publish(api, B, "1.0.0", a="^1.0.0")
    publish(api, B, "2.0.0", a="^2.0.0")
    assert plan(api, want(A)) == plan(api, want(B, A)) == [f"install {B} 1.0.0", f"install {A} 1.0.0"]
    assert plan(api, [], have(f"{A} 1.0.0", f"{B} 1.0.0"), remove=[A, B]) == [f"remove {A} 1.0.0", f"remove {B} 1.0.0"]


def test_pins_hold(api: Api) -> None:
    publish(api, A, "1.0.0", b="^2.0.0")
    for version in ("1.0.0", "2.0.0", "2.1.0"):
        publish(api, B, version)
    refusal = refused(api, want(A), have(f"{B} 1.0.0 1.x"))
    assert refusal["message"] == f"{A} 1.0.0 needs {B} ^2.0.0, but {B} is pinned to 1.x"
    assert facts(refusal)[1] == (B, "1.x", [], ["2.1.0", "2.0.0", "1.0.0"])
    assert plan(api, want(A), have(f"{B} 1.0.0 <2.1.0")) == [f"update {B} 2.0.0", f"install {A} 1.0.0"]
    # What is installed outside of its pin is kept all the same.
    assert plan(api, [], have(f"{B} 1.0.0 ^2.0.0")) == [f"keep {B} 1.0.0"]


def test_a_pin_spans_prereleases(api: Api) -> None:
    publish(api, A, "1.0.0", b=">=2.0.0-rc.1")
    publish(api, B, "1.0.0")
    publish(api, B, "2.0.0-rc.1")
    installed = have(f"{B} 1.0.0 <3.0.0")
    assert plan(api, want(A), installed, channel="preview") == [f"update {B} 2.0.0-rc.1", f"install {A} 1.0.0"]


def test_what_another_plugin_needs_is_not_removed(api: Api) -> None:
    publish(api, A, "1.0.0", b="^1.0.0")
    # It would do without: nobody asked for it.
    publish(api, A, "2.0.0")
    publish(api, B, "1.0.0")
    installed = have(f"{A} 1.0.0", f"{B} 1.0.0")
    refusal = refused(api, [], installed, remove=[B])
    assert refusal["error"] == "unresolvable"
    assert refusal["message"] == f"{A} 1.0.0 needs {B} ^1.0.0, but {B} is to be removed"
    assert [one["rule"] for one in refusal["details"]] == ["installed", "dependency", "remove"]
    assert plan(api, want(f"{A} ^2.0.0"), installed, remove=[B]) == [f"update {A} 2.0.0", f"remove {B} 1.0.0"]
    assert plan(api, [], installed, remove=[A]) == [f"keep {B} 1.0.0", f"remove {A} 1.0.0"]
    assert plan(api, [], installed, remove=[B.upper(), A]) == [f"remove {A} 1.0.0", f"remove {B} 1.0.0"]
    assert plan(api, [], installed, remove=[UNKNOWN]) == [f"keep {B} 1.0.0", f"keep {A} 1.0.0"]


def test_what_is_to_be_removed_is_not_installed_for_another(api: Api) -> None:
    publish(api, A, "1.0.0")
    publish(api, A, "2.0.0", b="*")
    publish(api, B, "1.0.0")
    assert plan(api, want(A), have(f"{B} 1.0.0"), remove=[B]) == [f"install {A} 1.0.0", f"remove {B} 1.0.0"]


def test_a_removed_plugin_has_no_package(api: Api) -> None:
    publish(api, A, "1.0.0")
    data = ask(api, [], have(f"{A} 1.0.0"), remove=[A]).get_json()["data"]
    assert data["plan"] == [
        {
            "name": A,
            "version": "1.0.0",
            "action": "remove",
            "file_hash": None,
            "file_size": None,
            "download_url": None,
            "required_by": [],
        }
    ]
    assert data["lock"]["plugins"] == {}


def test_names_ignore_case_and_are_spelled_as_the_catalogue_does(api: Api) -> None:
    publish(api, D, "1.0.0", A="*")
    publish(api, A, "1.0.0")
    assert plan(api, want(D.lower()), have("COM.EXAMPLE.A 1.0.0")) == [f"keep {A} 1.0.0", f"install {D} 1.0.0"]


@pytest.mark.parametrize(
    ("columns", "body", "is_offered"),
    [
        ({}, {}, True),
        ({"is_yanked": True, "yank_reason": "broken"}, {}, False),
        ({"available_at": utcnow() + timedelta(days=2)}, {}, False),
        ({"rollout": 0}, {"client_id": "somebody"}, False),
        ({"rollout": 99}, {}, False),
        ({"is_paused": True}, {"client_id": "somebody"}, False),
        ({"is_held": True}, {}, False),
        ({"chosen_channel": "preview"}, {}, False),
        ({"chosen_channel": "preview"}, {"channel": "preview"}, True),
        ({"engines": {"MicroDock": ">=3.0"}}, {}, False),
        ({"engines": {"microdock": ">=2.0.0.0"}}, {}, True),
        ({"engines": {"Other": ">=1.0"}}, {}, False),
        ({"is_deprecated": True}, {}, True),
    ],
)
def test_only_what_is_offered_is_installed(
    api: Api, app: Flask, columns: dict[str, Any], body: dict[str, Any], is_offered: bool
) -> None:
    publish(api, A, "1.0.0")
    publish(api, A, "2.0.0")
    change(app, A, "2.0.0", **columns)
    assert plan(api, want(A), **body) == [f"install {A} {'2.0.0' if is_offered else '1.0.0'}"]
    if not is_offered:
        refusal = refused(api, want(f"{A} 2.0.0"), **body)
        assert facts(refusal) == [(A, "2.0.0", [], ["1.0.0"])]
        assert refusal["message"] == f"{A} 2.0.0 is to be installed, but of {A} this host can only have 1.0.0"
    # What the host has already, it may keep.
    assert plan(api, want(A), have(f"{A} 2.0.0"), **body) == [f"keep {A} 2.0.0"]


def test_nothing_above_what_is_recommended_is_installed(api: Api, app: Flask) -> None:
    publish(api, A, "1.0.0")
    publish(api, A, "2.0.0")
    change(app, A, recommended_version="1.0.0")
    assert plan(api, want(A)) == [f"install {A} 1.0.0"]


def test_prereleases_are_for_those_who_want_them(api: Api) -> None:
    publish(api, A, "1.0.0", b=">=1.0.0")
    publish(api, B, "1.0.0")
    publish(api, B, "2.0.0-rc.1")
    assert plan(api, want(A)) == [f"install {B} 1.0.0", f"install {A} 1.0.0"]
    preview = [f"install {B} 2.0.0-rc.1", f"install {A} 1.0.0"]
    assert plan(api, want(A), channel="preview") == preview
    # One that is there satisfies what it lies between: it is not downgraded for that.
    assert plan(api, want(A), have(f"{B} 2.0.0-rc.1")) == [f"keep {B} 2.0.0-rc.1", f"install {A} 1.0.0"]


def test_a_blocked_version_is_never_installed_and_left_where_that_is_possible(api: Api, app: Flask) -> None:
    publish(api, A, "1.0.0")
    publish(api, A, "1.1.0")
    block(app, A, ">=1.1.0")
    assert plan(api, want(A)) == [f"install {A} 1.0.0"]
    assert plan(api, [], have(f"{A} 1.1.0")) == [f"downgrade {A} 1.0.0"]
    block(app, A, "*")
    assert refused(api, want(A))["message"] == f"no version of {A} is offered to this host"
    assert plan(api, [], have(f"{A} 1.1.0")) == [f"keep {A} 1.1.0"]


def test_the_order_of_the_question_never_matters(api: Api) -> None:
    for version in ("1.0.0", "2.0.0"):
        publish(api, A, version, b="*", c="*")
        publish(api, B, version, c="*")
        publish(api, C, version)
        publish(api, D, version, a="^1.0.0")
    one = ask(api, want(A, D), have(f"{B} 1.0.0", f"{C} 1.0.0"))
    other = ask(api, want(D, A), have(f"{C} 1.0.0", f"{B} 1.0.0"))
    assert one.data == other.data


def test_a_lock_is_the_same_bytes_for_the_same_set(api: Api) -> None:
    data = publish(api, A, "1.0.0", c="*", b="^1.0.0")
    publish(api, B, "1.0.0")
    publish(api, C, "1.0.0")
    engines = {"MicroDock": "2.5.0", "Dock.Core": "1.0"}
    first = ask(api, want(A, C), engines=engines)
    again = ask(api, [], have(f"{B} 1.0.0", f"{A} 1.0.0", f"{C} 1.0.0"), engines=dict(reversed(engines.items())))
    lock = first.get_json()["data"]["lock"]
    written = orjson.dumps(lock, option=orjson.OPT_SORT_KEYS)
    assert written in first.data and written in again.data
    assert lock == {
        "lockfile_version": 1,
        "engines": engines,
        "plugins": {
            A: {
                "version": "1.0.0",
                "sha256": hashlib.sha256(data).hexdigest(),
                "size": len(data),
                "dependencies": {B: "^1.0.0", C: "*"},
            },
            B: lock["plugins"][B],
            C: lock["plugins"][C],
        },
    }


@pytest.fixture
def lock(api: Api) -> Iterator[dict[str, Any]]:
    """Of a 1.0.0, which needs b 1.0.0; by now there is more."""
    publish(api, A, "1.0.0", b="^1.0.0")
    publish(api, B, "1.0.0")
    yield ask(api, want(A)).get_json()["data"]["lock"]


def check(api: Api, lock: Any, installed: list[Any] | None = None, language: str = "en") -> Any:
    body = {"lock": lock} | ({} if installed is None else {"installed": installed})
    answer = api.post("/api/plugins/resolve", body, headers={"Accept-Language": language})
    assert answer.status_code == 200, answer.get_json()
    assert answer.get_json()["data"]["lock"] == lock
    return answer.get_json()["data"]


def test_a_lock_that_is_posted_back_is_checked_and_planned(api: Api, lock: dict[str, Any]) -> None:
    publish(api, A, "2.0.0")
    publish(api, B, "1.1.0")
    data = check(api, lock, have(f"{B} 1.1.0", f"{UNKNOWN} 1.0.0"))
    assert data["problems"] == []
    assert [(one["action"], one["name"], one["version"], one["required_by"]) for one in data["plan"]] == [
        ("downgrade", B, "1.0.0", [A]),
        ("install", A, "1.0.0", []),
        ("keep", UNKNOWN, "1.0.0", []),
    ]
    assert data["plan"][0]["file_hash"] == lock["plugins"][B]["sha256"]
    # Nothing is searched: what else the body holds is not asked for.
    answer = ask(api, want(UNKNOWN), lock=lock)
    assert answer.status_code == 200 and answer.get_json()["message"] == "The lockfile was checked"
    assert [one["version"] for one in answer.get_json()["data"]["plan"]] == ["1.0.0", "1.0.0"]


def test_what_can_be_wrong_with_a_locked_package(api: Api, root: Api, app: Flask, lock: dict[str, Any]) -> None:
    def problem(language: str = "en") -> tuple[str, str, str]:
        data = check(api, lock, language=language)
        (found,) = data["problems"]
        assert (data["plan"] == []) == (found["code"] != "yanked")
        return found["name"], found["code"], found["message"]

    change(app, B, "1.0.0", is_yanked=True, yank_reason="It loses settings")
    assert problem() == (B, "yanked", f"{B} 1.0.0 was yanked: It loses settings")
    block(app, B, "^1.0.0", "warn")
    assert problem() == (B, "blocked", f"{B} 1.0.0 is blocked: It steals passwords")
    assert problem("zh")[2] == f"{B} 1.0.0 已被管理员封禁：窃取密码"
    lock["plugins"][B]["sha256"] = "ab" * 32
    assert problem() == (B, "hash_mismatch", f"{B} 1.0.0 is not the package that was locked")
    lock["plugins"][B]["version"] = "1.0.1"
    assert problem() == (B, "missing", f"{B} 1.0.1 is no longer there")
    assert root.post("/api/plugins/delete", {"name": B}).status_code == 200
    assert problem() == (B, "unknown_plugin", f"{B} is not in the catalogue")


def test_a_disabled_plugin_is_a_problem_of_a_lock(api: Api, root: Api, lock: dict[str, Any]) -> None:
    assert root.post("/api/plugins/disable", {"name": A}).status_code == 200
    data = check(api, lock)
    assert data["problems"] == [{"name": A, "code": "blocked", "message": f"{A} is disabled"}]
    assert data["plan"] == []


def test_every_problem_of_a_lock_is_listed_by_name(api: Api, lock: dict[str, Any]) -> None:
    entry = lock["plugins"][B]
    lock["plugins"] = {UNKNOWN: entry, B: {**entry, "version": "9.0.0"}, A: {**lock["plugins"][A], "size": 1}}
    assert [(one["name"], one["code"]) for one in check(api, lock)["problems"]] == [
        (A, "hash_mismatch"),
        (B, "missing"),
        (UNKNOWN, "unknown_plugin"),
    ]


PACKAGE = {"version": "1.0.0", "sha256": "ab" * 32, "size": 1, "dependencies": {}}
LOCK = {"lockfile_version": 1, "engines": ENGINES, "plugins": {A: PACKAGE}}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"engines": None}, "engines"),
        ({"engines": []}, "engines"),
        ({"engines": {"MicroDock": "two"}}, "engines.MicroDock"),
        ({"engines": {"MicroDock": 2}}, "engines.MicroDock"),
        ({"engines": {"MicroDock": "2.0", "microdock": "2.0"}}, "engines"),
        ({"channel": "beta"}, "channel"),
        ({"client_id": "x" * 129}, "client_id"),
        ({"install": None}, "install"),
        ({"install": [{"range": "*"}]}, "install.0.name"),
        ({"install": [{"name": A, "range": "not a range"}]}, "install.0.range"),
        ({"install": [{"name": A}, {"name": A.upper()}]}, "install.1.name"),
        ({"install": [{"name": f"com.example.n{index}"} for index in range(101)]}, "install"),
        ({"remove": "everything"}, "remove"),
        ({"remove": [A, A.upper()]}, "remove"),
        ({"remove": [A], "install": [{"name": A}]}, "remove"),
        ({"installed": [{"name": A}]}, "installed.0.version"),
        ({"installed": [{"name": A, "version": 1}]}, "installed.0.version"),
        ({"installed": [{"name": A, "version": "1.0.0", "pin": "^"}]}, "installed.0.pin"),
        ({"installed": have(f"{A} 1.0.0", f"{A.upper()} 1.0.0")}, "installed.1.name"),
        ({"installed": have(*(f"com.example.n{index} 1.0.0" for index in range(501)))}, "installed"),
        ({"lock": "a lock"}, "lock"),
        ({"lock": {**LOCK, "lockfile_version": 2}}, "lock.lockfile_version"),
        ({"lock": {"lockfile_version": 1, "engines": {}}}, "lock.plugins"),
        ({"lock": {**LOCK, "plugins": []}}, "lock.plugins"),
        ({"lock": {**LOCK, "plugins": {A: {**PACKAGE, "sha256": "x" * 64}}}}, f"lock.plugins.{A}.sha256"),
        ({"lock": {**LOCK, "plugins": {A: {**PACKAGE, "version": "1"}}}}, f"lock.plugins.{A}.version"),
        ({"lock": {**LOCK, "plugins": {A: {**PACKAGE, "size": -1}}}}, f"lock.plugins.{A}.size"),
        (
            {"lock": {**LOCK, "plugins": {A: {**PACKAGE, "dependencies": {B: "^."}}}}},
            f"lock.plugins.{A}.dependencies.{B}",
        ),
        ({"lock": {**LOCK, "plugins": {A: PACKAGE, A.upper(): PACKAGE}}}, "lock.plugins"),
    ],
)
def test_bad_input(api: Api, change: dict[str, Any], field: str) -> None:
    body = {"engines": ENGINES, "install": [], "installed": [], **change}
    answer = api.post("/api/plugins/resolve", {key: value for key, value in body.items() if value is not None})
    assert answer.status_code == 422, answer.get_json()
    assert field in [one["field"] for one in answer.get_json()["details"]]


def test_nothing_asked_is_an_empty_plan(api: Api) -> None:
    data = ask(api, []).get_json()["data"]
    assert data == {
        "plan": [],
        "lock": {"lockfile_version": 1, "engines": ENGINES, "plugins": {}},
        "problems": [],
    }
