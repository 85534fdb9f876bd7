"""What was true when it was checked is still true when it is written, or nothing is written.

Each race is made certain: what another does in between is done while the slow hash is computed, outside of any unit.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete as sql_delete
from sqlalchemy import select, update

from microdock_server.database.session import db
from microdock_server.database.unit_of_work import current_unit, unit_of_work
from microdock_server.errors import Conflict, WrongCredentials, WrongPassword, WrongPluginKey
from microdock_server.models import Plugin, PluginTombstone, PluginVersion, User
from microdock_server.services import accounts, ownership
from microdock_server.services.accounts import passwords, tokens
from microdock_server.services.plugins import upload_keys
from microdock_server.vocabulary import Role

from ..support import Api, add_user, package, stored_files

OLD, FIRST, SECOND = "correct horse", "the first new one", "the second new one"


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Callable[[], Any]], None]:
    """A function that lets something happen once, as soon as `passwords.<name>` has answered."""

    def arrange(name: str, act: Callable[[], Any]) -> None:
        original, waiting = getattr(passwords, name), [act]

        def interrupted(*args: Any) -> Any:
            answer = original(*args)
            if waiting:
                waiting.pop()()
            return answer

        monkeypatch.setattr(passwords, name, interrupted)

    return arrange


@pytest.fixture
def somebody(app: Flask) -> str:
    with app.app_context():
        return accounts.create("Somebody", OLD).id


@pytest.mark.parametrize("moment", ["matches", "hash_password"])
def test_of_two_changes_with_one_old_password_one_wins(
    app: Flask, somebody: str, meanwhile: Callable[..., None], moment: str
) -> None:
    meanwhile(moment, lambda: accounts.change_password(somebody, OLD, FIRST))
    with app.app_context():
        with pytest.raises(WrongPassword):
            accounts.change_password(somebody, OLD, SECOND)
        assert accounts.authenticate("somebody", FIRST).id == somebody
        with pytest.raises(WrongCredentials):
            accounts.authenticate("somebody", SECOND)


def test_a_password_that_an_administrator_sets_is_not_changed_by_who_knew_the_old_one(
    app: Flask, somebody: str, meanwhile: Callable[..., None]
) -> None:
    meanwhile("matches", lambda: accounts.set_password(somebody, FIRST))
    with app.app_context():
        with pytest.raises(WrongPassword):
            accounts.change_password(somebody, OLD, SECOND)
        assert accounts.authenticate("somebody", FIRST).id == somebody


def test_a_login_that_began_before_a_change_of_password_has_tokens_that_nobody_believes(
    app: Flask, somebody: str
) -> None:
    with app.app_context():
        user = accounts.authenticate("somebody", OLD)
        accounts.set_password(somebody, FIRST)
        with unit_of_work():
            _, refresh = tokens.begin_family(user, timedelta(hours=1), remember_me=False)
        with unit_of_work(), pytest.raises(tokens.InvalidToken):
            tokens.rotate(refresh, timedelta(hours=1))


def test_of_two_upload_keys_made_at_once_one_is_told(app: Flask, meanwhile: Callable[..., None]) -> None:
    owner = add_user(app, "owner", Role.DEVELOPER)
    with app.app_context():
        assert owner.upload().status_code == 200
        with unit_of_work():
            user = db.session.scalars(select(User).where(User.username == "owner")).one()
            db.session.scalars(select(Plugin)).one().owner_id = user.id
        claims = tokens.host_token(user, timedelta(hours=1))
        actor = tokens.Actor(user.id, "owner", Role.DEVELOPER, claims, 0)
        told: list[str] = []
        name = "com.example.myplugin"
        meanwhile("hash_key", lambda: told.append(ownership.renew_upload_key(name, actor)))
        with pytest.raises(Conflict):
            ownership.renew_upload_key(name, actor)
        with unit_of_work(writing=False):
            stored = db.session.scalars(select(Plugin.upload_key_hash)).one()
    assert passwords.matches(stored, told[0])


def test_a_name_that_was_taken_and_deleted_meanwhile_is_not_had_by_another_key(
    app: Flask, meanwhile: Callable[..., None]
) -> None:
    def taken_and_deleted() -> None:
        with app.app_context(), unit_of_work():
            theirs = passwords.hash_key("theirs")
            db.session.add(PluginTombstone(name_key="com.example.myplugin", upload_key_hash=theirs))

    meanwhile("hash_key", taken_and_deleted)
    answer = Api(app).upload(key="mine-mine")
    assert (answer.status_code, answer.get_json()["error"]) == (403, WrongPluginKey.slug)


@pytest.fixture
def outside_of_units(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Which hashes were computed; that one is computed inside of a unit fails the test that asks for this."""
    computed: list[str] = []

    def watched(name: str) -> Callable[..., Any]:
        original = getattr(passwords, name)

        def compute(*args: Any) -> Any:
            with pytest.raises(RuntimeError, match="no unit of work"):
                current_unit()
            computed.append(name)
            return original(*args)

        return compute

    for name in ("hash_key", "matches"):
        monkeypatch.setattr(passwords, name, watched(name))
    return computed


def test_a_key_is_proved_outside_of_units_also_where_the_name_appeared_meanwhile(
    app: Flask, outside_of_units: list[str], meanwhile: Callable[..., None]
) -> None:
    meanwhile("hash_key", lambda: Api(app).upload(key="one-key-of-both"))
    answer = Api(app).upload(package(version="2.0.0"), key="one-key-of-both")
    assert answer.status_code == 200
    assert outside_of_units == ["hash_key", "hash_key", "matches"]
    assert len(stored_files(app)) == 2


def test_of_two_first_uploads_with_different_keys_one_has_the_name(
    app: Flask, outside_of_units: list[str], meanwhile: Callable[..., None]
) -> None:
    meanwhile("hash_key", lambda: Api(app).upload(key="the-first-key"))
    answer = Api(app).upload(package(version="2.0.0"), key="the-second-key")
    assert (answer.status_code, answer.get_json()["error"]) == (403, WrongPluginKey.slug)
    assert outside_of_units == ["hash_key", "hash_key", "matches"]
    assert len(stored_files(app)) == 1


def test_a_short_key_that_fitted_a_plugin_deleted_meanwhile_guards_no_new_name(
    app: Flask, meanwhile: Callable[..., None]
) -> None:
    def delete() -> None:
        with app.app_context(), unit_of_work():
            db.session.execute(sql_delete(PluginVersion))
            db.session.execute(sql_delete(Plugin))

    Api(app).upload()
    hashed = passwords.hash_key("k")
    with app.app_context(), unit_of_work():
        db.session.execute(update(Plugin).values(upload_key_hash=hashed))
    meanwhile("matches", delete)
    assert Api(app).upload(package(version="2.0.0"), key="k").status_code == 422


def test_a_key_that_changes_again_and_again_is_not_proved_for_ever(
    app: Flask, outside_of_units: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Api(app).upload()
    original = passwords.matches

    def changing(stored: str, key: str) -> bool:
        found = original(stored, key)
        hashed = passwords.hash_key(key)
        with app.app_context(), unit_of_work():
            db.session.execute(update(Plugin).values(upload_key_hash=hashed))
        return found

    monkeypatch.setattr(passwords, "matches", changing)
    answer = Api(app).upload(package(version="2.0.0"))
    assert (answer.status_code, answer.get_json()["error"]) == (409, Conflict.slug)
    assert outside_of_units.count("matches") == upload_keys.AGREEMENTS
    assert len(stored_files(app)) == 1
